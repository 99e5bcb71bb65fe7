import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Daemon, startDaemon } from '../../src/app/daemon.ts';
import { loadSetup } from '../../src/app/load.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { formatProblem } from '../../src/core/problem.ts';
import { type AktoSimulator, makeEvents, startAktoSimulator } from '../../src/demo/akto-simulator/index.ts';
import {
  type HecReceiver,
  type SlackReceiver,
  startHecReceiver,
  startSlackReceiver,
} from '../../src/demo/receivers/index.ts';
import { slackFault } from '../../src/demo/receivers/slack-limits.ts';
import { recordedTelemetry } from '../pipeline/bench.ts';

const DAY_MS = 86_400_000;
let aheadMs = 0;
/** Tells the time, some days ahead, and sleeps a hundredth of what it is asked to. */
const clock: Clock = {
  now: () => systemClock.now() + aheadMs,
  sleep: (ms, signal) => systemClock.sleep(ms / 100, signal),
};

let folder: string;
let feed: AktoSimulator;
let slack: SlackReceiver;
let siem: HecReceiver;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-digest-'));
  slack = await startSlackReceiver();
  siem = await startHecReceiver();
  const toS = Math.floor(systemClock.now() / 1_000);
  const events = makeEvents(5, 60, { fromS: toS, toS: toS + 20 * 3_600 });
  feed = await startAktoSimulator({ apiKey: 'key', events, clock });
  // Ten minutes ago, so that feeds are read past it at once.
  const at = new Date(systemClock.now() - 600_000).toISOString().slice(11, 16);
  writeFileSync(
    join(folder, 'config.yaml'),
    `
sources: [{ name: prod, type: akto, url: "${feed.url}", api_key: key, schedule: "* * * * * *" }]
destinations:
  - { name: oncall, type: slack, url: "${slack.url}" }
  - { name: siem, type: splunk_hec, url: "${siem.url}", token: "${siem.token}", send: [alerts] }
  - { name: others, type: splunk_hec, url: "${siem.url}", token: "${siem.token}", send: [events, alerts] }
rules: { paths: [none.yaml] }
digests: [{ to: [oncall, siem], at: "${at}" }]
server: { listen: "127.0.0.1:0" }
`,
  );
  writeFileSync(join(folder, 'none.yaml'), 'id: none\nfilter: { filter_id: { eq: Nothing } }\n');
});
afterAll(async () => {
  await Promise.all([feed.close(), slack.close(), siem.close()]);
  rmSync(folder, { recursive: true, force: true });
});

async function run(): Promise<Daemon> {
  const place = { file: join(folder, 'config.yaml'), cwd: folder, env: {} };
  const { setup, problems } = loadSetup(place);
  if (setup === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  const { telemetry } = recordedTelemetry();
  return startDaemon({ place, setup, telemetry, clock, random: () => 0.5 });
}

const digestsIn = (receiver: HecReceiver): readonly unknown[] =>
  receiver.events.map(({ event }) => event).filter((event) => JSON.stringify(event).includes('"digest"'));

it('a daemon sends the digest that it missed while it was down, once, to those that it names', async () => {
  const first = await run();
  await first.stop();
  expect(slack.messages).toEqual([]);
  aheadMs = DAY_MS;
  const second = await run();
  await vi.waitFor(() => expect(digestsIn(siem)).toHaveLength(1), { timeout: 60_000, interval: 50 });
  await vi.waitFor(() => expect(slack.messages).toHaveLength(1), { timeout: 60_000, interval: 50 });
  expect(await second.reload()).toEqual([]);
  await second.stop();
  const third = await run();
  await third.stop();
  expect(digestsIn(siem)).toHaveLength(1);
  const [message] = slack.messages;
  expect(slackFault(message?.payload ?? {})).toBeUndefined();
  expect(message?.text).toMatch(/^Daily digest — \d+ events$/);
  expect(JSON.stringify(message?.payload)).toContain('Severity (prod)');
  expect(JSON.stringify(message?.payload)).not.toContain('itself counts');
});
