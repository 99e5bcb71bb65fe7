import type { Json } from '../../core/json.ts';

const EARLIEST_S = Date.UTC(2015, 0, 1) / 1_000;
const DAY_S = 86_400;

/** What a time that {@link readSecond} refuses is not. */
export const SANE_SECONDS = 'whole epoch seconds from 2015 to tomorrow';

/** Digits in a text are taken too: a 64-bit number becomes one in some JSON writers. */
export function readSecond(value: Json | undefined, nowMs: number): number | undefined {
  const second = typeof value === 'string' && /^\d{10}$/.test(value) ? Number(value) : value;
  if (typeof second !== 'number' || !Number.isInteger(second)) return undefined;
  return second >= EARLIEST_S && second <= nowMs / 1_000 + DAY_S ? second : undefined;
}

/** The server writes the text "null" where it has no value. */
export function readText(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== 'null' && value !== '' ? value : undefined;
}
