import { PatternBudgetError } from '../regex/index.ts';

/** Three-valued: `UNKNOWN` is a condition that could not be decided, because its pattern overran or threw. */
export const FALSE = 0;
export const UNKNOWN = 1;
export const TRUE = 2;
type Verdict = typeof FALSE | typeof UNKNOWN | typeof TRUE;

/** The keys matched so far; undefined before any condition has been looked at. */
export type MatchedKeys = ReadonlySet<string> | undefined;

/** Whose fault it is that something could not be decided: the rule's pattern's, or that of an event beyond all bounds. */
export type Cause = 'pattern' | 'event';

export interface Outcome {
  readonly verdict: Verdict;
  readonly keys: MatchedKeys;
  /** Why it is UNKNOWN. */
  readonly reason?: string;
  readonly cause?: Cause;
}

const NO_KEYS: ReadonlySet<string> = new Set();
const HOLDS: Outcome = { verdict: TRUE, keys: NO_KEYS };
const FAILS: Outcome = { verdict: FALSE, keys: NO_KEYS };

export function plainOutcome(holds: boolean): Outcome {
  return holds ? HOLDS : FAILS;
}

export function unknown(error: unknown): Outcome {
  const reason = error instanceof Error ? error.message : String(error);
  const cause = error instanceof PatternBudgetError ? 'pattern' : 'event';
  return { verdict: UNKNOWN, keys: NO_KEYS, reason, cause };
}

/** The keys after one more condition: AND keeps those matched by both, OR those matched by either. */
export function combineKeys(before: MatchedKeys, matched: MatchedKeys, operator: 'and' | 'or'): MatchedKeys {
  if (before === undefined) return matched;
  const others = matched ?? NO_KEYS;
  return operator === 'and' ? before.intersection(others) : before.union(others);
}
