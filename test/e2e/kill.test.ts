import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import {
  type AktoSimulator,
  makeEvents,
  seededRandom,
  startAktoSimulator,
} from '../../src/demo/akto-simulator/index.ts';
import {
  type HecReceiver,
  type SlackMessage,
  type SlackReceiver,
  startHecReceiver,
  startSlackReceiver,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../../src/demo/receivers/index.ts';
import { SEED } from '../seed.ts';
import { DaemonProcess, until } from './daemon-process.ts';

const EVENTS = 500;
const INTERVAL_MS = 2_000;
const API_KEY = 'planted-akto-key';
const HEC_TOKEN = 'planted-hec-token';
const SECRET = `whsec_${Buffer.alloc(32, 'planted').toString('base64')}`;

const RULE = `
id: EveryEvent
group_by: [ref_id]
filter: { filter_id: { regex: ["."] } }
info: { name: Every event, description: d, severity: HIGH, category: { name: T, displayName: T }, subCategory: T }
`;

let folder: string;
let feed: AktoSimulator;
let slack: SlackReceiver;
let hec: HecReceiver;
let webhook: WebhookReceiver;
let daemon: DaemonProcess | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-e2e-'));
  const nowS = Math.floor(Date.now() / 1_000);
  // Five hundred events in sixty seconds: many share one, and a page of fifty cuts through them.
  const events = makeEvents(SEED.seed, EVENTS, { fromS: nowS - 660, toS: nowS - 600, ties: 0.8 });
  feed = await startAktoSimulator({ apiKey: API_KEY, events });
  slack = await startSlackReceiver();
  hec = await startHecReceiver({ token: HEC_TOKEN });
  webhook = await startWebhookReceiver({ secrets: [SECRET] });
});

afterEach(async () => {
  await daemon?.kill();
  for (const server of [feed, slack, hec, webhook]) await server.close();
  rmSync(folder, { recursive: true, force: true });
});

function writeConfig(): string {
  const file = join(folder, 'config.yaml');
  writeFileSync(join(folder, 'rule.yaml'), RULE);
  writeFileSync(
    file,
    `
sources:
  - { name: akto-prod, type: akto, url: "${feed.url}", api_key: "\${AKTO_API_KEY}", schedule: "* * * * * *", page_size: 50 }
rules: { paths: [rule.yaml] }
destinations:
  - { name: oncall, type: slack, url: "${slack.url}", rate: { per_minute: 600, burst: 600 } }
  - { name: siem, type: splunk_hec, url: "${hec.url}", token: "\${HEC_TOKEN}", send: [events, alerts], batch: { max_items: 5 } }
  - { name: soar, type: webhook, url: "${webhook.url}", secret: "\${SECRET}", send: [events, alerts] }
routes:
  - { to: [oncall, siem, soar], group_by: [rule], group_wait: 300ms, group_interval: ${INTERVAL_MS}ms }
store: sqlite:./data/tocsin.db
server: { listen: "127.0.0.1:0" }
`,
  );
  return file;
}

const start = (config: string): DaemonProcess =>
  new DaemonProcess(config, { AKTO_API_KEY: API_KEY, HEC_TOKEN, SECRET });

/** The ids of the feed's events that a receiver was told of, without those of notifications. */
const eventIds = (ids: Iterable<string>): Set<string> =>
  new Set([...ids].filter((id) => id.startsWith('akto-prod/')));

/** What each notification says it adds, whichever destination it reached and however often. */
function newCounts(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { payload, id } of webhook.webhooks) {
    const data = isJsonObject(payload) ? payload['data'] : undefined;
    if (isJsonObject(data) && typeof data['new_count'] === 'number') counts.set(id, data['new_count']);
  }
  return counts;
}

function slackCounts(messages: readonly SlackMessage[]): Map<string, number> {
  return new Map(
    messages.map((message) => {
      const id = /`(alert\/[^`]+)`/.exec(JSON.stringify(message.payload))?.[1] ?? '';
      const [, count = ''] = /([\d,]+) (?:new )?match/.exec(message.text) ?? [];
      return [id, Number(count.replaceAll(',', ''))];
    }),
  );
}

const sum = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((total, count) => total + count, 0);

test('five hundred events, a feed that lies and three kills: each id arrives, counts add up', {
  timeout: 600_000,
}, async () => {
  const random = seededRandom(SEED.seed);
  feed.setHazards({
    answer: ({ index }) => (index % 7 === 3 ? { kind: 'null_list', spelled: 'null' } : undefined),
  });
  const config = writeConfig();
  const startedMs = performance.now();
  const killedAt: number[] = [];
  for (let kill = 0; kill < 3; kill += 1) {
    daemon = start(config);
    const enough = Math.floor(((kill + random()) * EVENTS) / 4);
    await until(() => hec.counts.size >= enough, `${enough} events to reach Splunk`, 120_000, 1);
    await daemon.kill();
    killedAt.push(hec.counts.size);
  }
  daemon = start(config);
  await until(() => eventIds(hec.counts.keys()).size >= EVENTS, 'every event to reach Splunk');
  await until(() => eventIds(webhook.counts.keys()).size >= EVENTS, 'every event to reach the webhook');
  await until(
    () => sum(newCounts()) >= EVENTS && sum(slackCounts(slack.messages)) >= EVENTS,
    'every match to be told of',
  );
  const { code } = await daemon.terminate();

  const expected = new Set([...feed.eventsShown].map((id) => `akto-prod/malicious_events/${id}`));
  expect(expected.size).toBe(EVENTS);
  expect(eventIds(hec.counts.keys())).toEqual(expected);
  expect(eventIds(webhook.counts.keys())).toEqual(expected);
  expect(webhookIdsByEvent()).toEqual(new Map([...expected].map((id) => [id, new Set([id])])));
  expect(sum(newCounts())).toBe(EVENTS);
  expect(sum(slackCounts(slack.messages))).toBe(EVENTS);
  // One at once and one an interval for the group, and one that each kill may have had sent again.
  expect(slack.messages.length).toBeLessThanOrEqual(6 + (performance.now() - startedMs) / INTERVAL_MS);
  expect(code).toBe(0);
  for (const planted of [API_KEY, HEC_TOKEN, SECRET]) expect(daemon.log).not.toContain(planted);
  report(killedAt);
});

function webhookIdsByEvent(): Map<string, Set<string>> {
  const ids = new Map<string, Set<string>>();
  for (const { payload, id, type } of webhook.webhooks) {
    if (type !== 'event' || !isJsonObject(payload)) continue;
    const event = eventOf(payload);
    ids.set(event, (ids.get(event) ?? new Set()).add(id));
  }
  return ids;
}

function eventOf(payload: JsonObject): string {
  const data = payload['data'];
  return isJsonObject(data) ? String(data['id']) : '';
}

/** Figures for the reader: what was sent again under its old id is no loss and no second fact. */
function report(killedAt: readonly number[]): void {
  const again = (counts: ReadonlyMap<string, number>): number =>
    [...counts.values()].reduce((extra, count) => extra + count - 1, 0);
  process.stdout.write(
    `seed ${SEED}: ${EVENTS} events; killed with ${killedAt.join(', ')} in Splunk; sent again: ${again(hec.counts)} to Splunk, ${again(webhook.counts)} to the webhook; ` +
      `${slack.messages.length} Slack messages\n`,
  );
}
