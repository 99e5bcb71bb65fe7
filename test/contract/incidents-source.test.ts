import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/core/alert.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { Secret } from '../../src/core/secret.ts';
import { type Cursor, type Page, type Source, SourceError } from '../../src/core/source.ts';
import { seededRandom } from '../../src/demo/http-hazards/seeded.ts';
import {
  type HttpHazard,
  type IncidentsSimulator,
  type IncidentsSimulatorOptions,
  isoTime,
  makeIncidents,
  startIncidentsSimulator,
} from '../../src/demo/incidents-simulator/index.ts';
import { IncidentsClient } from '../../src/sources/incidents/client.ts';
import { incidentsSource } from '../../src/sources/incidents/index.ts';

const NOW_S = 1_780_000_000;
const SECRET = 'a-secret:that-must-stay-hidden';
const TOKEN = 'a-token-that-must-stay-hidden';
const client = { id: 'tocsin', secret: SECRET };
const BASIC = Buffer.from(`tocsin:${SECRET}`).toString('base64');

class ManualClock implements Clock {
  nowMs = NOW_S * 1_000;
  readonly slept: number[] = [];
  now = (): number => this.nowMs;
  sleep = async (ms: number): Promise<void> => {
    this.slept.push(ms);
    this.nowMs += ms;
  };
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Stage {
  readonly feed: IncidentsSimulator;
  readonly source: Source;
  readonly clock: ManualClock;
  poll(cursor?: Cursor, signal?: AbortSignal): Promise<Page[]>;
  /** Paths of all requests so far, `tokens` and `incidents`. */
  asked(): string[];
}

async function stage(
  incidents: readonly JsonObject[],
  config: object = {},
  options: Partial<IncidentsSimulatorOptions> = {},
): Promise<Stage> {
  const clock = new ManualClock();
  const feed = await startIncidentsSimulator({ client, token: TOKEN, clock, incidents, ...options });
  const credentials = 'token' in config ? {} : { client_id: client.id, client_secret: client.secret };
  const read = incidentsSource.config.parse({
    ...{ name: 'identity', type: 'incidents', url: feed.url },
    ...credentials,
    ...config,
  });
  const source = incidentsSource.create(read, { clock, random: seededRandom(1) });
  closing.push(() => source.close(), feed.close);
  return {
    ...{ feed, source, clock },
    poll: (cursor, signal) => pollOnce(source, cursor, signal),
    asked: () => feed.requests.map(({ path }) => path.split('/')[1] ?? ''),
  };
}

async function pollOnce(
  source: Source,
  cursor?: Cursor,
  signal = new AbortController().signal,
): Promise<Page[]> {
  const pages: Page[] = [];
  for (const reader of source.readers)
    for await (const page of reader.poll(
      cursor,
      { arrived: async () => undefined, count: async () => 0 },
      signal,
    ))
      pages.push(page);
  return pages;
}

async function failureOf(run: Promise<unknown>): Promise<SourceError> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof SourceError) return error;
  throw new Error(`expected a SourceError, got ${inspect(error)}`);
}

const incident = (incidentId: string, ageS: number, more: JsonObject = {}): JsonObject => ({
  incidentId,
  attackId: 'A',
  ipAddress: '203.0.113.9',
  userAgent: 'curl/8.5.0',
  requests: 1,
  createTime: isoTime(NOW_S - 80_000),
  updateTime: isoTime(NOW_S - ageS),
  ...more,
});
const many = (count: number, ageS: (n: number) => number): JsonObject[] =>
  Array.from({ length: count }, (_, n) => incident(`i${n}`, ageS(n)));
/** As the simulator names what it showed. */
const revisions = (pages: readonly Page[]): Set<string> =>
  new Set(
    pages.flatMap(({ events }) =>
      events.map(({ feedId, raw }) => `${feedId}@${raw['updateTime']}@${raw['requests']}`),
    ),
  );
const ids = (pages: readonly Page[]): string[] =>
  pages.flatMap(({ events }) => events.map(({ feedId }) => feedId));
const rejected = (pages: readonly Page[]): string[] => pages.flatMap((page) => page.rejected);
const last = (pages: readonly Page[]): Cursor | undefined => pages.at(-1)?.cursor;

describe('polling', () => {
  it('reads the incident of the reference page as it stands', async () => {
    const seen = incident('6006dda272f002519c3eb505', 0, {
      fingerprint: '7c2b4bc57b2c66fc9ccd645bd9a58a72',
      updateTime: '2026-05-28T00:00:00+00:00',
      unknown: [{}],
    });
    const { poll } = await stage([seen], { initial_lookback: '30d' });
    expect((await poll()).flatMap(({ events }) => events)).toEqual([
      {
        id: 'identity/incidents/6006dda272f002519c3eb505/1779926400000-1',
        source: 'identity',
        feed: 'incidents',
        feedId: '6006dda272f002519c3eb505',
        revision: '1779926400000-1',
        timeMs: 1_779_926_400_000,
        raw: seen,
      },
    ]);
  });

  it('asks below a base that has a path, newest update first', async () => {
    const { feed, poll } = await stage([], { token: TOKEN });
    await poll();
    expect([...(feed.requests[0]?.query ?? [])]).toEqual([
      ['limit', '100'],
      ['offset', '0'],
      ['sort_by', 'updateTime'],
      ['sort_order', 'desc'],
    ]);
    const below = await stage([], { token: TOKEN, url: `${feed.url}/api/v2` });
    const error = await failureOf(below.poll());
    expect(error.message).toMatch(/\(404\): check url/);
    expect(feed.requests.at(-1)?.path).toBe('/api/v2/incidents');
  });

  it('asks once where little is new, and at most twice where nothing is', async () => {
    const { feed, poll, clock } = await stage(
      many(120, (n) => 1_000 + n * 60),
      { token: TOKEN },
    );
    const first = await poll();
    const before = feed.requests.length;
    clock.nowMs += 60_000;
    feed.update('i7', { requests: 9, updateTime: isoTime(NOW_S + 30) });
    const second = await poll(last(first));
    expect(
      second.flatMap(({ events }) => events).find(({ feedId }) => feedId === 'i7')?.raw['requests'],
    ).toBe(9);
    expect(feed.requests.length - before).toBe(1);
    clock.nowMs += 60_000;
    await poll(last(second));
    process.stdout.write(`incidents: ${feed.requests.length - before - 1} requests in an idle poll\n`);
    expect(feed.requests.length - before).toBeLessThanOrEqual(3);
  });

  it('reads 1,000 incidents through shuffled ties in few requests, each once and nothing else', async () => {
    const made = makeIncidents(3, 1_000, { fromS: NOW_S - 80_000, toS: NOW_S });
    const { feed, poll } = await stage(made, { token: TOKEN });
    const pages = await poll();
    expect(new Set(ids(pages))).toEqual(new Set(made.map(({ incidentId }) => incidentId)));
    expect(rejected(pages)).toEqual([]);
    process.stdout.write(
      `incidents: ${feed.requests.length} requests for 1000 incidents in the first poll\n`,
    );
    expect(feed.requests.length).toBeLessThanOrEqual(13);
    expect(last(pages)).toEqual(JSON.parse(JSON.stringify(last(pages))));
  });

  it.each([2, 7, 30])(
    'reads all from a service that shows at most %d rows, whatever is asked for',
    async (mostRows) => {
      const made = many(90, (n) => n * 60);
      const { poll } = await stage(made, { token: TOKEN, page_size: 50 }, { hazards: { mostRows } });
      expect(new Set(ids(await poll())).size).toBe(90);
    },
  );

  it('says that it cannot be read, in few requests, where a service shows one row at a time', async () => {
    const { feed, poll } = await stage(
      many(9, (n) => n),
      { token: TOKEN },
      { hazards: { mostRows: 1 } },
    );
    const error = await failureOf(poll());
    expect([error.kind, error.message]).toEqual([
      'unavailable',
      expect.stringMatching(/^source "identity": .*shows one row at a time/),
    ]);
    expect(feed.requests.length).toBeLessThan(300);
  });

  it('reads one second that is larger than a page', async () => {
    const { poll } = await stage([...many(250, () => 500), incident('after', 20)], { token: TOKEN });
    expect(new Set(ids(await poll())).size).toBe(251);
  });

  it('misses no incident that grows, and none that is new, while it pages', async () => {
    const { feed, poll, clock } = await stage(
      many(60, (n) => 100 + n * 60),
      { token: TOKEN, page_size: 10 },
    );
    feed.setHazards({
      beforeAnswer: ({ index }) => {
        clock.nowMs += 1_000;
        const now = { updateTime: isoTime(clock.nowMs / 1_000) };
        feed.update(`i${(index * 7) % 60}`, { requests: 100 + index, ...now });
        if (index % 3 === 0) feed.add([incident(`new${index}`, 0, now)]);
      },
    });
    const first = await poll();
    feed.setHazards({ beforeAnswer: undefined });
    clock.nowMs += 60_000;
    const second = await poll(last(first));
    const read = revisions([...first, ...second]);
    const all = await poll();
    expect([...revisions(all)].filter((revision) => !read.has(revision))).toEqual([]);
  });

  it('tells of a bad row once and reads the others', async () => {
    const bad = [
      incident('2090', 0, { updateTime: '2090-01-01T00:00:00+00:00' }),
      incident('ms', 0, { updateTime: 1_780_000_000_000 }),
      incident('s', 0, { updateTime: 1_780_000_000 }),
      incident('negative', 0, { updateTime: -1 }),
      incident('naive', 0, { updateTime: '2026-05-28T00:00:00' }),
      { incidentId: null, updateTime: isoTime(NOW_S - 5) },
    ];
    const { poll } = await stage([...bad, ...many(5, (n) => n)], { token: TOKEN });
    const first = await poll();
    expect(new Set(ids(first))).toEqual(new Set(['i0', 'i1', 'i2', 'i3', 'i4']));
    expect(rejected(first)).toHaveLength(6);
    for (const sentence of rejected(first)) expect(sentence).toMatch(/^source "identity": .* was left out$/);
    expect(rejected(await poll(last(first)))).toEqual([]);
  });

  it('takes an incident seen again with other content as the same one, and its growth as another revision', async () => {
    const { feed, poll, clock } = await stage([incident('a', 60)], { token: TOKEN });
    const [before] = (await poll()).flatMap(({ events }) => events);
    feed.update('a', { userAgent: 'other' });
    const pages = await poll();
    feed.update('a', { requests: 2 });
    clock.nowMs += 1_000;
    const [other, grown] = [...pages, ...(await poll(last(pages)))].flatMap(({ events }) => events);
    expect(other?.id).toBe(before?.id);
    expect(grown?.id).not.toBe(before?.id);
    expect(grown?.feedId).toBe(before?.feedId);
  });

  it('reads what is five minutes ahead of our clock once, and goes on', async () => {
    const { feed, poll, clock } = await stage([incident('ahead', -300)], { token: TOKEN });
    const first = await poll();
    expect(ids(first)).toEqual(['ahead']);
    clock.nowMs += 60_000;
    feed.add([incident('now', -60)]);
    expect(ids(await poll(last(first)))).toContain('now');
  });

  it('goes on after a poll that was cut off between pages, without reading the first ones again', async () => {
    const { feed, source, clock, poll } = await stage(
      many(40, (n) => n * 600),
      { token: TOKEN, page_size: 10 },
    );
    const read = new Set<string>();
    let cursor: Cursor | undefined;
    for (const reader of source.readers) {
      for await (const page of reader.poll(
        undefined,
        { arrived: async () => undefined, count: async () => 0 },
        AbortSignal.any([]),
      )) {
        for (const { feedId } of page.events) read.add(feedId);
        cursor = JSON.parse(JSON.stringify(page.cursor));
        break;
      }
    }
    clock.nowMs += 60_000;
    const before = feed.requests.length;
    for (const id of ids(await poll(cursor))) read.add(id);
    expect(read.size).toBe(40);
    expect(feed.requests.length - before).toBeLessThanOrEqual(6);
  });
});

describe('tokens', () => {
  const incidents = many(30, (n) => n * 60);

  it.each<[string, Json | undefined]>([
    ['seconds', 600],
    ['milliseconds', 600_000],
    ['a text', '600'],
    ['zero', 0],
    ['a negative life', -600],
    ['none', undefined],
    ['null', null],
    ['an absurd life', 1e300],
  ])('are obtained once for many polls where expires_in is %s', async (_what, expiresIn) => {
    const { feed, clock, poll } = await stage(incidents, {}, { hazards: { expiresIn } });
    let cursor: Cursor | undefined;
    for (let polls = 0; polls < 7; polls += 1) {
      cursor = last(await poll(cursor));
      clock.nowMs += 60_000;
    }
    expect(feed.tokensIssued).toBe(1);
  });

  it.each([600, 600_000])('are renewed before they end, expires_in %d', async (expiresIn) => {
    const { feed, clock, poll } = await stage(
      incidents,
      {},
      { hazards: { expiresIn, tokenLifeMs: 600_000 } },
    );
    for (let polls = 0; polls < 30; polls += 1) {
      await poll();
      clock.nowMs += 60_000;
    }
    expect(feed.tokensIssued).toBe(4);
    expect(feed.requests.filter(({ authorized }) => !authorized)).toEqual([]);
  });

  it.each<[string, Json | undefined]>([
    ['0', 0],
    ['far too long', 80_000],
    ['absent', undefined],
  ])(
    'that end in the middle of a poll are replaced and the page is asked for again, expires_in %s',
    async (_what, expiresIn) => {
      const hazards = { expiresIn, tokenUses: 2 };
      const { feed, poll, asked } = await stage(incidents, { page_size: 10 }, { hazards });
      expect(new Set(ids(await poll())).size).toBe(30);
      const pages = asked().filter((path) => path === 'incidents').length;
      expect(feed.tokensIssued).toBeLessThanOrEqual(Math.ceil(pages / 2));
    },
  );

  it('are replaced when they are revoked, the other requests unharmed', async () => {
    const { feed, poll } = await stage(incidents, { page_size: 10 });
    feed.setHazards({ beforeAnswer: ({ index }) => index === 3 && feed.revokeTokens() });
    expect(new Set(ids(await poll())).size).toBe(30);
    expect(feed.tokensIssued).toBe(2);
  });

  it('are used on while the token endpoint is down, and obtained when it is back', async () => {
    const { feed, clock, poll } = await stage(incidents, {}, { hazards: { tokenLifeMs: 600_000 } });
    await poll();
    feed.setHazards({
      answer: ({ path }) => (path === '/tokens' ? { kind: 'status', status: 503 } : undefined),
    });
    clock.nowMs += 9 * 60_000;
    expect(ids(await poll())).toHaveLength(30);
    clock.nowMs += 120_000;
    expect(await failureOf(poll())).toMatchObject({ kind: 'unavailable' });
    feed.setHazards({ answer: undefined });
    expect(ids(await poll())).toHaveLength(30);
  });

  it('that are refused as soon as they are given end the poll after one repetition', async () => {
    const { poll, asked } = await stage(incidents, {}, { hazards: { tokenUses: 0 } });
    const error = await failureOf(poll());
    expect(error.kind).toBe('refused');
    expect(error.message).toBe(
      'source "identity": the identity API refused a token that it had just given: give the client of client_id the right to read incidents (401)',
    );
    expect(asked()).toEqual(['tokens', 'incidents', 'tokens', 'incidents']);
  });

  it('that were given and are refused are not asked for anew', async () => {
    const { poll, asked } = await stage(incidents, { token: 'another-token' });
    const error = await failureOf(poll());
    expect([error.kind, asked()]).toEqual(['refused', ['incidents']]);
    expect(error.message).toBe(
      'source "identity": the identity API refused the token: set a new one as token, of a client that may read incidents (401)',
    );
  });

  it('are not given for a wrong secret, which is said in so many words', async () => {
    const { poll, asked } = await stage(incidents, { client_secret: 'wrong' });
    const error = await failureOf(poll());
    expect([error.kind, asked()]).toEqual(['refused', ['tokens']]);
    expect(error.message).toBe(
      'source "identity": the identity API gives no token to this client, saying invalid_client: check client_id and client_secret (401)',
    );
  });

  it('are asked for once by a poll and the enrichment of many alerts at the same time', async () => {
    const { feed, poll, source } = await stage(
      incidents,
      {},
      {
        hazards: {
          answer: ({ path }) =>
            path === '/tokens' ? { kind: 'slow_body', pieces: 3, pauseMs: 5 } : undefined,
        },
      },
    );
    const { signal } = new AbortController();
    const alerts = incidents.map(({ incidentId }) => source.enrich?.(alertOf(String(incidentId)), signal));
    const [pages, ...contexts] = await Promise.all([poll(), ...alerts]);
    expect(ids(pages)).toHaveLength(30);
    expect(contexts.flatMap((context) => context?.missing)).toEqual([]);
    expect(feed.tokensIssued).toBe(1);
  });

  it.each<[string, HttpHazard, string, RegExp]>([
    [
      'no token in it',
      { kind: 'json', status: 200, body: {} },
      'unavailable',
      /without a usable access_token/,
    ],
    [
      'a token that no header can carry',
      { kind: 'json', status: 200, body: { access_token: `${TOKEN}\r\nx: y` } },
      'unavailable',
      /usable access_token/,
    ],
    [
      'a token that is no text',
      { kind: 'json', status: 200, body: { access_token: [TOKEN] } },
      'unavailable',
      /usable access_token/,
    ],
    ['a list', { kind: 'json', status: 200, body: [TOKEN] }, 'unavailable', /without a token/],
    [
      '400',
      { kind: 'json', status: 400, body: { error: 'unsupported_grant_type' } },
      'refused',
      /saying unsupported_grant_type: .*\(400\)/,
    ],
    [
      '403 and words of its own',
      { kind: 'json', status: 403, body: { error: `no ${SECRET}\n` } },
      'refused',
      /to this client: check client_id and client_secret \(403\)/,
    ],
    ['404', { kind: 'status', status: 404 }, 'refused', /a token \(404\): check url/],
    ['a redirect', { kind: 'redirect' }, 'refused', /redirect \(302\)/],
    ['a login page', { kind: 'login_page' }, 'unavailable', /HTML page.* instead of a token/],
    [
      '429',
      { kind: 'status', status: 429, retryAfter: '90' },
      'unavailable',
      /asks for fewer requests \(429\)/,
    ],
    ['half of it', { kind: 'half' }, 'unavailable', /not JSON/],
    ['nothing', { kind: 'reset' }, 'unavailable', /closed the connection/],
  ])('an answer to a request for one: %s', async (_what, hazard, kind, says) => {
    const answer = ({ path }: { path: string }) => (path === '/tokens' ? hazard : undefined);
    const { poll } = await stage(incidents, {}, { hazards: { answer } });
    const error = await failureOf(poll());
    expect(error.kind).toBe(kind);
    expect(error.message).toMatch(says);
    expectNoSecret(error);
  });
});

describe('failures', () => {
  it.each<{ hazard: HttpHazard; kind: string; requests: number; after?: number }>([
    { hazard: { kind: 'null_list', spelled: 'null' }, kind: 'unavailable', requests: 4 },
    { hazard: { kind: 'null_list', spelled: 'string' }, kind: 'unavailable', requests: 4 },
    { hazard: { kind: 'null_list', spelled: 'missing' }, kind: 'unavailable', requests: 4 },
    { hazard: { kind: 'json', status: 200, body: { incidents: [] } }, kind: 'unavailable', requests: 4 },
    { hazard: { kind: 'json', status: 403, body: { token: TOKEN } }, kind: 'refused', requests: 1 },
    { hazard: { kind: 'json', status: 400, body: { error: TOKEN } }, kind: 'refused', requests: 1 },
    { hazard: { kind: 'redirect', to: 'https://sso.example/' }, kind: 'refused', requests: 1 },
    {
      hazard: { kind: 'status', status: 429, retryAfter: '2' },
      kind: 'unavailable',
      requests: 4,
      after: 2_000,
    },
    {
      hazard: { kind: 'status', status: 429, retryAfter: '90' },
      kind: 'unavailable',
      requests: 1,
      after: 90_000,
    },
    { hazard: { kind: 'status', status: 503, page: TOKEN }, kind: 'unavailable', requests: 4 },
    { hazard: { kind: 'login_page' }, kind: 'unavailable', requests: 4 },
    { hazard: { kind: 'reset' }, kind: 'unavailable', requests: 4 },
    { hazard: { kind: 'cut' }, kind: 'unavailable', requests: 4 },
    { hazard: { kind: 'half' }, kind: 'unavailable', requests: 4 },
  ])('$hazard: $kind after $requests requests', async ({ hazard, kind, requests, after }) => {
    const { feed, poll } = await stage(
      many(3, (n) => n),
      { token: TOKEN },
      { hazards: { answer: hazard } },
    );
    const error = await failureOf(poll());
    expect([error.kind, feed.requests.length, error.retryAfterMs]).toEqual([kind, requests, after]);
    expect(error.message).toMatch(/^source "identity": [^\n]{10,400}$/);
    expectNoSecret(error);
  });

  it('stops at once when told to, also while the service hangs', async () => {
    const { feed, poll } = await stage([], {}, { hazards: { answer: { kind: 'hang' } } });
    const stop = new AbortController();
    feed.setHazards({ beforeAnswer: () => setImmediate(() => stop.abort()) });
    expect((await failureOf(poll(undefined, stop.signal))).kind).toBe('aborted');
    expect((await failureOf(poll(undefined, stop.signal))).kind).toBe('aborted');
    expect(feed.requests).toHaveLength(1);
  });

  it.each<[HttpHazard, RegExp]>([
    [{ kind: 'hang' }, /did not answer in time/],
    [{ kind: 'slow_body', pieces: 50, pauseMs: 20 }, /did not answer in time/],
    [{ kind: 'huge_body', bytes: 200_000_000 }, /too large.*check url/],
  ])('%j ends within its bounds', async (answer, says) => {
    const feed = await startIncidentsSimulator({
      token: TOKEN,
      hazards: { answer },
      incidents: many(60, () => 1),
    });
    const one = new IncidentsClient({
      ...{ source: 'identity', url: feed.url, credentials: { kind: 'token', token: new Secret(TOKEN) } },
      ...{
        timeoutMs: answer.kind === 'huge_body' ? 5_000 : 80,
        maxResponseBytes: 100_000,
        clock: new ManualClock(),
      },
    });
    closing.push(async () => one.close(), feed.close);
    const error = await failureOf(one.fetchIncidents(5, 0, new AbortController().signal));
    expect(error).toMatchObject({ kind: 'unavailable', message: expect.stringMatching(says) });
  });

  it('leave no secret in the source, its configuration or its cursors', async () => {
    const { source, poll } = await stage(many(3, (n) => n));
    const shown = [source, await poll()].map((each) => inspect(each, { depth: 9, showHidden: true }));
    const config = incidentsSource.config.parse({
      ...{ name: 'a', type: 'incidents', url: 'https://x', client_id: client.id, client_secret: SECRET },
    });
    shown.push(JSON.stringify(source), JSON.stringify(config), inspect(config, { depth: 9 }));
    for (const text of shown) for (const secret of [SECRET, BASIC]) expect(text).not.toContain(secret);
  });
});

function expectNoSecret(error: Error): void {
  const shown = [
    error.message,
    error.stack,
    JSON.stringify(error),
    inspect(error, { depth: 9, showHidden: true }),
  ];
  for (const text of shown) for (const secret of [SECRET, TOKEN, BASIC]) expect(text).not.toContain(secret);
}

function alertOf(object: string): Alert {
  return {
    ...{
      fingerprint: 'f',
      rule: 'r',
      ruleName: 'R',
      severity: 'HIGH',
      source: 'identity',
      feed: 'incidents',
    },
    ...{ group: { attack_id: 'A' }, count: 1, firstSeenMs: 1, lastSeenMs: 1, openedAtMs: 1 },
    ...{ state: 'open', episode: 1, matchedAtMs: 0, resolveAfterMs: 3_600_000 },
    ...{ actors: { count: 1 }, apis: { count: 1 }, labels: {} },
    sample: [{ id: 'x', timeMs: 1, object }],
  };
}

describe('enrichment', () => {
  const { signal } = new AbortController();

  it('tells how the incident stands now, whatever its id holds', async () => {
    const id = 'a/../b?c#d%2F';
    const { feed, source } = await stage([incident(id, 60)], { token: TOKEN });
    feed.update(id, { requests: 77 });
    expect(await source.enrich?.(alertOf(id), signal)).toEqual({
      incident: { id, attackId: 'A', requests: 77, userAgent: 'curl/8.5.0', updatedMs: (NOW_S - 60) * 1_000 },
      missing: [],
    });
  });

  it.each<[string, HttpHazard | undefined, RegExp]>([
    ['is gone', undefined, /knows it no more/],
    ['cannot be had', { kind: 'status', status: 500 }, /could not give an incident \(500\)/],
    ['comes as a page', { kind: 'login_page' }, /HTML page.* instead of an incident/],
    ['comes as a list', { kind: 'json', status: 200, body: [] }, /without an incident/],
    ['may not be read', { kind: 'json', status: 403, body: {} }, /refused the token.*\(403\)/],
  ])('says so in a sentence where the incident %s', async (_what, answer, says) => {
    const { source } = await stage([], { token: TOKEN }, { hazards: { answer } });
    const context = await source.enrich?.(alertOf('gone'), signal);
    expect(context?.missing).toEqual([expect.stringMatching(says)]);
    expect(context?.missing[0]).toMatch(/^the incident's present state could not be fetched: /);
    expect(context).not.toHaveProperty('incident');
  });

  it('ends with the time that it is given', async () => {
    const { source } = await stage([], {}, { hazards: { answer: { kind: 'hang' } } });
    const context = await source.enrich?.(alertOf('a'), AbortSignal.timeout(50));
    expect(context?.missing).toEqual([expect.stringMatching(/was stopped$/)]);
  });
});
