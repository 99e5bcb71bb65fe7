import { z } from 'zod';
import { type Cursor, SourceError } from '../core/source.ts';
import { named } from './sentence.ts';

const ms = z.int().min(0);

/** A part of the list that is still to be read: what changed from `fromMs` to `coveredMs`, both inclusive. */
const part = z.object({
  fromMs: ms,
  /** Whatever changed after this has been read. */
  coveredMs: ms,
  /** Where it was in the list when it was left. */
  offset: z.int().min(0),
});
export type Part = z.output<typeof part>;

/** A part that is being read. The front has no end at its top. */
export interface Walk extends Omit<Part, 'coveredMs'> {
  readonly coveredMs: number | undefined;
}

const gap = z.object({ fromMs: ms, toMs: ms, problem: z.string() });

const position = z.object({
  /** The newest change that was read. Never beyond the wall time at which it was read, never backwards. */
  highMs: ms,
  /** Nothing older is ever wanted: where the very first poll ended. */
  startMs: ms,
  /** What polls that were cut off have left, newest first, without overlaps. */
  open: z.array(part).optional(),
  /** The last poll that looked back the whole of `late_arrival`. */
  lookedBack: z.object({ highMs: ms, startedMs: ms, requests: z.int() }).optional(),
  gaps: z.array(gap).optional(),
});

/** What is known of a list that changes. Epoch milliseconds. Kept in the store as the feed's cursor. */
export type Position = z.output<typeof position>;

/** Throws where the stored cursor is not one of ours: guessing would skip events or page for old ones. */
export function readCursor(cursor: Cursor | undefined, source: string): Position | undefined {
  if (cursor === undefined) return undefined;
  const read = position.safeParse(cursor);
  if (read.success) return read.data;
  throw new SourceError(
    'refused',
    `${named(source)} the stored cursor is not one this version can read: start it again with the version that wrote it`,
  );
}

export function toCursor({ highMs, startMs, open, lookedBack, gaps }: Position): Cursor {
  return {
    highMs,
    startMs,
    ...(open === undefined || open.length === 0 ? {} : { open }),
    ...(lookedBack === undefined ? {} : { lookedBack }),
    ...(gaps === undefined || gaps.length === 0 ? {} : { gaps }),
  };
}

export interface Lookback {
  /** How far back the very first poll reads. */
  readonly initialMs: number;
  /** How late a change may appear in the list. */
  readonly lateArrivalMs: number;
}

/** What one poll is to read: the front of the list down to `fromMs`, and then what earlier polls have left. */
export interface Plan {
  readonly fromMs: number;
  readonly startedMs: number;
  /** It looks back the whole of `late_arrival`. */
  readonly isFull: boolean;
  /** What is older had been read before. Undefined at the first poll. */
  readonly lateBeforeMs: number | undefined;
  readonly position: Position;
}

/** How far our clock may be behind the server's. */
const CLOCK_SKEW_MS = 60_000;
/** A full look-back of at most so many requests is made at every poll. */
const CHEAP_REQUESTS = 4;
/** A dear one is made every fifth of `late_arrival`, and at least this often. */
const LONGEST_BETWEEN_MS = 300_000;
/** How far the polls in between look back. */
const SHORT_LOOKBACK_MS = 60_000;
const MOST_PARTS = 20;

/** How far behind the newest change a poll may hand out again what it handed out before. */
export function changingListReachMs(lateArrivalMs: number, deadlineMs: number): number {
  return lateArrivalMs + LONGEST_BETWEEN_MS + 2 * deadlineMs;
}

export function planPoll(stored: Position | undefined, nowMs: number, lookback: Lookback): Plan {
  const known = stored !== undefined && beganAhead(stored, nowMs) ? undefined : stored;
  if (known === undefined) {
    const startMs = Math.max(0, nowMs - lookback.initialMs);
    const position = { highMs: startMs, startMs };
    return { fromMs: startMs, startedMs: nowMs, isFull: true, lateBeforeMs: undefined, position };
  }
  const isFull = isFullDue(known, nowMs, lookback);
  const fromMs = Math.max(known.startMs, isFull ? fullFrom(known, lookback) : shortFrom(known, lookback));
  return { fromMs, startedMs: nowMs, isFull, lateBeforeMs: known.highMs, position: known };
}

function fullFrom({ highMs, lookedBack }: Position, { lateArrivalMs }: Lookback): number {
  return (lookedBack?.highMs ?? highMs) - lateArrivalMs;
}

/**
 * What was left over needs the time: until it is read, a poll only looks for news. A newest instant that could
 * not be read within a poll would take up every other one: it is the next full look-back's.
 */
function shortFrom({ highMs, open = [], gaps = [] }: Position, { lateArrivalMs }: Lookback): number {
  if (open.length === 0) return highMs - Math.min(lateArrivalMs, SHORT_LOOKBACK_MS);
  return gaps.some(({ toMs }) => toMs >= highMs) ? highMs + 1 : highMs;
}

/** A first poll under a clock that was far ahead read nothing, and would go on so until that time has come. */
function beganAhead({ startMs, highMs }: Position, nowMs: number): boolean {
  return startMs > nowMs + CLOCK_SKEW_MS && highMs <= startMs;
}

/**
 * In a storm the whole look-back is many requests: reading it at every poll would make new events wait
 * and the server suffer.
 */
function isFullDue({ lookedBack, open = [] }: Position, nowMs: number, { lateArrivalMs }: Lookback): boolean {
  if (open.length > 0) return false;
  if (lookedBack === undefined || lookedBack.requests <= CHEAP_REQUESTS) return true;
  return Math.abs(nowMs - lookedBack.startedMs) >= Math.min(LONGEST_BETWEEN_MS, lateArrivalMs / 5);
}

/** Adds a part that is left over; parts that touch become one. */
export function withPart(open: readonly Part[], added: Part): Part[] {
  const parts: Part[] = [];
  for (const next of [...open, added].toSorted((a, b) => b.coveredMs - a.coveredMs)) {
    const last = parts.at(-1);
    if (last !== undefined && (next.coveredMs + 1 >= last.fromMs || parts.length >= MOST_PARTS)) {
      parts[parts.length - 1] = { ...last, fromMs: Math.min(last.fromMs, next.fromMs) };
    } else parts.push(next);
  }
  return parts;
}

/** Takes away what has been read: everything from `fromMs` to `toMs`, both inclusive. */
export function withoutSpan(open: readonly Part[], fromMs: number, toMs: number): Part[] {
  return open.flatMap((part) => {
    if (part.coveredMs < fromMs || part.fromMs > toMs) return [part];
    const newer = part.coveredMs > toMs ? [{ ...part, fromMs: toMs + 1 }] : [];
    const older = part.fromMs < fromMs ? [{ ...part, coveredMs: fromMs - 1 }] : [];
    return [...newer, ...older];
  });
}
