import type { JsonObject } from '../../core/json.ts';
import type { Random } from '../../core/random.ts';
import { shuffleTies } from '../http-hazards/ties.ts';
import type { IncidentsQuery } from './query.ts';

type SortKey = string | number;

/** The page that a query asks for. Rows of one sort key have no order of their own. */
export function listIncidents(
  held: readonly JsonObject[],
  query: IncidentsQuery,
  habits: { readonly stableOrder: boolean; readonly mostRows: number; readonly random: Random },
): JsonObject[] {
  const asked = held.filter((incident) => query.filters.every((isAsked) => isAsked(incident)));
  const keyOf = (incident: JsonObject): SortKey => sortKey(incident, query.sortBy);
  asked.sort((a, b) => query.order * compare(keyOf(a), keyOf(b)));
  if (!habits.stableOrder) shuffleTies(asked, keyOf, habits.random);
  return asked.slice(query.offset, query.offset + Math.min(query.limit, habits.mostRows));
}

/** Times sort by the instant they name; what is no time sorts first. */
function sortKey(incident: JsonObject, key: string): SortKey {
  const value = incident[key];
  if (key === 'requests') return Number(value);
  if (!key.endsWith('Time')) return String(value);
  const timeMs = Date.parse(String(value));
  return Number.isNaN(timeMs) ? Number.NEGATIVE_INFINITY : timeMs;
}

function compare(a: SortKey, b: SortKey): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
