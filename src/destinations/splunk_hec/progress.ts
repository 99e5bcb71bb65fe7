import type { Delivery, ItemOutcome, Outcome } from '../../core/delivery.ts';
import type { SentRequest } from './ack-ledger.ts';
import { combine, type Encoded } from './batch.ts';

/** What is known of a batch while it is sent. */
export interface Progress {
  /** By place in the batch. What is missing at the end was not tried. */
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

/** A hold stands for the whole batch only while nothing in it is settled. */
export function outcomeOf(batch: readonly Delivery[], { outcomes, stopped }: Progress): Outcome {
  if (stopped?.kind === 'hold' && outcomes.size === 0) return stopped;
  const rest: ItemOutcome =
    stopped?.kind === 'retry' ? stopped : { kind: 'retry', reason: stopped?.reason ?? 'it was not sent' };
  return combine(batch.map((_, at) => outcomes.get(at) ?? rest));
}
