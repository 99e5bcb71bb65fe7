import { z } from 'zod';
import { BUDGET_POLICIES, type Budget } from '../core/budget.ts';
import type { MessageRate } from '../core/delivery.ts';
import { byteSize, duration, integer } from './values.ts';

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

const EXPECTED_BUDGET = 'expected "max_age", "max_bytes" or both';

/** How much may wait for a destination: `budget`. Without it only the store's own bound counts. */
export const askedBudget = () =>
  z
    .strictObject({
      max_age: duration({ min: '1m' }).optional().describe('How long a delivery may wait.'),
      max_bytes: byteSize({ min: '1MB' })
        .optional()
        .describe('How much may wait: the bytes of all payloads.'),
      policy: z
        .enum(BUDGET_POLICIES)
        .default('block')
        .describe('block: nothing more is read; shed: the oldest deliveries go to the dead letters.'),
    })
    .refine(({ max_age: age, max_bytes: bytes }) => age !== undefined || bytes !== undefined, {
      error: EXPECTED_BUDGET,
    })
    .transform(toBudget)
    .describe('How much may wait for it.');

function toBudget(budget: {
  readonly max_age?: number | undefined;
  readonly max_bytes?: number | undefined;
  readonly policy: Budget['policy'];
}): Budget {
  const { max_age: maxAgeMs, max_bytes: maxBytes, policy } = budget;
  return {
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
    policy,
  };
}
