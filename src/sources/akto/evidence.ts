import type { AlertContext, Evidence } from '../../core/alert.ts';
import type { Exchange } from '../../core/exchange.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { SourceError } from '../../core/source.ts';
import { decodePayload, PayloadError } from '../../payload/index.ts';
import type { AktoClient } from './client.ts';

/** What Akto keeps the requests of an aggregated event under. */
export interface AggregateQuery {
  readonly refId: string;
  readonly eventType: string;
  readonly actor: string;
  readonly filterId: string;
}

export type FoundEvidence = NonNullable<AlertContext['evidence']>;

const MOST_SHOWN = 5;
/** Records looked at for those: broken ones must not make the rest cost more. */
const MOST_DECODED = 20;
const EARLIEST_S = Date.UTC(2015, 0, 1) / 1_000;
const LATEST_S = Date.UTC(2100, 0, 1) / 1_000;
const MAX_METHOD = 20;
const MAX_HOST = 255;
const MAX_PATH = 500;

/** The newest requests behind an aggregated event, and how many there are. Throws {@link SourceError}. */
export async function fetchEvidence(
  client: AktoClient,
  { refId, eventType, actor, filterId }: AggregateQuery,
  signal: AbortSignal,
): Promise<FoundEvidence> {
  const query = { refId, eventType, actor, filterId };
  const answer = await client.ask('fetchAggregateMaliciousRequests', query, signal);
  const rows = answer['maliciousPayloadsResponses'];
  if (!Array.isArray(rows)) {
    throw new SourceError('unavailable', 'Akto answered without a list, so its back end is failing');
  }
  return readEvidence(rows);
}

/** Pure part of {@link fetchEvidence}: newest first, records that cannot be read left out but counted. */
export function readEvidence(rows: readonly Json[]): FoundEvidence {
  const newest = rows
    .filter(isJsonObject)
    .map((row) => ({ row, second: secondOf(row['ts']) ?? 0 }))
    .sort((a, b) => b.second - a.second)
    .slice(0, MOST_DECODED);
  const requests: Evidence[] = [];
  for (const { row } of newest) {
    const exchange = exchangeOf(row);
    if (exchange !== undefined) requests.push(toEvidence(row, exchange));
    if (requests.length === MOST_SHOWN) break;
  }
  return { requests, total: rows.length };
}

function exchangeOf({ orig }: JsonObject): Exchange | undefined {
  if (typeof orig !== 'string' || orig === '' || orig === 'null') return undefined;
  try {
    return decodePayload(orig);
  } catch (error) {
    if (error instanceof PayloadError) return undefined;
    throw error;
  }
}

function toEvidence(row: JsonObject, { method, path, statusCode, requestHeaders, time }: Exchange): Evidence {
  const second = secondOf(row['ts']) ?? secondOf(time);
  const host = Object.entries(requestHeaders).find(([name]) => name.toLowerCase() === 'host')?.[1][0] ?? '';
  return {
    ...(second === undefined ? {} : { timeMs: second * 1_000 }),
    ...(method === '' ? {} : { method: cut(method, MAX_METHOD) }),
    ...(path === '' ? {} : { path: cut(path, MAX_PATH) }),
    ...(host === '' ? {} : { host: cut(host, MAX_HOST) }),
    // The text format writes no zeros down: 0 is an answer that was not captured.
    ...(statusCode === undefined || statusCode <= 0 ? {} : { statusCode }),
  };
}

function secondOf(value: Json | undefined): number | undefined {
  const second = typeof value === 'string' && /^\d{10}$/.test(value) ? Number(value) : value;
  if (typeof second !== 'number' || !Number.isInteger(second)) return undefined;
  return second >= EARLIEST_S && second <= LATEST_S ? second : undefined;
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).toWellFormed()}…`;
}
