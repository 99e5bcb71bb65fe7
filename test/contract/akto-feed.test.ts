import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { Secret } from '../../src/core/secret.ts';
import { type Cursor, type FeedReader, type Ingested, SourceError } from '../../src/core/source.ts';
import {
  type AktoSimulator,
  type Hazard,
  type Hazards,
  seededRandom,
  startAktoSimulator,
} from '../../src/demo/akto-simulator/index.ts';
import { AktoClient } from '../../src/sources/akto/client.ts';
import { createEventReader } from '../../src/sources/akto/reader.ts';

const START_S = 1_780_000_000;
const LATE_S = 120;
const INITIAL_S = 600;

/** A clock that only moves when told, or when somebody waits. */
class ManualClock {
  nowMs = START_S * 1_000;
  now = (): number => this.nowMs;
  sleep = async (ms: number): Promise<void> => {
    this.nowMs += ms;
  };
}

/** The pipeline in small: commits a page whole, drops what it has, keeps the cursor. */
class Consumer {
  readonly ids = new Set<string>();
  readonly #times = new Map<string, number>();
  readonly ingested: Ingested = {
    count: async ({ fromMs, toMs }) =>
      [...this.#times.values()].filter((timeMs) => timeMs >= fromMs && timeMs <= toMs).length,
  };
  readonly rejected: string[] = [];
  cursor: Cursor | undefined;

  /** Polls until the end, or dies after some pages: the last one read but not committed. */
  async poll(reader: FeedReader, diesAfterPages = Number.POSITIVE_INFINITY): Promise<boolean> {
    let pages = 0;
    try {
      for await (const page of reader.poll(this.cursor, this.ingested, AbortSignal.any([]))) {
        if (pages === diesAfterPages) return false;
        pages += 1;
        for (const event of page.events) {
          this.ids.add(event.feedId);
          this.#times.set(event.feedId, event.timeMs);
        }
        this.rejected.push(...page.rejected);
        this.cursor = JSON.parse(JSON.stringify(page.cursor));
      }
      return true;
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      return false;
    }
  }
}

let simulator: AktoSimulator;
beforeAll(async () => {
  simulator = await startAktoSimulator({ apiKey: 'key' });
});
afterAll(() => simulator.close());

interface Round {
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
);
const round: fc.Arbitrary<Round> = fc.record({
  passed: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 60, max: 2_000 })),
  arrivals: fc.array(fc.record({ lateS, rows }), { maxLength: 8 }),
  during: fc.array(fc.record({ answer, lateS, rows }), { maxLength: 3 }),
  hazards: fc.array(fc.record({ answer, hazard }), { maxLength: 4 }),
  diesAfterPages: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 5 })),
});
/** Polls in quick succession over so many rows that most of them look back only a little. */
const storm: fc.Arbitrary<Round> = fc.record({
  passed: fc.integer({ min: 3, max: 12 }),
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
  backlog: fc.array(fc.record({ lateS: fc.integer({ min: 0, max: INITIAL_S }), rows }), { maxLength: 12 }),
  total: fc.constantFrom<Hazards['total'][]>('exact', 'zero', 'cached', 'frozen'),
  cappedRows: fc.option(fc.integer({ min: 2, max: 6 }), { nil: Number.POSITIVE_INFINITY, freq: 6 }),
  rounds: fc.oneof(
    { weight: 3, arbitrary: fc.array(round, { minLength: 1, maxLength: 4 }) },
    { weight: 1, arbitrary: fc.array(storm, { minLength: 5, maxLength: 9 }) },
  ),
});

class World {
  readonly clock = new ManualClock();
  readonly present = new Set<string>();
  readonly feed: AktoSimulator;
  #made = 0;

  constructor(feed: AktoSimulator) {
    this.feed = feed;
  }

  appear(late: number, count: number): void {
    const timestamp = Math.floor(this.clock.nowMs / 1_000) - late;
    const made = Array.from({ length: count }, (): JsonObject => {
      this.#made += 1;
      return { id: `row-${this.#made}`, timestamp };
    });
    for (const row of made) this.present.add(String(row['id']));
    this.feed.add(made);
  }

  reader(pageSize: number, seed: number, client: AktoClient): FeedReader {
    return createEventReader({
      source: 'akto',
      client,
      pageSize,
      mostRows: 12,
      deadlineMs: 300_000,
      clock: this.clock,
      random: seededRandom(seed),
      lookback: { initialS: INITIAL_S, lateArrivalS: LATE_S },
    });
  }
}

async function live(
  world: World,
  reader: FeedReader,
  consumer: Consumer,
  { passed, ...now }: Round,
): Promise<void> {
  world.clock.nowMs += passed * 1_000;
  for (const { lateS, rows } of now.arrivals) world.appear(lateS, rows);
  const first = world.feed.requests.length;
  world.feed.setHazards({
    beforeAnswer: ({ index }) => {
      for (const { answer, lateS, rows } of now.during)
        if (first + answer === index) world.appear(lateS, rows);
    },
    answer: ({ index }) => now.hazards.find(({ answer }) => first + answer === index)?.hazard,
  });
  await consumer.poll(reader, now.diesAfterPages);
}

describe('reading the feed, whatever it does', () => {
  it('commits every row that ever appeared in time, through ties, late rows, failures and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ seed, pageSize, backlog, total, cappedRows, rounds }) => {
        const feed = await startAktoSimulator({ apiKey: 'key', seed });
        // A server that answers fewer rows than asked for and does not count them cannot be read to the end.
        feed.setHazards({ total, mostRows: total === 'exact' ? cappedRows : Number.POSITIVE_INFINITY });
        const world = new World(feed);
        const { clock } = world;
        const options = {
          source: 'akto',
          url: feed.url,
          apiKey: new Secret('key'),
          timeoutMs: 5_000,
          maxResponseBytes: 1e6,
          clock,
        };
        const client = new AktoClient(options);
        const reader = world.reader(pageSize, seed, client);
        const consumer = new Consumer();
        try {
          for (const { lateS, rows } of backlog) world.appear(lateS, rows);
          // The first poll decides where history begins: what fails before its first page has no promise yet.
          await consumer.poll(reader, 1);
          for (const next of rounds) await live(world, reader, consumer, next);
          feed.setHazards({ answer: undefined, beforeAnswer: undefined });
          for (let calm = 0; calm < 2; calm += 1) {
            world.clock.nowMs += 30_000;
            expect(await consumer.poll(reader)).toBe(true);
          }
          expect([...world.present].filter((id) => !consumer.ids.has(id))).toEqual([]);
          expect([...consumer.ids].filter((id) => !world.present.has(id))).toEqual([]);
        } finally {
          client.close();
          await feed.close();
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
