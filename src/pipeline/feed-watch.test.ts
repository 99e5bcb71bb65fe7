import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, createBench, reader, source } from '../../test/pipeline/bench.ts';
import type { ArrivalHistory, FeedState } from '../core/feed-state.ts';
import { afterFailure, afterPage, afterPoll, type EndedPoll } from './feed-book.ts';
import { createFeedWatch, judgeFeed } from './feed-watch.ts';
import { keepLasting, rememberLook } from './lasting.ts';

const NAME = { source: 'akto', feed: 'malicious_events' } as const;
const SOURCE = { staleAfterMs: 900_000, deadlineMs: 300_000, schedule: '*/30 * * * * *' };
const NOW = 1_780_000_000_000;
const READ = { result: 'read', polledMs: 0 } as const;
const MINUTE = 60_000;
const state = (over: Partial<FeedState>): FeedState => ({
  ...NAME,
  gaps: [],
  lateEvents: 0,
  told: {},
  ...over,
});
const failed = { kind: 'refused', message: 'the key was refused', atMs: NOW };

/** An event a minute for four days, the last one so many minutes ago. */
const busy = (quietMinutes: number): ArrivalHistory => ({
  days: [0, 1, 2, 3].map((day) => ({ day, events: 1_440, longestGapMs: MINUTE })),
  newestMs: NOW - quietMinutes * MINUTE,
});

describe('judging a feed', () => {
  it.each<[string, FeedState | undefined, number, string]>([
    ['was just started and read nothing yet', undefined, NOW - MINUTE, 'none'],
    ['comes to no end since the start', undefined, NOW - 20 * MINUTE, 'failing'],
    ['was read a minute ago', state({ lastReadMs: NOW - MINUTE }), NOW - 60 * MINUTE, 'none'],
    [
      'fails, not for long',
      state({ lastReadMs: NOW - 15 * MINUTE, failingSinceMs: NOW - 14 * MINUTE }),
      NOW - 60 * MINUTE,
      'none',
    ],
    [
      'fails for stale_after',
      state({ failingSinceMs: NOW - 15 * MINUTE, lastError: failed }),
      NOW - 60 * MINUTE,
      'failing',
    ],
    ['failed all night, and we started just now', state({ failingSinceMs: NOW - 600 * MINUTE }), NOW, 'none'],
    [
      'fails although pages come',
      state({ failingSinceMs: NOW - 15 * MINUTE, lastPageMs: NOW }),
      NOW - 60 * MINUTE,
      'failing',
    ],
    ['catches up for hours, page by page', state({ lastPageMs: NOW - MINUTE }), NOW - 300 * MINUTE, 'none'],
    ['was read long ago and hangs', state({ lastReadMs: NOW - 20 * MINUTE }), NOW - 60 * MINUTE, 'failing'],
    [
      'is read and shows nothing any more',
      state({ lastReadMs: NOW, arrivals: busy(60) }),
      NOW - 60 * MINUTE,
      'silent',
    ],
    [
      'is silent, and a poll failed just now: one episode, not two',
      state({ lastReadMs: NOW, arrivals: busy(60), failingSinceMs: NOW }),
      NOW - 60 * MINUTE,
      'silent',
    ],
    [
      'is not read to its end yet after an outage, whatever waits there',
      state({ lastReadMs: NOW - 600 * MINUTE, lastPageMs: NOW, arrivals: busy(600) }),
      NOW - 60 * MINUTE,
      'none',
    ],
    [
      'was read by a clock that was ahead',
      state({ lastReadMs: NOW + 60 * MINUTE }),
      NOW - 60 * MINUTE,
      'none',
    ],
  ])('that %s', (_why, known, watchedSinceMs, reason) => {
    expect(judgeFeed(known, SOURCE, watchedSinceMs, NOW).reason).toBe(reason);
  });

  const HOURLY = { ...SOURCE, schedule: '0 * * * *' };
  const HOUR_START = Math.floor(NOW / (60 * MINUTE)) * 60 * MINUTE;
  it.each<[string, Partial<FeedState>, number, string]>([
    ['was read when it was polled, 50 minutes ago', { lastReadMs: 0 }, 50, 'none'],
    ['may still be read by the next poll', { lastReadMs: 0 }, 64, 'none'],
    ['was not read by the next poll either', { lastReadMs: 0 }, 66, 'failing'],
    ['failed once, and has not been asked again', { lastReadMs: 0, failingSinceMs: 0 }, 50, 'none'],
    ['failed, and at the next poll again', { lastReadMs: 0, failingSinceMs: 0 }, 66, 'failing'],
  ])('that is polled once an hour and %s', (_why, over, minutes, reason) => {
    const at = HOUR_START + MINUTE / 2;
    const times = Object.fromEntries(Object.entries(over).map(([key, ms]) => [key, at + Number(ms)]));
    expect(judgeFeed(state(times), HOURLY, 0, at + minutes * MINUTE).reason).toBe(reason);
  });
});

describe('the book of a feed', () => {
  it.each<[string, EndedPoll, number | undefined]>([
    [
      'as it began to ask: what came later it need not have seen',
      { result: 'read', polledMs: NOW - 5 },
      NOW - 5,
    ],
    [
      'as of the last whole reading, where it looked at a part',
      { ...READ, polledMs: NOW - 5, wholeAsOfMs: NOW - 9 },
      NOW - 9,
    ],
    [
      'as it began to ask, where the whole reading began a moment later',
      { ...READ, polledMs: NOW - 5, wholeAsOfMs: NOW - 4 },
      NOW - 5,
    ],
    ['nothing, where the clock has gone back since', { ...READ, polledMs: NOW + 1 }, undefined],
    [
      'nothing, where a clock that was ahead wrote when all was read',
      { ...READ, polledMs: NOW, wholeAsOfMs: NOW + 1 },
      undefined,
    ],
  ])('a poll has read a feed %s', (_, poll, expected) => {
    const before = { ...NAME, gaps: [], lateEvents: 0, told: {}, readThroughMs: 1 };
    expect(afterPoll(before, NAME, poll, NOW).readThroughMs).toBe(expected);
  });

  it('is behind from the first poll that came to no end until one does, and is read no further for it', () => {
    const before = { ...NAME, gaps: [], lateEvents: 0, told: {}, readThroughMs: 1 };
    const first = afterPoll(before, NAME, { result: 'behind', polledMs: NOW }, NOW);
    const second = afterPoll(first, NAME, { result: 'behind', polledMs: NOW + 5 }, NOW + 5);
    expect(second).toMatchObject({ behindSinceMs: NOW, readThroughMs: 1 });
    expect(afterPoll(second, NAME, READ, NOW + 9)).not.toHaveProperty('behindSinceMs');
  });

  it('forgets how far it was read once the clock has gone back, before that time comes again', () => {
    const ahead = { ...NAME, gaps: [], lateEvents: 0, told: {}, readThroughMs: NOW + 1 };
    const page = { events: [], cursor: {}, rejected: [] };
    expect(afterPage(ahead, NAME, page, [], NOW).state).not.toHaveProperty('readThroughMs');
    expect(afterFailure(ahead, NAME, { kind: 'unavailable', message: 'x' }, NOW)).not.toHaveProperty(
      'readThroughMs',
    );
    expect(afterPage(ahead, NAME, page, [], NOW + 1).state).toMatchObject({ readThroughMs: NOW + 1 });
  });

  it('knows since when there have been gaps without a pause', () => {
    const gaps = [{ fromMs: 1, toMs: 2, problem: 'too few' }];
    const page = (open: typeof gaps) => ({
      events: [],
      cursor: {},
      rejected: [],
      progress: { readToMs: 0, gaps: open },
    });
    const first = afterPage(undefined, NAME, page(gaps), [], NOW).state;
    expect(afterPage(first, NAME, page(gaps), [], NOW + 5).state.gapsSinceMs).toBe(NOW);
    expect(afterPage(first, NAME, page([]), [], NOW + 5).state).not.toHaveProperty('gapsSinceMs');
    expect(
      afterPage(first, NAME, { events: [], cursor: {}, rejected: [] }, [], NOW + 5).state.gapsSinceMs,
    ).toBe(NOW);
  });

  it('keeps when a failure began, through all further ones, until a poll ends well', () => {
    const first = afterFailure(undefined, NAME, { kind: 'refused', message: 'no' }, NOW);
    const second = afterFailure(first, NAME, { kind: 'unavailable', message: 'down' }, NOW + 5);
    expect(second).toMatchObject({ failingSinceMs: NOW, lastError: { message: 'down', atMs: NOW + 5 } });
    const mended = afterPoll(
      { ...second, told: { failingMs: NOW } },
      NAME,
      { result: 'read', polledMs: NOW + 6 },
      NOW + 9,
    );
    expect(mended).toMatchObject({ lastReadMs: NOW + 9, told: {}, lastError: { message: 'down' } });
    expect(mended).toMatchObject({ readThroughMs: NOW + 6 });
    expect(mended.failingSinceMs).toBeUndefined();
  });

  it('counts as late what lies before the time that was read already', () => {
    const event = (timeMs: number) => ({ ...NAME, id: `${timeMs}`, feedId: `${timeMs}`, timeMs, raw: {} });
    const progress = {
      readToMs: NOW,
      lateBeforeMs: NOW - 10,
      gaps: [{ fromMs: 1, toMs: 2, problem: 'short' }],
    };
    const page = { events: [], cursor: {}, rejected: [], progress };
    const { state: next, late } = afterPage(
      undefined,
      NAME,
      page,
      [event(NOW - 20), event(NOW - 10), event(NOW)],
      NOW,
    );
    expect([late, next.lateEvents, next.readToMs, next.gaps.length]).toEqual([1, 1, NOW, 1]);
  });
});

describe('signs of life', () => {
  const api = (revision: string) => ({
    ...({ source: 'akto', feed: 'threat_apis', id: revision, feedId: 'GET a /b' } as const),
    ...{ revision, timeMs: NOW - 600 * MINUTE, raw: {} },
  });
  const page = { events: [], cursor: {}, rejected: [] };

  it('of an object whose time stands still while it changes, is that it changed', () => {
    const first = afterPage(undefined, NAME, page, [api('1')], NOW - 60 * MINUTE).state;
    expect(first.arrivals?.newestMs).toBe(NOW - 600 * MINUTE);
    const read = afterPoll(first, NAME, READ, NOW - 60 * MINUTE);
    expect(afterPage(read, NAME, page, [api('2')], NOW).state.arrivals?.newestMs).toBe(NOW);
  });

  it('of a list that is read for the first time, are the times of its objects', () => {
    const first = afterPage(undefined, NAME, page, [api('1')], NOW).state;
    expect(afterPage(first, NAME, page, [api('2')], NOW).state.arrivals?.newestMs).toBe(NOW - 600 * MINUTE);
  });
});

describe('the watch over feeds', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = createBench();
  });
  afterEach(() => bench.close());

  const feed = source(async function* () {}, { readers: [reader()], staleAfterMs: 15 * MINUTE });
  const watching = () => {
    const { store, clock, telemetry } = bench;
    const deps = { store, clock, telemetry, sources: [feed], routes: [], destinations: [] };
    return createFeedWatch({ ...deps, onRaised: () => undefined });
  };
  const write = (over: Partial<FeedState>) =>
    bench.store.transaction((tx) =>
      tx.writeFeedState({ ...NAME, gaps: [], lateEvents: 0, told: {}, ...over }, bench.clock.now()),
    );
  const alert = async () => (await bench.store.listAlerts({ limit: 9 }))[0];

  async function run(watch: ReturnType<typeof watching>, minutes: number): Promise<void> {
    for (let half = 0; half < minutes * 2; half += 1) {
      await bench.clock.advance(30_000);
      await watch.pass();
    }
  }

  it('lets end in its time what has healed, though a daemon starts every nine minutes', async () => {
    const watch = watching();
    await write({ failingSinceMs: bench.clock.now(), lastError: failed });
    await run(watch, 20);
    expect(await alert()).toMatchObject({ state: 'open' });
    const [known] = await bench.store.readFeedStates();
    await bench.store.transaction((tx) =>
      tx.writeFeedState(afterPoll(known, NAME, READ, bench.clock.now()), 0),
    );
    const { matchedAtMs = 0 } = (await alert()) ?? {};
    for (let starts = 0; starts < 3; starts += 1) {
      // Somebody looked until a minute ago.
      await rememberLook(bench.store, bench.clock.now());
      await bench.restart();
      await bench.clock.advance(MINUTE);
      await keepLasting(bench.store, { destinations: [], feeds: [NAME] }, bench.clock.now());
      await run(watching(), 9);
    }
    // The three minutes in which nobody looked, and no more.
    expect((await alert())?.matchedAtMs).toBe(matchedAtMs + 3 * MINUTE);
  });

  it('tells of a failing feed once, keeps that open while it lasts and through restarts, and then lets it end', async () => {
    const watch = watching();
    await write({ failingSinceMs: bench.clock.now(), lastError: failed });
    await run(watch, 20);
    expect(await alert()).toMatchObject({ rule: 'tocsin-feed-failing', state: 'open', count: 1, episode: 1 });
    await bench.restart();
    await bench.clock.advance(60 * MINUTE);
    await keepLasting(bench.store, { destinations: [], feeds: [NAME] }, bench.clock.now());
    const next = watching();
    await run(next, 30);
    const nowMs = bench.clock.now();
    expect(await alert()).toMatchObject({ state: 'open', count: 1, episode: 1, matchedAtMs: nowMs });
    const [known] = await bench.store.readFeedStates();
    await bench.store.transaction((tx) => tx.writeFeedState(afterPoll(known, NAME, READ, nowMs), nowMs));
    await run(next, 9);
    expect(await alert()).toMatchObject({ count: 1, matchedAtMs: nowMs, resolveAfterMs: 10 * MINUTE });
    expect((await bench.store.readFeedStates())[0]?.told).toEqual({});
  });
});
