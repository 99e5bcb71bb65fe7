import type { Stream } from '../core/delivery.ts';
import type { Finding } from './codes.ts';
import { digestName } from './digest-shape.ts';
import {
  checkNames,
  checkTerms,
  duplicates,
  isMapping,
  listOf,
  type Named,
  offsetAt,
  showable,
  textOf,
} from './names.ts';
import type { Path, Places } from './places.ts';

/** What the rules between entries look at. */
export interface Entries {
  /** The whole file as read, checked or not. */
  readonly value: unknown;
  /** What each destination that passed its own checks may be sent, by its name. */
  readonly streams: ReadonlyMap<string, readonly Stream[]>;
  readonly places: Places;
  /** What `group_by` may name; undefined where anything may. */
  readonly groupTerms: readonly string[] | undefined;
  /** What `equal` may name, likewise. */
  readonly alertTerms: readonly string[] | undefined;
}

/** Names given twice, routes and digests to nowhere or at no known time, routes that nothing reaches. */
export function checkReferences(entries: Entries): Finding[] {
  const { value, places, groupTerms, alertTerms } = entries;
  const [routes, digests] = [listOf(value, 'routes'), listOf(value, 'digests')];
  return [
    ...DISTINCT.flatMap(([what, key]) => duplicates(what, key, listOf(value, key), places)),
    ...sameDigests(digests, places),
    ...routes.flatMap((route, i) => checkTargets(route, ['routes', i, 'to'], entries)),
    ...routes.flatMap((route, i) => checkEscalation(route, i, entries)),
    ...digests.flatMap((digest, i) => checkTargets(digest, ['digests', i, 'to'], entries)),
    ...digests.flatMap((digest, i) => checkDay(digest, ['digests', i, 'on'], places)),
    ...routes.flatMap((route, i) =>
      checkTerms(listOf(route, 'group_by'), ['routes', i, 'group_by'], groupTerms, places),
    ),
    ...listOf(value, 'inhibitions').flatMap((inhibition, i) =>
      checkTerms(listOf(inhibition, 'equal'), ['inhibitions', i, 'equal'], alertTerms, places),
    ),
    ...checkTimes(entries),
    ...unreachable(routes, places),
  ];
}

const DISTINCT = [
  ['source', 'sources'],
  ['destination', 'destinations'],
  ['route', 'routes'],
  ['time interval', 'time_intervals'],
  ['silence', 'silences'],
  ['inhibition', 'inhibitions'],
] as const;

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

function checkTargets(list: unknown, path: Path, { value, streams, places }: Entries): Finding[] {
  const items = listOf(value, 'destinations');
  const named: Named = { what: 'destination', key: 'destinations', items, code: 'unknown-destination' };
  return checkNames(listOf(list, 'to'), path, named, places, (target, here, offset) => {
    const takes = streams.get(target);
    if (takes === undefined || takes.includes('alerts')) return [];
    const shown = showable(here, target, places);
    const message = `destination ${shown} takes no alerts: add alerts to its "send", or take it out of this list`;
    return [{ code: 'destination-takes-no-alerts', offset, message }];
  });
}

function checkEscalation(route: unknown, index: number, entries: Entries): Finding[] {
  const escalate = isMapping(route) ? route['escalate'] : undefined;
  if (!isMapping(escalate)) return [];
  const path = ['routes', index, 'escalate', 'to'];
  const told = new Set(listOf(route, 'to'));
  const twice = listOf(escalate, 'to').flatMap((name, i): Finding[] => {
    if (!told.has(name)) return [];
    const offset = offsetAt([...path, i], entries.places);
    const message =
      'this destination is told from the beginning already, by the "to" of its route: name another';
    return [{ code: 'bad-value', offset, message }];
  });
  return [...checkTargets(escalate, path, entries), ...twice];
}

/** Intervals that routes name and nobody defines, or that somebody defines and no route names. */
function checkTimes({ value, places }: Entries): Finding[] {
  const [routes, items] = [listOf(value, 'routes'), listOf(value, 'time_intervals')];
  const named: Named = { what: 'time interval', key: 'time_intervals', items, code: 'unknown-time-interval' };
  const lists = routes.flatMap((route, i) =>
    ['active_times', 'mute_times'].map((key) => ({ list: listOf(route, key), path: ['routes', i, key] })),
  );
  const unknown = lists.flatMap(({ list, path }) => checkNames(list, path, named, places));
  // A misspelt name is one slip: the interval that it means is not unused.
  if (unknown.length > 0) return unknown;
  const used = new Set(lists.flatMap(({ list }) => list));
  return items.flatMap((item, i): Finding[] => {
    const name = textOf(item, 'name');
    if (name === undefined || used.has(name)) return [];
    const offset = offsetAt(['time_intervals', i, 'name'], places);
    const message =
      'no route names this time interval: name it in "active_times" or "mute_times", or remove it';
    return [{ code: 'unused-time-interval', offset, message, severity: 'warning' }];
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
