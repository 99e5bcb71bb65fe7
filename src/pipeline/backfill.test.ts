import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Bench,
  createBench,
  event,
  FEED,
  idOf,
  openInMemory,
  page,
  reader,
  rules,
} from '../../test/pipeline/bench.ts';
import { START_MS } from '../../test/pipeline/manual-clock.ts';
import { runs } from '../../test/seed.ts';
import type { Digest } from '../core/digest.ts';
import type { Event } from '../core/event.ts';
import type { Page } from '../core/source.ts';
import { type BackfillState, type Store, StoreError } from '../core/store.ts';
import {
  BackfillError,
  createBackfillBook,
  createTrialBook,
  readBackfill,
  type SliceReader,
} from './backfill.ts';
import type { Recipient } from './event-rows.ts';

const RULES = rules(
  'id: attack\nfilter: { filter_id: { eq: Attack } }\ninfo: { severity: HIGH }',
  `
id: probes
filter: { filter_id: { eq: Probe } }
info: { severity: LOW }
aggregation_rules:
  - rule: { name: two, condition: { matchCount: 2, windowThreshold: 5 } }
`,
);
const DESTINATIONS: readonly Recipient[] = [
  { name: 'siem', send: new Set(['events', 'alerts']) },
  { name: 'soar', send: new Set(['matches']) },
  { name: 'oncall', send: new Set(['alerts']) },
];
const HOUR_S = 3_600;

/** Attacks, probes and others in turn, an hour apart. */
const EVENTS: readonly Event[] = Array.from({ length: 12 }, (_, index) =>
  event(
    `e${index}`,
    { filterId: ['Attack', 'Probe', 'Other'][index % 3] ?? '', actor: `203.0.113.${index % 2}` },
    index * HOUR_S,
  ),
);
const SLICE = { fromMs: START_MS, toMs: START_MS + 12 * HOUR_S * 1_000 - 1 };

/** Pages of so many events; the cursor says how many came before. */
function sliceReader(size: number, over: (from: number) => Partial<Page> = () => ({})): SliceReader {
  return {
    ...reader(),
    async *readSlice(_slice, cursor) {
      for (let from = Number(cursor?.['next'] ?? 0); from < EVENTS.length; from += size) {
        yield { ...page(EVENTS.slice(from, from + size), { next: from + size }), ...over(from) };
      }
    },
  };
}

const fresh = (startedMs = START_MS): BackfillState => {
  return { id: 'akto/7d', ...FEED, ...SLICE, startedMs, read: 0, fresh: 0, matches: {} };
};
const atOnce = async (): Promise<void> => undefined;

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

const depsOn = (store: Store, { clock, telemetry } = bench) => {
  return { store, clock, telemetry, ruleSet: RULES, destinations: DESTINATIONS };
};

/** Begins or goes on, and reads to the end. */
async function run(store: Store, from: SliceReader = sliceReader(5)): Promise<BackfillState> {
  const book = createBackfillBook(depsOn(store));
  let state = (await store.readBackfill('akto/7d')) ?? fresh();
  if (state.finishedMs !== undefined) return state;
  if (state.read === 0) await book.begin(state);
  const signal = new AbortController().signal;
  for await (const step of readBackfill(from, state, book, atOnce, signal)) state = step.state;
  return state;
}

const sentTo = async (store: Store, destination: string): Promise<string[]> =>
  (await store.listDeliveries({ destination, limit: 1_000 })).map(
    ({ kind, deliveryId }) => `${kind} ${deliveryId}`,
  );
const events = (chosen: readonly Event[]): string[] => chosen.map(({ id }) => `event ${id}`);

async function digestFor(destination: string): Promise<Digest> {
  const claimed = await bench.store.claim(destination, bench.clock.now(), 1, 100);
  const [found] = claimed.flatMap(({ delivery }) => (delivery.kind === 'digest' ? [delivery.digest] : []));
  if (found === undefined) throw new Error(`no digest for ${destination}`);
  return found;
}

describe('reading history', () => {
  it('sends every event to whoever takes events, and one summary to whoever takes alerts', async () => {
    await run(bench.store);
    const digest = `digest ${(await digestFor('oncall')).id}`;
    expect(await sentTo(bench.store, 'siem')).toEqual([...events(EVENTS), digest]);
    expect(await sentTo(bench.store, 'soar')).toEqual(events(EVENTS.filter((_, index) => index % 3 < 2)));
    expect(await sentTo(bench.store, 'oncall')).toEqual([digest]);
  });

  it('opens no alert and touches no window of the present', async () => {
    await run(bench.store);
    const keys = [{ rule: 'probes', condition: 0, group: '["akto","203.0.113.1"]' }];
    expect(await bench.store.transaction((tx) => tx.readWindows(keys))).toEqual([]);
    expect(await bench.store.nextGroupDueMs()).toBeUndefined();
    expect(await bench.store.lastHits()).toEqual([]);
  });

  it('sums it up: counts, rules, actors, a chart, and what the counts do not say', async () => {
    await bench.store.transaction((tx) =>
      tx.insertEvents([{ event: event('e0'), rules: [] }], bench.clock.now()),
    );
    await run(
      bench.store,
      sliceReader(5, (from) => (from === 0 ? { rejected: ['a row has no id'] } : {})),
    );
    const { totals, tables, chart, notes, fromMs } = await digestFor('oncall');
    expect(totals).toEqual([
      { name: 'Events read', count: 12 },
      { name: 'New', count: 11 },
      { name: 'Already known', count: 1 },
      { name: 'Matched by a rule', count: 7 },
      { name: 'Rows not understood', count: 1 },
    ]);
    expect(
      tables.map(({ title, rows }) => [title, rows.map(({ name, count }) => `${name} ${count}`)]),
    ).toEqual([
      ['Rules', ['probes 4', 'attack 3']],
      ['Actors', ['203.0.113.1 6', '203.0.113.0 5']],
    ]);
    expect(chart?.bars.map(({ label, count }) => `${label} ${count}`).slice(0, 3)).toEqual([
      '00:00 0',
      '01:00 1',
      '02:00 1',
    ]);
    expect(notes.join(' ')).toMatch(/history.*nobody is paged.*not windows, .*: probes\./);
    expect(fromMs).toBe(START_MS);
  });

  it('says nothing to people where nothing was new', async () => {
    await bench.store.transaction((tx) =>
      tx.insertEvents(
        EVENTS.map((each) => ({ event: each, rules: [] })),
        bench.clock.now(),
      ),
    );
    const { read, fresh: isNew, finishedMs } = await run(bench.store);
    expect([read, isNew, finishedMs]).toEqual([12, 0, START_MS]);
    expect(await bench.store.listDeliveries({ limit: 10 })).toEqual([]);
  });

  it('goes on where a reader ends before its slice does', async () => {
    const once: SliceReader = {
      ...reader(),
      async *readSlice(slice, cursor, signal) {
        for await (const each of sliceReader(5).readSlice(slice, cursor, signal)) {
          yield Number(each.cursor['next']) < EVENTS.length ? { ...each, behind: true } : each;
          return;
        }
      },
    };
    expect((await run(bench.store, once)).read).toBe(12);
  });

  it('takes a page anew, without what the daemon committed meanwhile', async () => {
    const { store } = bench;
    let raced = false;
    const racing = over(store, {
      unseen: async (ids) => {
        const unseen = await store.unseen(ids);
        if (!raced) {
          raced = true;
          await store.transaction((tx) => tx.insertEvents([{ event: event('e3'), rules: [] }], START_MS));
        }
        return unseen;
      },
    });
    const running = run(racing);
    while (bench.clock.naps.length === 0) await bench.clock.advance(0);
    await bench.clock.advance(200);
    expect((await running).fresh).toBe(11);
    expect(await sentTo(store, 'siem')).not.toContain(`event ${idOf('e3')}`);
  });

  it('does not go on beside another one that reads the same slice', async () => {
    const book = createBackfillBook(depsOn(bench.store));
    await book.begin(fresh());
    const [first] = await collect(sliceReader(5).readSlice(SLICE, undefined, new AbortController().signal));
    if (first === undefined) throw new Error('no page');
    await book.takeIn(sliceReader(5), fresh(), first);
    await expect(book.takeIn(sliceReader(5), fresh(), first)).rejects.toThrow(BackfillError);
  });

  it('a trial writes nothing and counts an event once that is shown twice', async () => {
    const twice: SliceReader = {
      ...reader(),
      async *readSlice() {
        yield page(EVENTS.slice(0, 7), {});
        yield page(EVENTS.slice(5), {});
      },
    };
    const book = createTrialBook(depsOn(bench.store));
    const steps = await collect(readBackfill(twice, fresh(), book, atOnce, new AbortController().signal));
    expect(steps.at(-1)?.state).toMatchObject({ read: 14, fresh: 12, matches: { attack: 4, probes: 4 } });
    expect(await bench.store.unseen(EVENTS.map(({ id }) => id))).toHaveLength(12);
    expect(await bench.store.readBackfill('akto/7d')).toBeUndefined();
  });
});

async function collect<T>(from: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of from) all.push(each);
  return all;
}

/** A store with some methods as given. */
function over(store: Store, changes: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, key) {
      const value: unknown = Reflect.get(changes, key) ?? Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

type Death =
  /** At which commit of its life the process dies, before it is durable or just after. */
  { readonly atCommit: number; readonly isDurable: boolean; readonly live: readonly number[] };

class Killed extends Error {}

function mortal(store: Store, { atCommit, isDurable }: Death): Store {
  let commits = 0;
  return over(store, {
    async transaction(work) {
      commits += 1;
      const dies = commits >= atCommit;
      const result = await store.transaction(async (tx) => {
        const done = await work(tx);
        if (dies && !isDurable) throw new Killed();
        return done;
      });
      if (dies) throw new Killed();
      return result;
    },
  });
}

it('whenever it is killed: every event once, one summary, counts that add up', async () => {
  const death = fc.record({
    atCommit: fc.integer({ min: 1, max: 6 }),
    isDurable: fc.boolean(),
    live: fc.array(fc.nat(EVENTS.length - 1), { maxLength: 2 }),
  });
  const lives = fc.record({
    deaths: fc.array(death, { maxLength: 6 }),
    size: fc.integer({ min: 1, max: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(lives, async ({ deaths, size }) => {
      // What a file keeps through a death is the store's own contract; here only the process forgets.
      const store = openInMemory();
      try {
        const live = new Set<string>();
        for (const each of deaths) {
          for (const id of await commitLive(store, each.live)) live.add(id);
          await run(mortal(store, each), sliceReader(size)).catch(expectKilled);
        }
        const state = await run(store, sliceReader(size));
        const told = await sentTo(store, 'siem');
        const digests = told.filter((each) => each.startsWith('digest'));
        const sent = EVENTS.filter(({ id }) => !live.has(id));
        expect(told.filter((each) => each.startsWith('event')).toSorted()).toEqual(events(sent).toSorted());
        expect(digests).toHaveLength(sent.length === 0 ? 0 : 1);
        expect([state.read, state.fresh]).toEqual([EVENTS.length, sent.length]);
      } finally {
        await store.close();
      }
    }),
    { numRuns: runs(300) },
  );
});

/** What the daemon commits between two lives. @returns the ids of those that were new */
async function commitLive(store: Store, indices: readonly number[]): Promise<readonly string[]> {
  const chosen = EVENTS.filter((_, index) => indices.includes(index));
  const unseen = await store.unseen(chosen.map(({ id }) => id));
  const isNew = chosen.filter(({ id }) => unseen.has(id));
  await store.transaction((tx) =>
    tx.insertEvents(
      isNew.map((each) => ({ event: each, rules: [] })),
      START_MS,
    ),
  );
  return isNew.map(({ id }) => id);
}

function expectKilled(error: unknown): void {
  if (!(error instanceof Killed || error instanceof StoreError)) throw error;
}
