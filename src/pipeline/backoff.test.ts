import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fullJitter } from './backoff.ts';

describe('fullJitter', () => {
  it.each<[string, number, number, number]>([
    ['nothing, if luck has it so', 5, 0, 0],
    ['the base after no failure', 0, 1, 1_000],
    ['doubled by each failure', 3, 1, 8_000],
    ['half of the ceiling', 3, 0.5, 4_000],
    ['the cap', 20, 1, 60_000],
    ['the cap after more failures than a number can double', 5_000, 1, 60_000],
  ])('%s', (_, failures, luck, expected) => {
    expect(fullJitter(failures, 1_000, 60_000, () => luck)).toBe(expected);
  });

  it('is whole milliseconds between nothing and the ceiling', () => {
    const luck = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat(2_000), luck, (failures, value) => {
        const waitMs = fullJitter(failures, 1_000, 60_000, () => value);
        expect(waitMs).toSatisfy(Number.isSafeInteger);
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(Math.min(60_000, 1_000 * 2 ** failures));
      }),
    );
  });
});
