import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, createBench, event, FEED, recording, source } from '../../../test/pipeline/bench.ts';
import { START_MS } from '../../../test/pipeline/manual-clock.ts';
import type { Digest } from '../../core/digest.ts';
import type { Event } from '../../core/event.ts';
import type { FeedState } from '../../core/feed-state.ts';
import type { Source } from '../../core/source.ts';
import type { SourceStatistics } from '../../core/source-knowledge.ts';
import { type Store, StoreError } from '../../core/store.ts';
import { createDeliverer } from '../deliver.ts';
import { type DigestPlan, digestId } from './compose.ts';
import { createDigester } from './digester.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Two periods have ended before it; the bench begins at midnight. */
const DAY_2 = START_MS + 2 * DAY_MS + 8 * HOUR_MS;

const plan = (over: Partial<DigestPlan> = {}): DigestPlan => ({
  name: 'daily',
  to: ['oncall'],
  schedule: { every: 'day', at: { hour: 8, minute: 0 }, on: 1, timeZone: 'UTC' },
  top: 3,
  ...over,
});

const STATISTICS: SourceStatistics = {
  severities: [{ name: 'HIGH', count: 3 }],
  categories: [
    { name: 'XSS', count: 1 },
    { name: 'SQLI', count: 2 },
  ],
  actors: [{ name: 'FR', count: 2 }],
  timeline: [
    { atMs: DAY_2 - 3 * HOUR_MS, counts: [{ name: 'SQLI', count: 1 }] },
    {
      atMs: DAY_2 - 2 * HOUR_MS,
      counts: [
        { name: 'SQLI', count: 5 },
        { name: 'XSS', count: 2 },
      ],
    },
    { atMs: DAY_2 - HOUR_MS, counts: [] },
  ],
  dailyActors: [{ atMs: START_MS + DAY_MS, total: 9, critical: 2 }],
  missing: [],
};

const idle = (over: Partial<Source> = {}): Source => source(async function* () {}, over);

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

interface Given {
  readonly plans?: readonly DigestPlan[];
  readonly sources?: readonly Source[];
  readonly eventsMs?: number;
  readonly store?: Store;
}

function digester({
  plans = [plan()],
  sources = [],
  eventsMs = 30 * DAY_MS,
  store = bench.store,
}: Given = {}) {
  const { clock, telemetry } = bench;
  return createDigester({ store, clock, telemetry, plans, sources, eventsMs, onEnqueued: () => undefined });
}

/** Everything that waits for a destination, as it would arrive. */
async function arriving(name = 'oncall'): Promise<Digest[]> {
  const { store, clock, telemetry } = bench;
  const destination = recording(name, () => ({ kind: 'done' }));
  const random = (): number => 0;
  await createDeliverer({ store, destination, clock, random, telemetry }).pass(new AbortController().signal);
  return destination.deliveries.flatMap((each) => (each.kind === 'digest' ? [each.digest] : []));
}

/** The daemon ran through the first period, so that the second one is told of. */
async function begin(given: Given = {}): Promise<void> {
  bench.clock.nowMs = DAY_2 - DAY_MS;
  await digester(given).pass();
  bench.clock.nowMs = DAY_2;
}

async function commit(events: readonly Event[], rules: readonly string[] = []): Promise<void> {
  const judged = events.map((each) => ({
    event: each,
    rules: rules.map((rule) => ({ rule, name: rule, severity: 'HIGH' as const })),
  }));
  await bench.store.transaction((tx) => tx.insertEvents(judged, bench.clock.now()));
}

async function feedRead(lastReadMs: number, over: Partial<FeedState> = {}): Promise<void> {
  const state: FeedState = { ...FEED, lastReadMs, gaps: [], lateEvents: 0, told: {}, ...over };
  await bench.store.transaction((tx) => tx.writeFeedState(state, bench.clock.now()));
}

const secondsTo = (timeMs: number): number => (timeMs - START_MS) / 1_000;
/** @param hours before the digest's end */
const hit = (id: string, hours: number, raw: Record<string, string> = {}): Event =>
  event(
    id,
    { country: 'FR', method: 'GET', host: 'a.example', url: `/x?id=${id}`, ...raw },
    secondsTo(DAY_2 - hours * HOUR_MS),
  );

const only = (digests: readonly Digest[]): Digest => {
  const [first, ...more] = digests;
  if (first === undefined || more.length > 0) throw new Error(`${digests.length} digests`);
  return first;
};

describe('when a digest is made', () => {
  it('begins with the period in which the daemon first runs', async () => {
    bench.clock.nowMs = DAY_2 - DAY_MS;
    const loop = digester();
    expect(await loop.pass()).toBe(DAY_2);
    expect(await arriving()).toEqual([]);
    bench.clock.nowMs = DAY_2 - 1;
    expect(await loop.pass()).toBe(DAY_2);
    bench.clock.nowMs = DAY_2;
    expect(await loop.pass()).toBe(DAY_2 + DAY_MS);
    const digest = only(await arriving());
    expect(digest).toMatchObject({
      id: 'digest/daily/2026-03-02T08:00:00.000Z',
      title: 'Daily digest',
      fromMs: DAY_2 - DAY_MS,
      toMs: DAY_2,
    });
  });

  it('is once, however often it is asked for, and through restarts', async () => {
    await begin();
    await digester().pass();
    await digester().pass();
    await bench.restart();
    await digester().pass();
    expect(await arriving()).toHaveLength(1);
    await digester().pass();
    expect(await arriving()).toEqual([]);
  });

  it('is once where the process ends between any two of its steps', async () => {
    await begin();
    await commit([hit('a', 1)]);
    let steps = 0;
    for (let made = false; !made; steps += 1) {
      made = await wentThrough(digester({ store: dying(steps) }));
      await bench.restart();
      const there = await bench.store.hasDigest(digestId('daily', DAY_2 - DAY_MS));
      const rows = await bench.store.listDeliveries({ limit: 10 });
      expect(rows).toHaveLength(there ? 1 : 0);
    }
    expect(steps).toBeGreaterThan(8);
    await digester().pass();
    expect(await arriving()).toHaveLength(1);
  });

  it('is the last one that was missed, and no older ones', async () => {
    await begin();
    bench.clock.nowMs = DAY_2 + 5 * DAY_MS + HOUR_MS;
    await digester().pass();
    expect(only(await arriving()).toMs).toBe(DAY_2 + 5 * DAY_MS);
  });

  it('is not made for an earlier period where the clock goes back', async () => {
    await begin();
    bench.clock.nowMs = DAY_2 + 5 * DAY_MS;
    await digester().pass();
    await arriving();
    bench.clock.nowMs = DAY_2 + 3 * DAY_MS;
    await digester().pass();
    bench.clock.nowMs = DAY_2 + 5 * DAY_MS + 1;
    await digester().pass();
    expect(await arriving()).toEqual([]);
  });

  it('waits until feeds are read to its end, and tells after ten minutes which are not', async () => {
    const sources = [idle()];
    await begin({ sources });
    await feedRead(DAY_2 - HOUR_MS);
    const loop = digester({ sources });
    expect(await loop.pass()).toBe(DAY_2 + 15_000);
    for (let look = 1; look < 40; look += 1) {
      bench.clock.nowMs += 15_000;
      expect(await loop.pass()).toBe(bench.clock.nowMs + 15_000);
    }
    expect(await loop.pass()).toBe(DAY_2 + DAY_MS);
    expect(only(await arriving()).notes).toContain(
      'akto malicious_events has not been read since 2026-03-03 07:00: what it showed later is not in these figures.',
    );
  });

  it('does not wait for feeds that are read to its end', async () => {
    const sources = [idle()];
    await begin({ sources });
    await feedRead(DAY_2 + 60_000, { gaps: [{ fromMs: DAY_2 - HOUR_MS, toMs: DAY_2 - 1, problem: 'p' }] });
    await digester({ sources }).pass();
    expect(only(await arriving()).notes).toContain(
      'akto malicious_events shows less than it has in 1 time range.',
    );
  });

  it('tries again where the store fails, and ends where it is told to', async () => {
    await begin();
    expect(await digester({ store: dying(0, new StoreError('full', 'no space')) }).pass()).toBe(
      DAY_2 + 30_000,
    );
    const loop = digester();
    loop.abandon();
    expect(await loop.pass()).toBeUndefined();
    expect(await arriving()).toEqual([]);
  });

  it('goes to those it names, and each plan has its own', async () => {
    const weekly = plan({
      name: 'for-managers',
      to: ['siem', 'oncall'],
      schedule: { ...plan().schedule, every: 'week', on: 2 },
    });
    const plans = [plan(), weekly];
    bench.clock.nowMs = DAY_2 - DAY_MS;
    await digester({ plans }).pass();
    bench.clock.nowMs = DAY_2;
    await digester({ plans }).pass();
    expect((await arriving('siem')).map(({ title }) => title)).toEqual(['Weekly digest for-managers']);
    expect((await arriving('oncall')).map(({ title }) => title)).toEqual([
      'Daily digest',
      'Weekly digest for-managers',
    ]);
    expect(bench.logs.filter(({ msg }) => msg === 'digest made')).toHaveLength(2);
  });
});

/** The process ends at its n-th use of the store: what it did before is kept. */
function dying(after: number, error: Error = new Error('killed')): Store {
  let uses = 0;
  const store = bench.store;
  return new Proxy(store, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        uses += 1;
        if (uses > after) return Promise.reject(error);
        return Reflect.apply(member, target, args);
      };
    },
  });
}

/** Whether its pass went through. */
async function wentThrough(loop: ReturnType<typeof digester>): Promise<boolean> {
  try {
    await loop.pass();
    return true;
  } catch {
    return false;
  }
}

describe('what a digest says', () => {
  it('counts the period, and what each was before', async () => {
    bench.clock.nowMs = DAY_2 - 2 * DAY_MS;
    await digester().pass();
    bench.clock.nowMs = DAY_2 - DAY_MS;
    await commit([hit('old-1', 30), hit('old-2', 31, { actor: '198.51.100.1' })], ['Scan']);
    await digester().pass();
    await arriving();
    await commit([hit('edge', 24), hit('a', 23.5), hit('b', 1)], ['Scan', 'Probe']);
    await commit([hit('c', 0.5, { actor: '192.0.2.7', country: 'DE', url: '/y' }), hit('next', 0)]);
    bench.clock.nowMs = DAY_2;
    await digester().pass();
    const { totals, tables, chart, notes } = only(await arriving());
    expect(totals.slice(0, 3)).toEqual([
      { name: 'Events', count: 4, before: 2 },
      { name: 'Matched by rules', count: 3, before: 2 },
      { name: 'Actors', count: 2, before: 2 },
    ]);
    expect(Object.fromEntries(tables.map(({ title, rows }) => [title, rows]))).toEqual({
      'Top rules': [
        { name: 'Probe', count: 3, before: 0 },
        { name: 'Scan', count: 3, before: 2 },
      ],
      'Top actors': [
        { name: '203.0.113.9', count: 3, before: 1 },
        { name: '192.0.2.7', count: 1, before: 0 },
      ],
      'Top countries': [
        { name: 'FR', count: 3, before: 2 },
        { name: 'DE', count: 1, before: 0 },
      ],
      'Top APIs': [
        { name: 'GET a.example/x', count: 3, before: 2 },
        { name: 'GET a.example/y', count: 1, before: 0 },
      ],
    });
    expect(chart?.bars.map(({ count }) => count)).toEqual([2, ...Array(22).fill(0), 2]);
    expect(notes).toEqual([]);
  });

  it('names which figures are the source’s own, and where they differ from ours', async () => {
    const sources = [idle({ fetchStatistics: async () => STATISTICS })];
    await begin({ sources });
    await feedRead(DAY_2 + 60_000);
    await commit([hit('a', 1), hit('b', 2, { severity: 'LOW' })]);
    await digester({ sources }).pass();
    const { tables, notes } = only(await arriving());
    expect(tables.map(({ title }) => title)).toEqual([
      'Severity (akto)',
      'Top categories (akto)',
      'Top actors',
      'Top countries',
      'Actors by country (akto)',
      'Top APIs',
      'Actors by day (akto)',
    ]);
    expect(tables[1]?.rows.map(({ name }) => name)).toEqual(['SQLI', 'XSS']);
    expect(tables[6]?.rows).toEqual([{ name: '2026-03-02, 2 of them critical', count: 9 }]);
    expect(notes).toEqual([
      'akto itself counts 3 events in this period, Tocsin has 2: 1 may not have been read yet; see "tocsin sources".',
      "By akto's own timeline most came at 2026-03-03 06:00: 7, 5 of them SQLI.",
      'This is the first digest of its name: the period before is not compared.',
      'Figures without the name of a source are what Tocsin itself has read.',
    ]);
  });

  it('comes without the figures of a source that does not answer in time, and says so', async () => {
    const hanging = idle({ fetchStatistics: () => new Promise(() => undefined) });
    const throwing = idle({
      name: 'other',
      readers: [],
      fetchStatistics: () => Promise.reject(new Error('secret')),
    });
    const sources = [hanging, throwing];
    await begin({ sources });
    await feedRead(DAY_2 + 60_000);
    const pass = digester({ sources }).pass();
    await untilAsleep();
    await bench.clock.advance(30_000);
    await pass;
    const { notes } = only(await arriving());
    expect(notes.slice(0, 2)).toEqual([
      'source "akto": its own figures did not come within 30 s',
      'source "other": its own figures could not be read',
    ]);
  });

  it('says what was not delivered and what waits', async () => {
    await begin();
    await bench.store.transaction(async (tx) => {
      await tx.insertEvents(
        [
          { event: hit('a', 1), rules: [] },
          { event: hit('b', 1), rules: [] },
        ],
        DAY_2 - HOUR_MS,
      );
      const rows = ['a', 'b'].map((id) => ({
        destination: 'siem',
        kind: 'event' as const,
        deliveryId: hit(id, 1).id,
      }));
      await tx.enqueue(rows, DAY_2 - HOUR_MS);
    });
    const [claimed] = await bench.store.claim('siem', DAY_2 - HOUR_MS, 1, 1);
    const seq = claimed?.seq ?? -1;
    await bench.store.settle([{ seq, state: 'dead', reason: 'no' }], DAY_2 - HOUR_MS);
    await digester().pass();
    const { totals, notes } = only(await arriving());
    expect(totals.at(-1)).toEqual({ name: 'Not delivered', count: 1 });
    expect(notes.slice(0, 2)).toEqual([
      'siem: 1 delivery of this period went to the dead letters; see "tocsin deliveries list --state dead".',
      'siem: 1 delivery waits, the oldest since 2026-03-03 07:00.',
    ]);
  });

  it('says where the store keeps too little to compare, or to count', async () => {
    await begin();
    await digester().pass();
    await arriving();
    bench.clock.nowMs = DAY_2 + DAY_MS;
    await digester({ eventsMs: DAY_MS + HOUR_MS }).pass();
    expect(only(await arriving()).notes[0]).toContain('retention.events keeps less than two periods');
    bench.clock.nowMs = DAY_2 + 2 * DAY_MS;
    await digester({ eventsMs: HOUR_MS }).pass();
    expect(only(await arriving()).notes[0]).toContain('are no longer kept (retention.events)');
  });

  it('counts events whose content was cleared in the totals, and says so', async () => {
    await begin();
    await commit([hit('a', 1), hit('b', 2)]);
    await bench.store.prune(
      { eventsMs: 30 * DAY_MS, deadLettersMs: DAY_MS, maxBytes: 1, lookbackMs: DAY_MS },
      bench.clock.now() - 10 * DAY_MS,
    );
    await digester().pass();
    const { totals, tables, notes } = only(await arriving());
    expect(totals[0]).toEqual({ name: 'Events', count: 2 });
    expect(tables).toEqual([]);
    expect(notes[0]).toBe(
      '2 events with neither actor nor API, or whose content was cleared to make room: in the totals only.',
    );
  });

  it('keeps its row where events are kept for an hour only: it is not made again', async () => {
    await begin();
    await digester().pass();
    await arriving();
    bench.clock.nowMs = DAY_2 + 5 * HOUR_MS;
    const retention = { eventsMs: HOUR_MS, deadLettersMs: HOUR_MS, maxBytes: 1, lookbackMs: 0 };
    await bench.store.prune(retention, bench.clock.nowMs);
    await digester().pass();
    expect(await arriving()).toEqual([]);
  });

  it('counts 100,000 events of as many actors without holding them all, others having their turn', async () => {
    await begin();
    for (let chunk = 0; chunk < 20; chunk += 1) {
      const events = Array.from({ length: 5_000 }, (_, i) =>
        hit(`${chunk}-${i}`, 1, { actor: `10.${chunk}.${i >> 8}.${i & 255}`, url: `/p/${chunk}/${i}` }),
      );
      await commit(events, ['Scan']);
    }
    const startMs = performance.now();
    let turns = 0;
    let longestMs = 0;
    let lastMs = startMs;
    const ticking = setInterval(() => {
      const nowMs = performance.now();
      longestMs = Math.max(longestMs, nowMs - lastMs);
      lastMs = nowMs;
      turns += 1;
    }, 0);
    await digester().pass();
    clearInterval(ticking);
    const tookMs = performance.now() - startMs;
    process.stdout.write(
      `digest of 100,000 events: ${Math.round(tookMs)} ms, ${turns} turns for others, longest wait ${Math.round(longestMs)} ms\n`,
    );
    const { totals, tables, notes } = only(await arriving());
    expect(totals[0]).toEqual({ name: 'Events', count: 100_000 });
    expect(totals[2]?.name).toBe('Actors (at least)');
    expect(tables.find(({ title }) => title === 'Top rules')?.rows).toEqual([
      { name: 'Scan', count: 100_000 },
    ]);
    expect(JSON.stringify(notes)).toContain('counts by name, and of names, are at least so many');
    expect(turns).toBeGreaterThan(20);
    expect(tookMs).toBeLessThan(15_000);
  });
});

/** Until a pass waits for the clock, as it does for a source. */
async function untilAsleep(): Promise<void> {
  while (bench.clock.naps.length === 0) await bench.clock.sleep(0);
  for (let turn = 0; turn < 20; turn += 1) await bench.clock.sleep(0);
}
