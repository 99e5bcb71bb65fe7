import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Bench,
  createBench,
  event,
  FEED,
  messages,
  page,
  reader,
  source,
} from '../../test/pipeline/bench.ts';
import { settled } from '../../test/pipeline/manual-clock.ts';
import { type FeedReader, type Page, type Source, SourceError } from '../core/source.ts';
import { StoreError } from '../core/store.ts';
import { IngestBlocked } from './blocked.ts';
import type { Intake } from './ingest.ts';
import { createPoller, restAfter } from './poll.ts';

const REFUSED = new SourceError('refused', 'source akto: the key was refused; make a new one');
const DOWN = new SourceError('unavailable', 'source akto: no answer; it will be asked again');

describe('restAfter', () => {
  const bug = new TypeError('x is not a function');
  it.each<[string, unknown, number, number]>([
    ['refused', REFUSED, 0, 60_000],
    ['refused, doubled', REFUSED, 2, 240_000],
    ['refused, a quarter of an hour at most', REFUSED, 4, 900_000],
    ['refused, for ever', REFUSED, 1_000_000, 900_000],
    ['unavailable', DOWN, 0, 1_000],
    ['unavailable, doubled', DOWN, 3, 8_000],
    ['unavailable, a minute at most', DOWN, 6, 60_000],
    ['unavailable, for ever', DOWN, 1_000_000, 60_000],
    ['as long as the source asks', new SourceError('unavailable', '', 90_000), 0, 90_000],
    ['as short as the source asks', new SourceError('unavailable', '', 5), 9, 5],
    ['refused is for a person, whatever else it says', new SourceError('refused', '', 5), 0, 60_000],
    ['the store fails', new StoreError('full', 'full'), 1, 2_000],
    ['a bug', bug, 1, 2_000],
    ['something that is no error', 'text', 0, 1_000],
  ])('%s', (_, error, failures, expected) => {
    expect(restAfter(error, failures, () => 0)).toBe(expected);
  });

  it('takes off up to a quarter, so that many daemons do not knock together', () => {
    expect(restAfter(REFUSED, 0, () => 0.999_999)).toBe(45_000);
    expect(restAfter(DOWN, 0, () => 0.5)).toBe(875);
  });
});

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

const never = new AbortController().signal;

/** A poller that commits cursors only, or does what `ingest` says. */
function poller(from: Source, ingest?: (page: Page) => Promise<void>) {
  const { store, clock, telemetry } = bench;
  const commit = ({ source: name, feed }: FeedReader, { cursor }: Page): Promise<void> =>
    store.transaction((tx) => tx.writeCursor(name, feed, cursor, clock.now()));
  const open = (from: FeedReader): Intake => ({
    judge: async (given) => ({ page: given, verdicts: [], ended: () => undefined }),
    commit: ({ page: given }) => (ingest === undefined ? commit(from, given) : ingest(given)),
  });
  return createPoller({ source: from, store, clock, telemetry, random: () => 0, ingest: open });
}

/** A poll that throws what stands first, and reads an empty page once nothing is left. */
function failing(...errors: readonly unknown[]) {
  const left = [...errors];
  let asked = 0;
  const from = source(async function* () {
    asked += 1;
    const [error] = left.splice(0, 1);
    if (error !== undefined) throw error;
    yield page([]);
  });
  return { from, asked: () => asked };
}

const status = (): readonly string[] => bench.telemetry.status().problems;

describe('a poller', () => {
  it('goes on from the cursor of the last page that was committed', async () => {
    const seen: unknown[] = [];
    const from = source(async function* (cursor) {
      seen.push(cursor);
      yield page([], { at: 1 });
      yield page([], { at: 2 });
    });
    const { pass } = poller(from);
    expect([await pass(never), await pass(never)]).toEqual([['read'], ['read']]);
    await bench.restart();
    await poller(from).pass(never);
    expect(seen).toEqual([undefined, { at: 2 }, { at: 2 }]);
  });

  it('judges one page and fetches another while the one before them is committed, and none further', async () => {
    const steps: string[] = [];
    const from = source(async function* () {
      for (const number of [1, 2, 3, 4]) {
        steps.push(`fetch ${number}`);
        yield page([]);
      }
    });
    await poller(from, async () => {
      await settled();
      steps.push('commit');
    }).pass(never);
    expect(steps).toEqual([
      ...['fetch 1', 'fetch 2', 'fetch 3', 'commit', 'fetch 4'],
      ...['commit', 'commit', 'commit'],
    ]);
  });

  it('lets a reader that is ahead count what it has given only once that is committed', async () => {
    const counts: number[] = [];
    const from = source(async function* (_cursor, { arrived, count }) {
      yield page([event('a'), event('b')]);
      await arrived();
      counts.push(await count({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER }));
    });
    const write = async ({ events }: Page): Promise<void> => {
      await settled();
      const judged = events.map((each) => ({ event: each, rules: [] }));
      await bench.store.transaction((tx) => tx.insertEvents(judged, 0));
    };
    expect(await poller(from, write).pass(never)).toEqual(['read']);
    expect(counts).toEqual([2]);
  });

  it('leaves a source that refuses alone until its rest is over, and tells of it once', async () => {
    const { from, asked } = failing(REFUSED);
    const { pass } = poller(from);
    expect(await pass(never)).toEqual(['failed']);
    expect(status()).toEqual([`source "akto": ${REFUSED.message} (feed malicious_events)`]);
    await bench.clock.advance(59_999);
    expect(await pass(never)).toEqual(['resting']);
    expect(asked()).toBe(1);
    expect(messages(bench.logs)).toEqual([`poll failed: ${REFUSED.message}`]);
    await bench.clock.advance(1);
    expect(await pass(never)).toEqual(['read']);
    expect(status()).toEqual([]);
  });

  it('forgets its failures at the first success', async () => {
    const { from } = failing(DOWN, DOWN, DOWN, undefined, DOWN);
    const { pass } = poller(from);
    for (const restMs of [1_000, 2_000, 4_000, 0, 1_000]) {
      const [result] = await pass(never);
      if (restMs === 0) expect(result).toBe('read');
      else expect(bench.logs.at(-1)).toMatchObject({ retryInMs: restMs, outcome: 'unavailable' });
      await bench.clock.advance(restMs);
    }
  });

  it('does not rest on for as long as the clock went back', async () => {
    const { from } = failing(REFUSED);
    const { pass } = poller(from);
    expect(await pass(never)).toEqual(['failed']);
    bench.clock.nowMs -= 86_400_000;
    expect(await pass(never)).toEqual(['read']);
  });

  it('waits as long as the source asks for', async () => {
    const { from, asked } = failing(new SourceError('unavailable', 'too many requests', 5_000));
    const { pass } = poller(from);
    await pass(never);
    await bench.clock.advance(4_999);
    expect(await pass(never)).toEqual(['resting']);
    await bench.clock.advance(1);
    expect(await pass(never)).toEqual(['read']);
    expect(asked()).toBe(2);
  });

  it('tells of a failing store as of a failing store, once for all feeds, and reads no further than it had asked', async () => {
    let fetched = 0;
    const from = source(async function* () {
      for (;;) {
        fetched += 1;
        yield page([event(`e${fetched}`)]);
      }
    });
    const { pass } = poller(from, async () => {
      throw new StoreError('read-only', 'tocsin.db cannot be written; check its owner');
    });
    expect(await pass(never)).toEqual(['failed']);
    expect(fetched).toBe(3);
    expect(status()).toContain('store: tocsin.db cannot be written; check its owner');
    expect(bench.logs.at(-1)).toMatchObject({ outcome: 'store', level: 'debug', retryInMs: 1_000 });
  });

  it('waits without a word of its own while what waits for a destination is beyond its budget', async () => {
    const from = source(async function* () {
      yield page([event('e1')]);
    });
    const { pass } = poller(from, async () => {
      throw new IngestBlocked('destination siem is beyond its budget');
    });
    expect(await pass(never)).toEqual(['failed']);
    expect(bench.logs.at(-1)).toMatchObject({ outcome: 'blocked', level: 'debug' });
    expect(status().filter((problem) => problem.includes('budget'))).toEqual([]);
    expect(await bench.store.readFeedStates()).toMatchObject([{ lastError: { kind: 'blocked' } }]);
  });

  it('tells of a bug by its kind alone: its text may hold anything', async () => {
    const { from } = failing(new TypeError('token s3cret-key is not a function'));
    expect(await poller(from).pass(never)).toEqual(['failed']);
    expect(bench.logs.at(-1)).toMatchObject({ outcome: 'broken' });
    expect(status()[0]).toContain('an unexpected TypeError; this is a bug in Tocsin');
    expect(JSON.stringify([bench.logs, status()])).not.toContain('s3cret-key');
  });

  it('survives what is thrown and is no error', async () => {
    const { from } = failing('a text');
    expect(await poller(from).pass(never)).toEqual(['failed']);
    expect(status()[0]).toContain('an unexpected string');
  });

  it('reads the other feeds of a source one of whose feeds fails', async () => {
    const from = source(async function* () {}, {
      readers: [
        reader(async function* () {
          yield* [];
          throw REFUSED;
        }),
        { ...reader(), feed: 'threat_actors' },
      ],
    });
    const { pass } = poller(from);
    expect(await pass(never)).toEqual(['failed', 'read']);
    expect(await pass(never)).toEqual(['resting', 'read']);
  });

  it('is cut off at its deadline, between two pages, and keeps what it committed', async () => {
    const from = source(async function* (cursor) {
      for (let at = Number(cursor?.['at'] ?? 0); ; at += 1) {
        // What was given before comes as far as it can.
        await settled();
        await bench.clock.advance(25_000);
        yield page([], { at: at + 1 });
      }
    });
    expect(await poller(from).pass(never)).toEqual(['behind']);
    expect(await bench.store.readCursor(FEED.source, FEED.feed)).toEqual({ at: 2 });
    expect(bench.clock.naps).toEqual([]);
  });

  it('is behind where its last page says so, and well all the same', async () => {
    const from = source(async function* () {
      yield { ...page([], { at: 1 }), behind: true as const };
    });
    expect(await poller(from).pass(never)).toEqual(['behind']);
    expect(status()).toEqual([]);
  });

  it('is cut off at its deadline while it waits for an answer', async () => {
    const from = source(async function* (_cursor, _ingested, signal) {
      yield page([], { at: 1 });
      await bench.clock.sleep(3_600_000, signal);
      throw new SourceError('aborted', 'stopped');
    });
    const result = poller(from).pass(never);
    await settled();
    await bench.clock.advance(60_000);
    expect(await result).toEqual(['behind']);
    expect(status()).toEqual([]);
  });

  it('has failed where the deadline came before any page: a feed that hangs is not just behind', async () => {
    bench.telemetry.watching([FEED], []);
    const from = source(async function* (_cursor, _ingested, signal) {
      await bench.clock.sleep(3_600_000, signal);
      yield* [];
      throw new SourceError('aborted', 'stopped');
    });
    const result = poller(from).pass(never);
    await settled();
    await bench.clock.advance(60_000);
    expect(await result).toEqual(['failed']);
  });

  it('stops at the end of the page, and says so to nobody', async () => {
    const stopping = new AbortController();
    const from = source(async function* () {
      for (let at = 1; ; at += 1) yield page([], { at });
    });
    const { store, clock } = bench;
    const results = await poller(from, async ({ cursor }) => {
      await store.transaction((tx) => tx.writeCursor(FEED.source, FEED.feed, cursor, clock.now()));
      if (cursor['at'] === 2) stopping.abort();
    }).pass(stopping.signal);
    expect(results).toEqual(['stopped']);
    expect(await store.readCursor(FEED.source, FEED.feed)).toEqual({ at: 2 });
    expect(bench.logs).toEqual([]);
  });

  it('ends a request under way when it is stopped', async () => {
    const stopping = new AbortController();
    const from = source(async function* (_cursor, _ingested, signal) {
      await bench.clock.sleep(3_600_000, signal);
      yield* [];
      throw new SourceError('aborted', 'stopped');
    });
    const result = poller(from).pass(stopping.signal);
    await settled();
    stopping.abort();
    expect(await result).toEqual(['stopped']);
    expect(bench.clock.naps).toEqual([]);
  });
});
