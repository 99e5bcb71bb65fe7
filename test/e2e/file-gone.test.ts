import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AktoSimulator, makeEvents, startAktoSimulator } from '../../src/demo/akto-simulator/index.ts';
import {
  type FaultSchedule,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../../src/demo/receivers/index.ts';
import { DaemonProcess, until } from './daemon-process.ts';

const API_KEY = 'planted-akto-key';
const EVENTS = 20;
const RULE = 'id: EveryEvent\nfilter: { url: { regex: ["."] } }\n';

let folder: string;
let file: string;
let feed: AktoSimulator;
let webhook: WebhookReceiver;
let faults: FaultSchedule;
let daemon: DaemonProcess | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-e2e-'));
  file = join(folder, 'tocsin.db');
  faults = () => undefined;
  feed = await startAktoSimulator({ apiKey: API_KEY, events: made(3, EVENTS, 660) });
  webhook = await startWebhookReceiver({ faults: (number, path) => faults(number, path) });
});

afterEach(async () => {
  await daemon?.kill();
  for (const server of [feed, webhook]) await server.close();
  rmSync(folder, { recursive: true, force: true });
});

function made(seed: number, count: number, secondsAgo: number) {
  const nowS = Math.floor(Date.now() / 1_000);
  return makeEvents(seed, count, { fromS: nowS - secondsAgo, toS: nowS - secondsAgo + 10 });
}

function start(): DaemonProcess {
  const config = join(folder, 'config.yaml');
  writeFileSync(join(folder, 'rule.yaml'), RULE);
  writeFileSync(
    config,
    `
sources:
  - { name: akto-prod, type: akto, url: "${feed.url}", api_key: "${API_KEY}", schedule: "* * * * * *" }
rules: { paths: [rule.yaml] }
destinations:
  - { name: soar, type: webhook, url: "${webhook.url}", send: [matches] }
store: sqlite:./tocsin.db
server: { listen: "127.0.0.1:0" }
`,
  );
  daemon = new DaemonProcess(config);
  return daemon;
}

async function ask(process: DaemonProcess, path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${await process.port()}${path}`);
  return { status: response.status, body: await response.text() };
}

/** Polls that failed for the store. */
async function failedPolls(process: DaemonProcess): Promise<number> {
  const { body } = await ask(process, '/metrics');
  return Number(/^tocsin_polls_total\{.*outcome="store"\} (\d+)/m.exec(body)?.[1] ?? 0);
}

const complaints = (process: DaemonProcess): readonly string[] =>
  process.log.split('\n').filter((line) => line.includes('while it was in use'));

const allArrived = (count: number, what: string): Promise<boolean> =>
  until(() => webhook.counts.size >= count, what);

test('a database that is moved away stops everything and is told of once; put back, it goes on and loses nothing', async () => {
  const process = start();
  await allArrived(EVENTS, 'the first events');
  renameSync(file, `${file}.away`);
  feed.add(made(4, 5, 30));
  await until(async () => (await failedPolls(process)) > 0, 'a poll that fails for the store');
  const { status, body } = await ask(process, '/readyz');
  expect(status).toBe(503);
  expect(body).toContain(`${file} was deleted or moved while it was in use`);
  const asked = feed.requests.length;
  await until(async () => (await failedPolls(process)) > 2, 'further ones');
  expect(feed.requests).toHaveLength(asked);
  expect(webhook.counts.size).toBe(EVENTS);
  expect(existsSync(file)).toBe(false);
  renameSync(`${file}.away`, file);
  await allArrived(EVENTS + 5, 'what came meanwhile');
  await until(async () => (await ask(process, '/readyz')).status === 200, 'it to be ready');
  expect(complaints(process)).toHaveLength(1);
  expect(new Set(webhook.counts.values())).toEqual(new Set([1]));
  expect((await process.terminate()).code).toBe(0);
});

test.runIf(existsSync('/proc/self/fd'))(
  'a database that is deleted is got back from the process, and what waited is sent',
  async () => {
    faults = () => ({ kind: 'status', status: 503 });
    const process = start();
    await until(() => webhook.requests.length > 0, 'an attempt');
    for (const ending of ['', '-wal', '-shm', '.lock']) rmSync(`${file}${ending}`);
    await until(() => complaints(process).length > 0, 'it to be noticed');
    const descriptors = `/proc/${process.pid}/fd`;
    const found = readdirSync(descriptors).find(
      (each) => readlinkSync(join(descriptors, each)) === `${file} (deleted)`,
    );
    copyFileSync(join(descriptors, found ?? 'none'), file);
    expect((await process.terminate()).code).toBe(0);
    // Otherwise they could be read anew.
    const before = new Set(feed.eventsShown);
    feed.setHazards({ answer: () => ({ kind: 'hang' }) });
    faults = () => undefined;
    start();
    await allArrived(EVENTS, 'what waited');
    expect(new Set(webhook.counts.keys())).toEqual(
      new Set([...before].map((id) => `akto-prod/malicious_events/${id}`)),
    );
  },
);
