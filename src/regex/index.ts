import type { PatternOptions } from './parse.ts';
import { compile, type Pattern } from './pattern.ts';

export { PatternBudgetError, PatternError } from './errors.ts';
export type { PatternOptions } from './parse.ts';
export type { Pattern } from './pattern.ts';

/** All patterns that look at one text. */
export interface PatternSet {
  /** Indexes of all patterns that are found in the text, ascending. */
  match(text: string): number[];
}

/** Throws PatternError for a pattern that Java would refuse, and for one too large. */
export function compilePattern(source: string, options: PatternOptions = {}): Pattern {
  return compile(source, options);
}

export function compilePatternSet(sources: readonly string[]): PatternSet {
  const patterns = sources.map((source) => compile(source));
  return { match: (text) => patterns.flatMap((pattern, i) => (pattern.test(text) ? [i] : [])) };
}
