import type { ItemOutcome } from '../core/delivery.ts';
import { NetError } from './error.ts';

/** Statuses that say "later": the same request may pass another time. */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/**
 * What a thrown error means for the item that was being sent: nobody knows whether it arrived, so it
 * is sent again under the same id. An error that is not ours shows its name alone, for its text may
 * hold anything.
 */
export function outcomeOfError(error: unknown): Extract<ItemOutcome, { kind: 'retry' }> {
  if (error instanceof NetError) return { kind: 'retry', reason: error.message };
  const what = error instanceof Error ? error.name : 'no error object';
  return { kind: 'retry', reason: `the attempt failed in an unexpected way (${what})` };
}
