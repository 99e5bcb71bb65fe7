import { expect, it } from 'vitest';
import type { ItemOutcome } from '../core/delivery.ts';
import { deliveriesOutcome, wholeOutcome } from './batch-outcome.ts';

const done: ItemOutcome = { kind: 'done' };
const retry: ItemOutcome = { kind: 'retry', reason: 'busy', afterMs: 5 };
const dead: ItemOutcome = { kind: 'dead', reason: 'too long', answer: 'no' };
const unclear: ItemOutcome = { kind: 'unclear', reason: 'what?', answer: '<html>' };

it.each<[string, readonly (ItemOutcome | undefined)[], ItemOutcome | undefined]>([
  ['done with all of its records', [done, done], done],
  ['not settled while one of them is not', [done, undefined], undefined],
  ['tried again where one of them is, so that none is lost with a dead one', [dead, retry], retry],
  ['unclear before all else, or it would be sent for ever', [undefined, retry, unclear], unclear],
  [
    'dead where the others are done, and says how many are',
    [done, dead, dead],
    { ...dead, reason: '2 of its 3 records: too long' },
  ],
  ['dead as it is where it is one record', [dead], dead],
])('a delivery is %s', (_, records, expected) => {
  expect(wholeOutcome(records)).toEqual(expected);
});

it('each delivery has the outcome of its own records', () => {
  const items = [done, done, retry, dead, done];
  expect(deliveriesOutcome({ kind: 'partial', items }, [2, 1, 2])).toEqual({
    kind: 'partial',
    items: [done, retry, { ...dead, reason: '1 of its 2 records: too long' }],
  });
  expect(deliveriesOutcome(retry, [2, 1])).toEqual(retry);
});
