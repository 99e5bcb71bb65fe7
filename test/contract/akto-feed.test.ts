import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { Secret } from '../../src/core/secret.ts';
import type { FeedReader } from '../../src/core/source.ts';
import {
  type Hazard,
  type Hazards,
  seededRandom,
  startAktoSimulator,
} from '../../src/demo/akto-simulator/index.ts';
import { AktoClient } from '../../src/sources/akto/client.ts';
import { reachS } from '../../src/sources/akto/cursor.ts';
import { createEventReader } from '../../src/sources/akto/reader.ts';
import type { ReadingOptions } from '../../src/sources/akto/reading.ts';
import { Consumer, FeedInProcess, ManualClock } from './akto-feed-model.ts';
import { StoredConsumer } from './akto-feed-store.ts';

const START_S = 1_780_000_000;
const LATE_S = 120;
const INITIAL_S = 900;
const DEADLINE_S = 300;
/** Clocks are at most so far off. */
const SKEW_S = 300;
const RUNS = Number(process.env['TOCSIN_FEED_RUNS'] ?? 3_000);
const STORE_RUNS = Number(process.env['TOCSIN_FEED_STORE_RUNS'] ?? 100);
const SEED = process.env['TOCSIN_FEED_SEED'];

/** What no rule sees: a row without an id or a time, and an id that was there before, with other content. */
type Odd = 'no_id' | 'half_second' | 'again';

interface Round {
  /** Of our clock before the server's: it is set while the daemon runs. */
  readonly aheadS: number;
  readonly odd: readonly { readonly kind: Odd; readonly lateS: number }[];
  /** Seconds since the round before. */
  readonly passed: number;
  /** Rows that appear before the poll: how many share the second, and how late they are. */
  readonly arrivals: readonly { readonly lateS: number; readonly rows: number }[];
  /** Rows that appear while it pages, before the answer of that number. */
  readonly during: readonly { readonly answer: number; readonly lateS: number; readonly rows: number }[];
  readonly hazards: readonly { readonly answer: number; readonly hazard: Hazard }[];
  readonly diesAfterPages: number;
}

const lateS = fc.oneof(fc.integer({ min: -20, max: LATE_S }), fc.constantFrom(0, 1, LATE_S));
const rows = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 6 }) },
  { weight: 1, arbitrary: fc.integer({ min: 14, max: 28 }) },
);
const answer = fc.integer({ min: 0, max: 12 });
const hazard: fc.Arbitrary<Hazard> = fc.constantFrom<Hazard[]>(
  { kind: 'null_list', spelled: 'null' },
  { kind: 'null_list', spelled: 'string' },
  { kind: 'null_list', spelled: 'missing' },
  { kind: 'exception' },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 429, retryAfter: '1' },
  { kind: 'login_page' },
  { kind: 'redirect' },
  { kind: 'forbidden', body: 'empty' },
  { kind: 'reset' },
  { kind: 'cut' },
  { kind: 'missing_rows', every: 2 },
  { kind: 'missing_rows', every: 3 },
);
const passed = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 60 }) },
  { weight: 3, arbitrary: fc.integer({ min: 60, max: 2_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 2_000, max: 200_000 }) },
);
const aheadS = fc.constantFrom(0, 0, 0, 0, -SKEW_S, -30, 30, SKEW_S);
const odd = fc.array(fc.record({ kind: fc.constantFrom<Odd[]>('no_id', 'half_second', 'again'), lateS }), {
  maxLength: 2,
});
const round: fc.Arbitrary<Round> = fc.record({
  ...{ aheadS, odd, passed },
  arrivals: fc.array(fc.record({ lateS, rows }), { maxLength: 8 }),
  during: fc.array(fc.record({ answer, lateS, rows }), { maxLength: 3 }),
  hazards: fc.array(fc.record({ answer, hazard }), { maxLength: 4 }),
  diesAfterPages: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 5 })),
});
/** Polls in quick succession over so many rows that a look never shows them all. */
const storm: fc.Arbitrary<Round> = fc.record({
  ...{ aheadS, odd },
  passed: fc.integer({ min: 3, max: 40 }),
  arrivals: fc
    .array(fc.record({ lateS: fc.integer({ min: 60, max: LATE_S }), rows: fc.constant(1) }), { maxLength: 3 })
    .map((late) => [...late, { lateS: 0, rows: 3 }]),
  during: fc.constant([]),
  hazards: fc.array(fc.record({ answer, hazard }), { maxLength: 1 }),
  diesAfterPages: fc.constant(Number.POSITIVE_INFINITY),
});
const scenario = fc.record({
  seed: fc.integer({ min: 0, max: 1_000_000 }),
  pageSize: fc.oneof(
    { weight: 1, arbitrary: fc.constant(1) },
    { weight: 5, arbitrary: fc.integer({ min: 2, max: 9 }) },
  ),
  aheadS,
  backlog: fc.array(fc.record({ lateS: fc.integer({ min: 0, max: INITIAL_S - SKEW_S }), rows }), {
    maxLength: 12,
  }),
  total: fc.constantFrom<Hazards['total'][]>('exact', 'exact', 'zero', 'cached', 'frozen', {
    cachedMs: 300_000,
  }),
  cappedRows: fc.option(fc.integer({ min: 2, max: 6 }), { nil: Number.POSITIVE_INFINITY, freq: 6 }),
  rounds: fc.oneof(
    { weight: 3, arbitrary: fc.array(round, { minLength: 1, maxLength: 4 }) },
    { weight: 1, arbitrary: fc.array(storm, { minLength: 5, maxLength: 12 }) },
  ),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;

interface Feed {
  add(rows: readonly JsonObject[]): void;
  setHazards(hazards: Partial<Hazards>): void;
  requestCount(): number;
}

class World {
  readonly clock: ManualClock;
  readonly shown = new Map<string, number>();
  readonly feed: Feed;
  #made = 0;
  #latest = '';
  readonly #again = new Set<string>();

  constructor(feed: Feed, clock: ManualClock) {
    this.feed = feed;
    this.clock = clock;
  }

  appear(late: number, count: number): void {
    const timestamp = Math.floor(this.clock.nowMs / 1_000) - late;
    const made = Array.from({ length: count }, (): JsonObject => {
      this.#made += 1;
      return { id: `row-${this.#made}`, timestamp };
    });
    for (const row of made) this.shown.set(String(row['id']), timestamp * 1_000);
    this.#latest = String(made[0]?.['id']);
    this.feed.add(made);
  }

  appearOdd(kind: Odd, late: number): void {
    const second = Math.floor(this.clock.nowMs / 1_000) - late;
    if (kind === 'no_id') this.feed.add([{ timestamp: second }]);
    if (kind === 'half_second') this.feed.add([{ id: 'half', timestamp: second + 0.5 }]);
    if (kind === 'again') this.#appearAgain(second);
  }

  #appearAgain(second: number): void {
    const firstMs = this.shown.get(this.#latest) ?? 0;
    // Not one of long ago: that is a new event to a store that has forgotten it. Nor twice in a second, which, where that is
    // larger than the largest page, cannot be told from a row that was not shown.
    const isRecent = firstMs > (second - 1_000) * 1_000 && firstMs !== second * 1_000;
    const row = `${this.#latest} ${second}`;
    if (!isRecent || this.#again.has(row)) return;
    this.#again.add(row);
    this.feed.add([{ id: this.#latest, timestamp: second, url: '/other' }]);
  }
}

function readerOf(
  client: ReadingOptions['client'],
  clock: ManualClock,
  { pageSize, seed }: Scenario,
): FeedReader {
  return createEventReader({
    ...{ source: 'akto', client, pageSize, mostRows: 12, deadlineMs: DEADLINE_S * 1_000, clock },
    random: seededRandom(seed),
    lookback: { initialS: INITIAL_S, lateArrivalS: LATE_S },
  });
}

async function live(
  world: World,
  reader: FeedReader,
  consumer: Consumer,
  { total }: Scenario,
  { passed, ...now }: Round,
): Promise<void> {
  world.clock.nowMs += passed * 1_000;
  world.clock.aheadMs = now.aheadS * 1_000;
  for (const { kind, lateS } of now.odd) world.appearOdd(kind, lateS);
  for (const { lateS, rows } of now.arrivals) world.appear(lateS, rows);
  const first = world.feed.requestCount();
  // An answer that lacks rows, of a server that counts nothing, looks like a whole one.
  const isTold = ({ hazard }: Round['hazards'][number]): boolean =>
    total === 'exact' || hazard.kind !== 'missing_rows';
  const hazards = now.hazards.filter(isTold);
  world.feed.setHazards({
    beforeAnswer: ({ index }) => {
      for (const { answer, lateS, rows } of now.during)
        if (first + answer === index) world.appear(lateS, rows);
    },
    answer: ({ index }) => hazards.find(({ answer }) => first + answer === index)?.hazard,
  });
  await consumer.poll(reader, now.diesAfterPages);
}

const MOST_CALM_POLLS = 300;

/** Nothing new appears until all that appeared has settled and was audited. */
async function calmDown(world: World, reader: FeedReader, consumer: Consumer): Promise<void> {
  world.feed.setHazards({ answer: undefined, beforeAnswer: undefined });
  for (let polls = 0; polls < MOST_CALM_POLLS; polls += 1) {
    world.clock.nowMs += 30_000;
    expect(await consumer.poll(reader)).toBe(true);
    const { auditS, highWaterS } = consumer.cursor ?? {};
    const isAudited = Number(auditS) > Number(highWaterS);
    if (isAudited && consumer.progress?.gaps.length === 0) return;
  }
  throw new Error(`not audited after ${MOST_CALM_POLLS} calm polls: ${JSON.stringify(consumer.cursor)}`);
}

/**
 * A server that leaves rows out of an answer, a crash while that is looked into, and hours between neighbouring
 * events: then a page may be committed whose beginning the store may forget before it is read again. Nothing is lost then either.
 */
function leavesOutAndDies({ total, rounds }: Scenario): boolean {
  const leavesOut = rounds.some(({ hazards }) =>
    hazards.some(({ hazard }) => hazard.kind === 'missing_rows'),
  );
  const isLong = rounds.some(({ passed }) => passed > 2_000);
  return total === 'exact' && leavesOut && isLong;
}

async function liveThrough(
  world: World,
  client: ReadingOptions['client'],
  given: Scenario,
  consumerOf = (keepMs: number): Consumer => new Consumer(keepMs),
): Promise<void> {
  const { total, cappedRows, backlog, rounds, aheadS } = given;
  // A server that answers fewer rows than asked for and does not count them cannot be read to the end.
  world.feed.setHazards({ total, mostRows: total === 'exact' ? cappedRows : Number.POSITIVE_INFINITY });
  world.clock.aheadMs = aheadS * 1_000;
  const consumer = consumerOf(reachS({ lateArrivalS: LATE_S }, DEADLINE_S) * 1_000);
  for (const { lateS, rows } of backlog) world.appear(lateS, rows);
  // The first poll decides where history begins: what fails before its first page has no promise yet.
  await consumer.poll(readerOf(client, world.clock, given), 1);
  for (const next of rounds) await live(world, readerOf(client, world.clock, given), consumer, given, next);
  await calmDown(world, readerOf(client, world.clock, given), consumer);
  const mayBeOutOfReach = leavesOutAndDies(given);
  if (!mayBeOutOfReach) expect(consumer.gaps).toEqual([]);
  const isReported = (ms: number): boolean =>
    consumer.gaps.some(({ fromMs, toMs }) => fromMs <= ms && ms <= toMs);
  const evaluated = new Set(consumer.evaluated);
  expect([...world.shown].filter(([id, ms]) => !evaluated.has(id) && !isReported(ms))).toEqual([]);
  expect([...evaluated].filter((id) => !world.shown.has(id))).toEqual([]);
  if (!mayBeOutOfReach) expect(consumer.evaluated.length).toBe(evaluated.size);
}

describe('reading the feed, whatever it does', () => {
  it('commits every row that ever appeared in time, once, through ties, late rows, failures and restarts', async () => {
    let runs = 0;
    const startedMs = performance.now();
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        runs += 1;
        const clock = new ManualClock(START_S);
        const feed = new FeedInProcess(given.seed, clock);
        const inProcess = {
          add: (made: readonly JsonObject[]) => feed.add(made),
          setHazards: (hazards: Partial<Hazards>) => feed.setHazards(hazards),
          requestCount: () => feed.requests,
        };
        await liveThrough(new World(inProcess, clock), feed, given);
      }),
      { numRuns: RUNS, endOnFailure: true, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    process.stdout.write(`feed model: ${runs} runs of the reader against a random feed in ${seconds} s\n`);
  }, 600_000);

  it('does so with the real rules and the real store behind it, pruned as early as it may be', async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        runs += 1;
        const clock = new ManualClock(START_S);
        const feed = new FeedInProcess(given.seed, clock);
        const inProcess = {
          add: (made: readonly JsonObject[]) => feed.add(made),
          setHazards: (hazards: Partial<Hazards>) => feed.setHazards(hazards),
          requestCount: () => feed.requests,
        };
        const opened: StoredConsumer[] = [];
        const consumerOf = (keepMs: number): Consumer => {
          const consumer = new StoredConsumer(clock, keepMs);
          opened.push(consumer);
          return consumer;
        };
        await liveThrough(new World(inProcess, clock), feed, given, consumerOf).finally(() =>
          Promise.all(opened.map((consumer) => consumer.close())),
        );
      }),
      { numRuns: STORE_RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
    process.stdout.write(`feed model: ${runs} runs through the rules into SQLite\n`);
  }, 120_000);

  it('does so over HTTP, too', async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        runs += 1;
        const clock = new ManualClock(START_S);
        const simulatorClock = { now: () => clock.nowMs, sleep: clock.sleep };
        const feed = await startAktoSimulator({ apiKey: 'key', seed: given.seed, clock: simulatorClock });
        const client = new AktoClient({
          ...{ source: 'akto', url: feed.url, apiKey: new Secret('key'), timeoutMs: 5_000 },
          ...{ maxResponseBytes: 1e6, clock },
        });
        const overHttp = {
          add: (made: readonly JsonObject[]) => feed.add(made),
          setHazards: (hazards: Partial<Hazards>) => feed.setHazards(hazards),
          requestCount: () => feed.requests.length,
        };
        try {
          await liveThrough(new World(overHttp, clock), client, given);
          expect(feed.requestsTo('fetchSuspectSampleData').length).toBe(feed.requests.length);
        } finally {
          client.close();
          await feed.close();
        }
      }),
      { numRuns: 40, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
    process.stdout.write(`feed model: ${runs} runs over HTTP\n`);
  }, 60_000);
});
