import { z } from 'zod';
import type { MessageRate } from '../core/delivery.ts';
import { integer } from './values.ts';

const perMinute = integer({ min: 1, max: 600 }).describe(
  'Messages a minute; what exceeds it is summed up in one more, at most once a minute.',
);
const burst = integer({ min: 1, max: 600 }).describe('Messages at once after a quiet time.');

/** `rate` where people read what arrives: bounded unless they say otherwise. */
export const messageRate = () =>
  z
    .strictObject({ per_minute: perMinute.default(4), burst: burst.default(5) })
    .transform(toRate)
    .describe(RATE);

/** `rate` where machines do: there is none unless somebody asks for it. */
export const askedRate = () =>
  z.strictObject({ per_minute: perMinute, burst }).transform(toRate).describe(RATE);

const RATE = 'How many messages of alerts it is sent at most.';

function toRate(rate: { readonly per_minute: number; readonly burst: number }): MessageRate {
  return { perMinute: rate.per_minute, burst: rate.burst };
}

/** Whether secrets are masked in what leaves: `redact`. */
export const redactSwitch = () =>
  z
    .union([z.enum(['on', 'off']), z.boolean()])
    .transform((value) => value === true || value === 'on')
    .describe('Whether secrets are masked in what is sent: on or off.');

/** `in_flight` where the far side does not mind which of two requests comes first. */
export const inFlight = (most: number) =>
  z
    .strictObject({
      max: integer({ min: 1, max: 16 })
        .default(most)
        .describe('Batches under way at once, at most; fewer while answers become slower.'),
    })
    .prefault({})
    .describe('How many batches may be under way at once.');
