import { PatternBudgetError } from './errors.ts';
import { LiteralScan } from './literal-scan.ts';
import type { Pattern } from './pattern.ts';
import {
  type Affords,
  type Candidate,
  groupPatterns,
  isCompiled,
  unsure,
  WORTHWHILE,
} from './pattern-group.ts';

// All patterns that look at one text, tested together: one pass finds which literals are there, and only the patterns that
// could match with those literals run.

/** `error` is undefined where `affords` said no. */
type GaveUp = (index: number, error: PatternBudgetError | undefined) => void;

export interface PatternSet {
  /**
   * Indexes of all patterns that are found in the text, ascending. A pattern that gives up is told to `gaveUp` and the
   * others go on; without `gaveUp` its PatternBudgetError is thrown.
   */
  match(text: string, gaveUp?: (index: number, error: PatternBudgetError) => void): number[];
  /**
   * As `match`, for a caller who has looked for the patterns' literals himself.
   * @param candidates of the patterns, those whose literals are there or which have none
   * @param affords asked before each pass over the text; where it says no, what is left gives up
   */
  among(text: string, candidates: readonly number[], affords: Affords, gaveUp: GaveUp): number[];
}

export function joinPatterns(patterns: readonly Pattern[]): PatternSet {
  const groups = groupPatterns(patterns);
  const groupOf = new Map(groups.flatMap((group) => group.indexes.map((index) => [index, group] as const)));
  const among: PatternSet['among'] = (text, candidates, affords, gaveUp) => {
    const finds = ({ index, isSure }: Candidate): boolean =>
      isSure ||
      (affords(text.length * costOf(patterns[index]))
        ? tests(patterns[index], index, text, gaveUp)
        : refuses(index, gaveUp));
    const narrow = (): readonly Candidate[] =>
      [...Map.groupBy(candidates, (index) => groupOf.get(index))].flatMap(
        ([group, wanted]) => group?.narrow(text, wanted, affords) ?? [],
      );
    return (candidates.length < WORTHWHILE ? candidates.map(unsure) : narrow())
      .filter(finds)
      .map(({ index }) => index)
      .sort((a, b) => a - b);
  };
  let candidatesIn: ((text: string) => readonly number[]) | undefined;
  return {
    among,
    match(text, gaveUp) {
      candidatesIn ??= literalFilter(patterns);
      return among(
        text,
        candidatesIn(text),
        () => true,
        (index, error) => {
          if (error === undefined) return;
          if (gaveUp === undefined) throw error;
          gaveUp(index, error);
        },
      );
    },
  };
}

/** Nanoseconds a character, about: measured on hostile texts. */
const PLAIN_COST = 5;
/** With look-arounds, or with back-references, a text is read several times. */
const SEVERAL_PASSES_COST = 16;

function costOf(pattern: Pattern | undefined): number {
  if (pattern === undefined || !isCompiled(pattern)) return SEVERAL_PASSES_COST;
  return pattern.linear && !pattern.hasLooks ? PLAIN_COST : SEVERAL_PASSES_COST;
}

/** Finds the patterns all of whose clauses a text meets. */
function literalFilter(patterns: readonly Pattern[]): (text: string) => readonly number[] {
  const clauses = patterns.flatMap(({ literals }, index) => literals.map((texts) => ({ texts, index })));
  const scan = new LiteralScan(clauses.map(({ texts }) => texts));
  return (text) => {
    const missing = patterns.map(({ literals }) => literals.length);
    const isMet = new Uint8Array(clauses.length);
    scan.scan(text.toLowerCase(), (clause) => {
      const owner = clauses[clause]?.index ?? 0;
      if (isMet[clause] === 0) missing[owner] = (missing[owner] ?? 0) - 1;
      isMet[clause] = 1;
    });
    return [...missing.keys()].filter((index) => missing[index] === 0);
  };
}

function tests(pattern: Pattern | undefined, index: number, text: string, gaveUp: GaveUp): boolean {
  try {
    return pattern?.test(text) ?? false;
  } catch (error) {
    if (!(error instanceof PatternBudgetError)) throw error;
    gaveUp(index, error);
    return false;
  }
}

function refuses(index: number, gaveUp: GaveUp): boolean {
  gaveUp(index, undefined);
  return false;
}
