import { parse } from 'node-cron';

const DAY_MS = 86_400_000;
/** A leap day on a certain day of the week comes every 28 years; nobody polls by that. */
const MOST_DAYS = 366 * 5;

/** When a schedule ticks next, strictly after a time; undefined where it does not within years. UTC, as schedules run. */
export function nextTickMs(schedule: string, afterMs: number): number | undefined {
  const fields = parse(schedule);
  const firstDay = Math.floor(afterMs / DAY_MS);
  for (let day = firstDay; day < firstDay + MOST_DAYS; day += 1) {
    if (!isOnDay(fields, new Date(day * DAY_MS))) continue;
    const seconds = nextSecond(fields, (afterMs - day * DAY_MS) / 1_000);
    if (seconds !== undefined) return day * DAY_MS + seconds * 1_000;
  }
  return undefined;
}

/** The longest that a schedule goes without a tick, nights and weekends included. */
export function longestPauseMs(schedule: string, fromMs: number): number {
  const fields = parse(schedule);
  const ticks = secondsOfDay(fields);
  const within = ticks.slice(1).map((second, index) => second - (ticks[index] ?? second));
  const first = ticks[0] ?? 0;
  const last = ticks.at(-1) ?? 0;
  const days = longestDays(fields, Math.floor(fromMs / DAY_MS));
  const longest = within.reduce((most, each) => Math.max(most, each), 0);
  return Math.max(longest * 1_000, days * DAY_MS - (last - first) * 1_000);
}

type Fields = ReturnType<typeof parse>;

/** Days from one day with ticks to the next, at most. */
function longestDays(fields: Fields, firstDay: number): number {
  let longest = 0;
  let before = firstDay;
  for (let day = firstDay; day < firstDay + MOST_DAYS; day += 1) {
    if (!isOnDay(fields, new Date(day * DAY_MS))) continue;
    longest = Math.max(longest, day - before);
    before = day;
  }
  return Math.max(longest, firstDay + MOST_DAYS - 1 - before, 1);
}

function secondsOfDay({ hour, minute, second }: Fields): number[] {
  return hour
    .flatMap((h) => minute.flatMap((m) => second.map((s) => (h * 60 + m) * 60 + s)))
    .toSorted((a, b) => a - b);
}

/** The first second of the day with a tick after the given one. */
function nextSecond(fields: Fields, after: number): number | undefined {
  for (const hour of fields.hour) {
    if ((hour + 1) * 3_600 <= after) continue;
    for (const minute of fields.minute) {
      const start = hour * 3_600 + minute * 60;
      if (start + 60 <= after) continue;
      const found = fields.second.find((second) => start + second > after);
      if (found !== undefined) return start + found;
    }
  }
  return undefined;
}

/** Day of the month and day of the week must both fit, as the library that runs schedules has it. */
function isOnDay({ month, dayOfMonth, dayOfWeek }: Fields, date: Date): boolean {
  return (
    month.includes(date.getUTCMonth() + 1) &&
    dayOfMonth.some((each) => isDayOfMonth(each, date)) &&
    dayOfWeek.some((each) => isDayOfWeek(each, date))
  );
}

function isDayOfMonth(each: number | string, date: Date): boolean {
  return each === 'L' ? daysToMonthEnd(date) === 0 : each === date.getUTCDate();
}

/** A number, `1#2` (the second Monday) or `1L` (the last one). */
function isDayOfWeek(each: number | string, date: Date): boolean {
  if (typeof each === 'number') return each === date.getUTCDay();
  const [, day, kind, nth] = /^(\d)(?:(L)|#(\d))$/.exec(each) ?? [];
  if (Number(day) % 7 !== date.getUTCDay()) return false;
  return kind === 'L' ? daysToMonthEnd(date) < 7 : Math.ceil(date.getUTCDate() / 7) === Number(nth);
}

function daysToMonthEnd(date: Date): number {
  return (
    new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate() - date.getUTCDate()
  );
}
