import { type CodeSet, LAST_CODE_POINT, rangesOf } from './code-set.ts';

// Code points that no set tells apart share a class.

export interface Partition {
  /** Where each piece starts, ascending from 0, and the class of each. */
  readonly starts: Int32Array;
  readonly classes: Uint16Array;
  readonly classCount: number;
}

/** Cuts the code points at every range's ends, then tells the pieces apart set by set. */
export function partition(sets: readonly CodeSet[]): Partition {
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
  const classes = labels.map((label) => {
    const number = numbers.get(label) ?? numbers.size;
    numbers.set(label, number);
    return number;
  });
  return { starts: Int32Array.from(starts), classes: Uint16Array.from(classes), classCount: numbers.size };
}

export function classIn({ starts, classes }: Partition, code: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= code) low = middle;
    else high = middle - 1;
  }
  return classes[low] ?? 0;
}

/** The code points of every class, by class. */
export function codesByClass({ starts, classes, classCount }: Partition): CodeSet[] {
  const sets: number[][] = Array.from({ length: classCount }, () => []);
  starts.forEach((start, piece) => {
    sets[classes[piece] ?? 0]?.push(start, (starts[piece + 1] ?? LAST_CODE_POINT + 1) - 1);
  });
  return sets;
}
