import { z } from 'zod';
import type { DateSpan, DaySpan } from '../alerts/intervals.ts';
import { nearest, suggestion } from './words.ts';

export const WEEKDAYS = [
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
] as const;

export const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
] as const;

const TIME = /^(\d{1,2}):(\d{2})$/;
const EXPECTED_TIME = 'expected a time of day, such as "08:00"';

export const timeOfDay = z
  .string({ error: EXPECTED_TIME })
  .transform((text, context) => {
    const [, hours, minutes] = TIME.exec(text) ?? [];
    const time = { hour: Number(hours), minute: Number(minutes) };
    if (time.hour <= 23 && time.minute <= 59) return time;
    context.addIssue({ code: 'custom', message: EXPECTED_TIME });
    return z.NEVER;
  })
  .meta({ examples: ['08:00'] });

const RANGE = /^(\d{1,2}):(\d{2})\s*(?:-|–|\.\.)\s*(\d{1,2}):(\d{2})$/;
const EXPECTED_RANGE =
  'expected two different times of day, such as "08:00-18:00", or "22:00-06:00" into the next day';
const DAY_MINUTES = 1_440;

/** Minutes since midnight; the end may be 24:00. */
const timeRangeText = z
  .string({ error: EXPECTED_RANGE })
  .transform((text, context) => {
    const [, fromHour, fromMinute, toHour, toMinute] = RANGE.exec(text) ?? [];
    const from = minutes(fromHour, fromMinute);
    const to = minutes(toHour, toMinute);
    if (from < DAY_MINUTES && to <= DAY_MINUTES && from !== to) return { from, to };
    context.addIssue({ code: 'custom', message: EXPECTED_RANGE });
    return z.NEVER;
  })
  .meta({ examples: ['08:00-18:00', '22:00-06:00'] });

/** As Alertmanager writes it. */
const timePair = z
  .strictObject({
    start_time: z.string({ error: EXPECTED_TIME }).describe('When it begins, such as "08:00".'),
    end_time: z.string({ error: EXPECTED_TIME }).describe('When it ends; "24:00" is the end of the day.'),
  })
  .transform(({ start_time: start, end_time: end }, context) => {
    const [from, to] = [start, end].map((text) => minutes(...(TIME.exec(text)?.slice(1) ?? [])));
    const wrong = Number(from) < DAY_MINUTES ? 'end_time' : 'start_time';
    if (from !== undefined && to !== undefined && from < DAY_MINUTES && to <= DAY_MINUTES) {
      if (from !== to) return { from, to };
      context.addIssue({ code: 'custom', message: 'must not be the time at which it begins', path: [wrong] });
    } else context.addIssue({ code: 'custom', message: EXPECTED_TIME, path: [wrong] });
    return z.NEVER;
  });

export const timeRange = z.union([timeRangeText, timePair]);

/** NaN where it is no time of day. */
function minutes(hour?: string, minute?: string): number {
  return Number(minute) <= 59 ? Number(hour) * 60 + Number(minute) : Number.NaN;
}

const EXPECTED_ZONE = 'expected the name of a time zone, such as UTC or Europe/Paris';

export const timeZone = z
  .string({ error: EXPECTED_ZONE })
  .superRefine((text, context) => {
    if (isTimeZone(text)) return;
    const near = nearest(text, Intl.supportedValuesOf('timeZone'));
    const message = near === undefined ? EXPECTED_ZONE : `${EXPECTED_ZONE}${suggestion(near, [])}`;
    context.addIssue({ code: 'custom', message });
  })
  .meta({ examples: ['Europe/Paris'] });

/** Not a bare offset: it would know no summer. */
function isTimeZone(text: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: text }) !== undefined;
  } catch {
    return false;
  }
}

/** `monday-friday`, as Alertmanager writes it `monday:friday`, or with two dots as dates are. */
const BETWEEN = /\s*(?::|\.\.|–|-)\s*/;
/** Of what may begin with a minus itself. */
const BETWEEN_NUMBERS = /(?<=\d)\s*(?::|\.\.|–|-)\s*/;

/** What is written for a name: whole, or short as `mon`, `tues`, `sept`. Undefined where it is none. */
function placeOf(text: string, names: readonly string[]): number | undefined {
  const word = text.toLowerCase().replace(/\.$/, '');
  const place = names.findIndex((name) => name === word || (word.length >= 3 && isShort(word, name)));
  return place < 0 ? undefined : place;
}

function isShort(word: string, name: string): boolean {
  return word.length <= 5 && name.startsWith(word);
}

interface NamedList {
  readonly names: readonly string[];
  readonly what: string;
  readonly example: string;
  /** What is said of numbers in their place; without it they count from 1. */
  readonly onNumber?: string;
}

/**
 * A list of names and of ranges of them, which may go past the end: `[monday, friday-sunday]`. Once read, the places
 * of all that are meant.
 */
export function namedList({ names, what, example, onNumber }: NamedList) {
  const expected = `expected a ${what} or a range of them, such as ${example}`;
  const entry = (onNumber === undefined ? textOrNumber(expected) : z.string({ error: onNumber })).transform(
    (written, context) => {
      const text = String(written).trim();
      const ends = text.split(BETWEEN);
      const isNumeric = ends.every((end) => /^\d+$/.test(end));
      const places = ends.map((end) =>
        isNumeric && onNumber === undefined ? numbered(end, names) : placeOf(end, names),
      );
      const [from, to = from] = places;
      if (!places.includes(undefined) && from !== undefined && to !== undefined && ends.length <= 2)
        return placesBetween(from, to, names.length);
      const wrong = ends[places.indexOf(undefined)] ?? text;
      const message =
        isNumeric && onNumber !== undefined
          ? onNumber
          : `${expected}${suggestion(nearest(wrong, names), names)}`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    },
  );
  return z
    .array(entry)
    .min(1)
    .transform((places) => [...new Set(places.flat())])
    .meta({ examples: [[example]] });
}

function textOrNumber(expected: string) {
  return z.union([z.string(), z.number()], { error: expected });
}

function numbered(text: string, names: readonly string[]): number | undefined {
  const place = Number(text) - 1;
  return names[place] === undefined ? undefined : place;
}

function placesBetween(from: number, to: number, length: number): number[] {
  const steps = (to - from + length) % length;
  return Array.from({ length: steps + 1 }, (_, step) => (from + step) % length);
}

const EXPECTED_DAY =
  'expected a day of the month, 1 to 31, or -1 to -31 from its end, or a range of them, such as "1:7" or "-7:-1"';

/** One day, or a range of them as Alertmanager writes it. */
export const dayOfMonth = z
  .union([z.number(), z.string()], { error: EXPECTED_DAY })
  .transform((written, context): number | DaySpan => {
    const ends = typeof written === 'number' ? [written] : written.trim().split(BETWEEN_NUMBERS).map(Number);
    const [from = Number.NaN, to] = ends;
    const areDays = ends.length <= 2 && ends.every(isDayOfMonth);
    if (areDays && to === undefined) return from;
    if (areDays && to !== undefined && !isBackward(from, to)) return { from, to };
    const message = areDays
      ? 'ends before it begins; write two ranges where it goes past the month'
      : EXPECTED_DAY;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  })
  .meta({ examples: [1, -1, '1:7'] });

function isDayOfMonth(day: number): boolean {
  return Number.isInteger(day) && day !== 0 && Math.abs(day) <= 31;
}

/** Whether no month has a day in it. */
function isBackward(from: number, to: number): boolean {
  // Days from the end move: the 20th to the fifth last is there in long months only, and is no mistake.
  return from > 0 === to > 0 && from > to;
}

const EXPECTED_DATE =
  'expected a day such as 2026-12-25, or days such as 2026-12-24..2026-12-26; for a day of every year use "months" and "days_of_month"';

const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:\s*(?:\.\.|:|\/|–)\s*(\d{4})-(\d{2})-(\d{2}))?$/;

/** One day of the calendar, or all from one to another. */
export const dateSpan = z
  .string({ error: EXPECTED_DATE })
  .transform((text, context): DateSpan => {
    const parts = DATE.exec(text.trim());
    const from = calendarDay(parts?.slice(1, 4) ?? []);
    const to = parts?.[4] === undefined ? from : calendarDay(parts.slice(4, 7));
    if (from !== undefined && to !== undefined && from <= to) return { from, to };
    const isLate = from !== undefined && to !== undefined;
    context.addIssue({ code: 'custom', message: isLate ? 'ends before it begins' : EXPECTED_DATE });
    return z.NEVER;
  })
  .meta({ examples: ['2026-12-25', '2026-12-24..2026-12-26'] });

/** As `YYYYMMDD`; undefined for 30 February, which a calendar would carry on from. */
function calendarDay(parts: readonly string[]): number | undefined {
  const [year = Number.NaN, month = Number.NaN, day = Number.NaN] = parts.map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() + 1 === month && date.getUTCDate() === day
    ? year * 10_000 + month * 100 + day
    : undefined;
}

const EXPECTED_YEAR = 'expected a year, such as 2026, or a range of them, such as "2026:2028"';
const FIRST_YEAR = 2_000;
const LAST_YEAR = 2_199;

export const yearSpan = z
  .union([z.number(), z.string()], { error: EXPECTED_YEAR })
  .transform((written, context) => {
    const ends = typeof written === 'number' ? [written] : written.trim().split(BETWEEN).map(Number);
    const [from = Number.NaN, to = from] = ends;
    const areYears = ends.length <= 2 && ends.every(isYear);
    if (areYears && from <= to) return Array.from({ length: to - from + 1 }, (_, step) => from + step);
    context.addIssue({ code: 'custom', message: areYears ? 'ends before it begins' : EXPECTED_YEAR });
    return z.NEVER;
  })
  .meta({ examples: [2026, '2026:2028'] });

function isYear(year: number): boolean {
  return Number.isInteger(year) && year >= FIRST_YEAR && year <= LAST_YEAR;
}
