import type { Cursor } from './cursor.ts';

// `?`, `*`, `+`, `{2}`, `{2,}` and `{2,5}`. There is no `{,5}` in Java.

const MAX_COUNT = 2 ** 31 - 1;

/** Reads a quantifier's counts, if one comes next; Infinity where there is no upper bound. */
export function parseBounds(cursor: Cursor): [number, number] | undefined {
  if (cursor.take('?')) return [0, 1];
  if (cursor.take('*')) return [0, Number.POSITIVE_INFINITY];
  if (cursor.take('+')) return [1, Number.POSITIVE_INFINITY];
  return cursor.take('{') ? counted(cursor) : undefined;
}

function counted(cursor: Cursor): [number, number] {
  const code = cursor.peekRaw();
  if (code < 0x30 || code > 0x39) {
    throw cursor.fail('Expected a number after {, as in {2,5}; write \\{ for a brace.');
  }
  const min = count(cursor);
  const max = !cursor.take(',') ? min : isDigitNext(cursor) ? count(cursor) : Number.POSITIVE_INFINITY;
  if (!cursor.take('}')) throw cursor.fail('Expected } after the counts, as in {2,5}.');
  if (max < min) throw cursor.fail('The counts run backwards; write the smaller one first, as in {2,5}.');
  return [min, max];
}

function isDigitNext(cursor: Cursor): boolean {
  const code = cursor.peek();
  return code >= 0x30 && code <= 0x39;
}

function count(cursor: Cursor): number {
  const count = Number(cursor.digits());
  if (count > MAX_COUNT) throw cursor.fail(`A count may not exceed ${MAX_COUNT}.`);
  return count;
}
