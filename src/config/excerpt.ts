import { formatProblem, type Problem } from '../core/problem.ts';
import { alternativesOf } from './alternatives.ts';
import { plainSchema } from './json-schema.ts';
import { type MaskedLine, maskLines } from './mask.ts';
import type { Registry } from './types.ts';

export interface FormatOptions {
  /** ANSI colours. */
  readonly colour: boolean;
  /** The file that the problems are about; without it there are no excerpts. */
  readonly text?: string;
  /** Tells which keys hold no secret; without it no value but `${NAME}` is shown. */
  readonly registry?: Pick<Registry<unknown>, 'sources' | 'destinations'>;
}

const MAX_PROBLEMS = 50;
const MAX_COLUMNS = 110;

/**
 * Problems as compilers print them: the sentence, the line, a caret, with nothing in the line that may be a
 * secret. At most 50 problems; the rest is counted.
 */
export function formatProblems(problems: readonly Problem[], options: FormatOptions): string {
  const { colour, registry, text } = options;
  const shapes = registry === undefined ? [] : alternativesOf(plainSchema(registry));
  const lineAt = text === undefined ? () => undefined : maskLines(text, shapes);
  const blocks = problems.slice(0, MAX_PROBLEMS).map((problem) => {
    const excerpt = excerptOf(problem, lineAt(problem.line ?? 0), colour);
    return [heading(problem, colour), ...excerpt].join('\n');
  });
  const more = problems.length - blocks.length;
  return [...blocks, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

function heading(problem: Problem, colour: boolean): string {
  const text = printable(formatProblem(problem));
  if (!colour) return text;
  const word = `${problem.severity} ${problem.code}`;
  const painted = paint(problem.severity === 'error' ? '1;31' : '1;33', word);
  return text.replace(word, () => painted);
}

function excerptOf({ line, column }: Problem, masked: MaskedLine | undefined, colour: boolean): string[] {
  if (masked === undefined || line === undefined) return [];
  const text = printable(masked.text).slice(0, MAX_COLUMNS).trimEnd();
  const caretAt = masked.indexOf(column ?? 1);
  if (text === '' || caretAt > MAX_COLUMNS) return [];
  const gutter = String(line);
  const caret = `${' '.repeat(caretAt)}${colour ? paint('1;36', '^') : '^'}`;
  return [`  ${gutter} | ${text}`, `  ${' '.repeat(gutter.length)} | ${caret}`];
}

function paint(code: string, text: string): string {
  return `\u001b[${code}m${text}\u001b[0m`;
}

/** A terminal obeys control characters; what stands in a file must not be able to speak to it. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}
