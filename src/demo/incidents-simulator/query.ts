import type { JsonObject } from '../../core/json.ts';

/** What `GET /incidents` asks for, defaults filled in. */
export interface IncidentsQuery {
  readonly limit: number;
  readonly offset: number;
  readonly sortBy: string;
  readonly order: 1 | -1;
  readonly filters: readonly ((incident: JsonObject) => boolean)[];
}

const DEFAULT_LIMIT = 10;
const SORT_KEYS: ReadonlySet<string> = new Set([
  'incidentId',
  'attackId',
  'fingerprint',
  'requests',
  'ipAddress',
  'userAgent',
  'createTime',
  'updateTime',
]);
const EQUAL_FILTERS: ReadonlySet<string> = new Set([
  'attackId',
  'fingerprint',
  'requests',
  'ipAddress',
  'userAgent',
]);
/** Filter → the incident's time. */
const DAY_FILTERS: ReadonlyMap<string, string> = new Map([
  ['createDate', 'createTime'],
  ['updateDate', 'updateTime'],
]);
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const FILTER = /^filter\[(\w+)\]$/;

/** What the client asked for wrongly. */
export class QueryError extends Error {}

/** @throws QueryError where a parameter is unknown or makes no sense. */
export function readQuery(parameters: URLSearchParams): IncidentsQuery {
  const sortBy = parameters.get('sort_by') ?? 'createTime';
  if (!SORT_KEYS.has(sortBy)) throw new QueryError(`sort_by cannot be ${sortBy}`);
  const order = parameters.get('sort_order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') throw new QueryError(`sort_order cannot be ${order}`);
  return {
    limit: count(parameters, 'limit', DEFAULT_LIMIT),
    offset: count(parameters, 'offset', 0),
    sortBy,
    order: order === 'asc' ? 1 : -1,
    filters: filtersOf(parameters),
  };
}

function count(parameters: URLSearchParams, name: string, otherwise: number): number {
  const text = parameters.get(name);
  if (text === null) return otherwise;
  if (!/^\d{1,9}$/.test(text)) throw new QueryError(`${name} cannot be ${text}`);
  return Number(text);
}

function filtersOf(parameters: URLSearchParams): ((incident: JsonObject) => boolean)[] {
  const filters: ((incident: JsonObject) => boolean)[] = [];
  for (const [name, value] of parameters) {
    const key = FILTER.exec(name)?.[1];
    if (key !== undefined) filters.push(filterOf(key, value));
  }
  return filters;
}

function filterOf(key: string, value: string): (incident: JsonObject) => boolean {
  if (EQUAL_FILTERS.has(key)) return (incident) => String(incident[key]) === value;
  if (key === 'attack' && (value === 'true' || value === 'false')) {
    return (incident) => (isOfAnAttack(incident) ? 'true' : 'false') === value;
  }
  const time = DAY_FILTERS.get(key);
  if (time === undefined || !DAY.test(value)) throw new QueryError(`filter[${key}] cannot be ${value}`);
  return (incident) => dayOf(incident[time]) === value;
}

function isOfAnAttack({ attackId }: JsonObject): boolean {
  return typeof attackId === 'string' && attackId !== '';
}

/** The day in UTC, whatever the time's own offset. */
function dayOf(time: unknown): string | undefined {
  const timeMs = Date.parse(String(time));
  return Number.isNaN(timeMs) ? undefined : new Date(timeMs).toISOString().slice(0, 10);
}
