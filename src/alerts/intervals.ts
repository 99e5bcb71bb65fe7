import { createZone, type WallTime, type Zone } from '../core/zone.ts';

/** Minutes since midnight, `from` inclusive, `to` exclusive. Where `to` is not after `from` it ends the next day. */
export interface TimeRange {
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
  /** From 1; negative counts from the month's end: -1 is its last day. */
  readonly daysOfMonth?: readonly number[];
  /** From 1. */
  readonly months?: readonly number[];
}

/** When a route may speak: inside any of `active` (always, where there is none), and outside all of `mute`. */
export interface SpeakingTimes {
  readonly active: readonly TimeInterval[];
  readonly mute: readonly TimeInterval[];
}

const DAY_MINUTES = 1_440;
/** How far ahead the end of a mute time is looked for. A later one is looked for again from there. */
const HORIZON_DAYS = 8;

/** Undefined where the route may speak now; otherwise when to ask again: the mute time ends then, or goes on for days. */
export function mutedUntil(times: SpeakingTimes, nowMs: number): number | undefined {
  if (mayTell(times, nowMs)) return undefined;
  const edges = [...times.active, ...times.mute].flatMap((interval) => edgesAfter(interval, nowMs));
  const ascending = [...new Set(edges)].filter((edge) => edge > nowMs).sort((a, b) => a - b);
  return ascending.find((edge) => mayTell(times, edge)) ?? ascending.at(-1) ?? nowMs + DAY_MINUTES * 60_000;
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

/** Whether the instant lies in the interval, by the zone's own clocks: those of a skipped or doubled hour, too. */
export function isInside(interval: TimeInterval, nowMs: number): boolean {
  const wall = createZone(interval.timeZone).wallOf(nowMs);
  const minute = wall.hour * 60 + wall.minute;
  const yesterday = dayBefore(wall);
  return rangesOf(interval).some(({ from, to }) => {
    if (from < to) return minute >= from && minute < to && isDay(interval, wall);
    return (minute >= from && isDay(interval, wall)) || (minute < to && isDay(interval, yesterday));
  });
}

function rangesOf({ times }: TimeInterval): readonly TimeRange[] {
  return times ?? [{ from: 0, to: DAY_MINUTES }];
}

function isDay({ weekdays, daysOfMonth, months }: TimeInterval, wall: WallTime): boolean {
  if (weekdays !== undefined && !weekdays.includes(weekdayOf(wall))) return false;
  if (months !== undefined && !months.includes(wall.month)) return false;
  if (daysOfMonth === undefined) return true;
  const length = new Date(Date.UTC(wall.year, wall.month, 0)).getUTCDate();
  return daysOfMonth.some((day) => wall.day === (day > 0 ? day : length + 1 + day));
}

/** Instants at which the interval may begin or end. */
function edgesAfter(interval: TimeInterval, nowMs: number): number[] {
  const zone = createZone(interval.timeZone);
  const today = zone.wallOf(nowMs);
  const days = Array.from({ length: HORIZON_DAYS + 1 }, (_, ahead) => ahead);
  return days.flatMap((ahead) => edgesOfDay(interval, zone, { ...today, day: today.day + ahead }));
}

function edgesOfDay(interval: TimeInterval, zone: Zone, day: WallTime): number[] {
  const minutes = rangesOf(interval).flatMap(({ from, to }) => [from, to % DAY_MINUTES, to]);
  return [0, ...minutes].map((minute) =>
    zone.instantOf({ ...day, hour: Math.floor(minute / 60), minute: minute % 60 }),
  );
}

function dayBefore(wall: WallTime): WallTime {
  const date = new Date(Date.UTC(wall.year, wall.month - 1, wall.day - 1));
  return { ...wall, year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

function weekdayOf({ year, month, day }: WallTime): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
}
