import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { shuffleTies } from '../http-hazards/ties.ts';
import type { Backend, Endpoint } from './backend.ts';
import { isWithin, type SecondRange, secondOf, wholeNumber } from './event-fields.ts';

/** What a request body asks for, defaults filled in as the server fills them in. */
interface FeedQuery extends SecondRange {
  readonly skip: number;
  readonly limit: number;
  readonly order: 1 | -1;
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

export const fetchSuspectSampleData: Endpoint = {
  lists: ['maliciousEvents'],
  nameOf: ({ id }) => String(id),
  answer(body, backend) {
    const query = readQuery(body);
    const asked = rowsFor(query, backend);
    const limit = Math.min(query.limit, backend.mostRows);
    const page = asked.slice(query.skip, query.skip + limit);
    return feedAnswer(body, query, { rows: page, total: backend.total(asked.length) });
  },
};

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

function readQuery(body: JsonObject): FeedQuery {
  const sort = body['sort'];
  return {
    skip: wholeNumber(body['skip']),
    limit: wholeNumber(body['limit']) || DEFAULT_LIMIT,
    order: isJsonObject(sort) && sort['detectedAt'] === 1 ? 1 : -1,
    fromS: wholeNumber(body['startTimestamp']),
    toS: wholeNumber(body['endTimestamp']),
    anyOf: filtersOf(body),
  };
}

function isAsked(event: JsonObject, query: FeedQuery): boolean {
  if (!isWithin(event, query)) return false;
  for (const [key, values] of query.anyOf) if (!values.has(event[key])) return false;
  return true;
}

function rowsFor(query: FeedQuery, { events, stableOrder, random }: Backend): JsonObject[] {
  const asked = events.filter((event) => isAsked(event, query));
  asked.sort((a, b) => query.order * (secondOf(a) - secondOf(b)));
  if (!stableOrder) shuffleTies(asked, secondOf, random);
  return asked;
}

/** The server echoes the request around the rows, and the string `"null"` wherever it has no value. */
function feedAnswer(
  body: JsonObject,
  query: FeedQuery,
  found: { readonly rows: readonly JsonObject[]; readonly total: number },
): JsonObject {
  return {
    severity: body['severity'] ?? 'null',
    total: found.total,
    urls: body['urls'] ?? 'null',
    subCategory: body['subCategory'] ?? 'null',
    types: body['types'] ?? 'null',
    sampleData: 'null',
    maliciousEvents: found.rows,
    limit: query.limit,
    skip: query.skip,
    sort: body['sort'] ?? 'null',
    endTimestamp: query.toS,
    startTimestamp: query.fromS,
  };
}
