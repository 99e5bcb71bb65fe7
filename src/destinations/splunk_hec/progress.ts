import type { ItemOutcome, Outcome } from '../../core/delivery.ts';
import { wholeOutcome } from '../batch-outcome.ts';
import type { SentRequest } from './ack-ledger.ts';
import { combine, type Encoded } from './batch.ts';

/** What is known of a batch's records while they are sent. */
export interface Progress {
  /** By place among the records. What is missing at the end was not tried. */
  readonly outcomes: Map<number, ItemOutcome>;
  /** Received, not yet known to be indexed. */
  readonly unacknowledged: Map<SentRequest, readonly { readonly at: number }[]>;
  /** Set where sending on is of no use. */
  stopped?: Extract<Outcome, { kind: 'retry' | 'hold' }>;
}

export function newProgress(): Progress {
  return { outcomes: new Map(), unacknowledged: new Map() };
}

export function setAll(
  { outcomes }: Progress,
  items: readonly Pick<Encoded, 'at'>[],
  outcome: ItemOutcome,
): void {
  for (const item of items) outcomes.set(item.at, outcome);
}

/**
 * One outcome a delivery. A hold stands for the whole batch only while none of its deliveries is settled.
 * @param counts how many records each delivery has, in their order
 */
export function outcomeOf(counts: readonly number[], { outcomes, stopped }: Progress): Outcome {
  let next = 0;
  const settled = counts.map((count) => {
    const records = Array.from({ length: count }, (_, at) => outcomes.get(next + at));
    next += count;
    return wholeOutcome(records);
  });
  if (stopped?.kind === 'hold' && settled.every((each) => each === undefined)) return stopped;
  const rest: ItemOutcome =
    stopped?.kind === 'retry' ? stopped : { kind: 'retry', reason: stopped?.reason ?? 'it was not sent' };
  return combine(settled.map((each) => each ?? rest));
}
