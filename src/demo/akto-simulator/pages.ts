import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { shuffleTies } from '../http-hazards/ties.ts';
import type { Backend } from './backend.ts';
import { wholeNumber } from './event-fields.ts';

/** Actors and APIs come so many a page, whatever is asked for. */
const PAGE_ROWS = 50;

function discoveryOrder(body: JsonObject): 1 | -1 {
  const sort = body['sort'];
  return isJsonObject(sort) && sort['discoveredAt'] === 1 ? 1 : -1;
}

/** In place: by `discoveredAt` alone, so that rows of one second have no order of their own. */
export function sortByDiscovery(rows: JsonObject[], body: JsonObject, backend: Backend): void {
  const order = discoveryOrder(body);
  const secondOf = (row: JsonObject): number => Number(row['discoveredAt']);
  rows.sort((a, b) => order * (secondOf(a) - secondOf(b)));
  if (!backend.stableOrder) shuffleTies(rows, secondOf, backend.random);
}

export function pageFrom(rows: readonly JsonObject[], from: number, { mostRows }: Backend): JsonObject[] {
  return rows.slice(from, from + Math.min(PAGE_ROWS, mostRows));
}

/** Whether an event has one of the asked values; a list that is empty or absent asks for nothing. */
export function isOneOf(event: JsonObject, key: string, asked: unknown): boolean {
  return !Array.isArray(asked) || asked.length === 0 || asked.includes(event[key]);
}

export const skipOf = (body: JsonObject): number => wholeNumber(body['skip']);
