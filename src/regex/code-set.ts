// Sets of Unicode code points as sorted, disjoint, inclusive ranges: [low, high, low, high, …].

export type CodeSet = readonly number[];

export const LAST_CODE_POINT = 0x10ffff;
export const NO_CODES: CodeSet = [];
export const ALL_CODES: CodeSet = [0, LAST_CODE_POINT];

export function codeRange(low: number, high: number): CodeSet {
  return [low, high];
}

export function codesOf(text: string): CodeSet {
  return unionOf([...text].map((char) => [char.codePointAt(0) ?? 0, char.codePointAt(0) ?? 0]));
}

export function union(left: CodeSet, right: CodeSet): CodeSet {
  return unionOf([left, right]);
}

export function unionOf(sets: readonly CodeSet[]): CodeSet {
  const [only] = sets;
  if (only !== undefined && sets.length === 1) return only;
  const ranges = sets.flatMap(rangesOf).sort((a, b) => a[0] - b[0]);
  const merged: number[] = [];
  for (const [low, high] of ranges) {
    const last = merged.at(-1);
    if (last !== undefined && low <= last + 1) merged[merged.length - 1] = Math.max(last, high);
    else merged.push(low, high);
  }
  return merged;
}

export function negate(set: CodeSet): CodeSet {
  const rest: number[] = [];
  let next = 0;
  for (const [low, high] of rangesOf(set)) {
    if (low > next) rest.push(next, low - 1);
    next = high + 1;
  }
  if (next <= LAST_CODE_POINT) rest.push(next, LAST_CODE_POINT);
  return rest;
}

export function intersect(left: CodeSet, right: CodeSet): CodeSet {
  const both: number[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const low = Math.max(left[i] ?? 0, right[j] ?? 0);
    const leftHigh = left[i + 1] ?? 0;
    const rightHigh = right[j + 1] ?? 0;
    if (low <= Math.min(leftHigh, rightHigh)) both.push(low, Math.min(leftHigh, rightHigh));
    if (leftHigh < rightHigh) i += 2;
    else j += 2;
  }
  return both;
}

export function subtract(left: CodeSet, right: CodeSet): CodeSet {
  return intersect(left, negate(right));
}

export function disjoint(left: CodeSet, right: CodeSet): boolean {
  return intersect(left, right).length === 0;
}

export function contains(set: CodeSet, code: number): boolean {
  let low = 0;
  let high = set.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (code > (set[2 * middle + 1] ?? 0)) low = middle + 1;
    else high = middle;
  }
  return 2 * low < set.length && code >= (set[2 * low] ?? 0);
}

export function rangesOf(set: CodeSet): [number, number][] {
  const ranges: [number, number][] = [];
  for (let i = 0; i < set.length; i += 2) ranges.push([set[i] ?? 0, set[i + 1] ?? 0]);
  return ranges;
}

/** The lowest code point that both sets hold. */
export function firstCommon(left: CodeSet, right: CodeSet): number | undefined {
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const low = Math.max(left[i] ?? 0, right[j] ?? 0);
    const leftHigh = left[i + 1] ?? 0;
    const rightHigh = right[j + 1] ?? 0;
    if (low <= leftHigh && low <= rightHigh) return low;
    if (leftHigh < rightHigh) i += 2;
    else j += 2;
  }
  return undefined;
}
