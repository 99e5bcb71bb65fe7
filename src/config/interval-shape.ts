import { z } from 'zod';
import type { TimeInterval } from '../alerts/intervals.ts';
import { integer, name } from '../schema/values.ts';
import { MONTHS, namedList, timeRange, timeZone, WEEKDAYS } from './time-shape.ts';

const dayOfMonth = integer({ min: -31, max: 31 }).refine((day) => day !== 0, {
  error: 'expected a day of the month: 1 to 31, or -1 to -31 from its end',
});

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
    weekdays: namedList(WEEKDAYS, 'weekday', 'monday-friday')
      .optional()
      .describe(
        'Days, or ranges of them. A time over midnight counts to the day it begins. Default: every day.',
      ),
    days_of_month: z
      .array(dayOfMonth)
      .min(1)
      .optional()
      .describe('1 to 31, or -1 (the last day) to -31. Default: every day.'),
    months: namedList(MONTHS, 'month', 'june-august')
      .optional()
      .describe('Months, or ranges of them. Default: every month.'),
  })
  .superRefine((interval, context) => {
    const message = mistakeIn(interval);
    if (message !== undefined) context.addIssue({ code: 'custom', message, path: [] });
  });

type CheckedInterval = z.output<typeof intervalShape>;

/** February in its longest year. */
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function mistakeIn({ times, weekdays, days_of_month: days, months }: CheckedInterval): string | undefined {
  if ((times ?? weekdays ?? days ?? months) === undefined)
    return 'this is always: name times, weekdays, days_of_month or months, or leave the interval out';
  const longest = Math.max(...(months ?? [0]).map((month) => MONTH_DAYS[month] ?? 0));
  // A day beyond all months is a mistake of its own, and told as such.
  if (days === undefined || days.some((day) => Math.abs(day) <= longest || Math.abs(day) > 31))
    return undefined;
  return 'this is never: no month that it names has such a day';
}

export function toInterval(checked: CheckedInterval): TimeInterval {
  const { name: own, time_zone: zone, times, weekdays, days_of_month: daysOfMonth, months } = checked;
  return {
    name: own,
    timeZone: zone,
    ...(times !== undefined && { times }),
    ...(weekdays !== undefined && { weekdays }),
    ...(daysOfMonth !== undefined && { daysOfMonth }),
    ...(months !== undefined && { months: months.map((month) => month + 1) }),
  };
}
