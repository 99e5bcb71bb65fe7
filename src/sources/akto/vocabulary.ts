import type { Clock } from '../../core/clock.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { SourceError } from '../../core/source.ts';
import type { SourceVocabulary } from '../../core/source-knowledge.ts';
import { named } from '../sentence.ts';
import type { AktoClient } from './client.ts';

const LONGEST_NAME = 512;
const MOST_NAMES = 50_000;
const TABLE = 'fetchFiltersThreatTable';
const ACTORS = 'fetchFiltersForThreatActors';
const CATEGORIES = 'fetchThreatCategoryCount';

/** The names that Akto's events have carried so far. Throws {@link SourceError}. */
export async function fetchVocabulary(
  client: AktoClient,
  source: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<SourceVocabulary> {
  const ask = (action: string, body: JsonObject, keys: readonly string[]): Promise<JsonObject> =>
    client.ask(action, body, signal).then((answer) => withLists(answer, action, keys, source));
  const table = await ask(TABLE, {}, ['urls', 'ips', 'subCategory', 'hosts']);
  const actors = await ask(ACTORS, {}, ['country', 'latestAttack', 'actorId', 'host']);
  const whole = { startTs: 0, endTs: Math.ceil(clock.now() / 1_000) };
  const counts = await ask(CATEGORIES, whole, ['categoryCounts']);
  return readVocabulary(table, actors, counts);
}

/**
 * What the answers tell. Servers fill the table's `subCategory` with filter ids, as the reference page shows, or
 * with sub-categories: its names count as both. The counts know the sub-categories for sure.
 */
export function readVocabulary(table: JsonObject, actors: JsonObject, counts: JsonObject): SourceVocabulary {
  const either = namesIn(table['subCategory']);
  const counted = listOf(counts['categoryCounts']).flatMap((row) =>
    isJsonObject(row) ? [row['subCategory'] ?? null] : [],
  );
  return {
    subCategories: distinct(namesIn(counted), either),
    attacks: distinct(namesIn(actors['latestAttack']), namesIn(table['latestAttack']), either),
    hosts: distinct(namesIn(table['hosts']), namesIn(actors['host'])),
    countries: distinct(namesIn(actors['country'])),
  };
}

/** One list may be missing: older servers know no hosts. Where all are, the back end is failing. */
function withLists(answer: JsonObject, action: string, keys: readonly string[], source: string): JsonObject {
  if (keys.some((key) => Array.isArray(answer[key]))) return answer;
  throw new SourceError(
    'unavailable',
    `${named(source)} Akto answered ${action} without any list, which means that its back end is failing; ask again later`,
  );
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** An empty text stands for what is unknown, and the text `null` for nothing. */
function namesIn(value: Json | undefined): readonly string[] {
  return listOf(value).filter(
    (name): name is string =>
      typeof name === 'string' && name.trim() !== '' && name !== 'null' && name.length <= LONGEST_NAME,
  );
}

function distinct(...lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())].slice(0, MOST_NAMES);
}
