import type { Stream } from '../core/delivery.ts';
import type { Finding } from './codes.ts';
import { digestName } from './digest-shape.ts';
import type { Path, Places } from './places.ts';
import { nearest, quoted, suggestion } from './words.ts';

/** What the rules between entries look at. Values are as read, checked or not. */
export interface Entries {
  readonly sources: readonly unknown[];
  readonly destinations: readonly unknown[];
  readonly routes: readonly unknown[];
  readonly digests: readonly unknown[];
  /** What each destination that passed its own checks may be sent, by its name. */
  readonly streams: ReadonlyMap<string, readonly Stream[]>;
  readonly places: Places;
  /** What `group_by` may name; undefined where anything may. */
  readonly groupTerms: readonly string[] | undefined;
}

/** Names given twice, routes and digests to nowhere, routes that nothing reaches. */
export function checkReferences(entries: Entries): Finding[] {
  const { sources, destinations, routes, digests, places } = entries;
  return [
    ...duplicates('source', 'sources', sources, places),
    ...duplicates('destination', 'destinations', destinations, places),
    ...duplicates('route', 'routes', routes, places),
    ...sameDigests(digests, places),
    ...routes.flatMap((route, i) => checkTargets(route, ['routes', i, 'to'], entries)),
    ...digests.flatMap((digest, i) => checkTargets(digest, ['digests', i, 'to'], entries)),
    ...digests.flatMap((digest, i) => checkDay(digest, ['digests', i, 'on'], places)),
    ...routes.flatMap((route, i) => checkTerms(route, ['routes', i, 'group_by'], entries)),
    ...unreachable(routes, places),
  ];
}

function duplicates(what: string, key: string, items: readonly unknown[], places: Places): Finding[] {
  const seen = new Set<string>();
  return items.flatMap((item, i) => {
    const name = textOf(item, 'name');
    if (name === undefined || !seen.has(name)) {
      if (name !== undefined) seen.add(name);
      return [];
    }
    const shown = showable([key, i, 'name'], name, places);
    const message = `another ${what} is named ${shown} already: names must differ`;
    return [{ code: 'duplicate-name' as const, offset: offsetAt([key, i, 'name'], places), message }];
  });
}

/** A digest without a name has one too, and its name is what keeps it from being sent twice. */
function sameDigests(digests: readonly unknown[], places: Places): Finding[] {
  const seen = new Set<string>();
  return digests.flatMap((digest, i) => {
    if (!isMapping(digest) || ('name' in digest && textOf(digest, 'name') === undefined)) return [];
    const name = digestName(digest);
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    const shown = showable(['digests', i, 'name'], name, places);
    const message = `another digest is named ${shown} already: give each a "name" of its own`;
    return [{ code: 'duplicate-name' as const, offset: offsetAt(['digests', i, 'name'], places), message }];
  });
}

function checkDay(digest: unknown, path: Path, places: Places): Finding[] {
  if (!isMapping(digest) || !('on' in digest) || (digest['every'] ?? 'day') !== 'day') return [];
  const message = '"on" is the day of a weekly digest: add "every: week", or remove it';
  return [{ code: 'bad-value', offset: offsetAt(path, places), message }];
}

function checkTargets(list: unknown, path: Path, entries: Entries): Finding[] {
  const seen = new Set<string>();
  return listOf(list, 'to').flatMap((target, i) => {
    if (typeof target !== 'string') return [];
    const here = [...path, i];
    const offset = offsetAt(here, entries.places);
    if (seen.has(target))
      return [
        { code: 'duplicate-name' as const, offset, message: 'this destination is named twice in one list' },
      ];
    seen.add(target);
    return checkTarget(target, here, offset, entries);
  });
}

function checkTarget(target: string, path: Path, offset: number, entries: Entries): Finding[] {
  const names = entries.destinations.map((destination) => textOf(destination, 'name'));
  if (!names.includes(target)) return unknownTarget(target, names, path, entries.places);
  const takes = entries.streams.get(target);
  if (takes === undefined || takes.includes('alerts')) return [];
  const shown = showable(path, target, entries.places);
  const message = `destination ${shown} takes no alerts: add alerts to its "send", or take it out of this list`;
  return [{ code: 'destination-takes-no-alerts', offset, message }];
}

function unknownTarget(
  target: string,
  names: readonly (string | undefined)[],
  path: Path,
  places: Places,
): Finding[] {
  // One destination whose name could not be read may be the one that is meant.
  if (names.includes(undefined)) return [];
  const valid = names.flatMap((name, i) =>
    isShowable(['destinations', i, 'name'], places) ? (name ?? []) : [],
  );
  const known = suggestion(nearest(target, valid), valid);
  const message = `no destination is named ${showable(path, target, places)}${known}`;
  return [{ code: 'unknown-destination', offset: offsetAt(path, places), message }];
}

function checkTerms(route: unknown, path: Path, { groupTerms, places }: Entries): Finding[] {
  if (groupTerms === undefined) return [];
  return listOf(route, 'group_by').flatMap((term, i) => {
    if (typeof term !== 'string' || groupTerms.includes(term)) return [];
    const here = [...path, i];
    const known = suggestion(nearest(term, groupTerms), groupTerms);
    const message = `no term is named ${showable(here, term, places)}${known}`;
    return [{ code: 'unknown-term' as const, offset: offsetAt(here, places), message }];
  });
}

/** A route that takes everything and does not continue hides all that follow. */
function unreachable(routes: readonly unknown[], places: Places): Finding[] {
  const last = routes.findIndex(
    (route) => isMapping(route) && !('when' in route) && route['continue'] !== true,
  );
  if (last < 0) return [];
  return routes.slice(last + 1).map((_, i) => ({
    code: 'unreachable-route' as const,
    offset: offsetAt(['routes', last + 1 + i], places),
    message: `no alert reaches this route: route ${last + 1} takes every alert; give that one a "when" or "continue: true", or move this one before it`,
    severity: 'warning' as const,
  }));
}

function offsetAt(path: Path, places: Places): number {
  return places.around(path)?.offset ?? 0;
}

function isShowable(path: Path, places: Places): boolean {
  const place = places.at(path);
  return place === undefined || (!place.secret && place.variables.length === 0);
}

function showable(path: Path, text: string, places: Places): string {
  return isShowable(path, places) ? quoted(text, 'that') : 'that';
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown, key: string): string | undefined {
  const text = isMapping(value) ? value[key] : undefined;
  return typeof text === 'string' ? text : undefined;
}

export function listOf(value: unknown, key: string): readonly unknown[] {
  const list = isMapping(value) ? value[key] : undefined;
  return Array.isArray(list) ? list : [];
}
