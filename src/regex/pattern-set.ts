import { PatternBudgetError } from './errors.ts';
import { LiteralScan } from './literal-scan.ts';
import type { Pattern } from './pattern.ts';
import { groupPatterns } from './pattern-group.ts';

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
  const clauses = patterns.flatMap(({ literals }, index) => literals.map((texts) => ({ texts, index })));
  const scan = new LiteralScan(clauses.map(({ texts }) => texts));
  const clauseCounts = Uint8Array.from(patterns, ({ literals }) => literals.length);
  const owners = Int32Array.from(clauses, ({ index }) => index);
  const groups = groupPatterns(patterns);
  return {
    match(text, gaveUp) {
      const missing = missingClauses(text, scan, clauseCounts, owners);
      const wanted = groups.flatMap((group) => group.narrow(text, (index) => missing[index] === 0));
      return wanted
        .filter(({ index, isSure }) => isSure || finds(patterns[index], index, text, gaveUp))
        .map(({ index }) => index)
        .sort((a, b) => a - b);
    },
  };
}

/** How many clauses of each pattern the text leaves open. */
function missingClauses(text: string, scan: LiteralScan, counts: Uint8Array, owners: Int32Array): Uint8Array {
  const missing = counts.slice();
  const isMet = new Uint8Array(owners.length);
  scan.scan(text, (clause) => {
    if (isMet[clause] === 1) return;
    isMet[clause] = 1;
    const owner = owners[clause] ?? 0;
    missing[owner] = (missing[owner] ?? 0) - 1;
  });
  return missing;
}

function finds(
  pattern: Pattern | undefined,
  index: number,
  text: string,
  gaveUp: ((index: number, error: PatternBudgetError) => void) | undefined,
): boolean {
  try {
    return pattern?.test(text) ?? false;
  } catch (error) {
    if (gaveUp === undefined || !(error instanceof PatternBudgetError)) throw error;
    gaveUp(index, error);
    return false;
  }
}
