import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bounds } from '../../src/alerts/fold.ts';
import { loadSetup, type Setup } from '../../src/app/load.ts';
import { compileSilence } from '../../src/app/silence.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { formatProblem } from '../../src/core/problem.ts';
import { createDeliverer } from '../../src/pipeline/deliver.ts';
import { createNotifier } from '../../src/pipeline/notify.ts';
import { createRedactor } from '../../src/redaction/index.ts';
import {
  type Bench,
  createBench,
  event,
  page,
  type RecordingDestination,
  reader,
  recording,
} from './bench.ts';
import { type Ran, type RanWith, runTocsin } from './fake-io.ts';
import { wholeIngest } from './whole-ingest.ts';

/** A real store and configuration, fed and told of by hand, with the commands beside it as beside a daemon. */
export interface Stage {
  readonly bench: Bench;
  readonly config: string;
  readonly setup: Setup;
  /** Takes events in, in one page of one poll; each is its feed id and its own keys. By other rules where they are given. */
  ingest(events: Readonly<Record<string, JsonObject>>, rules?: Setup['ruleSet']): Promise<void>;
  /** Goes on so far and tells of what is due. */
  notify(afterMs: number): Promise<void>;
  /** One attempt at what waits for the destination. */
  deliver(name: string, answer?: Parameters<typeof recording>[1]): Promise<RecordingDestination>;
  tocsin(args: readonly string[], given?: RanWith): Promise<Ran>;
  write(name: string, text: string): void;
  close(): Promise<void>;
}

const RULES = {
  'sqli.yaml': `
id: sqli
source: malicious_events
info: { severity: HIGH, name: SQL injection }
filter: { filter_id: { eq: SQLInjection } }
`,
  'probe.yaml': `
id: probe
source: malicious_events
info: { severity: LOW }
filter: { filter_id: { eq: Probe } }
aggregation_rules:
  - rule: { name: thrice, condition: { matchCount: 3, windowThreshold: 60 } }
`,
  'far.yaml': `
id: far
source: malicious_events
info: { severity: CRITICAL }
filter:
  filter_id: { eq: SQLInjection }
  host: { eq: bank.example }
  method: { eq: GET }
`,
  'ours.yaml': `
id: ours
source: malicious_events
filter: { filter_id: { eq: SQLInjection } }
ignore: { method: { eq: GET } }
`,
};

interface Over {
  /** Instead of the usual routes; and further top-level keys. */
  readonly routes?: string;
  readonly more?: string;
  /** Further rule files, by name. */
  readonly rules?: Readonly<Record<string, string>>;
  /** How much may be open at once; not bounded where absent. */
  readonly bounds?: Bounds;
}

const ROUTES = `
routes:
  - { name: urgent, when: { severity: { gte: HIGH } }, to: [oncall], group_wait: 10s }
  - { name: rest, to: [archive], group_wait: 30s }`;

const configOf = ({ routes = ROUTES, more = '' }: Over): string => `
sources:
  - { name: akto, type: akto, url: "https://akto.example", api_key: k }
destinations:
  - { name: oncall, type: webhook, url: "https://oncall.example/x", send: [alerts] }
  - { name: soar, type: webhook, url: "https://soar.example/x", send: [matches] }
  - { name: archive, type: webhook, url: "https://archive.example/x", send: [alerts] }
store: sqlite:./tocsin.db
${routes}
${more}
`;

export async function createStage(over: Over = {}): Promise<Stage> {
  const bench = createBench();
  // Commands live by the wall's clock.
  bench.clock.nowMs = systemClock.now() - 5 * 60_000;
  const write = (name: string, text: string): void => writeFileSync(join(bench.folder, name), text);
  mkdirSync(join(bench.folder, 'rules'));
  for (const [name, text] of Object.entries({ ...RULES, ...over.rules })) write(`rules/${name}`, text);
  write('config.yaml', configOf(over));
  const place = { file: join(bench.folder, 'config.yaml'), cwd: bench.folder, env: {} };
  const { setup, problems } = loadSetup(place);
  if (setup === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  const { clock, telemetry, store } = bench;
  const { config: loaded, ruleSet } = setup;
  const { routes, silences, inhibitions } = loaded;
  const destinations = loaded.destinations.map(({ name, send }) => recording(name, undefined, { send }));
  const ingestBy = (by: Setup['ruleSet']) =>
    wholeIngest({
      ...{ store, clock, telemetry, ruleSet: by, routes, destinations },
      ...{ resolveAfterMs: loaded.alerts.resolveAfterMs, storeFull: () => undefined },
      onCommitted: () => undefined,
      ...(over.bounds === undefined ? {} : { bounds: over.bounds }),
    });
  const listeners = destinations.filter(({ send }) => send.has('alerts')).map(({ name }) => ({ name }));
  const notifier = createNotifier({
    ...{ store, clock, telemetry, compileSilence, routes, silences, inhibitions, listeners },
    onEnqueued: () => undefined,
  });
  return {
    ...{ bench, config: place.file, setup, write },
    async ingest(events, by = ruleSet) {
      const polledMs = clock.now() - 2_000;
      const made = Object.entries(events).map(([id, raw]) => ({
        ...event(id, raw),
        timeMs: clock.now() - 5_000,
      }));
      await ingestBy(by)(reader(), page(made), polledMs);
    },
    async notify(afterMs) {
      await clock.advance(afterMs);
      await notifier.pass();
    },
    async deliver(name, answer) {
      const send = loaded.destinations.find((each) => each.name === name)?.send ?? [];
      const destination = recording(name, answer, { send });
      const redactor = createRedactor();
      await createDeliverer({ store, destination, clock, random: () => 0, telemetry, redactor }).pass(
        new AbortController().signal,
      );
      return destination;
    },
    tocsin: (args, given = {}) =>
      runTocsin([...args, '-c', place.file], { cwd: bench.folder, env: { USER: 'ana' }, ...given }),
    write,
    close: () => bench.close(),
  };
}
