import { compilePattern } from './pattern.ts';
import { joinPatterns, type PatternSet } from './pattern-set.ts';

export { PatternBudgetError, PatternError } from './errors.ts';
export type { PatternOptions } from './parse.ts';
export { compilePattern, type Pattern } from './pattern.ts';
export { joinPatterns, type PatternSet } from './pattern-set.ts';

/** Throws PatternError for the first pattern that cannot be compiled. */
export function compilePatternSet(sources: readonly string[]): PatternSet {
  return joinPatterns(sources.map((source) => compilePattern(source)));
}
