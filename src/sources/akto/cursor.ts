import { z } from 'zod';
import { type Cursor, SourceError } from '../../core/source.ts';
import { named } from './answer.ts';

const second = z.int().min(0);

/** Seconds that were read and whose rows did not add up: asked for again, a few polls long. */
const gap = z.object({
  fromS: second,
  toS: second,
  pollsLeft: z.int().min(0),
  problem: z.string().default('the rows did not add up'),
  /** Of a single second: so many of its rows were found to be no event. */
  unusable: z.int().min(1).optional(),
});
export type Gap = z.output<typeof gap>;

/** A second, and how many rows the feed shows of it that never become an event of that second. */
const surplus = z.tuple([second, z.int().min(1)]);
export type Surplus = z.output<typeof surplus>;

/** A page that was read, of which the next one shows whether rows were missing. */
const counted = z.object({ fromS: second, toS: second, rows: z.int(), total: z.number() });

const walk = z.object({ nextS: second, before: counted.optional() });

const stored = z.object({
  highWaterS: second,
  floorS: second,
  newestS: second.optional(),
  auditS: second.optional(),
  readS: second.optional(),
  walk: walk.optional(),
  gaps: z.array(gap).default([]),
  surplus: z.array(surplus).default([]),
  lost: z.array(z.tuple([second, second])).default([]),
  /** Of an earlier version, which read the whole look-back again now and then: up to where it had. */
  lookedBack: z.object({ highWaterS: second }).optional(),
});

/** What is known to be read. All epoch seconds. Kept in the store as the feed's cursor. */
export interface Position {
  /** The newest event second that was read. Never beyond the wall time at which it was read, never backwards. */
  readonly highWaterS: number;
  /** Nothing older is ever asked for: where the very first poll began. */
  readonly floorS: number;
  /** The newest event second that was handed out, future ones too: the store keeps ids relative to it. */
  readonly newestS: number;
  /** Everything older was read once more after `late_arrival` had passed, or is given up. Never beyond the second after the high water. */
  readonly auditS: number;
  /** Whatever the feed showed up to here has been read. */
  readonly readS: number;
  /** A walk over news that was cut off: where it goes on. */
  readonly walk?: z.output<typeof walk> | undefined;
  readonly gaps: readonly Gap[];
  readonly surplus: readonly Surplus[];
  /** First and last seconds of gaps that were given up and are not audited yet: they are not told of again. */
  readonly lost: readonly (readonly [number, number])[];
}

export interface Lookback {
  readonly initialS: number;
  readonly lateArrivalS: number;
}

/** The API's times are 32-bit. */
export const LAST_SECOND = 2_147_483_647;
/** How far our clock may be ahead of the server's. */
const CLOCK_AHEAD_S = 300;
/** How far it may be behind before the newest events wait for a later poll. */
const CLOCK_BEHIND_S = 360;
/** How far the audit may lag behind what it could read. */
const AUDIT_LAG_S = 3_600;

/** The last second of which, by now, nothing more can arrive in time. */
export function settledS(nowS: number, lateArrivalS: number): number {
  return nowS - lateArrivalS - CLOCK_AHEAD_S - 1;
}

/** How far behind the newest event the audit may stand when a poll begins; what is older is given up. */
export function auditReachS(lateArrivalS: number): number {
  return lateArrivalS + CLOCK_AHEAD_S + AUDIT_LAG_S;
}

/** How far behind the newest event anything may be read again: the audit's reach, and what one poll adds to its front. */
export function reachS({ lateArrivalS }: Pick<Lookback, 'lateArrivalS'>, deadlineS: number): number {
  const newestMayRise = lateArrivalS + CLOCK_AHEAD_S + CLOCK_BEHIND_S + 2 * deadlineS;
  return auditReachS(lateArrivalS) + newestMayRise;
}

/** Up to where a poll asks. Bounded, since rows of a far future would stand before all others. */
export function lastSecondS({ highWaterS }: Position, nowS: number): number {
  // A clock that went back must not make the range end before it begins.
  return Math.min(LAST_SECOND, Math.max(nowS, highWaterS) + CLOCK_BEHIND_S);
}

/** Throws where the stored cursor is not one of ours: guessing would skip events or page for old ones. */
export function readCursor(
  cursor: Cursor | undefined,
  source: string,
  lateArrivalS: number,
): Position | undefined {
  if (cursor === undefined) return undefined;
  const read = stored.safeParse(cursor);
  if (read.success) return completed(read.data, lateArrivalS);
  throw new SourceError(
    'refused',
    `${named(source)} the stored cursor is not one this version can read: start it again with the version that wrote it`,
  );
}

/** An earlier version's cursor says less; what it does not say counts as not done. */
function completed(read: z.output<typeof stored>, lateArrivalS: number): Position {
  const { lookedBack, ...rest } = read;
  const joinedS = Math.min(
    read.highWaterS,
    lookedBack?.highWaterS ?? Number.POSITIVE_INFINITY,
    read.walk?.nextS ?? Number.POSITIVE_INFINITY,
  );
  return {
    ...rest,
    newestS: read.newestS ?? read.highWaterS,
    auditS: read.auditS ?? Math.max(read.floorS, settledS(joinedS, lateArrivalS)),
    readS: read.readS ?? read.highWaterS,
  };
}

export function toCursor({ walk, gaps, surplus, lost, ...seconds }: Position): Cursor {
  return {
    ...seconds,
    ...(walk === undefined ? {} : { walk: walkJson(walk) }),
    ...(gaps.length === 0 ? {} : { gaps: gaps.map((each) => ({ ...each })) }),
    ...(surplus.length === 0 ? {} : { surplus: surplus.map((each) => [...each]) }),
    ...(lost.length === 0 ? {} : { lost: lost.map((each) => [...each]) }),
  };
}

function walkJson({ nextS, before }: z.output<typeof walk>): Cursor {
  return { nextS, ...(before === undefined ? {} : { before }) };
}

/** Where a poll begins: as the last one left it, or `initial_lookback` ago. */
export function beginAt(known: Position | undefined, nowS: number, { initialS }: Lookback): Position {
  if (known !== undefined && !isAhead(known, nowS)) return known;
  const floorS = Math.max(1, nowS - initialS);
  return {
    highWaterS: floorS,
    floorS,
    newestS: floorS,
    auditS: floorS,
    readS: floorS,
    gaps: [],
    surplus: [],
    lost: [],
  };
}

/**
 * Written by a clock that was far ahead, together with an event of that future: nothing would be read until that
 * time has come, and what appears until then never. Nobody knows since when, so it begins anew; ids tell what is known.
 */
function isAhead({ highWaterS }: Position, nowS: number): boolean {
  return highWaterS > nowS + CLOCK_BEHIND_S;
}
