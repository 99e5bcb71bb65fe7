import { z } from 'zod';
import { integer, name } from '../schema/values.ts';
import { timeOfDay, timeZone, WEEKDAYS } from './time-shape.ts';

export const digestShape = z.strictObject({
  name: name()
    .optional()
    .describe('What logs, metrics and ids call this digest. Default: daily or weekly, as every says.'),
  to: z.array(name()).min(1).describe('Names of the destinations to tell; each must take alerts.'),
  every: z.enum(['day', 'week']).default('day').describe('How often, and how long a time it summarises.'),
  at: timeOfDay
    .prefault('08:00')
    .describe('The time of day at which its period ends and the next one begins.'),
  on: z.enum(WEEKDAYS).default('monday').describe('The day of a weekly digest.'),
  time_zone: timeZone
    .default('UTC')
    .describe('IANA name; times are told in it, and its clock changes are followed.'),
  top: integer({ min: 1, max: 20 }).default(5).describe('Rows of each table.'),
});

/** What a digest is called that has no name of its own. */
export function digestName({
  name: own,
  every,
}: {
  readonly name?: unknown;
  readonly every?: unknown;
}): string {
  if (typeof own === 'string') return own;
  return every === 'week' ? 'weekly' : 'daily';
}
