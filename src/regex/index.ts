import type { PatternOptions } from './parse.ts';
import { compilePattern as compile, type Pattern } from './pattern.ts';
import { joinPatterns, type PatternSet } from './pattern-set.ts';

export { PatternBudgetError, PatternError } from './errors.ts';
export { LiteralScan } from './literal-scan.ts';
export type { PatternOptions } from './parse.ts';
export type { Pattern } from './pattern.ts';
export { joinPatterns, type PatternSet } from './pattern-set.ts';
export { rarityOfAny } from './rarity.ts';
export { compileSpans, type Span, type SpanFinder } from './spans.ts';

/** Throws PatternError for a pattern that Java would refuse, and for one too large. */
export function compilePattern(source: string, options: PatternOptions = {}): Pattern {
  return compile(source, options);
}

/** Throws PatternError for the first pattern that cannot be compiled. */
export function compilePatternSet(sources: readonly string[]): PatternSet {
  return joinPatterns(sources.map((source) => compile(source)));
}
