import type { Problem } from '../core/problem.ts';
import type { PositionedFile } from './document.ts';
import { listOf } from './names.ts';
import type { Path, Place } from './places.ts';
import type { Reading } from './reader.ts';
import { mask } from './report.ts';
import type { CompileFilter, Registry } from './types.ts';

/** Every filter of a file, by where it stands. Undefined where there is none, or it does not compile. */
export interface Filters<Filter> {
  /** Of each route. */
  readonly routes: readonly (Filter | undefined)[];
  readonly silences: readonly (Filter | undefined)[];
  readonly inhibitions: readonly {
    readonly source: Filter | undefined;
    readonly target: Filter | undefined;
  }[];
  readonly problems: readonly Problem[];
}

type Compilers<Filter> = Pick<Registry<Filter>, 'compileWhen' | 'compileQuiet'>;

/** Compiles what routes, silences and inhibitions select alerts by. */
export function compileFilters<Filter>(
  reading: Reading,
  yaml: PositionedFile,
  { file, registry }: { readonly file: string; readonly registry: Compilers<Filter> },
): Filters<Filter> {
  const problems: Problem[] = [];
  const at = (path: Path, compile: CompileFilter<Filter>): Filter | undefined => {
    const compiled = compileAt(path, compile, reading, yaml, file);
    problems.push(...compiled.problems);
    return compiled.filter;
  };
  const each = <T>(key: string, read: (index: number) => T): T[] =>
    listOf(reading.value, key).map((_, index) => read(index));
  return {
    routes: each('routes', (i) => at(['routes', i, 'when'], registry.compileWhen)),
    silences: each('silences', (i) => at(['silences', i, 'when'], registry.compileQuiet)),
    inhibitions: each('inhibitions', (i) => ({
      source: at(['inhibitions', i, 'source'], registry.compileQuiet),
      target: at(['inhibitions', i, 'target'], registry.compileQuiet),
    })),
    problems,
  };
}

interface Compiled<Filter> {
  readonly filter?: Filter;
  readonly problems: readonly Problem[];
}

/** Compiles the filter at a path, if there is one that could be read. */
function compileAt<Filter>(
  path: Path,
  compile: CompileFilter<Filter>,
  { places }: Reading,
  yaml: PositionedFile,
  file: string,
): Compiled<Filter> {
  const place = places.at(path);
  const node = place?.node;
  if (place === undefined || node === undefined || places.anyUnread(path)) return { problems: [] };
  if (place.offset >= yaml.trustedUntil) return { problems: [] };
  const { document, lineCounter: lines } = yaml;
  const owner = String(path.at(-1));
  const { problems, filter } = compile(node, owner, { file, yaml: { document, lines } });
  const hidden = places.hiddenTexts(path);
  const masked = problems.map((problem) => ({ ...problem, message: mask(problem.message, hidden) }));
  if (filter !== undefined) return { filter, problems: masked };
  // Without its filter the route would take every alert, the silence would keep none quiet.
  const isTold = masked.some(({ severity }) => severity === 'error');
  return { problems: isTold ? masked : [...masked, refused(owner, place, yaml, file)] };
}

function refused(owner: string, { offset }: Place, { lineCounter }: PositionedFile, file: string): Problem {
  const { line, col } = lineCounter.linePos(offset);
  const message = `${owner}: is not a filter`;
  return { code: 'bad-value', severity: 'error', message, file, line, column: col };
}
