import { afterEach, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import {
  type HttpHazard,
  type IncidentsSimulator,
  type IncidentsSimulatorOptions,
  isoTime,
  makeIncidents,
  startIncidentsSimulator,
} from './index.ts';

const T = 1_609_459_200; // 2021-01-01T00:00:00Z
const DAY_S = 86_400;

const incident = (incidentId: string, startS: number, more: JsonObject = {}): JsonObject => ({
  incidentId,
  fingerprint: 'f',
  attackId: 'x',
  ipAddress: '203.0.113.9',
  userAgent: 'curl/8.5.0',
  requests: 1,
  createTime: isoTime(startS),
  updateTime: isoTime(startS + 60),
  ...more,
});
const INCIDENTS = [
  incident('a', T),
  incident('b', T + 100, { requests: 10, userAgent: 'Mozilla/5.0 (X11; Linux)' }),
  // Later than b, though its text sorts before: an offset is part of a time.
  incident('c', T + 200, { requests: 9, attackId: '', createTime: '2020-12-31T23:10:00-01:00' }),
  incident('d', T + DAY_S, { fingerprint: 'g', ipAddress: '2001:db8::1' }),
];

const open: IncidentsSimulator[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((simulator) => simulator.close()));
});

async function start(options: Partial<IncidentsSimulatorOptions> = {}): Promise<IncidentsSimulator> {
  const simulator = await startIncidentsSimulator({ token: 't', incidents: INCIDENTS, ...options });
  open.push(simulator);
  return simulator;
}

async function get(simulator: IncidentsSimulator, path: string, token = 't') {
  const response = await fetch(simulator.url + path, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(60_000),
  });
  return { status: response.status, text: await response.text() };
}

async function ids(simulator: IncidentsSimulator, query: string): Promise<string> {
  const rows: unknown = JSON.parse((await get(simulator, `/incidents?${query}`)).text);
  if (!Array.isArray(rows)) throw new Error('the body is no array');
  return rows.map(({ incidentId }) => incidentId).join('');
}

async function obtain(simulator: IncidentsSimulator, client = 'id:se:cret', grant = 'client_credentials') {
  const response = await fetch(`${simulator.url}/tokens`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(client).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ grant_type: grant }),
  });
  const body: unknown = await response.json();
  if (!isJsonObject(body)) throw new Error('the body is no object');
  return { status: response.status, body, token: String(body['access_token']) };
}

describe('GET /incidents', () => {
  it.each([
    { why: 'newest created first unless asked', query: '', shown: 'dcba' },
    { why: 'oldest first when asked', query: 'sort_order=asc', shown: 'abcd' },
    { why: 'numbers sort as numbers', query: 'filter[updateDate]=2021-01-01&sort_by=requests', shown: 'bca' },
    { why: 'limit and offset', query: 'sort_order=asc&limit=2&offset=1', shown: 'bc' },
    { why: 'past the end there is nothing', query: 'offset=4', shown: '' },
    { why: 'a date is a whole day in UTC', query: 'filter[createDate]=2021-01-01', shown: 'cba' },
    { why: 'the day after', query: 'filter[updateDate]=2021-01-02', shown: 'd' },
    { why: 'of an attack', query: 'filter[attack]=true', shown: 'dba' },
    { why: 'of none', query: 'filter[attack]=false', shown: 'c' },
    { why: 'attackId', query: 'filter[attackId]=x', shown: 'dba' },
    { why: 'fingerprint', query: 'filter[fingerprint]=g', shown: 'd' },
    { why: 'requests', query: 'filter[requests]=9', shown: 'c' },
    { why: 'ipAddress', query: 'filter[ipAddress]=2001:db8::1', shown: 'd' },
    { why: 'userAgent', query: 'filter[userAgent]=Mozilla/5.0%20(X11;%20Linux)', shown: 'b' },
    { why: 'all filters count', query: 'filter[requests]=1&filter[createDate]=2021-01-01', shown: 'a' },
  ])('$why', async ({ query, shown }) => {
    expect(await ids(await start({ hazards: { stableOrder: true } }), query)).toBe(shown);
  });

  it.each([
    'sort_by=id',
    'sort_order=up',
    'limit=-1',
    'offset=x',
    'filter[createDate]=2021-01-01T00:00:00Z',
    'filter[attack]=yes',
    'filter[__proto__]=x',
  ])('answers 400 to %s', async (query) => {
    expect((await get(await start(), `/incidents?${query}`)).status).toBe(400);
  });

  it('shows an incident as it stands, in the list and alone, and counts each revision shown', async () => {
    const simulator = await start();
    expect(JSON.parse((await get(simulator, '/incidents/a')).text)).toEqual(INCIDENTS[0]);
    simulator.update('a', { requests: 7, updateTime: isoTime(T + 500) });
    expect(await ids(simulator, 'sort_by=updateTime&filter[updateDate]=2021-01-01&limit=1')).toBe('a');
    expect([...simulator.shown]).toEqual(['a@2021-01-01T00:01:00+00:00@1', 'a@2021-01-01T00:08:20+00:00@7']);
    expect((await get(simulator, '/incidents/zzz')).status).toBe(404);
  });

  it('has no stable order among equals, so that offsets show incidents twice and skip others', async () => {
    const incidents = Array.from({ length: 40 }, (_, n) => incident(`i${n}`, T));
    const simulator = await start({ incidents });
    await ids(simulator, 'limit=20');
    await ids(simulator, 'limit=20&offset=20');
    expect(simulator.shown.size).toBeLessThan(40);
  });

  it('caps what it answers, and lets incidents change while the client pages', async () => {
    const simulator = await start({ hazards: { mostRows: 3, stableOrder: true } });
    expect(await ids(simulator, 'limit=100')).toBe('dcb');
    simulator.setHazards({
      beforeAnswer: ({ index }) => simulator.add([incident(`n${index}`, T + 2 * DAY_S)]),
    });
    expect(await ids(simulator, 'limit=2')).toBe('n1d');
  });
});

describe('tokens', () => {
  const client = { id: 'id', secret: 'se:cret' };

  it('issues one for the right client, and records nothing secret', async () => {
    const simulator = await start({ client });
    const { token, body } = await obtain(simulator);
    expect(body).toEqual({ access_token: token, token_type: 'Bearer', expires_in: 600 });
    expect((await get(simulator, '/incidents', token)).status).toBe(200);
    const log = JSON.stringify(simulator.requests.map((request) => [request, ...request.query]));
    expect(['se:cret', token].filter((secret) => log.includes(secret))).toEqual([]);
    expect(simulator.requests).toMatchObject([
      { index: 0, method: 'POST', path: '/tokens', authorized: true },
      { index: 1, method: 'GET', path: '/incidents', authorized: true },
    ]);
  });

  it('refuses other clients, other grants and unknown tokens', async () => {
    const simulator = await start({ client });
    expect(await obtain(simulator, 'id:other')).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
    expect(await obtain(simulator, 'id:se:cret', 'password')).toMatchObject({ status: 400 });
    expect((await get(simulator, '/incidents', 'other')).status).toBe(401);
    expect((await obtain(await start())).status).toBe(401);
  });

  it.each([0, 600_000, '600', null, undefined])(
    'says expires_in: %s where it is told to',
    async (expiresIn) => {
      const simulator = await start({ client, hazards: { expiresIn } });
      expect((await obtain(simulator)).body['expires_in']).toBe(expiresIn);
    },
  );

  it('ends a token after so many uses, after a time, or at once', async () => {
    let nowMs = 0;
    const clock = { now: () => nowMs, sleep: async () => {} };
    const simulator = await start({ client, clock, hazards: { tokenUses: 2, tokenLifeMs: 1_000 } });
    const statuses = async (token: string, times: number): Promise<number[]> => {
      const seen: number[] = [];
      for (let time = 0; time < times; time += 1)
        seen.push((await get(simulator, '/incidents', token)).status);
      return seen;
    };
    expect(await statuses((await obtain(simulator)).token, 3)).toEqual([200, 200, 401]);
    const second = await obtain(simulator);
    nowMs = 1_000;
    expect(await statuses(second.token, 1)).toEqual([401]);
    const third = await obtain(simulator);
    simulator.revokeTokens();
    expect([await statuses(third.token, 1), await statuses('t', 1)]).toEqual([[401], [401]]);
    expect(simulator.tokensIssued).toBe(3);
  });

  it('can revoke in the middle of paging', async () => {
    const simulator = await start();
    simulator.setHazards({ beforeAnswer: ({ index }) => index === 1 && simulator.revokeTokens() });
    expect((await get(simulator, '/incidents?limit=2')).status).toBe(200);
    expect((await get(simulator, '/incidents?limit=2&offset=2')).status).toBe(401);
  });
});

describe('hazards', () => {
  it.each<{ hazard: HttpHazard; status: number; has: RegExp }>([
    { hazard: { kind: 'null_list', spelled: 'null' }, status: 200, has: /^null$/ },
    { hazard: { kind: 'null_list', spelled: 'string' }, status: 200, has: /^"null"$/ },
    { hazard: { kind: 'null_list', spelled: 'missing' }, status: 200, has: /^\{\}$/ },
    { hazard: { kind: 'login_page' }, status: 200, has: /<form/ },
    { hazard: { kind: 'status', status: 503 }, status: 503, has: /<html>/ },
    { hazard: { kind: 'json', status: 401, body: { error: 'x' } }, status: 401, has: /"x"/ },
    { hazard: { kind: 'half' }, status: 200, has: /^\[.*[^\]]$/ },
    { hazard: { kind: 'missing_rows', every: 2 }, status: 200, has: /"d".*"b"/ },
    { hazard: { kind: 'huge_body', bytes: 300_000 }, status: 200, has: /\] {300000}$/ },
    { hazard: { kind: 'slow_body', pieces: 3, pauseMs: 1 }, status: 200, has: /^\[.*\]$/ },
  ])('$hazard', async ({ hazard, status, has }) => {
    const simulator = await start({ hazards: { answer: hazard, stableOrder: true } });
    const said = await get(simulator, '/incidents');
    expect(said.status).toBe(status);
    expect(said.text).toMatch(has);
    expect(simulator.shown.size).toBe(hazard.kind === 'slow_body' ? 4 : 0);
  });

  it('can be for tokens alone', async () => {
    const answer = ({ path }: { path: string }): HttpHazard | undefined =>
      path === '/tokens' ? { kind: 'json', status: 200, body: {} } : undefined;
    const simulator = await start({ client: { id: 'id', secret: 'se:cret' }, hazards: { answer } });
    expect((await obtain(simulator)).body).toEqual({});
    expect((await get(simulator, '/incidents')).status).toBe(200);
  });
});

describe('makeIncidents', () => {
  const range = { fromS: T, toS: T + DAY_S };
  const made = makeIncidents(7, 300, range);

  it('makes the same from the same seed, with ids of their own and times in the range', () => {
    expect(makeIncidents(7, 300, range)).toEqual(made);
    expect(makeIncidents(8, 300, range)).not.toEqual(made);
    expect(new Set(made.map(({ incidentId }) => incidentId)).size).toBe(300);
    for (const { createTime, updateTime } of made) {
      expect(Date.parse(createTime)).toBeGreaterThanOrEqual(T * 1_000);
      expect(Date.parse(updateTime)).toBeGreaterThanOrEqual(Date.parse(createTime));
      expect(Date.parse(updateTime)).toBeLessThanOrEqual((T + DAY_S) * 1_000);
    }
  });

  it('makes attacks of several incidents among lone ones', () => {
    const sizes = [...Map.groupBy(made, ({ attackId }) => attackId).values()].map(({ length }) => length);
    expect([Math.min(...sizes), sizes.filter((size) => size > 1).length > 20]).toEqual([1, true]);
  });
});
