import type { ArrivalHistory } from '../core/feed-state.ts';

const DAY_MS = 86_400_000;
/** How much of a feed's past its silence is judged by: two weeks hold nights, weekends and a holiday. */
const DAYS = 14;
/** Fewer events, or fewer days, are no rhythm. */
const FEWEST_EVENTS = 50;
const FEWEST_DAYS = 3;
const TIMES_LONGEST = 2;
const LEAST_SILENCE_MS = 30 * 60_000;

/** The rhythm with further events in it. Late ones shorten no gap: what was quiet when it mattered stays so. */
export function observeArrivals(
  history: ArrivalHistory | undefined,
  timesMs: readonly number[],
  nowMs: number,
): ArrivalHistory | undefined {
  const days = new Map(history?.days.map((day) => [day.day, day]));
  let newestMs = history?.newestMs;
  for (const timeMs of timesMs.toSorted((a, b) => a - b)) {
    // A feed whose clock is ahead must not push the newest into the future, or silence would go unnoticed.
    const time = Math.min(timeMs, nowMs);
    const gapMs = newestMs === undefined ? 0 : Math.max(0, time - newestMs);
    newestMs = Math.max(newestMs ?? time, time);
    const day = Math.floor(time / DAY_MS);
    const known = days.get(day) ?? { day, events: 0, longestGapMs: 0 };
    days.set(day, { day, events: known.events + 1, longestGapMs: Math.max(known.longestGapMs, gapMs) });
  }
  if (newestMs === undefined) return undefined;
  const newestDay = Math.floor(newestMs / DAY_MS);
  const kept = [...days.values()].filter(({ day }) => day > newestDay - DAYS);
  return { days: kept.sort((a, b) => a.day - b.day), newestMs };
}

export type Silence =
  | { readonly reason: 'usual' | 'no_rhythm' }
  | { readonly reason: 'silent'; readonly quietMs: number; readonly longestMs: number };

/** Whether a feed that is read without error has been quiet for longer than its own past makes plausible. */
export function judgeSilence(history: ArrivalHistory | undefined, nowMs: number): Silence {
  if (history === undefined || !hasRhythm(history)) return { reason: 'no_rhythm' };
  const longestMs = Math.max(...history.days.map((day) => day.longestGapMs));
  const quietMs = nowMs - history.newestMs;
  if (quietMs <= Math.max(LEAST_SILENCE_MS, longestMs * TIMES_LONGEST)) return { reason: 'usual' };
  return { reason: 'silent', quietMs, longestMs };
}

function hasRhythm({ days }: ArrivalHistory): boolean {
  return days.length >= FEWEST_DAYS && days.reduce((sum, { events }) => sum + events, 0) >= FEWEST_EVENTS;
}
