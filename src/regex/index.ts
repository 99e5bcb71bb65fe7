import { lengthOf } from './lengths.ts';
import { parsePattern } from './parse.ts';
import { RegularMatcher } from './regular.ts';

export { PatternBudgetError, PatternError } from './errors.ts';

export interface Pattern {
  readonly source: string;
  /** False where only the bounded backtracker can take it. */
  readonly linear: boolean;
  /** Whether the pattern finds the empty text, and so almost certainly any. */
  readonly matchesEmpty: boolean;
  /** Whether the pattern is found anywhere in the text (Java's `Matcher.find`). */
  test(text: string): boolean;
}

/** All patterns that look at one text. */
export interface PatternSet {
  /** Indexes of all patterns that are found in the text, ascending. */
  match(text: string): number[];
}

export function compilePattern(source: string): Pattern {
  const { root } = parsePattern(source);
  const matcher = new RegularMatcher([root], source);
  const matchesEmpty = lengthOf(root).min === 0 && matcher.test('');
  return { source, linear: true, matchesEmpty, test: (text) => matcher.test(text) };
}

export function compilePatternSet(sources: readonly string[]): PatternSet {
  const patterns = sources.map(compilePattern);
  return { match: (text) => patterns.flatMap((pattern, i) => (pattern.test(text) ? [i] : [])) };
}
