import { describe, expect, it } from 'vitest';
import { countDistinct, withValue } from './distinct.ts';

const counted = (values: readonly (string | undefined)[]) =>
  countDistinct(values.reduce<readonly string[]>((seen, value) => withValue(seen, value), []));
const many = (number: number) => Array.from({ length: number }, (_, index) => `actor-${index}`);

describe('distinct values', () => {
  it.each<[string, readonly (string | undefined)[], object]>([
    ['none', [], { count: 0 }],
    ['one, again and again', ['a', 'a', 'a'], { count: 1 }],
    ['some', ['a', 'b', 'a', 'c'], { count: 3 }],
    ['what is absent or empty is no value', [undefined, '', 'a'], { count: 1 }],
    ['names of prototypes are names', ['__proto__', 'constructor'], { count: 2 }],
    ['as many as are told apart', many(200), { count: 200 }],
    ['one more: at least so many', many(201), { count: 200, isAtLeast: true }],
    ['far more', many(5_000), { count: 200, isAtLeast: true }],
  ])('%s', (_, values, expected) => {
    expect(counted(values)).toEqual(expected);
  });

  it('keeps little of them, however long and many they are', () => {
    const seen = many(5_000).reduce<readonly string[]>(
      (all, value) => withValue(all, value.repeat(1_000)),
      [],
    );
    expect(JSON.stringify(seen).length).toBeLessThan(3_000);
  });
});
