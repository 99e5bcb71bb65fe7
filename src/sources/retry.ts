import type { Random } from '../core/random.ts';
import type { SourceError } from '../core/source.ts';

/** Whether to ask again within this poll. */
export type Retry =
  | { readonly kind: 'wait'; readonly ms: number; readonly reason: 'back_off' | 'retry_after' }
  | {
      readonly kind: 'give_up';
      readonly reason: 'needs_a_person' | 'stopped' | 'asked_enough' | 'asked_to_wait_long' | 'deadline';
    };

const MOST_ATTEMPTS = 4;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
/** A server that wants longer than this is left alone until a later poll. */
const LONGEST_RETRY_AFTER_MS = 20_000;

/**
 * @param attempt how many requests have failed in a row, at least 1
 * @param leftMs time left of the poll
 */
export function decideRetry(error: SourceError, attempt: number, leftMs: number, random: Random): Retry {
  if (error.kind === 'refused') return { kind: 'give_up', reason: 'needs_a_person' };
  if (error.kind === 'aborted') return { kind: 'give_up', reason: 'stopped' };
  if (attempt >= MOST_ATTEMPTS) return { kind: 'give_up', reason: 'asked_enough' };
  const { retryAfterMs } = error;
  if (retryAfterMs !== undefined && retryAfterMs > LONGEST_RETRY_AFTER_MS) {
    return { kind: 'give_up', reason: 'asked_to_wait_long' };
  }
  const backOffMs = random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
  const ms = Math.round((retryAfterMs ?? 0) + backOffMs);
  if (ms >= leftMs) return { kind: 'give_up', reason: 'deadline' };
  return { kind: 'wait', ms, reason: retryAfterMs === undefined ? 'back_off' : 'retry_after' };
}
