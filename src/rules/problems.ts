import { distance } from 'fastest-levenshtein';
import type { Problem } from '../core/problem.ts';
import type { Place } from './positioned.ts';

/** Every way in which a rule file can be wrong. Docs and tests list them from here. */
export const RULE_PROBLEM_CODES = [
  'yaml-syntax',
  'duplicate-key',
  'too-large',
  'too-deep',
  'wrong-type',
  'missing-key',
  'unknown-key',
  'unknown-word',
  'misplaced-word',
  'empty-node',
  'bad-operand',
  'bad-pattern',
  'bad-network',
  'bad-window',
  'bad-test',
  'bad-value',
  'duplicate-id',
  'unsupported-operator',
  'matches-empty',
  'slow-pattern',
  'never-true',
  'always-true',
  'misfit-operator',
  'ignored-operand',
  'unlinked-value',
  'unmatchable-rule',
  'matches-everything',
  'left-out',
  'differs-from-original',
] as const;
export type RuleProblemCode = (typeof RULE_PROBLEM_CODES)[number];

/** What stands in a rule file that cannot run. `line` and `column` (from 1) are those of the first error. */
export class RuleError extends Error {
  readonly code: string;
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const first = problems.find((problem) => problem.severity === 'error');
    super(first?.message ?? 'The rule cannot be read.');
    this.name = 'RuleError';
    this.code = first?.code ?? 'yaml-syntax';
    this.line = first?.line;
    this.column = first?.column;
    this.problems = problems;
  }
}

/** More problems in one file than this are not told: a file of nothing else would take its size many times over. */
export const MAX_TOLD = 200;

/** Gathers everything wrong with one file, so that all of it is told at once. */
export class ProblemList {
  readonly #file: string | undefined;
  readonly #problems: Problem[] = [];
  #failed = false;

  constructor(file?: string) {
    this.#file = file;
  }

  get all(): readonly Problem[] {
    return this.#problems;
  }

  get failed(): boolean {
    return this.#failed;
  }

  error(code: RuleProblemCode, place: Place | undefined, message: string): void {
    this.#add('error', code, place, message);
  }

  warn(code: RuleProblemCode, place: Place | undefined, message: string): void {
    this.#add('warning', code, place, message);
  }

  #add(
    severity: Problem['severity'],
    code: RuleProblemCode,
    place: Place | undefined,
    message: string,
  ): void {
    // A refused file must say why, however many warnings came before.
    const isFirstError = severity === 'error' && !this.#failed;
    this.#failed ||= isFirstError;
    if (this.#problems.length >= MAX_TOLD && !isFirstError) return;
    const file = this.#file === undefined ? {} : { file: this.#file };
    this.#problems.push({ code, severity, message, ...file, ...place });
  }
}

/** `; did you mean "response_code"?` for the nearest word, or nothing where none is near. */
export function didYouMean(word: string, words: Iterable<string>): string {
  if (word.length > MAX_WORD) return '';
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 2));
  for (const candidate of words) {
    const far = distance(word, candidate);
    if (far > least || (far === least && best !== undefined)) continue;
    best = candidate;
    least = far;
  }
  return best === undefined ? '' : `; did you mean "${best}"?`;
}

/** Quotes what somebody wrote, bounded, for use inside a message. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > MAX_WORD ? `${text.slice(0, MAX_WORD)}…` : text);
}

const MAX_WORD = 60;
