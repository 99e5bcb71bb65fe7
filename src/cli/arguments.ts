import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../schema/values.ts';
import { dateMs } from './backfill-time.ts';
import { CliError } from './io.ts';

export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('expected a whole number above 0');
  return value;
}

/** `2h`; milliseconds. */
export function lasting(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0)
    throw new InvalidArgumentError('expected a time with its unit, such as 30m, 2h or 7d');
  return ms;
}

/** A point in time, UTC unless it says otherwise; milliseconds. */
export function readInstant(option: string, text: string): number {
  const ms = dateMs(text);
  if (ms !== undefined && ms >= 0) return ms;
  throw new CliError(
    `${option}: ${JSON.stringify(text)} is no time; expected such as 2026-11-01, 2026-11-01T08:30 (UTC) or 2026-11-01T08:30+02:00`,
  );
}
