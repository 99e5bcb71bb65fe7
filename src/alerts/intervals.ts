import { createZone, type WallTime, type Zone } from '../core/zone.ts';

/** Minutes since midnight, `from` inclusive, `to` exclusive. Where `to` is not after `from` it ends the next day. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** Days of a month, both ends included: from 1; negative counts from the month's end: -1 is its last day. */
export interface DaySpan {
  readonly from: number;
  readonly to: number;
}

/** Days of the calendar as `YYYYMMDD`, both ends included. */
export interface DateSpan {
  readonly from: number;
  readonly to: number;
}

/** When a team works, sleeps or maintains. Everything that is named must hold; what is absent always does. */
export interface TimeInterval {
  readonly name: string;
  /** IANA name. */
  readonly timeZone: string;
  /** Absent: the whole day. */
  readonly times?: readonly TimeRange[];
  /** 0 is Sunday. Of a range over midnight: the day on which it begins. */
  readonly weekdays?: readonly number[];
  readonly daysOfMonth?: readonly (number | DaySpan)[];
  /** From 1. */
  readonly months?: readonly number[];
  readonly dates?: readonly DateSpan[];
  readonly years?: readonly number[];
}

/** When a route may speak: inside any of `active` (always, where there is none), and outside all of `mute`. */
export interface SpeakingTimes {
  readonly active: readonly TimeInterval[];
  readonly mute: readonly TimeInterval[];
}

/** A day of the calendar, wherever. */
export type Day = Pick<WallTime, 'year' | 'month' | 'day'>;

const DAY_MINUTES = 1_440;
const DAY_MS = DAY_MINUTES * 60_000;
/** How far ahead the end of a mute time is looked for. A later one is looked for again from there. */
const HORIZON_DAYS = 400;
/** Looked at together: intervals have zones of their own, whose days begin at different times. */
const BLOCK_DAYS = 8;

/**
 * Undefined where the route may speak now; otherwise the first instant at which it may, or, where that is more than
 * a year away, when to ask again.
 */
export function mutedUntil(times: SpeakingTimes, nowMs: number): number | undefined {
  if (mayTell(times, nowMs)) return undefined;
  const intervals = [...times.active, ...times.mute];
  const endMs = nowMs + HORIZON_DAYS * DAY_MS;
  for (let fromMs = nowMs; fromMs < endMs; fromMs += BLOCK_DAYS * DAY_MS) {
    const toMs = fromMs + BLOCK_DAYS * DAY_MS;
    const edges = new Set(intervals.flatMap((interval) => edgesBetween(interval, fromMs, toMs)));
    const first = [...edges].sort((a, b) => a - b).find((edge) => mayTell(times, edge));
    if (first !== undefined) return first;
  }
  return endMs;
}

/** The interval that keeps a route from speaking now; of one that speaks in none of its active times, those. */
export function mutingInterval({ active, mute }: SpeakingTimes, nowMs: number): string {
  const muting = mute.find((interval) => isInside(interval, nowMs));
  return muting?.name ?? `outside ${active.map(({ name }) => name).join(', ')}`;
}

function mayTell({ active, mute }: SpeakingTimes, nowMs: number): boolean {
  const isActive = active.length === 0 || active.some((interval) => isInside(interval, nowMs));
  return isActive && !mute.some((interval) => isInside(interval, nowMs));
}

/** Whether the instant lies in the interval, by the zone's own clocks: both times where an hour comes twice. */
export function isInside(interval: TimeInterval, nowMs: number): boolean {
  const wall = createZone(interval.timeZone).wallOf(nowMs);
  const minute = wall.hour * 60 + wall.minute;
  const yesterday = dayAfter(wall, -1);
  return rangesOf(interval).some(({ from, to }) => {
    if (from < to) return minute >= from && minute < to && isDay(interval, wall);
    return (minute >= from && isDay(interval, wall)) || (minute < to && isDay(interval, yesterday));
  });
}

function rangesOf({ times }: TimeInterval): readonly TimeRange[] {
  return times ?? [{ from: 0, to: DAY_MINUTES }];
}

/** Whether the interval, its times apart, names the day. */
export function isDay(interval: Omit<TimeInterval, 'name' | 'timeZone'>, day: Day): boolean {
  const { weekdays, daysOfMonth, months, dates, years } = interval;
  if (years !== undefined && !years.includes(day.year)) return false;
  if (weekdays !== undefined && !weekdays.includes(weekdayOf(day))) return false;
  if (months !== undefined && !months.includes(day.month)) return false;
  if (dates !== undefined && !dates.some(({ from, to }) => from <= dateOf(day) && dateOf(day) <= to))
    return false;
  return daysOfMonth === undefined || isDayOfMonth(daysOfMonth, day);
}

/** A day as `YYYYMMDD`. */
function dateOf({ year, month, day }: Day): number {
  return year * 10_000 + month * 100 + day;
}

function isDayOfMonth(days: readonly (number | DaySpan)[], { year, month, day }: Day): boolean {
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const place = (from: number): number => (from > 0 ? from : length + 1 + from);
  return days.some((each) => {
    if (typeof each === 'number') return day === place(each);
    return place(each.from) <= day && day <= place(each.to);
  });
}

/**
 * The instants after `fromMs`, up to `toMs`, at which the interval may begin or end. When clocks change, what they show
 * goes back or on, and an interval may begin or end without its own times coming.
 */
function edgesBetween(interval: TimeInterval, fromMs: number, toMs: number): readonly number[] {
  const zone = createZone(interval.timeZone);
  const today = zone.wallOf(fromMs);
  const edges = Array.from({ length: BLOCK_DAYS + 2 }, (_, ahead) =>
    edgesOfDay(interval, zone, dayAfter(today, ahead)),
  );
  return [...edges.flat(), ...zone.changesIn(fromMs, toMs)].filter((edge) => edge > fromMs && edge <= toMs);
}

function edgesOfDay(interval: TimeInterval, zone: Zone, day: Day): readonly number[] {
  // Nothing of the interval lies in such a day, and no clock needs to be asked.
  if (!isDay(interval, day) && !isDay(interval, dayAfter(day, -1))) return [];
  const minutes = new Set([0, ...rangesOf(interval).flatMap(({ from, to }) => [from, to])]);
  return [...minutes, DAY_MINUTES].flatMap((minute) =>
    zone.instantsOf({ ...day, hour: Math.floor(minute / 60), minute: minute % 60 }),
  );
}

function dayAfter({ year, month, day }: Day, days: number): Day {
  const date = new Date(Date.UTC(year, month - 1, day + days));
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

function weekdayOf({ year, month, day }: Day): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
}

/** Of a time: the instants at which what may be told changes, its beginning among them, and whether it may be told then. */
export function speakingBetween(
  times: SpeakingTimes,
  fromMs: number,
  toMs: number,
): readonly { readonly atMs: number; readonly isActive: boolean; readonly muted: readonly string[] }[] {
  const { active, mute } = times;
  const edges = new Set([fromMs]);
  for (let startMs = fromMs; startMs < toMs; startMs += BLOCK_DAYS * DAY_MS) {
    const endMs = Math.min(startMs + BLOCK_DAYS * DAY_MS, toMs);
    for (const interval of [...active, ...mute])
      for (const edge of edgesBetween(interval, startMs, endMs)) edges.add(edge);
  }
  return [...edges].map((atMs) => ({
    atMs,
    isActive: active.length === 0 || active.some((interval) => isInside(interval, atMs)),
    muted: mute.filter((interval) => isInside(interval, atMs)).map(({ name }) => name),
  }));
}
