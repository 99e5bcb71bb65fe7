import type { Random } from '../core/random.ts';

/**
 * Full jitter: anywhere between nothing and a ceiling that doubles with every failure, so that
 * many senders that failed together do not return together. Milliseconds.
 */
export function fullJitter(failures: number, baseMs: number, capMs: number, random: Random): number {
  const ceilingMs = Math.min(capMs, baseMs * 2 ** Math.min(failures, 30));
  return Math.round(random() * ceilingMs);
}
