import { z } from 'zod';
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

const RANGE = /^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$/;
const EXPECTED_RANGE =
  'expected two different times of day, such as "08:00-18:00", or "22:00-06:00" into the next day';
const DAY_MINUTES = 1_440;

/** Minutes since midnight; the end may be 24:00. */
export const timeRange = z
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

/** NaN where it is no time of day. */
function minutes(hour: string | undefined, minute: string | undefined): number {
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

/**
 * A list of names and of ranges of them, which may go past the end: `[monday, friday-sunday]`. Once read, the places
 * of all that are meant.
 */
export function namedList(names: readonly string[], what: string, example: string) {
  const expected = `expected a ${what} or a range of them, such as ${example}`;
  const entry = z.string({ error: expected }).transform((text, context) => {
    const ends = text.toLowerCase().split('-');
    const [first = '', last = first] = ends;
    const [from, to] = [names.indexOf(first), names.indexOf(last)];
    if (from >= 0 && to >= 0 && ends.length <= 2) return placesBetween(from, to, names.length);
    const near = nearest(names.includes(first) ? last : first, names);
    context.addIssue({ code: 'custom', message: `${expected}${suggestion(near, names)}` });
    return z.NEVER;
  });
  return z
    .array(entry)
    .min(1)
    .transform((places) => [...new Set(places.flat())])
    .meta({ examples: [[example]] });
}

function placesBetween(from: number, to: number, length: number): number[] {
  const steps = (to - from + length) % length;
  return Array.from({ length: steps + 1 }, (_, step) => (from + step) % length);
}
