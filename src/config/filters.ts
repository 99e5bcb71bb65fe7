import type { Problem } from '../core/problem.ts';
import type { PositionedFile } from './document.ts';
import type { Place } from './places.ts';
import type { Reading } from './reader.ts';
import { mask } from './report.ts';
import type { Registry } from './types.ts';

export interface Compiled<Filter> {
  readonly filter?: Filter;
  readonly problems: readonly Problem[];
}

/** Compiles a route's `when`, if it has one that could be read. */
export function compileWhen<Filter>(
  route: number,
  { places }: Reading,
  yaml: PositionedFile,
  { file, registry }: { readonly file: string; readonly registry: Pick<Registry<Filter>, 'compileWhen'> },
): Compiled<Filter> {
  const path = ['routes', route, 'when'];
  const place = places.at(path);
  const node = place?.node;
  if (place === undefined || node === undefined || places.anyUnread(path)) return { problems: [] };
  if (place.offset >= yaml.trustedUntil) return { problems: [] };
  const { document, lineCounter: lines } = yaml;
  const { problems, filter } = registry.compileWhen(node, { file, yaml: { document, lines } });
  const hidden = places.hiddenTexts(path);
  const masked = problems.map((problem) => ({ ...problem, message: mask(problem.message, hidden) }));
  if (filter !== undefined) return { filter, problems: masked };
  // Without its filter the route would take every alert.
  return {
    problems: masked.some(({ severity }) => severity === 'error')
      ? masked
      : [...masked, refused(place, yaml, file)],
  };
}

function refused({ offset }: Place, { lineCounter }: PositionedFile, file: string): Problem {
  const { line, col } = lineCounter.linePos(offset);
  return { code: 'bad-value', severity: 'error', message: 'when: is not a filter', file, line, column: col };
}
