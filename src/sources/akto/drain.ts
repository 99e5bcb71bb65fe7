import { counted } from '../../core/counted.ts';
import type { Page } from '../../core/source.ts';
import { isWhole } from './look.ts';
import type { Answer, Reading } from './reading.ts';
import type { Range } from './stride.ts';

const MOST_PASSES = 16;
/** Of a second that did not add up before: it is asked for in several polls. */
const PASSES_AGAIN = 4;
const GROWTH = 4;

/** A gap that is asked for once more, and what is known of it from before. */
export interface Again {
  readonly pollsLeft: number;
  /** So many rows of the second were found to be no event. */
  unusable(second: number): number;
  /** How many events of the range are committed. */
  committed(range: Range): Promise<number>;
}

/**
 * Reads a second that holds more rows than a page. In one answer if it fits; otherwise by offsets,
 * forwards and backwards in turn: the server reshuffles the second's rows at will, so one pass misses some,
 * but it does count them all. Done when as many distinct rows were read as a pass has rows. Of a gap, what earlier
 * polls read counts, too: a large second behind a slow server takes more passes than one poll has time for.
 */
export async function* drainSecond(second: number, reading: Reading, again?: Again): AsyncGenerator<Page> {
  const range = { fromS: second, toS: second };
  const tally = new Tally(again?.unusable(second));
  if (yield* fitsInOne(range, reading, tally)) return;
  const passes = again === undefined ? MOST_PASSES : PASSES_AGAIN;
  let atLeast = tally.distinct;
  for (let pass = 0; pass < passes && !reading.isOverdue(); pass += 1) {
    const { rows, total, isAll } = yield* onePass(range, pass % 2 === 0 ? 1 : -1, reading, tally);
    if (isAll && (tally.distinct >= rows || (await known(range, tally, again)) >= Math.max(rows, total)))
      return;
    atLeast = isAll ? rows : Math.max(atLeast, rows);
  }
  const read = Math.max(tally.distinct, await known(range, tally, again));
  const problem = `${read} of at least ${counted(Math.max(atLeast, read + 1), 'event')} could be read`;
  reading.addGap(range, problem, again?.pollsLeft, tally.unusable);
}

/** Rows of a gap that this poll and those before it have read. */
async function known(range: Range, { unusable }: Tally, again?: Again): Promise<number> {
  return again === undefined ? 0 : (await again.committed(range)) + unusable;
}

/** The distinct rows of a second, as far as they can be told apart. */
class Tally {
  readonly #ids = new Set<string>();
  /** Rows that are no event. Of those that look the same, the most that one answer had, since it shows no row twice. */
  readonly #unusable = new Map<string, number>();
  readonly #unusableBefore: number;

  constructor(unusableBefore = 0) {
    this.#unusableBefore = unusableBefore;
  }

  add({ events, unusable }: Answer): void {
    for (const { id } of events) this.#ids.add(id);
    for (const [look, rows] of Map.groupBy(unusable, (each) => each))
      this.#unusable.set(look, Math.max(rows.length, this.#unusable.get(look) ?? 0));
  }

  get unusable(): number {
    const now = [...this.#unusable.values()].reduce((sum, rows) => sum + rows, 0);
    return Math.max(this.#unusableBefore, now);
  }

  get distinct(): number {
    return this.#ids.size + this.unusable;
  }
}

async function* fitsInOne(range: Range, reading: Reading, tally: Tally): AsyncGenerator<Page, boolean> {
  const { pageRows, mostRows } = reading.options;
  for (let limit = pageRows.now; limit < mostRows; ) {
    limit = Math.min(limit * GROWTH, mostRows);
    const answer = await reading.ask(range, { limit });
    tally.add(answer);
    yield reading.page(answer);
    if (isWhole(answer)) return true;
    // Fewer than asked for, or a size the server cannot manage: asking for more is of no use.
    if (answer.rowCount < limit) return false;
  }
  return false;
}

interface Pass {
  readonly rows: number;
  /** What the server counts. */
  readonly total: number;
  /** The second has no more: they were all passed, or the server counts them. */
  readonly isAll: boolean;
}

async function* onePass(
  range: Range,
  order: 1 | -1,
  reading: Reading,
  tally: Tally,
): AsyncGenerator<Page, Pass> {
  for (let rows = 0; ; ) {
    const answer = await reading.ask(range, { limit: reading.options.mostRows, skip: rows, order });
    tally.add(answer);
    yield reading.page(answer);
    rows += answer.rowCount;
    const isLast = answer.rowCount < answer.limit && answer.total <= rows;
    if (answer.rowCount === 0 || isLast) return { rows, total: answer.total, isAll: true };
    // A second that takes longer than a poll must not hold up all the others: the rest becomes a gap.
    if (reading.isOverdue()) return cutOff(rows, answer);
  }
}

function cutOff(rows: number, { total }: Answer): Pass {
  return total > rows ? { rows: total, total, isAll: true } : { rows: rows + 1, total, isAll: false };
}
