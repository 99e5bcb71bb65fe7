import { LRUCache } from 'lru-cache';
import type { Alert, AlertContext } from '../../core/alert.ts';
import type { Clock } from '../../core/clock.ts';
import type { JsonObject } from '../../core/json.ts';
import { SourceError } from '../../core/source.ts';
import { readCount, readTime } from './parse.ts';

type IncidentNow = NonNullable<AlertContext['incident']>;

export interface DetailOptions {
  readonly fetchIncident: (id: string, signal: AbortSignal) => Promise<JsonObject | undefined>;
  readonly clock: Clock;
}

/** Notifications of one group, and of several destinations, follow each other closely. */
const KEPT_MS = 60_000;
const MOST_KEPT = 500;
const MOST_CHARS = 300;

interface Kept {
  readonly incident: IncidentNow;
  readonly atMs: number;
}

/** Tells how the newest incident of an alert stands now. Never throws. */
export function createDetail({ fetchIncident, clock }: DetailOptions) {
  const kept = new LRUCache<string, Kept>({ max: MOST_KEPT });

  async function fetch(id: string, signal: AbortSignal): Promise<IncidentNow> {
    const known = kept.get(id);
    const nowMs = clock.now();
    if (known !== undefined && Math.abs(nowMs - known.atMs) < KEPT_MS) return known.incident;
    const raw = await fetchIncident(id, signal);
    if (raw === undefined) throw new SourceError('unavailable', 'the identity API knows it no more');
    if (raw['incidentId'] !== id)
      throw new SourceError('unavailable', 'the identity API answered with another incident');
    const incident = summaryOf(id, raw, nowMs);
    kept.set(id, { incident, atMs: nowMs });
    return incident;
  }

  return async (alert: Alert, signal: AbortSignal): Promise<AlertContext> => {
    const id = newestIncident(alert);
    if (id === undefined) return { missing: [] };
    try {
      return { incident: await fetch(id, signal), missing: [] };
    } catch (error) {
      return { missing: [`the incident's present state could not be fetched: ${sentence(error)}`] };
    }
  };
}

function newestIncident({ feed, sample }: Alert): string | undefined {
  if (feed !== 'incidents') return undefined;
  const newestFirst = sample.toSorted((a, b) => b.timeMs - a.timeMs);
  return newestFirst.find(({ object }) => object !== undefined)?.object;
}

function summaryOf(id: string, raw: JsonObject, nowMs: number): IncidentNow {
  const attackId = text(raw['attackId']);
  const requests = readCount(raw['requests']);
  const userAgent = text(raw['userAgent']);
  const updatedMs = readTime(raw['updateTime'], nowMs);
  return {
    id: shortened(id),
    ...(attackId === undefined ? {} : { attackId }),
    ...(requests === undefined ? {} : { requests }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(updatedMs === undefined ? {} : { updatedMs }),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value !== 'null' ? shortened(value) : undefined;
}

/** At most 300 characters, and no half of one. */
function shortened(value: string): string {
  if (value.length <= MOST_CHARS) return value;
  return `${value.slice(0, MOST_CHARS - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Only our own errors are known to hold no secret; of others only the kind is told. */
function sentence(error: unknown): string {
  if (error instanceof SourceError) return error.message;
  return `an unexpected ${error instanceof Error ? error.name : typeof error}`;
}
