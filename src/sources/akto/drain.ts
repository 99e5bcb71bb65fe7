import type { Page } from '../../core/source.ts';
import { isWhole } from './look.ts';
import type { Answer, Reading } from './reading.ts';
import type { Range } from './stride.ts';

const MOST_PASSES = 16;
/** Of a second that did not add up before: it is asked for in several polls. */
const PASSES_AGAIN = 4;
const GROWTH = 4;

/**
 * Reads a second that holds more rows than a page. In one answer if it fits; otherwise by offsets,
 * forwards and backwards in turn: the server reshuffles the second's rows at will, so one pass misses some,
 * but it does count them all. Done when as many distinct rows were read as a pass has rows.
 */
export async function* drainSecond(
  second: number,
  reading: Reading,
  pollsLeft?: number,
): AsyncGenerator<Page> {
  const range = { fromS: second, toS: second };
  const tally = new Tally();
  if (yield* fitsInOne(range, reading, tally)) return;
  const passes = pollsLeft === undefined ? MOST_PASSES : PASSES_AGAIN;
  let rows = tally.distinct;
  for (let pass = 0; pass < passes && !reading.isOverdue(); pass += 1) {
    rows = yield* onePass(range, pass % 2 === 0 ? 1 : -1, reading, tally);
    if (tally.distinct >= rows) return;
  }
  reading.addGap(range, `${tally.distinct} of at least ${rows} events could be read`, pollsLeft);
}

/** The distinct rows of a second, as far as they can be told apart. */
class Tally {
  readonly #ids = new Set<string>();
  /** Rows that are no event, by what is said of them: the most that one answer had, since it shows no row twice. */
  readonly #unusable = new Map<string, number>();

  add({ events, rejected }: Answer): void {
    for (const { id } of events) this.#ids.add(id);
    for (const [sentence, rows] of Map.groupBy(rejected, (each) => each))
      this.#unusable.set(sentence, Math.max(rows.length, this.#unusable.get(sentence) ?? 0));
  }

  get distinct(): number {
    return [...this.#unusable.values()].reduce((sum, rows) => sum + rows, this.#ids.size);
  }
}

async function* fitsInOne(range: Range, reading: Reading, tally: Tally): AsyncGenerator<Page, boolean> {
  const { pageSize, mostRows } = reading.options;
  for (let limit = pageSize; limit < mostRows; ) {
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

/** @returns how many rows the second has */
async function* onePass(
  range: Range,
  order: 1 | -1,
  reading: Reading,
  tally: Tally,
): AsyncGenerator<Page, number> {
  for (let rows = 0; ; ) {
    const answer = await reading.ask(range, { limit: reading.options.mostRows, skip: rows, order });
    tally.add(answer);
    yield reading.page(answer);
    rows += answer.rowCount;
    const isLast = answer.rowCount < answer.limit && answer.total <= rows;
    if (answer.rowCount === 0 || isLast) return rows;
    // A second that takes longer than a poll must not hold up all the others: the rest becomes a gap.
    if (reading.isOverdue()) return Math.max(rows + 1, answer.total);
  }
}
