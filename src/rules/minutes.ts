/*
 * Minutes of a window, kept as flat lists of numbers: a window of a month is read and written with every page that touches it.
 * Minutes are `floor(seconds / 60)`. Each function gives back the very list where nothing changes.
 */

/** How many in which minute: `[minute, count, minute, count, …]`, oldest first, no count is 0. */
export type Counts = readonly number[];
/** Minutes as ranges: `[first, last, first, last, …]`, both inclusive, oldest first, at least a minute apart. */
export type Ranges = readonly number[];

const PAIR = 2;

export function countOne(counts: Counts, minute: number): Counts {
  const at = placeOf(counts, minute);
  return counts[at] === minute
    ? counts.with(at + 1, (counts[at + 1] ?? 0) + 1)
    : counts.toSpliced(at, 0, minute, 1);
}

export function withoutCount(counts: Counts, minute: number): Counts {
  const at = placeOf(counts, minute);
  return counts[at] === minute ? counts.toSpliced(at, PAIR) : counts;
}

export function countsSince(counts: Counts, minute: number): Counts {
  const at = placeOf(counts, minute);
  return at === 0 ? counts : counts.slice(at);
}

/** Of the minutes from `first` to `last`, both inclusive; 0 where the interval ends before it begins. */
export function sumOf(counts: Counts, first: number, last: number): number {
  let sum = 0;
  for (let at = placeOf(counts, first); (counts[at] ?? Infinity) <= last; at += PAIR)
    sum += counts[at + 1] ?? 0;
  return sum;
}

/** The place of the first pair of this minute or a later one. Most are about the newest: looked for from the end. */
function placeOf(pairs: readonly number[], minute: number): number {
  let at = pairs.length;
  while (at > 0 && (pairs[at - PAIR] ?? 0) >= minute) at -= PAIR;
  return at;
}

export function withMinute(ranges: Ranges, minute: number): Ranges {
  const at = reachingTo(ranges, minute - 1);
  const [first = Infinity, last = Infinity] = ranges.slice(at, at + PAIR);
  if (first <= minute && minute <= last) return ranges;
  // It lengthens this range, or the one that begins just after it, or joins the two.
  const next = last === minute - 1 ? at + PAIR : at;
  const joinsNext = ranges[next] === minute + 1;
  const from = next > at ? first : minute;
  const to = joinsNext ? (ranges[next + 1] ?? minute) : minute;
  return ranges.toSpliced(at, (joinsNext ? next + PAIR : next) - at, from, to);
}

export function withoutMinute(ranges: Ranges, minute: number): Ranges {
  const at = reachingTo(ranges, minute);
  const [first = Infinity, last = Infinity] = ranges.slice(at, at + PAIR);
  if (first > minute) return ranges;
  const before = first < minute ? [first, minute - 1] : [];
  const after = minute < last ? [minute + 1, last] : [];
  return ranges.toSpliced(at, PAIR, ...before, ...after);
}

export function rangesSince(ranges: Ranges, minute: number): Ranges {
  if ((ranges[0] ?? minute) >= minute) return ranges;
  const at = reachingTo(ranges, minute);
  const first = ranges[at];
  return first === undefined ? [] : [Math.max(first, minute), ...ranges.slice(at + 1)];
}

/** Whether any of the minutes lies from `first` to `last`, both inclusive; none does where the interval ends before it begins. */
export function meets(ranges: Ranges, first: number, last: number): boolean {
  return Math.max(ranges[reachingTo(ranges, first)] ?? Infinity, first) <= last;
}

/** The place of the first range that reaches to this minute or beyond. */
function reachingTo(ranges: Ranges, minute: number): number {
  let at = ranges.length;
  while (at > 0 && (ranges[at - 1] ?? 0) >= minute) at -= PAIR;
  return at;
}
