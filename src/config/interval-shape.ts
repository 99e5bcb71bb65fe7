import { z } from 'zod';
import { type Day, isDay, type TimeInterval } from '../alerts/intervals.ts';
import { name } from '../schema/values.ts';
import {
  dateSpan,
  dayOfMonth,
  MONTHS,
  namedList,
  timeRange,
  timeZone,
  WEEKDAYS,
  yearSpan,
} from './time-shape.ts';

const weekdays = namedList({
  ...{ names: WEEKDAYS, what: 'weekday', example: 'monday-friday' },
  onNumber:
    'expected the names of weekdays, such as monday-friday: whether 1 is Sunday or Monday differs between tools',
});
const months = namedList({ names: MONTHS, what: 'month', example: 'june-august' });

export const intervalShape = z
  .strictObject({
    name: name().describe('What routes call it.'),
    time_zone: timeZone
      .default('UTC')
      .describe('IANA name: the clocks and the calendar that everything in it is read by.'),
    times: z
      .array(timeRange)
      .min(1)
      .optional()
      .describe(
        'Times of day, the end excluded; one that ends before it begins ends the next day. Default: the whole day.',
      ),
    weekdays: weekdays
      .optional()
      .describe(
        'Days, or ranges of them. A time over midnight counts to the day it begins. Default: every day.',
      ),
    days_of_month: z
      .array(dayOfMonth)
      .min(1)
      .optional()
      .describe('1 to 31, -1 (the last day) to -31, or ranges such as "1:7". Default: every day.'),
    months: months.optional().describe('Months, by name or number, or ranges of them. Default: every month.'),
    dates: z
      .array(dateSpan)
      .min(1)
      .optional()
      .describe('Days of the calendar, such as 2026-12-25, or 2026-12-24..2026-12-26. Default: every day.'),
    years: z
      .array(yearSpan)
      .min(1)
      .transform((years) => [...new Set(years.flat())])
      .optional()
      .describe('Years, or ranges such as "2026:2028". Default: every year.'),
  })
  .superRefine((interval, context) => {
    const message = mistakeIn(interval);
    if (message !== undefined) context.addIssue({ code: 'custom', message, path: [] });
  });

type CheckedInterval = z.output<typeof intervalShape>;

function mistakeIn(interval: CheckedInterval): string | undefined {
  const { times, weekdays: ofWeek, days_of_month: ofMonth, months: named, dates, years } = interval;
  if ((times ?? ofWeek ?? ofMonth ?? named ?? dates ?? years) === undefined)
    return 'this is always: name times, weekdays, days_of_month, months, dates or years, or leave the interval out';
  if (isEver(toInterval(interval))) return undefined;
  return 'this is never: no day of the calendar is all that it names';
}

const LEAP_YEAR = 2_028;
/** So many years hold every day of the week at every day of the year, 29 February among them. */
const CYCLE_YEARS = 28;

function isEver(interval: TimeInterval): boolean {
  return yearsOf(interval).some((year) =>
    Array.from({ length: 366 }, (_, day) => dayOfYear(year, day)).some((day) => isDay(interval, day)),
  );
}

function yearsOf({ years, dates }: TimeInterval): readonly number[] {
  if (years !== undefined) return years;
  if (dates === undefined) return Array.from({ length: CYCLE_YEARS }, (_, step) => LEAP_YEAR + step);
  // A span of more than a cycle holds all that a cycle does.
  return dates.flatMap(({ from, to }) => {
    const [first, last] = [Math.floor(from / 10_000), Math.floor(to / 10_000)];
    return Array.from({ length: Math.min(last - first, CYCLE_YEARS) + 1 }, (_, step) => first + step);
  });
}

function dayOfYear(year: number, day: number): Day {
  const date = new Date(Date.UTC(year, 0, 1 + day));
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

export function toInterval(checked: CheckedInterval): TimeInterval {
  const { name: own, time_zone: zone, times, weekdays: ofWeek, days_of_month: daysOfMonth } = checked;
  const { months: named, dates, years } = checked;
  return {
    name: own,
    timeZone: zone,
    ...(times !== undefined && { times }),
    ...(ofWeek !== undefined && { weekdays: ofWeek }),
    ...(daysOfMonth !== undefined && { daysOfMonth }),
    ...(named !== undefined && { months: named.map((month) => month + 1) }),
    ...(dates !== undefined && { dates }),
    ...(years !== undefined && { years }),
  };
}
