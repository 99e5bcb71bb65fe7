import { join } from 'node:path';
import { styleText } from 'node:util';
import { type PullOutcome, type PullReport, type PullStep, shownFrom } from '../app/templates.ts';
import type { Io } from './io.ts';
import { printProblems } from './problems.ts';
import { unifiedDiff, visible } from './rules-pull-diff.ts';

export interface ReportOptions {
  readonly into: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** The report for programs: one object in one line. */
export function reportAsJson(io: Io, { steps, inUse }: PullReport, options: ReportOptions): string {
  const list = (...outcomes: readonly PullOutcome[]) =>
    steps
      .filter(({ outcome }) => outcomes.includes(outcome))
      .map(({ file, id, why, problems, outcome }) => ({
        ...(file === undefined ? {} : { file: shownFrom(io.cwd, join(options.into, file)) }),
        ...(id === undefined ? {} : { id }),
        ...(outcomes.length > 1 ? { outcome } : {}),
        ...(why === undefined ? {} : { why }),
        ...(problems === undefined ? {} : { problems }),
      }));
  return JSON.stringify({
    folder: shownFrom(io.cwd, options.into),
    in_use: inUse,
    dry_run: options.dryRun,
    written: list('new', 'changed'),
    unchanged: list('unchanged'),
    kept: list('kept'),
    skipped: list('skipped'),
    invalid: list('invalid'),
    gone: list('gone'),
  });
}

/** What became of every template, with the difference where there is one, and the sum of it. */
export function printReport(io: Io, report: PullReport, options: ReportOptions): void {
  for (const step of report.steps) if (step.outcome !== 'unchanged') printStep(io, step, options.into);
  printInvalid(io, report.steps, options.into);
  io.out(`${summary(report.steps, options.dryRun)}\n`);
}

const COLOURS = {
  new: 'green',
  changed: 'green',
  unchanged: 'gray',
  kept: 'cyan',
  skipped: 'yellow',
  invalid: 'red',
  gone: 'yellow',
} as const;

function printStep(io: Io, { outcome, file, id, why, texts }: PullStep, into: string): void {
  const mark = outcome.padEnd(8);
  const painted = io.colour.out ? styleText(COLOURS[outcome], mark, { validateStream: false }) : mark;
  const name = file === undefined ? visible(id ?? 'a template') : shownFrom(io.cwd, join(into, file));
  io.out(`${painted} ${name}${why === undefined ? '' : `: ${visible(why)}`}\n`);
  if (texts !== undefined) io.out(unifiedDiff(texts.here, texts.server, io.colour.out));
}

function printInvalid(io: Io, steps: readonly PullStep[], into: string): void {
  const invalid = steps.filter(({ problems }) => problems !== undefined);
  const problems = invalid.flatMap((step) => step.problems ?? []);
  const ruleTexts = new Map(
    invalid.map(({ file = '', content = '' }) => [shownFrom(io.cwd, join(into, file)), content]),
  );
  printProblems(io, '', { problems, ruleTexts });
}

const ALWAYS: readonly PullOutcome[] = ['new', 'changed', 'kept', 'unchanged'];
const IF_ANY: readonly PullOutcome[] = ['skipped', 'invalid', 'gone'];

function summary(steps: readonly PullStep[], dryRun: boolean): string {
  const count = (wanted: PullOutcome): number => steps.filter(({ outcome }) => outcome === wanted).length;
  const parts = [...ALWAYS, ...IF_ANY.filter((outcome) => count(outcome) > 0)];
  const sum = parts.map((outcome) => `${count(outcome)} ${outcome}`).join(', ');
  if (dryRun) return `${sum}; a dry run, so nothing was written`;
  return count('new') + count('changed') === 0 ? `${sum}; nothing was written` : sum;
}
