import { z } from 'zod';
import { integer, name } from '../schema/values.ts';
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

const TIME = /^(\d{1,2}):(\d{2})$/;
const EXPECTED_TIME = 'expected a time of day, such as "08:00"';

const timeOfDay = z
  .string({ error: EXPECTED_TIME })
  .transform((text, context) => {
    const [, hours, minutes] = TIME.exec(text) ?? [];
    const time = { hour: Number(hours), minute: Number(minutes) };
    if (time.hour <= 23 && time.minute <= 59) return time;
    context.addIssue({ code: 'custom', message: EXPECTED_TIME });
    return z.NEVER;
  })
  .meta({ examples: ['08:00'] });

const EXPECTED_ZONE = 'expected the name of a time zone, such as UTC or Europe/Paris';

const timeZone = z
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
