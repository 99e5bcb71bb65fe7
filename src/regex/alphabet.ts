import { type CodeSet, contains, firstCommon } from './code-set.ts';
import { classIn, codesByClass, type Partition, partition } from './partition.ts';
import { letterOrDigit, nonSpacingMarks } from './properties.ts';

// The symbols a pattern sees: a few dozen classes instead of a million code points (the usual compression of lexer
// generators; cf. Aho, Sethi, Ullman, section 3.9). Sets of the size of `\p{L}` are partitioned once for all patterns.

/** A text as classes, one a code point; `length` counts code points. */
export interface Reading {
  readonly classes: Uint16Array;
  readonly length: number;
}

const ASCII = 128;
const LARGE = 64;
const LETTER_A = 0x61;

export class Alphabet {
  /** Number of classes; also the symbol that stands for the edge of the text. */
  readonly size: number;
  /** A code point out of each class. */
  readonly samples: readonly number[];
  readonly #ascii = new Uint16Array(ASCII);
  readonly #small: Partition;
  readonly #large: SharedPartition;
  /** Class by small class × large class. */
  readonly #pairs: Int32Array;
  /** Class of a mark that follows a letter or digit, by the class of the bare mark; see the constructor. */
  readonly #based: ReadonlyMap<number, number>;

  /**
   * With `basedMarks` a non-spacing mark after a letter or digit gets a class of its own: Java's `\b` takes it for a word
   * character then and only then.
   */
  constructor(sets: readonly CodeSet[], basedMarks: boolean) {
    const all = basedMarks ? [...sets, nonSpacingMarks(), letterOrDigit()] : sets;
    this.#small = partition(all.filter((set) => set.length < LARGE));
    this.#large = sharedPartition(all.filter((set) => set.length >= LARGE));
    const samples: number[] = [];
    this.#pairs = pairClasses(this.#small, this.#large, samples);
    const marks = basedMarks
      ? samples.flatMap((code, i) => (contains(nonSpacingMarks(), code) ? [i] : []))
      : [];
    this.#based = new Map(marks.map((mark, i) => [mark, samples.length + i]));
    this.samples = [...samples, ...marks.map((mark) => samples[mark] ?? 0)];
    this.size = this.samples.length;
    for (let code = 0; code < ASCII; code++) this.#ascii[code] = this.#search(code);
  }

  isBasedMark(symbol: number): boolean {
    return symbol >= this.size - this.#based.size;
  }

  /** Which classes belong to a set, as a table of 0 and 1. */
  members(set: CodeSet): Uint8Array {
    return Uint8Array.from(this.samples, (code) => (contains(set, code) ? 1 : 0));
  }

  /** Reads a text into `buffer`, which must hold at least as many elements as the text has units. */
  read(text: string, buffer: Uint16Array): Reading {
    const ascii = this.#ascii;
    const units = text.length;
    for (let i = 0; i < units; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= ASCII) return this.#readOn(text, i, buffer);
      buffer[i] = ascii[unit] ?? 0;
    }
    return { classes: buffer, length: units };
  }

  #readOn(text: string, from: number, buffer: Uint16Array): Reading {
    const tracksMarks = this.#based.size > 0;
    let length = from;
    let isBased = from > 0 && isBase(text.charCodeAt(from - 1));
    for (let i = from; i < text.length; i++) {
      const code = text.codePointAt(i) ?? 0;
      const symbol = code < ASCII ? (this.#ascii[code] ?? 0) : this.#search(code);
      const based = tracksMarks ? this.#based.get(symbol) : undefined;
      if (tracksMarks && based === undefined) isBased = isBase(code);
      buffer[length++] = based !== undefined && isBased ? based : symbol;
      if (code > 0xffff) i++;
    }
    return { classes: buffer, length };
  }

  #search(code: number): number {
    return this.#pairs[classIn(this.#small, code) * this.#large.classCount + this.#large.classOf(code)] ?? 0;
  }
}

let bases: SharedPartition | undefined;

function isBase(code: number): boolean {
  bases ??= sharedPartition([letterOrDigit()]);
  return bases.classOf(code) === bases.classOf(LETTER_A);
}

/** Numbers the pairs that some code point has, and finds a sample of each. */
function pairClasses(small: Partition, large: SharedPartition, samples: number[]): Int32Array {
  const pairs = new Int32Array(small.classCount * large.classCount);
  codesByClass(small).forEach((smallCodes, i) => {
    large.codes.forEach((largeCodes, j) => {
      const sample = firstCommon(smallCodes, largeCodes);
      if (sample !== undefined) pairs[i * large.classCount + j] = samples.push(sample) - 1;
    });
  });
  return pairs;
}

/** A partition by large sets, with a table for the Basic Multilingual Plane. */
interface SharedPartition {
  readonly classCount: number;
  readonly codes: readonly CodeSet[];
  classOf(code: number): number;
}

const PLANE = 0x10000;
const MAX_SHARED = 64;
const shared: { sets: readonly CodeSet[]; partition: SharedPartition }[] = [];

/** The same large sets come in pattern after pattern; they are told apart by identity. */
function sharedPartition(sets: readonly CodeSet[]): SharedPartition {
  const distinct = [...new Set(sets)];
  const known = shared.find(
    (entry) => entry.sets.length === distinct.length && distinct.every((set) => entry.sets.includes(set)),
  );
  if (known !== undefined) return known.partition;
  const built = buildShared(distinct);
  if (shared.length < MAX_SHARED) shared.push({ sets: distinct, partition: built });
  return built;
}

function buildShared(sets: readonly CodeSet[]): SharedPartition {
  const parts = partition(sets);
  const table = new Uint8Array(sets.length === 0 ? 0 : PLANE);
  parts.starts.forEach((start, piece) => {
    table.fill(
      parts.classes[piece] ?? 0,
      Math.min(start, PLANE),
      Math.min(parts.starts[piece + 1] ?? PLANE, PLANE),
    );
  });
  const classOf = (code: number) => (code < table.length ? (table[code] ?? 0) : classIn(parts, code));
  return { classCount: parts.classCount, codes: codesByClass(parts), classOf };
}
