import type { Shown, Step } from './step.ts';

/** Seconds, both inclusive. */
export interface Range {
  readonly fromS: number;
  readonly toS: number;
}

interface Placed extends Pick<Shown, 'rowCount' | 'total'> {
  /** About where the server has each row in its order. */
  readonly places: readonly number[];
}

/** A closed range that a page has read, how many rows it has, and what the server counts from its beginning on. */
export interface Counted extends Range {
  readonly rows: number;
  readonly total: number;
}

export interface Stride extends Range {
  /** Absent where how many rows it has is not known: it was read until it added up, or is a gap. */
  readonly counted?: Counted;
  readonly places: readonly number[];
  /** When it was asked for. */
  readonly askedS: number;
}

/** What an answer to an ascending query over `asked` read of it. */
export function strideOf(step: Step, asked: Range, page: Placed, askedS: number): Stride {
  const { places, rowCount, total } = page;
  const { fromS } = asked;
  if (step.kind === 'drain') return { fromS, toS: fromS, places: [], askedS };
  if (step.kind !== 'advance') return { ...asked, places, askedS };
  const toS = step.nextS - 1;
  const rows = rowCount - places.filter((second) => second > toS).length;
  return { fromS, toS, places, askedS, counted: { fromS, toS, rows, total } };
}
