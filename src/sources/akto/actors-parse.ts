import { createHash } from 'node:crypto';
import { type Event, eventId } from '../../core/event.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Unusable } from '../changing-list.ts';
import { isTooDeep, MOST_LEVELS } from '../nesting.ts';
import { named, quoted } from '../sentence.ts';
import { readSecond, readText, SANE_SECONDS } from './epoch-second.ts';

const LONGEST_ID = 512;
/** What an actor did last. Its `activity` and what newer servers add say nothing more. */
const STATE = [
  'latestAttack',
  'latestApiEndpoint',
  'latestApiMethod',
  'latestApiHost',
  'latestApiIp',
  'country',
] as const;

/** A row of the list as one state of its actor, or why it is none. */
export function readActor(row: Json, source: string, nowMs: number): Event | Unusable {
  const raw = isJsonObject(row) ? row : {};
  const feedId = readText(raw['id']);
  const second = readSecond(raw['discoveredAt'], nowMs);
  const left = (problem: string): Unusable => ({
    problem: `${named(source)} ${problem} and was left out`,
    ...(second === undefined ? {} : { changedMs: second * 1_000 }),
  });
  if (feedId === undefined || feedId.length > LONGEST_ID)
    return left(`an actor (discoveredAt ${quoted(raw['discoveredAt'])}) has no usable id`);
  const which = `the actor ${quoted(feedId)}`;
  if (second === undefined)
    return left(
      `${which} has the discoveredAt ${quoted(raw['discoveredAt'])}, which is not in ${SANE_SECONDS},`,
    );
  if (isTooDeep(raw)) return left(`${which} is nested more than ${MOST_LEVELS} levels deep,`);
  const revision = `${second}-${stateOf(raw)}`;
  const id = eventId(source, 'threat_actors', feedId, revision);
  return { id, source, feed: 'threat_actors', feedId, revision, timeMs: second * 1_000, raw };
}

/** Of two states within one second only this differs. A missing key, null and "null" are alike. */
function stateOf(raw: JsonObject): string {
  const state = STATE.map((key) => readText(raw[key]) ?? '');
  return createHash('sha256').update(JSON.stringify(state)).digest('hex').slice(0, 12);
}
