import { expect } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { FeedReader, Gap } from '../../src/core/source.ts';
import { type Hazards, seededRandom } from '../../src/demo/akto-simulator/index.ts';
import { reachS } from '../../src/sources/akto/cursor.ts';
import { PageRows } from '../../src/sources/akto/page-rows.ts';
import { createEventReader } from '../../src/sources/akto/reader.ts';
import type { ReadingOptions } from '../../src/sources/akto/reading.ts';
import { Consumer, LARGEST_ROW_CHARS, type ManualClock } from './akto-feed-model.ts';
import { INITIAL_S, LATE_S, type Odd, type Round, type Scenario } from './akto-feed-scenario.ts';

const DEADLINE_S = 300;
const MOST_ROWS = 12;

export interface Feed {
  add(rows: readonly JsonObject[]): void;
  setHazards(hazards: Partial<Hazards>): void;
  requestCount(): number;
}

export class World {
  readonly clock: ManualClock;
  readonly shown = new Map<string, number>();
  readonly feed: Feed;
  #made = 0;
  #odd = 0;
  /** By second. */
  readonly #rows = new Map<number, number>();
  readonly #twins = new Map<number, number>();
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
    this.#add(made);
  }

  appearOdd(kind: Odd, late: number): void {
    const second = Math.floor(this.clock.nowMs / 1_000) - late;
    this.#odd += 1;
    if (kind === 'no_id') this.#add([{ timestamp: second, url: `/${this.#odd}` }]);
    if (kind === 'twin') this.#appearAlike(second);
    if (kind === 'half_second') this.#add([{ id: `half-${this.#odd}`, timestamp: second + 0.5 }]);
    if (kind === 'again') this.#appearAgain(second);
  }

  /**
   * Of rows that are the same to the letter, two in one answer are two, two in two answers may be one. Where they stand in a
   * second larger than the largest answer, that they were all read cannot be told.
   */
  mayBeUnread({ fromMs, toMs }: Gap, largestAnswer: number): boolean {
    const second = fromMs / 1_000;
    const rows = this.#rows.get(second) ?? 0;
    const isOne = toMs - fromMs < 1_000;
    return isOne && (this.#twins.get(second) ?? 0) > 1 && rows > largestAnswer;
  }

  #add(rows: readonly JsonObject[]): void {
    this.feed.add(rows);
    for (const { timestamp } of rows) count(this.#rows, Math.floor(Number(timestamp)));
  }

  #appearAlike(second: number): void {
    count(this.#twins, second);
    this.#add([{ timestamp: second }]);
  }

  #appearAgain(second: number): void {
    const firstMs = this.shown.get(this.#latest) ?? 0;
    // Not one of long ago: that is a new event to a store that has forgotten it. Nor twice in a second, which, where that is
    // larger than the largest page, cannot be told from a row that was not shown.
    const isRecent = firstMs > (second - 1_000) * 1_000 && firstMs !== second * 1_000;
    const row = `${this.#latest} ${second}`;
    if (!isRecent || this.#again.has(row)) return;
    this.#again.add(row);
    this.#add([{ id: this.#latest, timestamp: second, url: '/other' }]);
  }
}

function count(rows: Map<number, number>, second: number): void {
  rows.set(second, 1 + (rows.get(second) ?? 0));
}

function readerOf(
  client: ReadingOptions['client'],
  clock: ManualClock,
  { pageSize, seed }: Scenario,
): FeedReader {
  // Rows are of different sizes, and pages of different lengths, therefore.
  const pageRows = new PageRows(pageSize, {
    least: Math.ceil(pageSize / 2),
    pageChars: pageSize * LARGEST_ROW_CHARS,
  });
  return createEventReader({
    ...{ source: 'akto', client, pageRows, mostRows: MOST_ROWS, deadlineMs: DEADLINE_S * 1_000, clock },
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

export async function liveThrough(
  world: World,
  client: ReadingOptions['client'],
  given: Scenario,
  consumerOf = (keepMs: number): Consumer => new Consumer(keepMs),
): Promise<void> {
  const { total, cappedRows, backlog, rounds, aheadS } = given;
  // A server that answers fewer rows than asked for and does not count them cannot be read to the end.
  const mostRows = total === 'exact' ? cappedRows : Number.POSITIVE_INFINITY;
  world.feed.setHazards({ total, mostRows });
  world.clock.aheadMs = aheadS * 1_000;
  const consumer = consumerOf(reachS({ lateArrivalS: LATE_S }, DEADLINE_S) * 1_000);
  for (const { lateS, rows } of backlog) world.appear(lateS, rows);
  // The first poll decides where history begins: what fails before its first page has no promise yet.
  await consumer.poll(readerOf(client, world.clock, given), 1);
  for (const next of rounds) await live(world, readerOf(client, world.clock, given), consumer, given, next);
  await calmDown(world, readerOf(client, world.clock, given), consumer);
  const mayBeOutOfReach = leavesOutAndDies(given);
  const largestAnswer = Math.min(mostRows, MOST_ROWS);
  const untrue = consumer.gaps.filter((gap) => !world.mayBeUnread(gap, largestAnswer));
  if (!mayBeOutOfReach) expect(untrue).toEqual([]);
  const isReported = (ms: number): boolean =>
    consumer.gaps.some(({ fromMs, toMs }) => fromMs <= ms && ms <= toMs);
  const evaluated = new Set(consumer.evaluated);
  expect([...world.shown].filter(([id, ms]) => !evaluated.has(id) && !isReported(ms))).toEqual([]);
  expect([...evaluated].filter((id) => !world.shown.has(id))).toEqual([]);
  if (!mayBeOutOfReach) expect(consumer.evaluated.length).toBe(evaluated.size);
}
