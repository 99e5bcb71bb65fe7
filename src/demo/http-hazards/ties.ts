import type { Random } from '../../core/random.ts';
import { shuffle } from './seeded.ts';

/**
 * In place: rows with the same sort key come in an order of their own at every request, as with an index on
 * that key alone. `rows` is sorted by it already.
 */
export function shuffleTies<T>(
  rows: T[],
  keyOf: (row: T) => string | number | undefined,
  random: Random,
): void {
  let start = 0;
  for (let end = 1; end <= rows.length; end += 1) {
    const first = rows[start];
    const next = rows[end];
    if (first !== undefined && next !== undefined && keyOf(first) === keyOf(next)) continue;
    shuffle(random, rows, start, end);
    start = end;
  }
}
