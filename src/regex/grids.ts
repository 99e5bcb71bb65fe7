import type { TextBytes } from './text-bytes.ts';

// Where grams of a text are read. The coarser the grid, the fewer there are, and the longer a literal must be for one of its
// grams to lie on the grid wherever the literal stands.

/** Finds words in which some gram's hash is marked; see `suspects`. */
type FindSuspects = (
  words: TextBytes['words'],
  from: number,
  end: number,
  marks: Int32Array,
  shift: number,
) => number;

export interface Grid {
  /** Of a gram, in bytes. */
  readonly width: 2 | 3 | 4;
  /** A gram begins at every so many bytes. */
  readonly stride: 1 | 2 | 4;
  /** Fills `suspects` and tells how many. It does nothing else, for most of a scan's time is spent in it. */
  readonly findSuspects: FindSuspects;
}

export const HASH = 0x9e3779b1;
/** Words looked at in one go. */
export const CHUNK = 1_024;
/** Where the last go found words in which a gram's hash is marked. */
export const suspects = new Int32Array(CHUNK + 1);

const QUADS_BY_FOUR: Grid = {
  width: 4,
  stride: 4,
  findSuspects: (words, from, end, marks, shift) => {
    let count = 0;
    for (let at = from; at < end; at += 2) {
      const first = Math.imul(words[at] ?? 0, HASH) >>> shift;
      const second = Math.imul(words[at + 1] ?? 0, HASH) >>> shift;
      const isFirst = (marks[first >>> 5] ?? 0) >>> first;
      const isSecond = (marks[second >>> 5] ?? 0) >>> second;
      if (((isFirst | isSecond) & 1) === 0) continue;
      if (isFirst & 1) suspects[count++] = at;
      if (isSecond & 1) suspects[count++] = at + 1;
    }
    return count;
  },
};

const TRIPLES_BY_TWO: Grid = {
  width: 3,
  stride: 2,
  findSuspects: (words, from, end, marks, shift) => {
    let count = 0;
    let next = words[from] ?? 0;
    for (let at = from; at < end; at += 1) {
      const word = next;
      next = words[at + 1] ?? 0;
      const first = Math.imul(word & 0xffffff, HASH) >>> shift;
      const second = Math.imul((word >>> 16) | ((next & 0xff) << 16), HASH) >>> shift;
      if ((((marks[first >>> 5] ?? 0) >>> first) | ((marks[second >>> 5] ?? 0) >>> second)) & 1)
        suspects[count++] = at;
    }
    return count;
  },
};

const PAIRS_BY_TWO: Grid = {
  width: 2,
  stride: 2,
  findSuspects: (words, from, end, marks, shift) => {
    let count = 0;
    for (let at = from; at < end; at += 1) {
      const word = words[at] ?? 0;
      const first = Math.imul(word & 0xffff, HASH) >>> shift;
      const second = Math.imul(word >>> 16, HASH) >>> shift;
      if ((((marks[first >>> 5] ?? 0) >>> first) | ((marks[second >>> 5] ?? 0) >>> second)) & 1)
        suspects[count++] = at;
    }
    return count;
  },
};

const PAIRS_BY_ONE: Grid = {
  width: 2,
  stride: 1,
  findSuspects: (words, from, end, marks, shift) => {
    let count = 0;
    let next = words[from] ?? 0;
    for (let at = from; at < end; at += 1) {
      const word = next;
      next = words[at + 1] ?? 0;
      const first = Math.imul(word & 0xffff, HASH) >>> shift;
      const second = Math.imul((word >>> 8) & 0xffff, HASH) >>> shift;
      const third = Math.imul(word >>> 16, HASH) >>> shift;
      const fourth = Math.imul((word >>> 24) | ((next & 0xff) << 8), HASH) >>> shift;
      const even = ((marks[first >>> 5] ?? 0) >>> first) | ((marks[third >>> 5] ?? 0) >>> third);
      const odd = ((marks[second >>> 5] ?? 0) >>> second) | ((marks[fourth >>> 5] ?? 0) >>> fourth);
      if ((even | odd) & 1) suspects[count++] = at;
    }
    return count;
  },
};

/** The coarsest grid on which a literal of this length is sure to be met with a whole gram; there is none for single bytes. */
export function gridFor(length: number): Grid {
  if (length >= 7) return QUADS_BY_FOUR;
  if (length >= 4) return TRIPLES_BY_TWO;
  return length === 3 ? PAIRS_BY_TWO : PAIRS_BY_ONE;
}

/** The gram that begins at a byte, as `findSuspects` hashes it. */
export function gramAt(bytes: Uint8Array, at: number, width: Grid['width']): number {
  const pair = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  if (width === 2) return pair;
  const triple = pair | ((bytes[at + 2] ?? 0) << 16);
  return width === 3 ? triple : triple | ((bytes[at + 3] ?? 0) << 24);
}
