import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Daemon, startDaemon } from '../../src/app/daemon.ts';
import { loadSetup } from '../../src/app/load.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { eventId } from '../../src/core/event.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { formatProblem } from '../../src/core/problem.ts';
import {
  type AktoSimulator,
  referenceEvent,
  seededRandom,
  startAktoSimulator,
} from '../../src/demo/akto-simulator/index.ts';
import { type HecReceiver, startHecReceiver } from '../../src/demo/receivers/index.ts';
import { type LogLine, recordedTelemetry } from './bench.ts';

export const API_KEY = 'the-api-key-of-this-test';

/** Tells the time, and sleeps a fiftieth of what it is asked to. */
const hurried: Clock = {
  now: systemClock.now,
  sleep: (ms, signal) => systemClock.sleep(ms / 50, signal),
};

/** A real daemon on a simulated feed that sends what matches to a local collector. */
export interface Running {
  readonly daemon: Daemon;
  readonly feed: AktoSimulator;
  readonly siem: HecReceiver;
  readonly logs: readonly LogLine[];
  readonly folder: string;
  /** Writes a file of the daemon's folder: `config.yaml`, `rules/a.yaml`. */
  write(name: string, text: string): void;
  /** The configuration, with some keys of the source and some top-level lines as given. */
  config(over?: { readonly apiKey?: string; readonly store?: string; readonly more?: string }): string;
  /** Writes `config.yaml` and waits until the daemon has taken it up by itself; asked as well, it would do so twice. */
  configure(text: string): Promise<void>;
  /** Shows a fresh event in the feed; gives the id under which it is delivered. */
  show(feedId: string, filterId: string): string;
  ready(): Promise<{ readonly status: number; readonly body: string }>;
  stop(): Promise<void>;
}

export const ruleFor = (filterId: string): string =>
  `id: rule-${filterId}\nfilter: { filter_id: { eq: ${filterId} } }\ninfo: { severity: HIGH }\n`;

export async function startRunning(apiKey = API_KEY): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-running-'));
  mkdirSync(join(folder, 'rules'));
  const feed = await startAktoSimulator({ apiKey: API_KEY });
  const siem = await startHecReceiver();
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const config: Running['config'] = ({ apiKey: key = apiKey, store = './tocsin.db', more = '' } = {}) => `
sources:
  - { name: akto-prod, type: akto, url: "${feed.url}", api_key: ${key}, schedule: "* * * * * *" }
destinations:
  - { name: siem, type: splunk_hec, url: "${siem.url}", token: "${siem.token}", send: [matches] }
  - { name: people, type: splunk_hec, url: "${siem.url}", token: "${siem.token}", send: [alerts] }
store: sqlite:${store}
server: { listen: "127.0.0.1:0" }
${more}
`;
  write('config.yaml', config());
  write('rules/a.yaml', ruleFor('First'));
  const { telemetry, logs } = recordedTelemetry();
  const place = { file: join(folder, 'config.yaml'), cwd: folder, env: {} };
  const { setup, problems } = loadSetup(place);
  if (setup === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  const daemon = await startDaemon({ place, setup, telemetry, clock: hurried, random: seededRandom(1) });
  return {
    ...{ daemon, feed, siem, logs, folder, write, config },
    async configure(text) {
      const reloads = (): number => logs.filter(({ msg }) => msg === 'configuration reloaded').length;
      const before = reloads();
      write('config.yaml', text);
      for (let waitedMs = 0; reloads() === before && waitedMs < 20_000; waitedMs += 10)
        await systemClock.sleep(10);
      if (reloads() === before) throw new Error('the configuration was not taken up');
    },
    show(feedId, filterId) {
      const row: JsonObject = { ...referenceEvent, id: feedId, filterId, timestamp: nowS() };
      feed.add([row]);
      return eventId('akto-prod', 'malicious_events', feedId);
    },
    async ready() {
      const response = await fetch(`http://127.0.0.1:${daemon.port}/readyz`);
      return { status: response.status, body: await response.text() };
    },
    async stop() {
      await daemon.stop();
      await Promise.all([feed.close(), siem.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const nowS = (): number => Math.floor(systemClock.now() / 1_000);
