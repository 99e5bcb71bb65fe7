import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../core/json.ts';
import {
  type AktoSimulator,
  type AktoSimulatorOptions,
  referenceEvent,
  startAktoSimulator,
} from './index.ts';

const FIRST = 1_780_000_000;
/** Five rows, two of them in one second. */
const ROWS: JsonObject[] = [
  { id: 'a', timestamp: FIRST, url: '/x', type: 'Rule-Based', severity: 'HIGH', filterId: 'XSS' },
  { id: 'b', timestamp: FIRST + 1, url: '/y', type: 'Anomaly', severity: 'LOW', filterId: 'BOLA' },
  { id: 'c', timestamp: FIRST + 1, url: '/y', type: 'Rule-Based', successfulExploit: true, host: 'h' },
  { id: 'd', timestamp: FIRST + 2, actor: '2001:db8::1', ip: '2001:db8::1', method: 'POST' },
  { id: 'e', timestamp: FIRST + 9, status: 'ACTIVE', apiCollectionId: 7, subCategory: 'XSS' },
];

const open: AktoSimulator[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((simulator) => simulator.close()));
});

async function start(options: Partial<AktoSimulatorOptions> = {}): Promise<AktoSimulator> {
  const simulator = await startAktoSimulator({ apiKey: 'k', events: ROWS, ...options });
  open.push(simulator);
  return simulator;
}

interface Said {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

async function post(
  simulator: AktoSimulator,
  body: object,
  name = 'fetchSuspectSampleData',
  key = 'k',
): Promise<Said> {
  const response = await fetch(`${simulator.url}/api/${name}`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    redirect: 'manual',
    signal: AbortSignal.timeout(60_000),
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

async function ids(simulator: AktoSimulator, body: object): Promise<string[]> {
  const { text } = await post(simulator, body);
  return JSON.parse(text).maliciousEvents.map((event: { id: string }) => event.id);
}

describe('the feed', () => {
  it.each<{ why: string; body: JsonObject; shown: string }>([
    { why: 'newest first unless asked', body: {}, shown: 'edbca' },
    { why: 'oldest first when asked', body: { sort: { detectedAt: 1 } }, shown: 'abcde' },
    {
      why: 'both bounds are inclusive',
      body: { startTimestamp: FIRST + 1, endTimestamp: FIRST + 2 },
      shown: 'dbc',
    },
    { why: 'a bound of 0 does not bound', body: { startTimestamp: 0, endTimestamp: FIRST }, shown: 'a' },
    { why: 'skip and limit', body: { sort: { detectedAt: 1 }, skip: 3, limit: 1 }, shown: 'd' },
    { why: 'skip past the end', body: { skip: 99 }, shown: '' },
    { why: 'empty lists are ignored', body: { urls: [], types: [], ips: [] }, shown: 'edbca' },
    { why: 'urls', body: { urls: ['/x', '/z'] }, shown: 'a' },
    { why: 'types', body: { types: ['Anomaly'] }, shown: 'b' },
    { why: 'severity', body: { severity: ['HIGH'] }, shown: 'a' },
    { why: 'latestAttack holds filter ids', body: { latestAttack: ['BOLA'] }, shown: 'b' },
    { why: 'hosts', body: { hosts: ['h'] }, shown: 'c' },
    { why: 'actors', body: { actors: ['2001:db8::1'] }, shown: 'd' },
    { why: 'ips', body: { ips: ['2001:db8::1'] }, shown: 'd' },
    { why: 'method', body: { method: ['POST'] }, shown: 'd' },
    { why: 'apiCollectionIds', body: { apiCollectionIds: [7] }, shown: 'e' },
    { why: 'subCategory', body: { subCategory: ['XSS'] }, shown: 'e' },
    { why: 'statusFilter', body: { statusFilter: 'ACTIVE' }, shown: 'e' },
    { why: 'successfulExploit', body: { successfulExploit: true }, shown: 'c' },
  ])('$why', async ({ body, shown }) => {
    const simulator = await start({ hazards: { stableOrder: true } });
    expect((await ids(simulator, body)).join('')).toBe(shown);
  });

  it('echoes the request and writes the text "null" where it has no value', async () => {
    const simulator = await start();
    const body = { urls: ['/x'], sort: { detectedAt: -1 }, startTimestamp: 1, endTimestamp: FIRST };
    expect(JSON.parse((await post(simulator, body)).text)).toEqual({
      severity: 'null',
      total: 1,
      urls: ['/x'],
      subCategory: 'null',
      types: 'null',
      sampleData: 'null',
      maliciousEvents: [ROWS[0]],
      limit: 50,
      skip: 0,
      sort: { detectedAt: -1 },
      endTimestamp: FIRST,
      startTimestamp: 1,
    });
  });

  it('answers 50 rows where no limit is given, counts all, and honours larger limits', async () => {
    const events = Array.from({ length: 600 }, (_, n) => ({ id: `r${n}`, timestamp: FIRST + n }));
    const simulator = await start({ events });
    const { maliciousEvents, total } = JSON.parse((await post(simulator, { limit: 0 })).text);
    expect([maliciousEvents.length, total]).toEqual([50, 600]);
    expect(await ids(simulator, { limit: 600 })).toHaveLength(600);
  });

  it('has no stable order within a second, so that offsets show rows twice and skip others', async () => {
    const events = Array.from({ length: 40 }, (_, n) => ({ id: `r${n}`, timestamp: FIRST }));
    const simulator = await start({ events });
    const shown = [
      ...(await ids(simulator, { limit: 20 })),
      ...(await ids(simulator, { skip: 20, limit: 20 })),
    ];
    expect(new Set(shown).size).toBeLessThan(40);
    expect(simulator.eventsShown).toEqual(new Set(shown));
  });

  it('shows rows that are added while the client pages', async () => {
    const simulator = await start({ events: [] });
    simulator.setHazards({
      beforeAnswer: ({ index }) => simulator.add([{ id: `late-${index}`, timestamp: FIRST }]),
    });
    expect(await ids(simulator, {})).toEqual(['late-0']);
    expect((await ids(simulator, {})).sort()).toEqual(['late-0', 'late-1']);
  });

  it('shows what an event has become since', async () => {
    const simulator = await start();
    simulator.update('e', { status: 'IGNORED' });
    expect(await ids(simulator, { statusFilter: 'IGNORED' })).toEqual(['e']);
  });

  it('holds the real event of the reference page', async () => {
    const simulator = await start({ events: [referenceEvent] });
    expect(await ids(simulator, { startTimestamp: 1_753_648_085, endTimestamp: 1_753_648_085 })).toEqual([
      'e6cb0490-d627-49cc-a592-7c53bebab799',
    ]);
  });
});

describe('refusals', () => {
  it('answers 403 without a body to a wrong key, and logs only requests whose key was right', async () => {
    const simulator = await start();
    expect(await post(simulator, {}, 'fetchSuspectSampleData', 'wrong')).toMatchObject({
      status: 403,
      text: '',
    });
    expect(simulator.requests).toEqual([]);
    await post(simulator, { limit: 3 });
    expect(simulator.requests).toEqual([
      { index: 0, path: '/api/fetchSuspectSampleData', body: { limit: 3 } },
    ]);
  });

  it('answers 404 in JSON to what it does not know', async () => {
    const said = await post(await start(), {}, 'fetchEverything');
    expect([said.status, JSON.parse(said.text).actionErrors.length]).toEqual([404, 1]);
  });
});

describe('hazards', () => {
  it.each<{ hazard: Parameters<typeof withHazard>[0]; status: number; has: RegExp }>([
    { hazard: { kind: 'null_list', spelled: 'null' }, status: 200, has: /"total":0.*"maliciousEvents":null/ },
    { hazard: { kind: 'null_list', spelled: 'string' }, status: 200, has: /"maliciousEvents":"null"/ },
    { hazard: { kind: 'null_list', spelled: 'missing' }, status: 200, has: /^(?!.*maliciousEvents)/ },
    { hazard: { kind: 'forbidden', body: 'empty' }, status: 403, has: /^$/ },
    { hazard: { kind: 'forbidden', body: 'html' }, status: 403, has: /<html>/ },
    { hazard: { kind: 'no_right' }, status: 403, has: /actionErrors/ },
    { hazard: { kind: 'exception' }, status: 422, has: /actionErrors/ },
    { hazard: { kind: 'status', status: 502 }, status: 502, has: /<html>/ },
    { hazard: { kind: 'login_page' }, status: 200, has: /<form/ },
    { hazard: { kind: 'redirect' }, status: 302, has: /^$/ },
    { hazard: { kind: 'slow_body', pieces: 3, pauseMs: 1 }, status: 200, has: /"total":5/ },
    { hazard: { kind: 'missing_rows', every: 2 }, status: 200, has: /^(?!.*"b")(?!.*"d").*"total":5/ },
    { hazard: { kind: 'huge_body', bytes: 5_000 }, status: 200, has: /x{5000}/ },
  ])('$hazard', async ({ hazard, status, has }) => {
    const said = await post(await withHazard(hazard), { sort: { detectedAt: 1 } });
    expect(said.status).toBe(status);
    expect(said.text).toMatch(has);
  });

  it('names when to come back', async () => {
    const said = await post(await withHazard({ kind: 'status', status: 429, retryAfter: '7' }), {});
    expect([said.status, said.headers.get('retry-after')]).toEqual([429, '7']);
  });

  it.each(['reset', 'cut', 'hang'] as const)('%s gives no whole answer', async (kind) => {
    const simulator = await withHazard({ kind });
    const request = httpRequest(`${simulator.url}/api/fetchSuspectSampleData`, {
      method: 'POST',
      headers: { 'x-api-key': 'k' },
      timeout: 100,
    });
    const ending = new Promise((resolve) => {
      request.on('timeout', () => request.destroy(new Error('hang')));
      request.on('error', resolve);
      request.on('response', (response) => response.resume().on('error', resolve));
    });
    request.end('{}');
    expect(await ending).toBeInstanceOf(Error);
  });

  it.each([
    { total: 'zero', says: [0, 0, 0] },
    { total: 'cached', says: [5, 5, 1] },
    { total: 'frozen', says: [5, 5, 5] },
    { total: 'exact', says: [5, 6, 1] },
  ] as const)('a total that is $total', async ({ total, says }) => {
    const simulator = await start({ hazards: { total } });
    const totalOf = async (body: object) => JSON.parse((await post(simulator, body)).text).total;
    const first = await totalOf({});
    simulator.add([{ id: 'f', timestamp: FIRST + 20 }]);
    expect([first, await totalOf({}), await totalOf({ endTimestamp: FIRST })]).toEqual(says);
    if (total === 'zero') return;
    simulator.refreshTotals();
    expect(await totalOf({})).toBe(6);
  });

  it('a cached total that ages', async () => {
    let nowMs = 0;
    const clock = { now: () => nowMs, sleep: async () => {} };
    const simulator = await start({ clock, hazards: { total: { cachedMs: 1_000 } } });
    const totalOf = async () => JSON.parse((await post(simulator, {})).text).total;
    await totalOf();
    simulator.add([{ id: 'f', timestamp: FIRST + 20 }]);
    nowMs = 999;
    const cached = await totalOf();
    nowMs = 1_000;
    expect([cached, await totalOf()]).toEqual([5, 6]);
  });
});

function withHazard(hazard: NonNullable<NonNullable<AktoSimulatorOptions['hazards']>['answer']>) {
  return start({ hazards: { answer: hazard, stableOrder: true } });
}
