import type { Feed } from '../core/event.ts';
import type { PositionedFile } from './document.ts';
import type { Filters } from './filters.ts';
import { isMapping, listOf, textOf } from './names.ts';
import type { Path } from './places.ts';
import type { Reading } from './reader.ts';
import type { ConfiguredSource } from './types.ts';

export interface Spot {
  readonly line: number;
  readonly column: number;
}

/** A filter, and where it begins. */
export interface PlacedFilter<Filter> {
  readonly filter: Filter;
  readonly spot: Spot;
}

export interface RouteSelection<Filter> {
  readonly spot: Spot;
  /** Absent: every alert, unless `isBroken`. */
  readonly when?: PlacedFilter<Filter>;
  /** It has a filter that could not be read, or nobody knows whether it has one. */
  readonly isBroken: boolean;
  readonly to: readonly string[];
  readonly continue: boolean;
}

export interface InhibitionSelection<Filter> {
  readonly source?: PlacedFilter<Filter>;
  readonly target?: PlacedFilter<Filter>;
  readonly equal: readonly { readonly term: string; readonly spot: Spot }[];
}

export interface SourceName {
  readonly name: string;
  /** Whether it stands in the file: what a variable held is not repeated. */
  readonly isShowable: boolean;
  /** What it is read for; absent where its own keys are wrong, so that nobody knows. */
  readonly feeds?: readonly Feed[];
}

/**
 * What a configuration selects alerts by, as far as it can be read: for judging, together with the rules, whether it
 * selects anything. Told of a file with errors too.
 */
export interface Selections<Filter> {
  readonly routes: readonly RouteSelection<Filter>[];
  readonly silences: readonly PlacedFilter<Filter>[];
  readonly inhibitions: readonly InhibitionSelection<Filter>[];
  /** Absent where the name of one could not be read. */
  readonly sources?: readonly SourceName[];
}

export function selectionsOf<Filter>(
  { value, places }: Reading,
  { lineCounter }: PositionedFile,
  filters: Omit<Filters<Filter>, 'problems'>,
  built: readonly ConfiguredSource[],
): Selections<Filter> {
  const spotOf = (path: Path): Spot => {
    const { line, col } = lineCounter.linePos(places.around(path)?.offset ?? 0);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const placed = (path: Path, filter: Filter | undefined): PlacedFilter<Filter> | undefined =>
    filter === undefined ? undefined : { filter, spot: spotOf(path) };
  const sources = sourcesOf(value, places, built);
  return {
    routes: listOf(value, 'routes').map((route, i): RouteSelection<Filter> => {
      const when = placed(['routes', i, 'when'], filters.routes[i]);
      const isBroken =
        places.anyUnread(['routes', i]) || !isMapping(route) || ('when' in route && when === undefined);
      const to = listOf(route, 'to').filter((name) => typeof name === 'string');
      const goesOn = isMapping(route) && route['continue'] === true;
      const spot = spotOf(['routes', i]);
      return { spot, isBroken, to, continue: goesOn, ...(when !== undefined && { when }) };
    }),
    silences: filters.silences.flatMap((filter, i) => placed(['silences', i, 'when'], filter) ?? []),
    inhibitions: filters.inhibitions.map((both, i) => {
      const source = placed(['inhibitions', i, 'source'], both.source);
      const target = placed(['inhibitions', i, 'target'], both.target);
      const terms = listOf(listOf(value, 'inhibitions')[i], 'equal');
      const equal = terms.flatMap((term, at) =>
        typeof term === 'string' ? [{ term, spot: spotOf(['inhibitions', i, 'equal', at]) }] : [],
      );
      return { equal, ...(source !== undefined && { source }), ...(target !== undefined && { target }) };
    }),
    ...(sources !== undefined && { sources }),
  };
}

function sourcesOf(
  value: unknown,
  places: Reading['places'],
  built: readonly ConfiguredSource[],
): readonly SourceName[] | undefined {
  const entries = listOf(value, 'sources');
  const named = entries.flatMap((entry, i): SourceName[] => {
    const name = textOf(entry, 'name');
    if (name === undefined) return [];
    const feeds = built.find((source) => source.name === name)?.feeds;
    const isShowable = places.at(['sources', i, 'name'])?.variables.length === 0;
    return [{ name, isShowable, ...(feeds !== undefined && { feeds }) }];
  });
  return named.length === entries.length ? named : undefined;
}
