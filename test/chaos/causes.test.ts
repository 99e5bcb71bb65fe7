import { expect, test } from 'vitest';
import { type Chapter, causesOf, type Standing } from './causes.ts';

const LATE = '127.0.0.1:4711 did not answer in time';
const waits = (...reasons: readonly string[]): Standing => ({
  isSettled: false,
  attempts: reasons.map((reason) => ({ reason, times: 1 })),
});
const done = (...reasons: readonly string[]): Standing => ({ ...waits(...reasons), isSettled: true });
const life = (standing: Standing | undefined, how = 'killed'): Chapter => ({ how, standing });
const take = (inLife: number, ambiguous?: string) => ({
  ...{ id: 'a', life: inLife },
  ...(ambiguous === undefined ? {} : { ambiguous }),
});

test.each([
  [
    'an attempt put off because of a time-out',
    [take(0), take(0)],
    [life(done(LATE))],
    'the receiver did not answer in time',
  ],
  [
    'the fault that struck says more than its time-out',
    [take(0, 'hang'), take(0)],
    [life(done(LATE))],
    'hang',
  ],
  ['nothing was written down', [take(0), take(0)], [life(done())], undefined],
  ['a fault alone does not excuse it', [take(0, 'hang'), take(0)], [life(done())], undefined],
  [
    'an answer that says that nothing was taken',
    [take(0), take(0)],
    [life(done('Splunk answered 503'))],
    undefined,
  ],
  ['a life that ended first', [take(0), take(1)], [life(waits()), life(done())], 'killed'],
  [
    'a life that had put it off',
    [take(0), take(1)],
    [life(waits(LATE)), life(done(LATE))],
    'the receiver did not answer in time',
  ],
  ['it was settled when the life ended', [take(0), take(1)], [life(done()), life(done())], undefined],
  ['the database never held it', [take(0), take(1)], [life(undefined), life(done())], undefined],
  ['the doubt was of an earlier life', [take(1), take(1)], [life(waits(LATE)), life(done(LATE))], undefined],
  [
    'a log torn after it was settled',
    [take(0), take(2)],
    [life(done()), life(waits(), 'killed, log torn'), life(done())],
    'killed, log torn: what was settled waits again',
  ],
  [
    'settled, and waiting again with the log whole',
    [take(0), take(2)],
    [life(done()), life(waits()), life(done())],
    undefined,
  ],
  [
    'it waited over two lives',
    [take(0), take(2)],
    [life(waits(), 'first'), life(waits(), 'second'), life(done())],
    'first',
  ],
] as const)('%s', (_, takes, lives, cause) => {
  expect(causesOf(takes, lives)).toEqual([cause]);
});

test('one doubt excuses one more take, not two', () => {
  const lives = [life(done(LATE))];
  expect(causesOf([take(0), take(0), take(0)], lives)).toEqual([
    'the receiver did not answer in time',
    undefined,
  ]);
});
