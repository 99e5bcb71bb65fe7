import { compile, type Pattern } from './pattern.ts';

export { PatternBudgetError, PatternError } from './errors.ts';
export type { Pattern } from './pattern.ts';

/** All patterns that look at one text. */
export interface PatternSet {
  /** Indexes of all patterns that are found in the text, ascending. */
  match(text: string): number[];
}

/** Throws PatternError for a pattern that Java would refuse, and for one too large. */
export function compilePattern(source: string): Pattern {
  return compile(source);
}

export function compilePatternSet(sources: readonly string[]): PatternSet {
  const patterns = sources.map(compilePattern);
  return { match: (text) => patterns.flatMap((pattern, i) => (pattern.test(text) ? [i] : [])) };
}
