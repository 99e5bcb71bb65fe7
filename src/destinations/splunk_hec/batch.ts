import type { ItemOutcome, Outcome } from '../../core/delivery.ts';
import type { Written } from './collector.ts';

/** A record of a batch, ready to go. */
export interface Encoded extends Written {
  /** Its place among the records of the batch. */
  readonly at: number;
  /** The place of its delivery in the batch. */
  readonly of: number;
  /** The record's. */
  readonly id: string;
}

/** Cuts into requests of at most `maxBytes`; an item larger than that goes alone. Keeps the order. */
export function cutBatch(items: readonly Encoded[], maxBytes: number): Encoded[][] {
  const requests: Encoded[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const item of items) {
    if (bytes + item.bytes > maxBytes) {
      requests.push([]);
      bytes = 0;
    }
    requests.at(-1)?.push(item);
    bytes += item.bytes;
  }
  return requests;
}

export function halves<T>(items: readonly T[]): [T[], T[]] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}

/** One outcome where all items share it, else each item's own. */
export function combine(items: readonly ItemOutcome[]): Outcome {
  const [first] = items;
  if (first === undefined) return { kind: 'done' };
  return items.every((item) => sameOutcome(item, first)) ? first : { kind: 'partial', items };
}

function sameOutcome(a: ItemOutcome, b: ItemOutcome): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'done' || b.kind === 'done') return true;
  if (a.kind === 'unclear') return a === b;
  const waits = [a, b].map((each) => (each.kind === 'retry' ? each.afterMs : undefined));
  return a.reason === b.reason && waits[0] === waits[1];
}
