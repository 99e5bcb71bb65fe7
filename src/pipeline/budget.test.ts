import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Budget } from '../core/budget.ts';
import { decideBudget, type Waiting } from './budget.ts';

const NOW = 1_000_000_000;
const HOUR = 3_600_000;
const both: Budget = { maxAgeMs: HOUR, maxBytes: 10e6, policy: 'block' };
const { maxBytes: _, ...byAge } = both;
const since = (ageMs: number, bytes = 0): Waiting => ({ oldestMs: NOW - ageMs, bytes });

describe('decideBudget', () => {
  it.each<[string, Waiting, Budget, boolean, string, string | undefined]>([
    ['nothing waits', { bytes: 0 }, both, false, 'within', undefined],
    ['exactly as much as may', since(HOUR, 10e6), both, false, 'within', undefined],
    [
      'a byte too much',
      since(0, 10e6 + 1),
      both,
      false,
      'too-much',
      'more than 10 MB wait (budget.max_bytes is 10 MB)',
    ],
    [
      'too old, though little',
      since(3 * HOUR, 1),
      both,
      false,
      'too-old',
      'the oldest has waited for 3h (budget.max_age is 1h)',
    ],
    ['both: what fills the store is told', since(3 * HOUR, 11e6), both, false, 'too-much', undefined],
    ['it was too much and is hardly less: it goes on', since(0, 9.5e6), both, true, 'too-much', undefined],
    ['it was and is less by a tenth: it is over', since(0, 9e6), both, true, 'within', undefined],
    ['as old, the same', since(0.95 * HOUR), both, true, 'too-old', undefined],
    ['no bound in bytes', since(0, 1e12), byAge, false, 'within', undefined],
    ['a clock that went back makes nothing old', since(-9 * HOUR), both, false, 'within', undefined],
  ])('%s', (_name, waiting, budget, wasOver, reason, why) => {
    const verdict = decideBudget(waiting, budget, wasOver, NOW);
    expect(verdict.reason).toBe(reason);
    if (why !== undefined) expect(verdict.why).toBe(why);
    expect(verdict.why === undefined).toBe(reason === 'within');
  });

  it('never lets more in because it was exceeded before', () => {
    const waiting = fc.record({ oldestMs: fc.integer({ min: 0, max: NOW }), bytes: fc.nat(20_000_000) });
    fc.assert(
      fc.property(waiting, (each) => {
        const fresh = decideBudget(each, both, false, NOW).reason;
        if (fresh !== 'within') expect(decideBudget(each, both, true, NOW).reason).not.toBe('within');
      }),
    );
  });
});
