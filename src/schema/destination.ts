import { z } from 'zod';
import { integer } from './values.ts';

/** How many messages people are sent: `rate`. */
export const messageRate = () =>
  z
    .strictObject({
      per_minute: integer({ min: 1, max: 600 })
        .default(4)
        .describe('Messages a minute; what exceeds it becomes one that sums up, at most one a minute.'),
      burst: integer({ min: 1, max: 600 }).default(5).describe('Messages at once after a quiet time.'),
    })
    .transform(({ per_minute: perMinute, burst }) => ({ perMinute, burst }));

/** Whether secrets are masked in what leaves: `redact`. */
export const redactSwitch = () =>
  z
    .union([z.enum(['on', 'off']), z.boolean()])
    .transform((value) => value === true || value === 'on')
    .describe('Whether secrets are masked in what is sent: on or off.');
