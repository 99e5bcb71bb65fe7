import type { Run } from './run.ts';

/** Numbers what rules look for, over all terms: a word in a term, a pattern in a term, a network. */
export type Signal = number;

/** What one look at a term of an event has shown. */
export interface Sighting {
  /** Of all that is looked for, what may be there: nothing else is. */
  readonly seen: ReadonlySet<Signal>;
  /** Whatever is looked for may be there: the term could not be looked at, or holds no text. */
  readonly isOpen: boolean;
}

/** All that the rules look for in one term, looked for together and once an event. */
export interface Watch {
  look(run: Run): Sighting;
}

export const NOTHING_SEEN: Sighting = { seen: new Set(), isOpen: false };
export const ANYTHING_SEEN: Sighting = { seen: new Set(), isOpen: true };
