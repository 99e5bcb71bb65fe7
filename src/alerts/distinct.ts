import { createHash } from 'node:crypto';
import type { Distinct } from '../core/alert.ts';

/** Values told apart; an alert with more says "at least". */
const MOST = 200;

/** The values with one more. Only short hashes are kept: attackers choose the values and their number. */
export function withValue(seen: readonly string[], value: string | undefined): readonly string[] {
  if (value === undefined || value === '' || seen.length > MOST) return seen;
  const hash = createHash('sha256').update(value).digest('base64url').slice(0, 8);
  return seen.includes(hash) ? seen : [...seen, hash];
}

export function countDistinct(seen: readonly string[]): Distinct {
  return seen.length > MOST ? { count: MOST, isAtLeast: true } : { count: seen.length };
}
