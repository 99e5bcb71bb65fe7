import type { LoadedSetup } from '../app/load.ts';
import { registry } from '../app/registry.ts';
import { formatProblems } from '../config/index.ts';
import { linesOf, listProblems, type ShownLine } from '../core/excerpt.ts';
import type { Problem } from '../core/problem.ts';
import type { Io } from './io.ts';

export function isError({ severity }: Problem): boolean {
  return severity === 'error';
}

type Told = Pick<LoadedSetup, 'problems' | 'text' | 'ruleTexts'>;

/**
 * Prints every problem on stderr with its line, and counts them.
 * @param file the configuration, whose lines are shown without what may be secret; rules hold no secrets
 */
export function printProblems(io: Io, file: string, { problems, text, ruleTexts }: Told): void {
  const own = problems.filter((problem) => problem.file === file);
  const others = problems.filter((problem) => problem.file !== file);
  const colour = io.colour.err;
  if (own.length > 0) {
    io.err(`${formatProblems(own, { colour, registry, ...(text === undefined ? {} : { text }) })}\n`);
  }
  if (others.length > 0) {
    io.err(`${listProblems(others, { colour, lineOf: linesIn(ruleTexts ?? new Map()) })}\n`);
  }
  if (problems.length > 0) io.err(`${countOf(problems)}\n`);
}

/** The lines of many files, each split once. */
function linesIn(texts: ReadonlyMap<string, string>): (problem: Problem) => ShownLine | undefined {
  const split = new Map<string, ReturnType<typeof linesOf>>();
  return ({ file, line }) => {
    const text = file === undefined ? undefined : texts.get(file);
    if (file === undefined || text === undefined || line === undefined) return undefined;
    const lineAt = split.get(file) ?? linesOf(text);
    split.set(file, lineAt);
    return lineAt(line);
  };
}

function countOf(problems: readonly Problem[]): string {
  const errors = problems.filter(isError).length;
  const warnings = problems.length - errors;
  const many = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
  return [many(errors, 'error'), ...(warnings > 0 ? [many(warnings, 'warning')] : [])].join(', ');
}
