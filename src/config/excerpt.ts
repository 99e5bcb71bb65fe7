import { listProblems } from '../core/excerpt.ts';
import type { Problem } from '../core/problem.ts';
import { alternativesOf } from './alternatives.ts';
import { plainSchema } from './json-schema.ts';
import { maskLines } from './mask.ts';
import type { Registry } from './types.ts';

export interface FormatOptions {
  /** ANSI colours. */
  readonly colour: boolean;
  /** The file that the problems are about; without it there are no excerpts. */
  readonly text?: string;
  /** Tells which keys hold no secret; without it no value but `${NAME}` is shown. */
  readonly registry?: Pick<Registry<unknown>, 'sources' | 'destinations'>;
}

/**
 * Problems as compilers print them: the sentence, the line, a caret, with nothing in the line that may be a
 * secret. At most 50 problems; the rest is counted.
 */
export function formatProblems(problems: readonly Problem[], options: FormatOptions): string {
  const { colour, registry, text } = options;
  if (text === undefined) return listProblems(problems, { colour });
  const shapes = registry === undefined ? [] : alternativesOf(plainSchema(registry));
  const lineAt = maskLines(text, shapes);
  return listProblems(problems, { colour, lineOf: ({ line }) => lineAt(line ?? 0) });
}
