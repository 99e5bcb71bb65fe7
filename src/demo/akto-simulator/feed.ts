import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Random } from '../../core/random.ts';
import { shuffle } from '../http-hazards/seeded.ts';

/** What a request body asks for, defaults filled in as the server fills them in. */
export interface FeedQuery {
  readonly skip: number;
  readonly limit: number;
  readonly order: 1 | -1;
  /** Inclusive; 0 means unbounded. */
  readonly fromS: number;
  readonly toS: number;
  /** The lists that restrict, by the event's key. Empty lists do not. */
  readonly anyOf: ReadonlyMap<string, ReadonlySet<unknown>>;
}

/** Request key → event key. */
const LIST_FILTERS: Readonly<Record<string, string>> = {
  urls: 'url',
  types: 'type',
  ips: 'ip',
  severity: 'severity',
  subCategory: 'subCategory',
  method: 'method',
  apiCollectionIds: 'apiCollectionId',
  latestAttack: 'filterId',
  hosts: 'host',
  actors: 'actor',
};
const SINGLE_FILTERS: Readonly<Record<string, string>> = {
  statusFilter: 'status',
  successfulExploit: 'successfulExploit',
};

const DEFAULT_LIMIT = 50;

function whole(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : 0;
}

function filtersOf(body: JsonObject): Map<string, ReadonlySet<unknown>> {
  const anyOf = new Map<string, ReadonlySet<unknown>>();
  for (const [asked, key] of Object.entries(LIST_FILTERS)) {
    const values = body[asked];
    if (Array.isArray(values) && values.length > 0) anyOf.set(key, new Set(values));
  }
  for (const [asked, key] of Object.entries(SINGLE_FILTERS)) {
    const value = body[asked];
    if (typeof value === 'boolean' || (typeof value === 'string' && value !== ''))
      anyOf.set(key, new Set([value]));
  }
  return anyOf;
}

export function readQuery(body: JsonObject): FeedQuery {
  const sort = body['sort'];
  return {
    skip: whole(body['skip']),
    limit: whole(body['limit']) || DEFAULT_LIMIT,
    order: isJsonObject(sort) && sort['detectedAt'] === 1 ? 1 : -1,
    fromS: whole(body['startTimestamp']),
    toS: whole(body['endTimestamp']),
    anyOf: filtersOf(body),
  };
}

function secondOf(event: JsonObject): number {
  return Number(event['timestamp']);
}

function isAsked(event: JsonObject, { fromS, toS, anyOf }: FeedQuery): boolean {
  const second = secondOf(event);
  if ((fromS > 0 && second < fromS) || (toS > 0 && second > toS)) return false;
  for (const [key, values] of anyOf) if (!values.has(event[key])) return false;
  return true;
}

/** Rows of one second come in an order of their own at every request, as with an index on the second alone. */
function shuffleTies(rows: JsonObject[], random: Random): void {
  let start = 0;
  for (let end = 1; end <= rows.length; end += 1) {
    const first = rows[start];
    const next = rows[end];
    if (first !== undefined && next !== undefined && secondOf(first) === secondOf(next)) continue;
    shuffle(random, rows, start, end);
    start = end;
  }
}

export interface FeedAnswer {
  readonly rows: readonly JsonObject[];
  readonly total: number;
}

/** The rows a feed holds, and how it answers a query. */
export class FeedRows {
  readonly #rows: JsonObject[];
  readonly #random: Random;

  constructor(rows: readonly JsonObject[], random: Random) {
    this.#rows = [...rows];
    this.#random = random;
  }

  add(rows: readonly JsonObject[]): void {
    this.#rows.push(...rows);
  }

  answer(query: FeedQuery, stableOrder: boolean): FeedAnswer {
    const asked = this.#rows.filter((row) => isAsked(row, query));
    asked.sort((a, b) => query.order * (secondOf(a) - secondOf(b)));
    if (!stableOrder) shuffleTies(asked, this.#random);
    return { rows: asked.slice(query.skip, query.skip + query.limit), total: asked.length };
  }
}
