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

/**
 * The outcome of deliveries from that of the records they were written as.
 * @param counts how many records each delivery has, in their order
 */
export function deliveriesOutcome(records: Outcome, counts: readonly number[]): Outcome {
  if (records.kind !== 'partial') return records;
  const left = [...records.items];
  const items = counts.map((count) => wholeOutcome(left.splice(0, count)) ?? DONE);
  return { kind: 'partial', items };
}

/**
 * What became of a delivery of several records; undefined while one of them has no outcome. An answer that nobody
 * understood comes first, or it would be asked for without end; then what is tried again: a dead letter is not sent, and
 * the others would be lost with it.
 */
export function wholeOutcome(records: readonly (ItemOutcome | undefined)[]): ItemOutcome | undefined {
  const again = ofKind(records, 'unclear')[0] ?? ofKind(records, 'retry')[0];
  if (again !== undefined) return again;
  if (records.includes(undefined)) return undefined;
  const dead = ofKind(records, 'dead');
  const [first] = dead;
  if (first === undefined) return DONE;
  if (records.length === 1) return first;
  return { ...first, reason: `${dead.length} of its ${records.length} records: ${first.reason}` };
}

function ofKind<Kind extends ItemOutcome['kind']>(
  records: readonly (ItemOutcome | undefined)[],
  kind: Kind,
): readonly Extract<ItemOutcome, { kind: Kind }>[] {
  return records.filter((each): each is Extract<ItemOutcome, { kind: Kind }> => each?.kind === kind);
}

const DONE: ItemOutcome = { kind: 'done' };
