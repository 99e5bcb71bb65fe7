import { z } from 'zod';
import { type Cursor, SourceError } from '../../core/source.ts';
import { named } from './answer.ts';

const second = z.int().min(0);

/** Seconds that were read and whose rows did not add up: asked for again, a few polls long. */
const gap = z.object({ fromS: second, toS: second, pollsLeft: z.int().min(0) });
type Gap = z.output<typeof gap>;

const position = z.object({
  /** The newest event second that was read. Never beyond the wall time at which it was read, never backwards. */
  highWaterS: second,
  /** Nothing older is ever asked for: where the very first poll began. */
  floorS: second,
  /** A walk over the feed that was cut off: where it goes on, when it began, what it has cost. */
  walk: z.object({ nextS: second, startedS: second, isFull: z.boolean(), requests: z.int() }).optional(),
  /** The last walk that looked back the whole of `late_arrival`, and the high water at its end. */
  lookedBack: z.object({ highWaterS: second, startedS: second, requests: z.int() }).optional(),
  gaps: z.array(gap).optional(),
});

/** What is known to be read. All epoch seconds. Kept in the store as the feed's cursor. */
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

export function toCursor({ highWaterS, floorS, walk, lookedBack, gaps }: Position): Cursor {
  return {
    highWaterS,
    floorS,
    ...(lookedBack === undefined ? {} : { lookedBack }),
    ...(walk === undefined ? {} : { walk }),
    ...(gaps === undefined || gaps.length === 0 ? {} : { gaps }),
  };
}

/** What one poll is to read. */
export interface Plan {
  /** The closed range to walk, oldest first. */
  readonly fromS: number;
  readonly toS: number;
  /**
   * The high water rises to here at most: the wall time at which the walk began. A row may appear
   * behind a walk that is under way; the next walk finds it because it starts `late_arrival` before this.
   */
  readonly startedS: number;
  /** It looks back the whole of `late_arrival`. */
  readonly isFull: boolean;
  /** What the walk has cost in earlier polls. */
  readonly requests: number;
  readonly position: Position;
  /** Older ranges to ask for once more. */
  readonly again: readonly Gap[];
}

export interface Lookback {
  readonly initialS: number;
  readonly lateArrivalS: number;
}

/** The API's times are 32-bit. */
const LAST_SECOND = 2_147_483_647;
/** How far the server's clock may be ahead of ours before its newest events wait for a later poll. */
const CLOCK_SKEW_S = 60;

/** A full look-back of at most so many requests is made at every poll. */
const CHEAP_REQUESTS = 4;
/** A dear one is made every fifth of `late_arrival`, and at least this often. */
const LONGEST_BETWEEN_S = 300;
/** How far the polls in between look back. */
const SHORT_LOOKBACK_S = 60;

/** How far behind the newest event a poll may ask: a look-back begins where the last one has to be joined. */
export function reachS({ lateArrivalS }: Pick<Lookback, 'lateArrivalS'>, deadlineS: number): number {
  return lateArrivalS + LONGEST_BETWEEN_S + 2 * deadlineS;
}

export function planPoll(stored: Position | undefined, nowS: number, lookback: Lookback): Plan {
  const known = stored !== undefined && beganAhead(stored, nowS) ? undefined : stored;
  const floorS = known?.floorS ?? Math.max(1, nowS - lookback.initialS);
  const position = known ?? { highWaterS: floorS, floorS };
  // A clock that went back must not make the range end before it begins.
  const toS = Math.min(LAST_SECOND, Math.max(nowS, position.highWaterS) + CLOCK_SKEW_S);
  const { walk, gaps = [] } = position;
  if (walk !== undefined) return { ...walk, fromS: Math.max(1, walk.nextS), toS, position, again: [] };
  const isFull = isFullDue(position, nowS, lookback);
  const fromS = Math.max(1, floorS, lookbackFrom(position, isFull, lookback));
  const again = gaps.filter((found) => found.fromS < fromS && found.pollsLeft > 0);
  return { fromS, toS, startedS: nowS, isFull, requests: 0, position: { ...position, gaps: again }, again };
}

/** A first poll under a clock that was far ahead read nothing, and would go on so until that time has come. */
function beganAhead({ floorS, highWaterS }: Position, nowS: number): boolean {
  return floorS > nowS + CLOCK_SKEW_S && highWaterS <= floorS;
}

/**
 * In a storm the whole look-back is many requests: reading it at every poll would make new events wait
 * and the server suffer. It is then made now and again, from where the last one has to be joined.
 */
function isFullDue({ lookedBack }: Position, nowS: number, { lateArrivalS }: Lookback): boolean {
  if (lookedBack === undefined || lookedBack.requests <= CHEAP_REQUESTS) return true;
  const betweenS = Math.min(LONGEST_BETWEEN_S, lateArrivalS / 5);
  return Math.abs(nowS - lookedBack.startedS) >= betweenS;
}

function lookbackFrom(
  { highWaterS, lookedBack }: Position,
  isFull: boolean,
  { lateArrivalS }: Lookback,
): number {
  if (isFull) return (lookedBack?.highWaterS ?? highWaterS) - lateArrivalS;
  return highWaterS - Math.min(lateArrivalS, SHORT_LOOKBACK_S);
}
