import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AlertContext, Notification } from '../../src/core/alert.ts';
import { eventId } from '../../src/core/event.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import type { Source } from '../../src/core/source.ts';
import {
  type AktoSimulator,
  type Hazard,
  startAktoSimulator,
  toJsonForm,
} from '../../src/demo/akto-simulator/index.ts';
import { slackFault } from '../../src/demo/receivers/slack-limits.ts';
import { encodeSlack } from '../../src/destinations/slack/encode.ts';
import { splunkHecConfig } from '../../src/destinations/splunk_hec/config.ts';
import { encodeHec } from '../../src/destinations/splunk_hec/encode.ts';
import { tocsinBody } from '../../src/destinations/tocsin-body.ts';
import { decodePayload } from '../../src/payload/index.ts';
import { createEnricher } from '../../src/pipeline/enrich.ts';
import { createNotifier } from '../../src/pipeline/notify.ts';
import { aktoConfig } from '../../src/sources/akto/config.ts';
import { aktoSource } from '../../src/sources/akto/index.ts';
import {
  type Bench,
  createBench,
  FEED,
  listening,
  page,
  reader,
  recording,
  rules,
} from '../pipeline/bench.ts';
import { START_MS, settled } from '../pipeline/manual-clock.ts';
import { wholeIngest } from '../pipeline/whole-ingest.ts';
import { alert, alertDelivery, sample } from './deliveries.ts';

const KEY = 'planted-api-key';
const EVIDENCE = '/api/fetchAggregateMaliciousRequests';
const REMEDIATION = '/api/fetchRemediationInfo';
const never = new AbortController().signal;

const exchange = decodePayload(
  JSON.stringify({
    method: 'GET',
    path: '/login',
    requestHeaders: '{"host":"api.example.com"}',
    statusCode: 401,
  }),
);
const AGGREGATED: JsonObject = {
  id: 'e1',
  actor: '203.0.113.9',
  filterId: 'Burst',
  eventType: 'AGGREGATED',
  refId: 'ref-1',
  url: '/login',
  method: 'GET',
  timestamp: START_MS / 1_000,
  payload: toJsonForm(exchange),
};

let bench: Bench;
let feed: AktoSimulator;
let source: Source;
beforeEach(async () => {
  bench = createBench();
  feed = await startAktoSimulator({
    apiKey: KEY,
    events: [AGGREGATED],
    remediation: { Burst: '## Slow them down\n\n- limit the *rate*\n', None: '' },
  });
  source = createSource(KEY);
});
afterEach(async () => {
  await source.close();
  await feed.close();
  await bench.close();
});

function createSource(key: string): Source {
  const config = aktoConfig.parse({ name: FEED.source, type: 'akto', url: feed.url, api_key: key });
  return aktoSource.create(config, { clock: bench.clock, random: () => 0.5 });
}

const aggregated = (over: Parameters<typeof sample>[0] = {}) =>
  alert({
    source: FEED.source,
    sample: [sample({ eventType: 'AGGREGATED', refId: 'ref-1', filterId: 'Burst', ...over })],
  });

const enrich = async (about = aggregated(), signal = never): Promise<AlertContext> =>
  (await source.enrich?.(about, signal)) ?? { missing: ['no enrich'] };

const only =
  (path: string, hazard: Hazard) =>
  (request: { readonly path: string }): Hazard | undefined =>
    request.path === path ? hazard : undefined;

describe('what Akto knows of an alert', () => {
  it('is the requests behind an aggregated event, and what to do', async () => {
    const { evidence, remediation, missing } = await enrich();
    expect(missing).toEqual([]);
    expect(remediation).toBe('## Slow them down\n\n- limit the *rate*\n');
    expect(evidence?.total).toBeGreaterThanOrEqual(3);
    expect(evidence?.requests[0]).toEqual({
      timeMs: START_MS,
      method: 'GET',
      path: '/login',
      host: 'api.example.com',
      statusCode: 401,
    });
    expect(feed.requestsTo('fetchAggregateMaliciousRequests').map(({ body }) => body)).toEqual([
      { refId: 'ref-1', eventType: 'AGGREGATED', actor: '203.0.113.9', filterId: 'Burst' },
    ]);
    expect(feed.requestsTo('fetchRemediationInfo').map(({ body }) => body)).toEqual([{ testId: 'Burst' }]);
  });

  it('is the advice alone for a single event, and nothing for what it has nothing on', async () => {
    expect(await enrich(aggregated({ eventType: 'SINGLE' }))).not.toHaveProperty('evidence');
    expect(feed.requestsTo('fetchAggregateMaliciousRequests')).toEqual([]);
    expect(await enrich(aggregated({ eventType: 'SINGLE', filterId: 'None' }))).toEqual({ missing: [] });
    expect(await enrich({ ...aggregated(), feed: 'threat_actors' })).toEqual({ missing: [] });
    expect(await enrich(alert({ sample: [] }))).toEqual({ missing: [] });
  });

  it('is asked for once, by however many at a time, and again when it may have changed', async () => {
    await Promise.all([enrich(), enrich(), enrich()]);
    await enrich();
    expect(feed.requests).toHaveLength(2);
    await bench.clock.advance(60_001);
    await enrich();
    expect(feed.requests.slice(2).map(({ path }) => path)).toEqual([EVIDENCE]);
    await bench.clock.advance(3_600_000);
    await enrich();
    expect(feed.requests).toHaveLength(5);
  });

  it.each<[why: string, hazard: Hazard, said: RegExp]>([
    ['a back end that fails', { kind: 'exception' }, /could not answer \(422\)/],
    ['a list that is null', { kind: 'null_list', spelled: 'null' }, /without a list/],
    ['the word null for a list', { kind: 'null_list', spelled: 'string' }, /without a list/],
    ['a 503', { kind: 'status', status: 503 }, /could not answer \(503\)/],
    ['a login page', { kind: 'login_page' }, /HTML page/],
    ['a reset', { kind: 'reset' }, /./],
    ['an answer that stops', { kind: 'cut' }, /./],
    ['half an answer', { kind: 'half' }, /not JSON/],
    ['5 MB', { kind: 'huge_body', bytes: 5_000_000 }, /larger than may be read/],
  ])('of %s is said to be missing, for a minute without asking again', async (_, hazard, said) => {
    feed.setHazards({ answer: only(EVIDENCE, hazard) });
    const { evidence, remediation, missing } = await enrich();
    expect(evidence).toBeUndefined();
    expect(remediation).toContain('Slow them down');
    expect(missing).toHaveLength(1);
    expect(missing[0]).toMatch(/^the requests behind this aggregated event could not be fetched: /);
    expect(missing[0]).toMatch(said);
    expect(missing[0]?.length).toBeLessThan(350);
    await enrich();
    expect(feed.requestsTo('fetchAggregateMaliciousRequests')).toHaveLength(1);
    feed.setHazards({ answer: undefined });
    await bench.clock.advance(60_001);
    expect((await enrich()).missing).toEqual([]);
  });

  it.each<[why: string, body: JsonObject | string | null]>([
    ['an empty object, as the reference page shows', {}],
    ['an empty text', ''],
    ['null', null],
    ['the word null', 'null'],
  ])('of an advice that is %s is no advice, and no error', async (_, body) => {
    feed.setHazards({ answer: only(REMEDIATION, { kind: 'json', status: 200, body }) });
    const { remediation, missing } = await enrich();
    expect([remediation, missing]).toEqual([undefined, []]);
  });

  it('of an advice that is no text is said to be missing', async () => {
    feed.setHazards({ answer: only(REMEDIATION, { kind: 'json', status: 200, body: [1] }) });
    expect((await enrich()).missing).toEqual([
      'the remediation advice could not be fetched: Akto answered with something that is no text',
    ]);
  });

  it('of an aggregated event without requests is told as that', async () => {
    expect((await enrich(aggregated({ refId: 'gone' }))).missing).toEqual([
      'Akto keeps no requests behind this aggregated event',
    ]);
  });

  it('that its plan does not hold is said once, and not asked for again for an hour', async () => {
    feed.setHazards({ answer: only(EVIDENCE, { kind: 'no_right', text: `not in your plan ${KEY}` }) });
    const { missing } = await enrich();
    expect(missing.join()).toContain('not in your plan');
    expect(missing.join()).not.toContain(KEY);
    expect((await enrich()).missing).toEqual([]);
    expect((await enrich(aggregated({ refId: 'ref-2' }))).missing).toEqual([]);
    expect(feed.requestsTo('fetchAggregateMaliciousRequests')).toHaveLength(1);
    await bench.clock.advance(3_600_001);
    expect((await enrich()).missing.join()).toContain('not in your plan');
  });

  it('with a key that is refused is said without the key', async () => {
    await source.close();
    source = createSource('another-planted-key');
    const { missing } = await enrich();
    expect(missing).toHaveLength(2);
    expect(missing.join()).toContain('refused the API key (403)');
    expect(missing.join()).not.toContain('planted');
  });

  it('is told at once when its time is up: what is there, and what is not', async () => {
    feed.setHazards({ answer: only(EVIDENCE, { kind: 'hang' }) });
    const stop = new AbortController();
    const asked = enrich(aggregated(), stop.signal);
    await requested(REMEDIATION);
    await requested(EVIDENCE);
    // The advice has long been there when patience ends.
    await expect
      .poll(async () => (await enrich(aggregated({ eventType: 'SINGLE' }))).remediation)
      .toBeDefined();
    stop.abort();
    const { remediation, missing } = await asked;
    expect(remediation).toContain('Slow them down');
    expect(missing).toEqual([
      'the requests behind this aggregated event could not be fetched: Akto did not answer in time',
    ]);
    // Called off, not remembered as failed.
    feed.setHazards({ answer: undefined });
    expect((await enrich()).missing).toEqual([]);
  });
});

async function requested(path: string): Promise<void> {
  await expect.poll(() => feed.requests.some((request) => request.path === path)).toBe(true);
}

const ROUTE = {
  ...{ name: 'page', to: ['oncall'], continue: false, groupBy: ['actor'] },
  timing: { groupWaitMs: 10_000, groupIntervalMs: 60_000, repeatIntervalMs: 600_000 },
  sendResolved: true,
  speaking: { active: [], mute: [] },
};

/** The event, from its page to the notification. `whileAsking` moves the clock on. */
async function tellOf(raw: JsonObject, whileAsking: () => Promise<void> = settled): Promise<Notification> {
  const { store, clock, telemetry } = bench;
  const destinations = [recording('oncall', undefined, { send: ['alerts'] })];
  const ingest = wholeIngest({
    ...{ store, clock, telemetry, destinations, routes: [ROUTE], resolveAfterMs: 3_600_000 },
    ruleSet: rules('id: burst\nfilter: { filter_id: { eq: Burst } }\ninfo: { severity: HIGH }'),
    storeFull: () => undefined,
    onCommitted: () => undefined,
  });
  const event = { ...FEED, id: eventId(FEED.source, FEED.feed, 'e1'), feedId: 'e1', timeMs: START_MS, raw };
  await ingest(reader(), page([event]));
  await clock.advance(10_000);
  const enricher = createEnricher({ sources: [source], clock, telemetry });
  const deps = { store, clock, telemetry, enricher, ...listening(['oncall'], [ROUTE]) };
  const pass = createNotifier({ ...deps, onEnqueued: () => undefined }).pass();
  await whileAsking();
  await pass;
  const [claimed] = await store.claim('oncall', clock.now(), 0, 1);
  if (claimed?.delivery.kind !== 'alert') throw new Error('nothing was told');
  return claimed.delivery.notification;
}

const slackText = (notification: Notification): string => {
  const message: unknown = JSON.parse(JSON.stringify(encodeSlack(alertDelivery(notification))));
  if (!isJsonObject(message)) throw new Error('no message');
  expect(slackFault(message)).toBeUndefined();
  return JSON.stringify(message['attachments']);
};

describe('a notification of an aggregated event', () => {
  it('shows each destination the requests behind it and what to do', async () => {
    const notification = await tellOf(AGGREGATED);
    expect(slackText(notification)).toContain('*Requests behind it* (');
    expect(slackText(notification)).toContain('*Slow them down*\\n\\n• limit the _rate_');
    const delivery = alertDelivery(notification);
    const webhook = JSON.stringify(tocsinBody(delivery));
    expect(webhook).toContain('"remediation":"## Slow them down');
    expect(webhook).toContain('"remediation_text":"Slow them down\\n\\n• limit the rate"');
    expect(webhook).toContain('"time":"2026-03-01T00:00:00.000Z","method":"GET","path":"/login"');
    for (const schema of ['raw', 'cim']) {
      const config = splunkHecConfig.parse({
        ...{ name: 'siem', type: 'splunk_hec', url: 'http://127.0.0.1:1', token: 't', schema },
      });
      const hec = JSON.stringify(encodeHec(delivery, config).message);
      expect(hec).toContain('"remediation":"Slow them down\\n\\n• limit the rate"');
      expect(hec).toMatch(schema === 'raw' ? /"evidence":\{"total":\d/ : /"evidence_count":\d/);
    }
  });

  it('says what could not be fetched', async () => {
    feed.setHazards({ answer: { kind: 'status', status: 503 } });
    const shown = slackText(await tellOf(AGGREGATED));
    expect(shown).toContain(
      '⚠️ the requests behind this aggregated event could not be fetched: Akto could not answer (503)',
    );
    expect(shown).toContain('⚠️ the remediation advice could not be fetched: Akto could not answer (503)');
  });

  it('waits less than 5 s for an endpoint that hangs, and still tells what the other said', async () => {
    feed.setHazards({ answer: only(EVIDENCE, { kind: 'hang' }) });
    const notification = await tellOf(AGGREGATED, async () => {
      await requested(EVIDENCE);
      await expect
        .poll(async () => (await enrich(aggregated({ eventType: 'SINGLE' }))).remediation)
        .toBeDefined();
      await bench.clock.advance(4_500);
    });
    expect(notification.createdAtMs - START_MS - ROUTE.timing.groupWaitMs).toBe(4_500);
    const shown = slackText(notification);
    expect(shown).toContain(
      '⚠️ the requests behind this aggregated event could not be fetched: Akto did not answer in time',
    );
    expect(shown).toContain('*Slow them down*');
  });
});
