import { createZone, type WallTime, type Zone } from '../../core/zone.ts';

/** When a digest is due, as the configuration says. */
export interface DigestSchedule {
  readonly every: 'day' | 'week';
  readonly at: { readonly hour: number; readonly minute: number };
  /** Of a weekly digest: 0 is Sunday. */
  readonly on: number;
  /** IANA name. */
  readonly timeZone: string;
}

/** From one due time to the next: `toMs` is no part of it. */
export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Due {
  /** The last one that is over. */
  readonly period: Period;
  readonly before: Period;
  readonly nextDueMs: number;
}

const DAY_MS = 86_400_000;
/** More due times than are asked for: calendar dates that a zone left out, and the clock changes near by. */
const SPARE = 3;

/** The last period that is over at `nowMs`: it ended less than one period ago. */
export function periodFor(nowMs: number, schedule: DigestSchedule): Due {
  const [first = nowMs, from = nowMs, to = nowMs, next = nowMs] = dueTimes(nowMs, schedule, 2, 1);
  return {
    period: { fromMs: from, toMs: to },
    before: { fromMs: first, toMs: from },
    nextDueMs: next,
  };
}

/** Due times, ascending: the last one up to `nowMs`, `back` before it and `ahead` after it. */
export function dueTimes(nowMs: number, schedule: DigestSchedule, back: number, ahead: number): number[] {
  const zone = createZone(schedule.timeZone);
  const today = zone.wallOf(nowMs);
  const step = schedule.every === 'day' ? 1 : 7;
  const start = schedule.every === 'day' ? 0 : schedule.on - weekdayOf(today);
  const times = new Set<number>();
  for (let count = -(back + SPARE); count <= ahead + SPARE; count += 1) {
    times.add(zone.instantOf({ ...today, ...schedule.at, day: today.day + start + count * step }));
  }
  const ascending = [...times].sort((a, b) => a - b);
  const last = ascending.findLastIndex((time) => time <= nowMs);
  return ascending.slice(last - back, last + ahead + 1);
}

function weekdayOf({ year, month, day }: WallTime): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
}

/** A step of a chart: where it begins, and what it is called. */
export interface Step {
  readonly fromMs: number;
  readonly label: string;
}

/** The hours of a day's period (23 or 25 where clocks change), the days of a week's. */
export function stepsOf({ fromMs, toMs }: Period, schedule: DigestSchedule): Step[] {
  const zone = createZone(schedule.timeZone);
  if (schedule.every === 'week') {
    const days = dueTimes(toMs, { ...schedule, every: 'day' }, Math.ceil((toMs - fromMs) / DAY_MS) + 1, 0);
    return days
      .filter((time) => time >= fromMs && time < toMs)
      .map((time) => ({ fromMs: time, label: dayLabel(time, zone) }));
  }
  const hours = Math.ceil((toMs - fromMs) / 3_600_000);
  return Array.from({ length: hours }, (_, hour) => {
    const time = fromMs + hour * 3_600_000;
    return { fromMs: time, label: hourLabel(time, zone) };
  });
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** `Fri 20`. */
function dayLabel(instantMs: number, zone: Zone): string {
  const wall = zone.wallOf(instantMs);
  return `${WEEKDAYS[weekdayOf(wall)] ?? ''} ${wall.day}`;
}

/** `08:00`. */
function hourLabel(instantMs: number, zone: Zone): string {
  const { hour, minute } = zone.wallOf(instantMs);
  return `${twoDigits(hour)}:${twoDigits(minute)}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

/** `2026-11-20 08:00`. */
export function wallText(instantMs: number, timeZone: string): string {
  const { year, month, day, hour, minute } = createZone(timeZone).wallOf(instantMs);
  return `${year}-${twoDigits(month)}-${twoDigits(day)} ${twoDigits(hour)}:${twoDigits(minute)}`;
}

/** The day that a source's own day is: it begins at some midnight on earth, and noon of it is the same day in UTC. */
export function dayText(startMs: number): string {
  return wallText(startMs + DAY_MS / 2, 'UTC').slice(0, 10);
}
