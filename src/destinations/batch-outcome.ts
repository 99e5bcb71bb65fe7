import type { ItemOutcome, Outcome } from '../core/delivery.ts';

/**
 * The outcome of a batch of which some could never be sent.
 * @param dead one for each item: why it never can be, undefined where it could
 * @param done how many of those that could went out, from the first
 * @param failure what became of the others
 */
export function batchOutcome(
  dead: readonly (ItemOutcome | undefined)[],
  done: number,
  failure: Extract<Outcome, { kind: 'retry' | 'unclear' | 'hold' }> | undefined,
): Outcome {
  const areSome = dead.some((each) => each !== undefined);
  if (failure === undefined)
    return areSome ? { kind: 'partial', items: dead.map((each) => each ?? DONE) } : DONE;
  // The dead ones are found again: a hold says nothing of the items.
  if (done === 0 && (failure.kind === 'hold' || !areSome)) return failure;
  let left = done;
  const next = (): ItemOutcome => {
    left -= 1;
    if (left >= 0) return DONE;
    return failure.kind === 'unclear' ? failure : { kind: 'retry', reason: failure.reason };
  };
  return { kind: 'partial', items: dead.map((each) => each ?? next()) };
}

const DONE: ItemOutcome = { kind: 'done' };
