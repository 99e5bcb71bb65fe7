import type { LoadedSetup } from '../app/load.ts';
import { registry } from '../app/registry.ts';
import { formatProblems } from '../config/index.ts';
import type { Problem } from '../core/problem.ts';
import type { Io } from './io.ts';

export function isError({ severity }: Problem): boolean {
  return severity === 'error';
}

/** Prints every problem on stderr, those of the configuration with their lines, and counts them. */
export function printProblems(
  io: Io,
  file: string,
  { problems, text }: Pick<LoadedSetup, 'problems' | 'text'>,
): void {
  const own = problems.filter((problem) => problem.file === file);
  const others = problems.filter((problem) => problem.file !== file);
  const colour = io.colour.err;
  if (own.length > 0) {
    io.err(`${formatProblems(own, { colour, registry, ...(text === undefined ? {} : { text }) })}\n`);
  }
  if (others.length > 0) io.err(`${formatProblems(others, { colour })}\n`);
  if (problems.length > 0) io.err(`${countOf(problems)}\n`);
}

function countOf(problems: readonly Problem[]): string {
  const errors = problems.filter(isError).length;
  const warnings = problems.length - errors;
  const many = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
  return [many(errors, 'error'), ...(warnings > 0 ? [many(warnings, 'warning')] : [])].join(', ');
}
