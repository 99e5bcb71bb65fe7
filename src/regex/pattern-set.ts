import { PatternBudgetError } from './errors.ts';
import { LiteralScan } from './literal-scan.ts';
import type { Pattern } from './pattern.ts';

// All patterns that look at one text, tested together: one pass finds which literals are there, and only the patterns that
// could match with those literals run.

export interface PatternSet {
  /**
   * Indexes of all patterns that are found in the text, ascending. A pattern that gives up is told to `gaveUp` and the
   * others go on; without `gaveUp` its PatternBudgetError is thrown.
   */
  match(text: string, gaveUp?: (index: number, error: PatternBudgetError) => void): number[];
}

export function joinPatterns(patterns: readonly Pattern[]): PatternSet {
  const scan = new LiteralScan(patterns.map(({ literals }) => literals ?? []));
  const always = patterns.map(({ literals }) => literals === undefined);
  return {
    match(text, gaveUp) {
      const wanted = always.slice();
      scan.scan(text, (index) => {
        wanted[index] = true;
      });
      return patterns.flatMap((pattern, index) => (wanted[index] && finds(pattern, index, text, gaveUp) ? [index] : []));
    },
  };
}

function finds(
  pattern: Pattern,
  index: number,
  text: string,
  gaveUp: ((index: number, error: PatternBudgetError) => void) | undefined,
): boolean {
  try {
    return pattern.test(text);
  } catch (error) {
    if (gaveUp === undefined || !(error instanceof PatternBudgetError)) throw error;
    gaveUp(index, error);
    return false;
  }
}
