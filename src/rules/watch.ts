import type { Datum } from './datum.ts';
import type { Fields } from './fields.ts';

/** Numbers what rules look for, over all terms: a word in a term, a pattern in a term, a network. */
export type Signal = number;

/** What one look at a term of an event has shown. */
export interface Sighting {
  /** Of all that is looked for, what may be there: nothing else is. */
  readonly seen: ReadonlySet<Signal>;
  /** Whatever is looked for may be there: the term could not be looked at, or holds no text. */
  readonly isOpen: boolean;
}

/** What a watch needs of the run it looks at an event in. */
export interface WatchedRun {
  readonly source: { get(term: string): Datum; fields?(term: string): Fields | undefined };
  folded(term: string): string;
  /** Remembers what {@link TextWatch.words} says. @throws WorkBudgetError */
  words(watch: TextWatch): TextSighting;
  /** @throws WorkBudgetError */
  spend(units: number): void;
  affords(units: number): boolean;
}

/** All that the rules look for in one term, looked for together and once an event. */
export interface Watch {
  /** @throws WorkBudgetError */
  look(run: WatchedRun): Sighting;
}

/** A watch over a term's text. */
export interface TextWatch extends Watch {
  /** What stands in the term's own text. @throws WorkBudgetError */
  words(run: WatchedRun): TextSighting;
  /** The patterns that are found in the term's own text. @throws WorkBudgetError */
  findings(run: WatchedRun, text: string): Findings;
}

export interface TextSighting {
  readonly seen: ReadonlySet<Signal>;
  /** Signals of the words that are there, and no others. */
  readonly words: ReadonlySet<Signal>;
  /** Patterns that may be found, as the watch numbers them. */
  readonly patterns: readonly number[];
}

export interface Findings {
  /** Signals of the patterns that are found. */
  readonly found: ReadonlySet<Signal>;
  readonly gaveUp: ReadonlyMap<Signal, Error>;
}

export const NOTHING_SEEN: Sighting = { seen: new Set(), isOpen: false };
export const ANYTHING_SEEN: Sighting = { seen: new Set(), isOpen: true };
