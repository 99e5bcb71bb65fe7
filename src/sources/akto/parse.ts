import { createHash } from 'node:crypto';
import { type Event, eventId } from '../../core/event.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { isTooDeep, MOST_LEVELS } from '../nesting.ts';
import { named, quoted } from '../sentence.ts';

/** One answer, understood as far as it can be. */
export interface ParsedRows {
  /** In the answer's order; an id that stands twice is here once. */
  readonly events: readonly Event[];
  /** The second of every row that has a usable one, in the answer's order, repeated ids left out. */
  readonly seconds: readonly number[];
  /** About where the server has each row in its order, unusable and repeated ones too. */
  readonly places: readonly number[];
  /** Rows that became no event, each in one sentence. */
  readonly rejected: readonly string[];
  /** What tells those rows apart, in the same order: their sentences may be the same. */
  readonly unusable: readonly string[];
}

const EARLIEST_S = Date.UTC(2015, 0, 1) / 1_000;
const DAY_S = 86_400;
const LONGEST_ID = 512;

/** The source's rows as events. A bad row is rejected with a sentence and takes no other with it. */
export function parseRows(rows: readonly Json[], source: string, nowS: number): ParsedRows {
  const events = new Map<string, Event>();
  const seconds: number[] = [];
  const places: number[] = [];
  const rejected: string[] = [];
  const unusable: string[] = [];
  for (const row of rows) {
    const raw = isJsonObject(row) ? row : {};
    const feedId = readId(raw['id']);
    const second = readSecond(raw['timestamp'], nowS);
    places.push(second ?? roughSecond(raw['timestamp']) ?? places.at(-1) ?? 0);
    if (feedId !== undefined && events.has(feedId)) continue;
    if (second !== undefined) seconds.push(second);
    const event = toEvent(raw, source, feedId, second);
    if (typeof event !== 'string') events.set(event.feedId, event);
    else {
      rejected.push(event);
      unusable.push(fingerprint(row, event));
    }
  }
  return { events: [...events.values()], seconds, places, rejected, unusable };
}

function fingerprint(row: Json, sentence: string): string {
  const text = isTooDeep(row) ? sentence : JSON.stringify(row);
  return createHash('sha256').update(text).digest('base64url');
}

/** The event, or why there is none. */
function toEvent(
  raw: JsonObject,
  source: string,
  feedId: string | undefined,
  second: number | undefined,
): Event | string {
  if (feedId === undefined) {
    return `${named(source)} an event (timestamp ${quoted(raw['timestamp'])}) has no usable id and was left out`;
  }
  if (second === undefined) {
    const problem = `has the timestamp ${quoted(raw['timestamp'])}, which is not in whole epoch seconds from 2015 to tomorrow`;
    return `${named(source)} the event ${quoted(feedId)} ${problem}, and was left out`;
  }
  if (isTooDeep(raw)) {
    return `${named(source)} the event ${quoted(feedId)} is nested more than ${MOST_LEVELS} levels deep, and was left out`;
  }
  const id = eventId(source, 'malicious_events', feedId);
  return { id, source, feed: 'malicious_events', feedId, timeMs: second * 1_000, raw };
}

/** The server writes the text "null" where it has no value. */
function readId(value: Json | undefined): string | undefined {
  if (typeof value !== 'string' || value === 'null') return undefined;
  return value.length > 0 && value.length <= LONGEST_ID ? value : undefined;
}

/** Digits in a text are taken too: a 64-bit number becomes one in some JSON writers. */
function readSecond(value: Json | undefined, nowS: number): number | undefined {
  const second = typeof value === 'string' && /^\d{10}$/.test(value) ? Number(value) : value;
  if (typeof second !== 'number' || !Number.isInteger(second)) return undefined;
  return second >= EARLIEST_S && second <= nowS + DAY_S ? second : undefined;
}

/** The server sorts by what is no second for us. */
function roughSecond(value: Json | undefined): number | undefined {
  const second = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof second === 'number' && Number.isFinite(second) ? Math.floor(second) : undefined;
}
