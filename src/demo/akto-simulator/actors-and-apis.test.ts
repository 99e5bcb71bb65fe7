import { afterEach, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type AktoSimulator, type AktoSimulatorOptions, makeEvents, startAktoSimulator } from './index.ts';

const open: AktoSimulator[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((simulator) => simulator.close()));
});

async function start(options: Partial<AktoSimulatorOptions>): Promise<AktoSimulator> {
  const simulator = await startAktoSimulator({ apiKey: 'k', ...options });
  open.push(simulator);
  return simulator;
}

async function say(simulator: AktoSimulator, endpoint: string, body: JsonObject): Promise<unknown> {
  const response = await fetch(`${simulator.url}/api/${endpoint}`, {
    method: 'POST',
    headers: { 'x-api-key': 'k' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  });
  return response.json();
}

async function ask(simulator: AktoSimulator, endpoint: string, body: JsonObject): Promise<JsonObject> {
  const answer = await say(simulator, endpoint, body);
  if (!isJsonObject(answer)) throw new Error(`${endpoint} gave no object`);
  return answer;
}

const T = 1_780_000_000;
const call = (id: string, timestamp: number, actor: string, more: JsonObject = {}): JsonObject => ({
  id,
  timestamp,
  actor,
  ip: actor,
  method: 'GET',
  url: '/x',
  host: 'h1',
  country: 'FR',
  filterId: 'XSS',
  subCategory: 'XSS',
  severity: 'HIGH',
  ...more,
});
/** Two actors; the first is seen twice, its older event added last. */
const EVENTS = [
  call('a', T + 5, '203.0.113.1', { url: '/new', filterId: 'BOLA', host: 'h2' }),
  call('b', T + 3, '203.0.113.2', { country: 'US' }),
  call('c', T, '203.0.113.1', { method: 'POST' }),
];

const idsOf = (answer: JsonObject): unknown[] => rowsOf(answer, 'actors').map(({ id }) => id);
function rowsOf(answer: JsonObject, key: string): JsonObject[] {
  const rows = answer[key];
  if (!Array.isArray(rows)) throw new Error(`${key} is no list`);
  return rows;
}

describe('fetchThreatActors', () => {
  it('tells of each actor once, with the latest of what it did, in the shape of the reference page', async () => {
    const simulator = await start({ events: EVENTS });
    const body = { skip: 0, startTs: 0, endTs: T + 9, sort: { discoveredAt: -1 } };
    const answer = await ask(simulator, 'fetchThreatActors', body);
    expect(answer).toMatchObject({ total: 2, splunkUrl: 'null', actorsCountPerCounty: 'SUCCESS', ...body });
    expect(rowsOf(answer, 'actors')[0]).toEqual({
      id: '203.0.113.1',
      latestAttack: 'BOLA',
      country: 'FR',
      latestApiEndpoint: '/new',
      latestApiIp: '203.0.113.1',
      latestApiMethod: 'GET',
      latestApiHost: 'h2',
      discoveredAt: T + 5,
      objectId: expect.stringMatching(/^[0-9a-f]{24}$/),
      activity: [
        { severity: 'HIGH', subCategory: 'XSS', method: 'GET', detectedAt: T + 5, url: '/new' },
        { severity: 'HIGH', subCategory: 'XSS', method: 'POST', detectedAt: T, url: '/x' },
      ],
    });
    expect([...simulator.actorsShown]).toEqual([`203.0.113.1@${T + 5}`, `203.0.113.2@${T + 3}`]);
  });

  it.each<{ why: string; body: JsonObject; shown: string[] }>([
    { why: 'newest first unless asked', body: {}, shown: ['1', '2'] },
    { why: 'oldest first when asked', body: { sort: { discoveredAt: 1 } }, shown: ['2', '1'] },
    { why: 'skip', body: { skip: 1 }, shown: ['2'] },
    { why: 'both bounds are inclusive', body: { startTs: T + 3, endTs: T + 3 }, shown: ['2'] },
    { why: 'an attack that is not the actor’s last', body: { latestAttack: ['XSS'] }, shown: ['2', '1'] },
    { why: 'country', body: { country: ['US', 'DE'] }, shown: ['2'] },
    { why: 'actorId', body: { actorId: ['203.0.113.1'] }, shown: ['1'] },
    { why: 'host', body: { host: ['h2'] }, shown: ['1'] },
    { why: 'empty lists are ignored', body: { host: [], actorId: [], country: [] }, shown: ['1', '2'] },
  ])('$why', async ({ body, shown }) => {
    const simulator = await start({ events: EVENTS });
    const ids = idsOf(await ask(simulator, 'fetchThreatActors', body));
    expect(ids).toEqual(shown.map((last) => `203.0.113.${last}`));
  });

  it('gives 50 a page whatever is asked for, by skip or after the cursor of the page before', async () => {
    const events = Array.from({ length: 120 }, (_, n) => call(`${n}`, T + n, `actor-${n}`));
    const simulator = await start({ events });
    const first = await ask(simulator, 'fetchThreatActors', { limit: 1_000 });
    expect([idsOf(first).length, first['total']]).toEqual([50, 120]);
    const cursor = rowsOf(first, 'actors').at(-1)?.['objectId'] ?? '';
    const second = await ask(simulator, 'fetchThreatActors', { cursor });
    expect(idsOf(second)).toEqual(idsOf(await ask(simulator, 'fetchThreatActors', { skip: 50 })));
    expect(idsOf(await ask(simulator, 'fetchThreatActors', { skip: 100 }))).toHaveLength(20);
  });

  it('has no stable order within a second, and lacks the newer keys where it is an older server', async () => {
    const events = Array.from({ length: 40 }, (_, n) => call(`${n}`, T, `actor-${n}`));
    const simulator = await start({ events, newerServer: false });
    const first = await ask(simulator, 'fetchThreatActors', {});
    expect(idsOf(await ask(simulator, 'fetchThreatActors', {}))).not.toEqual(idsOf(first));
    expect(Object.keys(rowsOf(first, 'actors')[0] ?? {})).not.toContain('objectId');
  });
});

describe('fetchThreatApis', () => {
  it('counts requests and actors by method, host and path', async () => {
    const simulator = await start({ events: [...EVENTS, call('d', T + 9, '203.0.113.7')] });
    const answer = await ask(simulator, 'fetchThreatApis', { skip: 0, sort: { discoveredAt: -1 } });
    expect(answer).toMatchObject({ total: 3, threatActivityTimeline: 'SUCCESS', categoryCounts: 'null' });
    expect(answer['apis']).toEqual([
      { method: 'GET', api: '/x', host: 'h1', requestsCount: 2, actorsCount: 2, discoveredAt: T + 9 },
      { method: 'GET', api: '/new', host: 'h2', requestsCount: 1, actorsCount: 1, discoveredAt: T + 5 },
      { method: 'POST', api: '/x', host: 'h1', requestsCount: 1, actorsCount: 1, discoveredAt: T },
    ]);
    expect(simulator.apisShown).toContain(`GET h1/x@${T + 9}@2@2`);
    const asked = await ask(simulator, 'fetchThreatApis', { latestAttack: ['BOLA'] });
    expect([asked['total'], rowsOf(asked, 'apis')[0]?.['api']]).toEqual([1, '/new']);
  });

  it('adds up to the events, whatever they are', async () => {
    const events = makeEvents(7, 500, { fromS: T, toS: T + 86_400 });
    const simulator = await start({ events });
    let requests = 0;
    for (let skip = 0; skip < 1_000; skip += 50) {
      const apis = rowsOf(await ask(simulator, 'fetchThreatApis', { skip }), 'apis');
      for (const { requestsCount } of apis) requests += Number(requestsCount);
    }
    expect(requests).toBe(500);
  });
});
