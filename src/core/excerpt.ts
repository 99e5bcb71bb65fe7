import { formatProblem, type Problem } from './problem.ts';

/** One line of a file as it may be shown. */
export interface ShownLine {
  readonly text: string;
  /** Where a column of the file (from 1) stands in `text` (from 0). */
  indexOf(column: number): number;
}

export interface ListingOptions {
  /** ANSI colours. */
  readonly colour: boolean;
  /** The line that a problem stands in; undefined where it may not or cannot be shown. */
  readonly lineOf?: (problem: Problem) => ShownLine | undefined;
}

const MAX_PROBLEMS = 50;
const MAX_COLUMNS = 110;
/** Of a longer line, what is shown before the caret. */
const COLUMNS_BEFORE = 60;

/** Problems as compilers print them: the sentence, the line, a caret. At most 50 problems; the rest is counted. */
export function listProblems(problems: readonly Problem[], { colour, lineOf }: ListingOptions): string {
  const blocks = problems.slice(0, MAX_PROBLEMS).map((problem) => {
    const line = lineOf?.(problem);
    const excerpt = line === undefined ? [] : excerptOf(problem, line, colour);
    return [heading(problem, colour), ...excerpt].join('\n');
  });
  const more = problems.length - blocks.length;
  return [...blocks, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

/** The lines of a file that holds no secret, by number from 1. */
export function linesOf(text: string): (line: number) => ShownLine | undefined {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  return (line) => {
    const found = lines[line - 1];
    return found === undefined ? undefined : { text: found, indexOf: (column) => column - 1 };
  };
}

function heading(problem: Problem, colour: boolean): string {
  const text = printable(formatProblem(problem));
  if (!colour) return text;
  const word = `${problem.severity} ${problem.code}`;
  const painted = paint(problem.severity === 'error' ? '1;31' : '1;33', word);
  return text.replace(word, () => painted);
}

function excerptOf({ line, column }: Problem, shown: ShownLine, colour: boolean): string[] {
  if (line === undefined) return [];
  const { text, caretAt } = windowed(printable(shown.text).trimEnd(), shown.indexOf(column ?? 1));
  if (text === '') return [];
  const gutter = String(line);
  const caret = `${' '.repeat(caretAt)}${colour ? paint('1;36', '^') : '^'}`;
  return [`  ${gutter} | ${text}`, `  ${' '.repeat(gutter.length)} | ${caret}`];
}

/** The part of a line around the caret that fits a terminal. */
function windowed(text: string, caretAt: number): { readonly text: string; readonly caretAt: number } {
  if (caretAt < MAX_COLUMNS) return { text: text.slice(0, MAX_COLUMNS), caretAt };
  const start = Math.min(caretAt, text.length) - COLUMNS_BEFORE;
  return {
    text: `…${text.slice(start, start + MAX_COLUMNS - 1)}`,
    caretAt: Math.min(caretAt, text.length) - start + 1,
  };
}

function paint(code: string, text: string): string {
  return `\u001b[${code}m${text}\u001b[0m`;
}

/** A terminal obeys control characters; what stands in a file must not be able to speak to it. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}
