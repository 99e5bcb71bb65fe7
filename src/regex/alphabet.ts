import { type CodeSet, contains, LAST_CODE_POINT, rangesOf } from './code-set.ts';
import { letterOrDigit, nonSpacingMarks } from './properties.ts';

// Code points that no set of the pattern tells apart share a class, so tables are indexed by a few dozen classes instead
// of a million code points (the usual compression of lexer generators; cf. Aho, Sethi, Ullman, section 3.9).

/** A text as classes, one a code point; `length` counts code points. */
export interface Reading {
  readonly classes: Uint16Array;
  readonly length: number;
}

const ASCII = 128;

export class Alphabet {
  /** Number of classes; also the symbol that stands for the edge of the text. */
  readonly size: number;
  /** A code point out of each class. */
  readonly samples: readonly number[];
  readonly #ascii = new Uint16Array(ASCII);
  readonly #starts: Int32Array;
  readonly #classes: Uint16Array;
  /** Class of a mark that follows a letter or digit, by the class of the bare mark; see `basedMarks`. */
  readonly #based: ReadonlyMap<number, number>;

  /**
   * With `basedMarks` a non-spacing mark after a letter or digit gets a class of its own: Java's `\b` takes it for a word
   * character then and only then.
   */
  constructor(sets: readonly CodeSet[], basedMarks: boolean) {
    const all = basedMarks ? [...sets, nonSpacingMarks(), letterOrDigit()] : sets;
    const { starts, classes, samples } = partition(all);
    this.#starts = Int32Array.from(starts);
    this.#classes = Uint16Array.from(classes);
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
    let length = from;
    let isBased = from > 0 && isBase(text.charCodeAt(from - 1));
    for (let i = from; i < text.length; i++) {
      const code = text.codePointAt(i) ?? 0;
      const symbol = code < ASCII ? (this.#ascii[code] ?? 0) : this.#search(code);
      const based = this.#based.size > 0 ? this.#based.get(symbol) : undefined;
      if (this.#based.size > 0 && based === undefined) isBased = isBase(code);
      buffer[length++] = based !== undefined && isBased ? based : symbol;
      if (code > 0xffff) i++;
    }
    return { classes: buffer, length };
  }

  #search(code: number): number {
    const starts = this.#starts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= code) low = middle;
      else high = middle - 1;
    }
    return this.#classes[low] ?? 0;
  }
}

function isBase(code: number): boolean {
  return contains(letterOrDigit(), code);
}

interface Partition {
  readonly starts: readonly number[];
  readonly classes: readonly number[];
  readonly samples: readonly number[];
}

/** Cuts the code points at every range's ends, then tells the pieces apart set by set. */
function partition(sets: readonly CodeSet[]): Partition {
  const cuts = new Set([0]);
  for (const set of sets)
    for (const [low, high] of rangesOf(set)) {
      cuts.add(low);
      if (high < LAST_CODE_POINT) cuts.add(high + 1);
    }
  const starts = [...cuts].sort((a, b) => a - b);
  const pieceAt = new Map(starts.map((start, piece) => [start, piece]));
  const labels = new Array<number>(starts.length).fill(0);
  let labelCount = 1;
  for (const set of sets) labelCount = splitLabels(set, labels, labelCount, pieceAt);
  return numberClasses(starts, labels);
}

/** Gives every piece inside the set a new label, the same for pieces that had the same. */
function splitLabels(
  set: CodeSet,
  labels: number[],
  labelCount: number,
  pieceAt: ReadonlyMap<number, number>,
): number {
  const renamed = new Map<number, number>();
  for (const [low, high] of rangesOf(set)) {
    const end = pieceAt.get(high + 1) ?? labels.length;
    for (let piece = pieceAt.get(low) ?? end; piece < end; piece++) {
      const old = labels[piece] ?? 0;
      const label = renamed.get(old) ?? labelCount + renamed.size;
      renamed.set(old, label);
      labels[piece] = label;
    }
  }
  return labelCount + renamed.size;
}

function numberClasses(starts: readonly number[], labels: readonly number[]): Partition {
  const numbers = new Map<number, number>();
  const samples: number[] = [];
  const classes = labels.map((label, piece) => {
    const known = numbers.get(label);
    if (known !== undefined) return known;
    numbers.set(label, samples.length);
    return samples.push(starts[piece] ?? 0) - 1;
  });
  return { starts, classes, samples };
}
