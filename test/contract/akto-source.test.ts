import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { Secret } from '../../src/core/secret.ts';
import {
  type Cursor,
  type Ingested,
  type Page,
  type Slice,
  type Source,
  SourceError,
} from '../../src/core/source.ts';
import {
  type AktoSimulator,
  type Hazard,
  type Hazards,
  makeEvents,
  referenceEvent,
  seededRandom,
  startAktoSimulator,
} from '../../src/demo/akto-simulator/index.ts';
import { AktoClient } from '../../src/sources/akto/client.ts';
import { aktoSource } from '../../src/sources/akto/index.ts';
import { PageRows } from '../../src/sources/akto/page-rows.ts';
import { createEventReader } from '../../src/sources/akto/reader.ts';

const NOW_S = 1_780_000_000;
const API_KEY = 'a-key-that-must-stay-hidden';

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
  readonly feed: AktoSimulator;
  readonly source: Source;
  readonly clock: ManualClock;
  poll(cursor?: Cursor, signal?: AbortSignal): Promise<Page[]>;
}

async function stage(
  events: JsonObject[],
  config: object = {},
  hazards: Partial<Hazards> = {},
): Promise<Stage> {
  const feed = await startAktoSimulator({ apiKey: API_KEY, events, hazards });
  const clock = new ManualClock();
  const read = aktoSource.config.parse({
    name: 'akto-prod',
    type: 'akto',
    url: feed.url,
    api_key: API_KEY,
    ...config,
  });
  const source = aktoSource.create(read, { clock, random: seededRandom(1) });
  closing.push(() => source.close(), feed.close);
  const committed = new Committed();
  return { feed, source, clock, poll: (cursor, signal) => pollOnce(source, committed, cursor, signal) };
}

/** What a store knows of the events that it was given. */
class Committed implements Ingested {
  readonly #times = new Map<string, number>();

  take({ events }: Page): void {
    for (const { id, timeMs } of events) if (!this.#times.has(id)) this.#times.set(id, timeMs);
  }

  async arrived(): Promise<void> {}

  async count({ fromMs, toMs }: Slice): Promise<number> {
    return [...this.#times.values()].filter((timeMs) => timeMs >= fromMs && timeMs <= toMs).length;
  }
}

async function pollOnce(
  source: Source,
  committed: Committed,
  cursor?: Cursor,
  signal = new AbortController().signal,
): Promise<Page[]> {
  const pages: Page[] = [];
  for (const reader of source.readers)
    for await (const page of reader.poll(cursor, committed, signal)) {
      committed.take(page);
      pages.push(page);
    }
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

const ids = (pages: readonly Page[]): string[] =>
  pages.flatMap(({ events }) => events.map(({ feedId }) => feedId));
const rows = (count: number, timestamp: number, name = 'row'): JsonObject[] =>
  Array.from({ length: count }, (_, n) => ({ id: `${name}-${n}`, timestamp }));

describe('polling', () => {
  it('reads the real event of the reference page as it stands', async () => {
    const { poll } = await stage([referenceEvent], { initial_lookback: '3650d' });
    const [page] = await poll();
    expect(page?.events.map(({ raw }) => raw)).toEqual([referenceEvent]);
  });

  it('is two pages of a walk ahead of what is committed', async () => {
    const { feed, source } = await stage(
      Array.from({ length: 60 }, (_, n) => ({ id: `walk-${n}`, timestamp: NOW_S - 600 + n })),
      { page_size: 20 },
    );
    const uncommitted = Promise.withResolvers<void>();
    const signal = new AbortController().signal;
    const ingested = { arrived: () => uncommitted.promise, count: async () => 20 };
    const pages = source.readers[0]?.poll(undefined, ingested, signal)[Symbol.asyncIterator]();
    await pages?.next();
    await pages?.next();
    const before = feed.requests.length;
    const next = pages?.next();
    await expect.poll(() => feed.requests.length, { timeout: 10_000 }).toBe(before + 1);
    uncommitted.resolve();
    expect((await next)?.done).toBe(false);
    await pages?.return?.();
  });

  it('asks once where nothing is new, the key in its header and nowhere else', async () => {
    const { feed, poll, clock } = await stage(rows(3, NOW_S - 60));
    const first = await poll();
    clock.nowMs += 30_000;
    const second = await poll(first.at(-1)?.cursor);
    expect([feed.requests.length, ids(first).length, ids(second).length]).toEqual([2, 3, 3]);
    expect(feed.requests[1]?.body).toEqual({
      urls: [],
      types: [],
      limit: 500,
      skip: 0,
      sort: { detectedAt: -1 },
      startTimestamp: NOW_S - 900 - 300,
      endTimestamp: NOW_S + 30 + 360,
    });
  });

  it('gives an empty first poll a cursor, so that an outage after it is caught up', async () => {
    const { feed, poll, clock } = await stage([]);
    const [page] = await poll();
    clock.nowMs += 10 * 86_400_000;
    feed.add(rows(1, NOW_S + 60));
    expect(ids(await poll(page?.cursor))).toEqual(['row-0']);
  });

  it('reads on when a clock that was a day ahead is set right, though the feed showed an event of that day', async () => {
    const { feed, poll, clock } = await stage([]);
    clock.nowMs += 86_400_000;
    feed.add([...rows(1, NOW_S - 60, 'before'), ...rows(1, NOW_S + 86_000, 'ahead')]);
    const wrong = await poll((await poll()).at(-1)?.cursor);
    clock.nowMs -= 86_340_000;
    feed.add(rows(1, NOW_S + 30, 'after'));
    const right = await poll(wrong.at(-1)?.cursor);
    expect(ids([...wrong, ...right])).toEqual(expect.arrayContaining(['before-0', 'after-0']));
  });

  it('reads 10,000 events in few requests, none of them at an offset', async () => {
    const { feed, poll } = await stage(makeEvents(3, 10_000, { fromS: NOW_S - 80_000, toS: NOW_S }));
    const pages = await poll();
    expect(ids(pages).length).toBe(10_000);
    expect(new Set(ids(pages))).toEqual(feed.eventsShown);
    expect(feed.requests.length).toBeLessThanOrEqual(22);
    expect(feed.requests.every(({ body }) => body['skip'] === 0)).toBe(true);
  });

  it('reads a second larger than a page in one larger answer', async () => {
    const { feed, poll } = await stage([...rows(900, NOW_S - 9), ...rows(2, NOW_S - 5, 'after')]);
    expect(new Set(ids(await poll())).size).toBe(902);
    // The look, the walk's page before the second, the second itself, twice, and what comes after.
    expect(feed.requests.length).toBeLessThanOrEqual(5);
  });

  it('does not read a storm again at every poll, and finds what is late all the same', async () => {
    const { feed, clock, poll } = await stage(makeEvents(5, 9_000, { fromS: NOW_S - 890, toS: NOW_S }));
    let cursor = (await poll()).at(-1)?.cursor;
    feed.add(rows(1, NOW_S - 800, 'late'));
    const requests: number[] = [];
    const found: string[][] = [];
    for (let polls = 0; polls < 6; polls += 1) {
      const before = feed.requests.length;
      clock.nowMs += 30_000;
      const pages = await poll(cursor);
      cursor = pages.at(-1)?.cursor;
      found.push(ids(pages));
      requests.push(feed.requests.length - before);
    }
    expect(found[0]).toContain('late-0');
    expect(requests[0]).toBeLessThanOrEqual(14);
    expect(requests.slice(1).every((count) => count <= 2)).toBe(true);
  });

  it('leaves the rest of a long catch-up to the next poll instead of being cut off', async () => {
    const { feed, clock, poll } = await stage(makeEvents(4, 300, { fromS: NOW_S - 9_000, toS: NOW_S }), {
      page_size: 50,
      deadline: '10s',
    });
    feed.setHazards({
      beforeAnswer: () => {
        clock.nowMs += 3_000;
      },
    });
    const found = new Set<string>();
    let cursor: Cursor | undefined;
    for (let polls = 0; found.size < 300 && polls < 10; polls += 1) {
      const pages = await poll(cursor);
      for (const id of ids(pages)) found.add(id);
      cursor = pages.at(-1)?.cursor;
      expect(pages.length).toBeLessThanOrEqual(4);
    }
    expect(found.size).toBe(300);
  });

  it('tells of a bad row once, not at every look-back', async () => {
    const { poll } = await stage([{ timestamp: NOW_S - 5 }, ...rows(1, NOW_S - 5)]);
    const first = await poll();
    expect(first.flatMap(({ rejected }) => rejected)).toHaveLength(1);
    expect((await poll(first.at(-1)?.cursor)).flatMap(({ rejected }) => rejected)).toEqual([]);
  });
});

describe('an answer that holds fewer rows than it counts', () => {
  const events = rows(40, NOW_S - 100).map((row, n) => ({ ...row, timestamp: NOW_S - 100 - n }));

  it('is read again in smaller parts, within the same poll', async () => {
    const answer = ({ index }: { index: number }): Hazard | undefined =>
      index === 0 ? { kind: 'missing_rows', every: 3 } : undefined;
    const { poll } = await stage(events, {}, { answer });
    const pages = await poll();
    expect(new Set(ids(pages)).size).toBe(40);
    expect(pages.flatMap(({ rejected }) => rejected)).toEqual([]);
  });

  it('is reported, remembered and asked for again when it stays so', async () => {
    const { feed, clock, poll } = await stage(events, { late_arrival: '0s' });
    feed.setHazards({ answer: { kind: 'missing_rows', every: 2 } });
    const first = await poll();
    expect(new Set(ids(first)).size).toBeLessThan(40);
    const { gaps = [] } = first.at(-1)?.progress ?? {};
    expect(gaps.map(({ problem }) => problem).join()).toMatch(
      /at least \d+ events could be read|counts \d+ events/,
    );
    expect(gaps.every(({ fromMs, toMs }) => fromMs < toMs)).toBe(true);
    feed.setHazards({ answer: undefined });
    clock.nowMs += 30_000;
    const second = await poll(first.at(-1)?.cursor);
    expect(new Set([...ids(first), ...ids(second)]).size).toBe(40);
    expect(second.at(-1)?.progress?.gaps).toEqual([]);
  });

  it('is given up in the end, once, and costs nothing from then on', async () => {
    const { feed, clock, poll } = await stage(rows(4, NOW_S - 100));
    // The server counts two rows that it never shows.
    feed.setHazards({ stableOrder: true, answer: { kind: 'missing_rows', every: 2 } });
    let cursor: Cursor | undefined;
    const givenUp: string[] = [];
    const requests: number[] = [];
    for (let polls = 0; polls < 80; polls += 1) {
      const before = feed.requests.length;
      const pages = await poll(cursor);
      requests.push(feed.requests.length - before);
      cursor = pages.at(-1)?.cursor;
      givenUp.push(...pages.flatMap(({ progress }) => progress?.givenUp ?? []).map(({ problem }) => problem));
      clock.nowMs += 30_000;
    }
    expect(givenUp).toEqual([expect.stringMatching(/\d of at least \d+ events could be read/)]);
    expect(requests.at(-1)).toBe(1);
  });
});

describe('bad input', () => {
  it('a key that expires while the walk is under way: refused, and with a new one it goes on from there', async () => {
    const { feed, clock, poll, source } = await stage(
      makeEvents(4, 300, { fromS: NOW_S - 9_000, toS: NOW_S }),
      {
        page_size: 50,
      },
    );
    feed.setHazards({
      answer: ({ index }) => (index >= 4 ? { kind: 'forbidden', body: 'empty' } : undefined),
    });
    const committed = new Committed();
    const pages: Page[] = [];
    const [reader] = source.readers;
    const run = async (cursor?: Cursor): Promise<void> => {
      for await (const page of reader?.poll(cursor, committed, AbortSignal.any([])) ?? []) {
        committed.take(page);
        pages.push(page);
      }
    };
    expect((await failureOf(run())).kind).toBe('refused');
    expect(feed.requests.length).toBe(5);
    const readBefore = new Set(ids(pages)).size;
    expect(readBefore).toBeGreaterThan(100);
    feed.setHazards({ answer: undefined });
    clock.nowMs += 600_000;
    await run(pages.at(-1)?.cursor);
    expect(new Set(ids(pages)).size).toBe(300);
    expect(ids(pages).length).toBeLessThan(420);
    expect(await poll(pages.at(-1)?.cursor)).toHaveLength(1);
  });

  it.each<{ why: string; timestamp: unknown }>([
    { why: 'in milliseconds', timestamp: NOW_S * 1_000 },
    { why: 'negative', timestamp: -5 },
    { why: 'in 2090', timestamp: 3_786_912_000 },
    { why: 'a word', timestamp: 'soon' },
    { why: 'a fraction', timestamp: NOW_S - 60.5 },
    { why: 'a text that is a number to some', timestamp: '1.77999994e9' },
    { why: 'missing', timestamp: undefined },
  ])('a timestamp $why is left out, told at most once, and holds up nothing', async ({ timestamp }) => {
    const bad =
      timestamp === undefined
        ? { id: 'bad' }
        : { id: 'bad', timestamp: JSON.parse(JSON.stringify(timestamp)) };
    const { feed, clock, poll } = await stage([
      bad,
      ...makeEvents(6, 1_200, { fromS: NOW_S - 800, toS: NOW_S }),
    ]);
    let cursor: Cursor | undefined;
    const rejected: string[] = [];
    const found = new Set<string>();
    const requests: number[] = [];
    for (let polls = 0; polls < 50; polls += 1) {
      const before = feed.requests.length;
      const pages = await poll(cursor);
      requests.push(feed.requests.length - before);
      cursor = pages.at(-1)?.cursor;
      rejected.push(...pages.flatMap((page) => page.rejected));
      for (const id of ids(pages)) found.add(id);
      expect(pages.flatMap(({ progress }) => progress?.gaps ?? [])).toEqual([]);
      clock.nowMs += 30_000;
    }
    expect(found.size).toBe(1_200);
    expect(rejected.length).toBeLessThanOrEqual(1);
    expect(Math.max(...requests.slice(2))).toBeLessThanOrEqual(2);
  });

  it('an id seen again with other content, and in another second, is the same event and no gap', async () => {
    const { feed, clock, poll } = await stage(makeEvents(6, 1_200, { fromS: NOW_S - 800, toS: NOW_S }));
    let cursor = (await poll()).at(-1)?.cursor;
    const [again] = makeEvents(6, 1_200, { fromS: NOW_S - 800, toS: NOW_S });
    feed.add([{ ...again, timestamp: NOW_S - 200, url: '/other' }]);
    const requests: number[] = [];
    for (let polls = 0; polls < 5; polls += 1) {
      clock.nowMs += 30_000;
      const before = feed.requests.length;
      const pages = await poll(cursor);
      cursor = pages.at(-1)?.cursor;
      requests.push(feed.requests.length - before);
      expect(pages.at(-1)?.progress?.gaps).toEqual([]);
    }
    expect(Math.max(...requests.slice(1))).toBeLessThanOrEqual(2);
  });

  it.each([300, -300])('a clock %d s off loses nothing', async (offS) => {
    const { feed, clock, poll } = await stage(rows(3, NOW_S - 60));
    clock.nowMs += offS * 1_000;
    let cursor = (await poll()).at(-1)?.cursor;
    const found = new Set<string>();
    for (let polls = 0; polls < 60; polls += 1) {
      const serverS = NOW_S + 30 * polls;
      feed.add([
        { id: `now-${polls}`, timestamp: serverS },
        { id: `late-${polls}`, timestamp: serverS - 900 },
      ]);
      const pages = await poll(cursor);
      cursor = pages.at(-1)?.cursor;
      for (const id of ids(pages)) found.add(id);
      clock.nowMs += 30_000;
    }
    expect(found.size).toBeGreaterThanOrEqual(120);
  });
});

describe('history', () => {
  it('reads one slice whole, oldest first, apart from the polls, and goes on where it was left', async () => {
    const { source, feed } = await stage(
      makeEvents(8, 2_000, { fromS: NOW_S - 90_000, toS: NOW_S - 80_000 }),
      {
        page_size: 100,
      },
    );
    feed.add(rows(250, NOW_S - 85_000, 'tied'));
    feed.setHazards({
      answer: ({ index }) => (index === 3 ? { kind: 'missing_rows', every: 3 } : undefined),
    });
    const [reader] = source.readers;
    const slice = { fromMs: (NOW_S - 88_000) * 1_000, toMs: (NOW_S - 82_000) * 1_000 };
    const inSlice = [
      ...makeEvents(8, 2_000, { fromS: NOW_S - 90_000, toS: NOW_S - 80_000 }),
      ...rows(250, NOW_S - 85_000, 'tied'),
    ]
      .filter(({ timestamp }) => Number(timestamp) >= NOW_S - 88_000 && Number(timestamp) <= NOW_S - 82_000)
      .map(({ id }) => String(id));
    const found: string[] = [];
    let cursor: Cursor | undefined;
    let isDone = false;
    for (let stretch = 0; !isDone; stretch += 1) {
      let pages = 0;
      isDone = true;
      for await (const page of reader?.readSlice?.(slice, cursor, AbortSignal.any([])) ?? []) {
        if (pages === 4 && stretch < 3) {
          isDone = false;
          break;
        }
        pages += 1;
        for (const { feedId } of page.events) found.push(feedId);
        cursor = JSON.parse(JSON.stringify(page.cursor));
        expect(page.progress).not.toHaveProperty('lateBeforeMs');
      }
    }
    expect(new Set(found)).toEqual(new Set(inSlice));
    expect(Object.keys(cursor ?? {})).toEqual(['nextS']);
  });

  it('tells at once of what a slice lacks', async () => {
    const { source, feed } = await stage(rows(40, NOW_S - 90_000));
    feed.setHazards({ stableOrder: true, answer: { kind: 'missing_rows', every: 2 } });
    const givenUp = [];
    const slice = { fromMs: (NOW_S - 90_100) * 1_000, toMs: (NOW_S - 89_900) * 1_000 };
    for await (const page of source.readers[0]?.readSlice?.(slice, undefined, AbortSignal.any([])) ?? [])
      givenUp.push(...(page.progress?.givenUp ?? []));
    expect(givenUp).toEqual([
      expect.objectContaining({ fromMs: (NOW_S - 90_000) * 1_000, toMs: (NOW_S - 90_000) * 1_000 + 999 }),
    ]);
  });
});

describe('failures', () => {
  it.each<{ hazard: Hazard; kind: string; requests: number; after?: number }>([
    { hazard: { kind: 'null_list', spelled: 'null' }, kind: 'unavailable', requests: 4 },
    { hazard: { kind: 'null_list', spelled: 'string' }, kind: 'unavailable', requests: 4 },
    { hazard: { kind: 'null_list', spelled: 'missing' }, kind: 'unavailable', requests: 4 },
    { hazard: { kind: 'forbidden', body: 'empty' }, kind: 'refused', requests: 1 },
    { hazard: { kind: 'forbidden', body: 'html' }, kind: 'refused', requests: 1 },
    { hazard: { kind: 'no_right', text: `no right for ${API_KEY}` }, kind: 'refused', requests: 1 },
    { hazard: { kind: 'redirect', to: 'https://sso.example/' }, kind: 'refused', requests: 1 },
    { hazard: { kind: 'exception' }, kind: 'unavailable', requests: 4 },
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
    { hazard: { kind: 'status', status: 503 }, kind: 'unavailable', requests: 4 },
    { hazard: { kind: 'status', status: 404 }, kind: 'refused', requests: 1 },
    { hazard: { kind: 'login_page' }, kind: 'unavailable', requests: 4 },
    { hazard: { kind: 'reset' }, kind: 'unavailable', requests: 4 },
    { hazard: { kind: 'cut' }, kind: 'unavailable', requests: 4 },
  ])('$hazard: $kind after $requests requests', async ({ hazard, kind, requests, after }) => {
    const { feed, poll } = await stage(rows(3, NOW_S - 60), {}, { answer: hazard });
    const error = await failureOf(poll());
    expect([error.kind, feed.requests.length, error.retryAfterMs]).toEqual([kind, requests, after]);
    expect(error.message).toMatch(/^source "akto-prod": [^\n]{10,400}$/);
    for (const seen of [
      error.message,
      inspect(error, { depth: 9, showHidden: true }),
      JSON.stringify(error),
      error.stack,
    ]) {
      expect(seen).not.toContain(API_KEY);
    }
  });

  it('waits as told and goes on within the same poll when the server recovers', async () => {
    const answer = ({ index }: { index: number }): Hazard | undefined =>
      index < 2 ? { kind: 'status', status: 429, retryAfter: '2' } : undefined;
    const { clock, poll } = await stage(rows(3, NOW_S - 60), {}, { answer });
    expect(ids(await poll())).toHaveLength(3);
    expect(clock.slept.map((ms) => Math.floor(ms / 2_000))).toEqual([1, 1]);
  });

  it('says which key is wrong, and what to do', async () => {
    const { poll } = await stage([], { api_key: 'another-key' });
    expect((await failureOf(poll())).message).toBe(
      'source "akto-prod": Akto refused the API key (403): make a new one under Settings > Integrations > Akto APIs and set it as api_key',
    );
  });

  it('names an address at which nobody answers', async () => {
    const { feed, poll } = await stage([]);
    await feed.close();
    expect(await failureOf(poll())).toMatchObject({ kind: 'unavailable' });
  });

  it('stops at once when told to, also while the server hangs', async () => {
    const { feed, poll } = await stage([], {}, { answer: { kind: 'hang' } });
    const stop = new AbortController();
    feed.setHazards({ beforeAnswer: () => setImmediate(() => stop.abort()) });
    expect((await failureOf(poll(undefined, stop.signal))).kind).toBe('aborted');
    expect((await failureOf(poll(undefined, stop.signal))).kind).toBe('aborted');
    expect(feed.requests).toHaveLength(1);
  });
});

describe('the client', () => {
  async function clientOf(
    limits: { timeoutMs?: number; maxResponseBytes?: number },
    hazards: Partial<Hazards>,
  ) {
    const feed = await startAktoSimulator({ apiKey: API_KEY, events: rows(64, NOW_S - 60), hazards });
    const clock = new ManualClock();
    const options = { source: 'a', url: feed.url, apiKey: new Secret(API_KEY), clock };
    const client = new AktoClient({ ...options, timeoutMs: 5_000, maxResponseBytes: 100_000, ...limits });
    closing.push(async () => client.close(), feed.close);
    return { feed, client, clock };
  }
  const query = { fromS: 1, toS: NOW_S, limit: 5, skip: 0, order: 1 } as const;
  const { signal } = new AbortController();

  it('has one request under way at a time, also when one fails', async () => {
    const answer = ({ index }: { index: number }): Hazard | undefined =>
      [{ kind: 'slow_body', pieces: 3, pauseMs: 10 } as const, { kind: 'exception' } as const][index];
    const { feed, client } = await clientOf({}, { answer });
    const under: number[] = [];
    const ask = () => client.fetchEvents(query, signal).finally(() => under.push(feed.requests.length));
    await Promise.allSettled([ask(), ask(), ask()]);
    expect(under).toEqual([1, 2, 3]);
  });

  it.each<Hazard>([{ kind: 'hang' }, { kind: 'slow_body', pieces: 50, pauseMs: 20 }])(
    'gives up after its time-out: $kind',
    async (answer) => {
      const { client } = await clientOf({ timeoutMs: 60 }, { answer });
      const error = await failureOf(client.fetchEvents(query, signal));
      expect(error).toMatchObject({
        kind: 'unavailable',
        message: expect.stringMatching(/did not answer in time/),
      });
    },
  );

  it('does not swallow an endless answer', async () => {
    const { client } = await clientOf({}, { answer: { kind: 'huge_body', bytes: 500_000 } });
    expect((await failureOf(client.fetchEvents(query, signal))).message).toMatch(/too large.*check url/);
  });

  it('is asked for fewer rows where an answer is too large', async () => {
    const { feed, client, clock } = await clientOf({ maxResponseBytes: 1_500 }, {});
    const reader = createEventReader({
      ...{
        source: 'a',
        client,
        clock,
        random: seededRandom(1),
        pageRows: new PageRows(64),
        mostRows: 128,
        deadlineMs: 60_000,
      },
      lookback: { initialS: 3_600, lateArrivalS: 900 },
    });
    const found = new Set<string>();
    for await (const { events } of reader.poll(
      undefined,
      { arrived: async () => undefined, count: async () => 0 },
      signal,
    ))
      for (const { id } of events) found.add(id);
    expect(found.size).toBe(64);
    expect(feed.requests.length).toBeLessThan(60);
  });
});
