import { type Event, eventId } from '../../core/event.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Unusable } from '../changing-list.ts';
import { isTooDeep, MOST_LEVELS } from '../nesting.ts';
import { named, quoted } from '../sentence.ts';
import { parseIsoTime } from './iso-time.ts';

const EARLIEST_MS = Date.UTC(2015, 0, 1);
const DAY_MS = 86_400_000;
const LONGEST_ID = 512;

/** A row of the list as one revision of its incident, or why it is none. */
export function readIncident(row: Json, source: string, nowMs: number): Event | Unusable {
  const raw = isJsonObject(row) ? row : {};
  const { incidentId, updateTime } = raw;
  const timeMs = readTime(updateTime, nowMs);
  const left = (problem: string): Unusable => ({
    problem: `${named(source)} ${problem} and was left out`,
    ...(timeMs === undefined ? {} : { changedMs: timeMs }),
  });
  if (!isUsableId(incidentId))
    return left(`an incident (updateTime ${quoted(updateTime)}) has no usable incidentId`);
  const which = `the incident ${quoted(incidentId)}`;
  if (timeMs === undefined)
    return left(`${which} has the updateTime ${quoted(updateTime)}, which ${timeProblem(updateTime)},`);
  if (isTooDeep(raw)) return left(`${which} is nested more than ${MOST_LEVELS} levels deep,`);
  const revision = revisionOf(raw, timeMs);
  const id = eventId(source, 'incidents', incidentId, revision);
  return { id, source, feed: 'incidents', feedId: incidentId, revision, timeMs, raw };
}

/** Epoch milliseconds; undefined where the value is no time of this API, or not from 2015 to tomorrow. */
export function readTime(value: Json | undefined, nowMs: number): number | undefined {
  const timeMs = typeof value === 'string' ? parseIsoTime(value) : undefined;
  return timeMs !== undefined && timeMs >= EARLIEST_MS && timeMs <= nowMs + DAY_MS ? timeMs : undefined;
}

/** Failed attempts; undefined where the value is no count. */
export function readCount(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** The count is part of it: an incident may grow twice within what its time can tell apart. */
function revisionOf({ requests }: JsonObject, timeMs: number): string {
  return `${timeMs}-${readCount(requests) ?? 'uncounted'}`;
}

/** Some services write the text "null" where they have no value. */
function isUsableId(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== 'null' && value.length > 0 && value.length <= LONGEST_ID;
}

function timeProblem(value: Json | undefined): string {
  if (typeof value === 'number')
    return 'is a number and not ISO 8601 with an offset, so that nobody knows its unit';
  const isTime = typeof value === 'string' && parseIsoTime(value) !== undefined;
  return isTime ? 'is not from 2015 to tomorrow' : 'is not ISO 8601 with an offset';
}
