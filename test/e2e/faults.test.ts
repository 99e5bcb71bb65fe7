import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AktoSimulator, makeEvents, startAktoSimulator } from '../../src/demo/akto-simulator/index.ts';
import {
  type FaultSchedule,
  type HecReceiver,
  startHecReceiver,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../../src/demo/receivers/index.ts';
import { DaemonProcess, until } from './daemon-process.ts';

const API_KEY = 'planted-akto-key';
const EVENTS = 20;
const RULE = 'id: EveryEvent\nfilter: { url: { regex: ["."] } }\n';

let folder: string;
let feed: AktoSimulator;
let hec: HecReceiver;
let webhook: WebhookReceiver;
let daemon: DaemonProcess | undefined;
let faults: FaultSchedule;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-e2e-'));
  faults = () => undefined;
  const nowS = Math.floor(Date.now() / 1_000);
  feed = await startAktoSimulator({
    apiKey: API_KEY,
    events: makeEvents(3, EVENTS, { fromS: nowS - 660, toS: nowS - 600 }),
  });
  hec = await startHecReceiver({ faults: (number, path) => faults(number, path) });
  webhook = await startWebhookReceiver({ faults: (number, path) => faults(number, path) });
});

afterEach(async () => {
  await daemon?.kill();
  for (const server of [feed, hec, webhook]) await server.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(key = API_KEY): DaemonProcess {
  const file = join(folder, 'config.yaml');
  writeFileSync(join(folder, 'rule.yaml'), RULE);
  writeFileSync(
    file,
    `
sources:
  - { name: akto-prod, type: akto, url: "${feed.url}", api_key: "\${AKTO_API_KEY}", schedule: "* * * * * *" }
rules: { paths: [rule.yaml] }
destinations:
  - { name: siem, type: splunk_hec, url: "${hec.url}", token: "${hec.token}", send: [events], timeout: 3m }
  - { name: soar, type: webhook, url: "${webhook.url}", send: [matches], timeout: 1m }
store: sqlite:./tocsin.db
server: { listen: "127.0.0.1:0" }
`,
  );
  daemon = new DaemonProcess(file, { AKTO_API_KEY: key });
  return daemon;
}

async function ready(process: DaemonProcess): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${await process.port()}/readyz`);
  return { status: response.status, body: await response.text() };
}

const lines = (process: DaemonProcess, text: string): string[] =>
  process.log.split('\n').filter((line) => line.includes(text));

test('a wrong key is one line that names the source; the daemon stays up and says that it is not ready', async () => {
  const process = start('wrong-key');
  await until(() => lines(process, 'poll failed').length > 0, 'the failed poll in the log');
  const answer = await ready(process);
  expect(answer.status).toBe(503);
  expect(answer.body).toContain('akto-prod');
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect(lines(process, 'poll failed')).toHaveLength(1);
  expect(process.log).not.toContain('wrong-key');
  expect((await process.terminate()).code).toBe(0);
});

test('a broken rule is refused with its place, and the old rules stay in force', async () => {
  const process = start();
  await until(() => webhook.webhooks.length >= EVENTS, 'the first events');
  writeFileSync(join(folder, 'rule.yaml'), 'id: Broken\nfilter: { urll: { regex: ["("] } }\n');
  process.hangUp();
  const [refused] = await until(() => {
    const found = lines(process, 'reload refused');
    return found.length > 0 && found;
  }, 'the refusal in the log');
  expect(refused).toMatch(/rule\.yaml:2:\d+: error unknown-word/);
  const nowS = Math.floor(Date.now() / 1_000);
  feed.add(makeEvents(4, 5, { fromS: nowS - 30, toS: nowS - 20 }));
  await until(() => webhook.webhooks.length >= EVENTS + 5, 'new events judged by the old rules');
  expect((await ready(process)).status).toBe(200);
});

test('SIGTERM with hanging destinations ends in time with 0, and what was under way arrives after the restart', {
  timeout: 300_000,
}, async () => {
  faults = () => ({ kind: 'hang', ms: 3_600_000 });
  const hanging = start();
  await until(() => hec.requests.length > 0 && webhook.requests.length > 0, 'deliveries under way');
  const stopped = await hanging.terminate();
  expect(stopped.code).toBe(0);
  // Left alone, the deliveries would hang for one minute, and for three.
  expect(stopped.tookMs).toBeLessThan(50_000);
  faults = () => undefined;
  start();
  await until(() => hec.counts.size >= EVENTS && webhook.counts.size >= EVENTS, 'every event');
  expect(new Set(hec.counts.keys())).toEqual(
    new Set([...feed.eventsShown].map((id) => `akto-prod/malicious_events/${id}`)),
  );
});

test('an event whose payload does not decode still reaches the SIEM, and a counter counts it', async () => {
  const nowS = Math.floor(Date.now() / 1_000);
  feed.add([
    { id: 'damaged', actor: '203.0.113.9', timestamp: nowS - 60, url: '/x', payload: 'method: "GET' },
  ]);
  const process = start();
  await until(() => hec.counts.size >= EVENTS + 1, 'every event');
  expect(hec.counts.has('akto-prod/malicious_events/damaged')).toBe(true);
  const metrics = await (await fetch(`http://127.0.0.1:${await process.port()}/metrics`)).text();
  expect(metrics).toMatch(
    /tocsin_payloads_undecodable_total\{source="akto-prod",feed="malicious_events"\} 1/,
  );
});
