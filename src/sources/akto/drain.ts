import type { Page } from '../../core/source.ts';
import { isWhole } from './look.ts';
import type { Reading } from './reading.ts';
import type { Range } from './stride.ts';

const MOST_PASSES = 16;
/** Of a second that did not add up before: it is asked for in several polls. */
const PASSES_AGAIN = 4;
const GROWTH = 4;

/**
 * Reads a second that holds more rows than a page. In one answer if it fits; otherwise by offsets,
 * forwards and backwards in turn: the server reshuffles the second's rows at will, so one pass misses some,
 * but it does count them all. Done when as many distinct ids were read as a pass has rows.
 */
export async function* drainSecond(
  second: number,
  reading: Reading,
  pollsLeft?: number,
): AsyncGenerator<Page> {
  const range = { fromS: second, toS: second };
  if (yield* fitsInOne(range, reading)) return;
  let read = reading.countSeen(second);
  let rows = read;
  const passes = pollsLeft === undefined ? MOST_PASSES : PASSES_AGAIN;
  for (let pass = 0; pass < passes && !reading.isOverdue(); pass += 1) {
    const shown = yield* onePass(range, pass % 2 === 0 ? 1 : -1, reading);
    read = reading.countSeen(second) + shown.rejected;
    rows = shown.rows;
    if (read >= rows) return;
  }
  reading.addGap(range, `${read} of at least ${rows} events could be read`, pollsLeft);
}

async function* fitsInOne(range: Range, reading: Reading): AsyncGenerator<Page, boolean> {
  const { pageSize, mostRows } = reading.options;
  for (let limit = pageSize; limit < mostRows; ) {
    limit = Math.min(limit * GROWTH, mostRows);
    const answer = await reading.ask(range, { limit });
    yield reading.page(answer);
    if (isWhole(answer)) return true;
    // Fewer than asked for, or a size the server cannot manage: asking for more is of no use.
    if (answer.rowCount < limit) return false;
  }
  return false;
}

async function* onePass(
  range: Range,
  order: 1 | -1,
  reading: Reading,
): AsyncGenerator<Page, { rows: number; rejected: number }> {
  let rows = 0;
  let rejected = 0;
  for (;;) {
    const answer = await reading.ask(range, { limit: reading.options.mostRows, skip: rows, order });
    yield reading.page(answer);
    rows += answer.rowCount;
    rejected += answer.rejected.length;
    const isLast = answer.rowCount < answer.limit && answer.total <= rows;
    if (answer.rowCount === 0 || isLast) return { rows, rejected };
    // A second that takes longer than a poll must not hold up all the others: the rest becomes a gap.
    if (reading.isOverdue()) return { rows: Math.max(rows + 1, answer.total), rejected };
  }
}
