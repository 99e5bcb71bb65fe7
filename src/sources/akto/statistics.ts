import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { type Slice, SourceError } from '../../core/source.ts';
import type { NamedCount, SourceStatistics } from '../../core/source-knowledge.ts';
import { named } from '../sentence.ts';
import type { AktoClient } from './client.ts';

/** Names come from attackers and rows from a server: neither may fill the memory. */
const MOST_ROWS = 10_000;
const LONGEST_NAME = 200;
const LATEST_S = Date.UTC(2100, 0, 1) / 1_000;

type Asker = Pick<AktoClient, 'ask'>;

/**
 * What Akto counts over a slice, by five endpoints of which each may fail for itself: a list that is null,
 * `"null"`, `"SUCCESS"` or absent is a failing back end, not a count of nothing. Never throws.
 */
export async function fetchStatistics(
  client: Asker,
  source: string,
  { fromMs, toMs }: Slice,
  signal: AbortSignal,
): Promise<SourceStatistics> {
  const range = { startTs: Math.ceil(fromMs / 1_000), endTs: Math.floor(toMs / 1_000) };
  const missing: string[] = [];
  const rows = async (action: string, key: string): Promise<readonly JsonObject[]> => {
    if (signal.aborted) {
      missing.push(`${named(source)} there was no time left to ask ${action}`);
      return [];
    }
    try {
      return listIn(await client.ask(action, range, signal), key, source);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      missing.push(`${error.message} (${action})`);
      return [];
    }
  };
  return {
    severities: merged(await rows('fetchCountBySeverity', 'categoryCounts'), 'subCategory', 'count'),
    categories: merged(await rows('fetchThreatCategoryCount', 'categoryCounts'), 'subCategory', 'count'),
    actors: merged(await rows('getActorsCountPerCounty', 'actorsCountPerCountry'), 'country', 'count'),
    timeline: timelineOf(await rows('getThreatActivityTimeline', 'threatActivityTimelines')),
    dailyActors: daysOf(await rows('getDailyThreatActorsCount', 'actorsCounts')),
    missing,
  };
}

function listIn(answer: JsonObject, key: string, source: string): readonly JsonObject[] {
  const list = answer[key];
  if (Array.isArray(list)) return list.slice(0, MOST_ROWS).filter(isJsonObject);
  throw new SourceError(
    'unavailable',
    `${named(source)} Akto answered without a list of ${key}, which means that its back end is failing`,
  );
}

/** One row a name, rows that count nothing left out. */
function merged(rows: readonly JsonObject[], nameKey: string, countKey: string): NamedCount[] {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const count = countOf(row[countKey]);
    const name = nameOf(row[nameKey] ?? row['category']);
    if (count > 0) counts.set(name, (counts.get(name) ?? 0) + count);
  }
  return [...counts].map(([name, count]) => ({ name, count }));
}

function timelineOf(rows: readonly JsonObject[]): SourceStatistics['timeline'] {
  const steps = rows.flatMap((row) => {
    const atMs = timeOf(row['ts']);
    const data = row['subCategoryWiseData'];
    if (atMs === undefined || !Array.isArray(data)) return [];
    const counts = merged(data.slice(0, MOST_ROWS).filter(isJsonObject), 'subcategory', 'activityCount');
    return [{ atMs, counts }];
  });
  return steps.sort((a, b) => a.atMs - b.atMs);
}

function daysOf(rows: readonly JsonObject[]): SourceStatistics['dailyActors'] {
  const days = rows.flatMap((row) => {
    const atMs = timeOf(row['ts']);
    if (atMs === undefined) return [];
    return [{ atMs, total: countOf(row['totalActors']), critical: countOf(row['criticalActors']) }];
  });
  return days.sort((a, b) => a.atMs - b.atMs);
}

function countOf(value: Json | undefined): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

/** Whole seconds on the wire. */
function timeOf(value: Json | undefined): number | undefined {
  const isSane = typeof value === 'number' && value > 0 && value < LATEST_S;
  return isSane ? Math.floor(value) * 1_000 : undefined;
}

function nameOf(value: Json | undefined): string {
  if (typeof value !== 'string' || value.trim() === '' || value === 'null') return '(unknown)';
  return value.length <= LONGEST_NAME ? value : `${value.slice(0, LONGEST_NAME).toWellFormed()}…`;
}
