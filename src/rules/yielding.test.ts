import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEVERITIES, severityRank } from '../core/severity.ts';
import { louderThan, type Voice, yieldsAmong } from './yielding.ts';

const voice = (
  id: string,
  severity: Voice['severity'],
  yields = false,
  windows: readonly unknown[] = [],
) => ({
  ...{ severity, windows },
  rule: yields ? ({ id, yields: true } as const) : { id },
});

describe('rules that match one event', () => {
  it.each<[string, ReturnType<typeof voice>[], Record<string, string[]>]>([
    ['yield to one as severe', [voice('v', 'HIGH', true), voice('a', 'HIGH')], { v: ['a'] }],
    ['yield to one more severe', [voice('v', 'HIGH', true), voice('a', 'CRITICAL')], { v: ['a'] }],
    ['do not yield to one less severe', [voice('v', 'CRITICAL', true), voice('a', 'HIGH')], {}],
    ['do not yield where they do not say so', [voice('v', 'HIGH'), voice('a', 'CRITICAL')], {}],
    [
      'do not yield to one whose windows decide',
      [voice('v', 'LOW', true), voice('a', 'HIGH', false, [0])],
      {},
    ],
    [
      'yield to the more severe of two that yield',
      [voice('v', 'LOW', true), voice('w', 'HIGH', true)],
      { v: ['w'] },
    ],
    ['of two alike that yield, one does', [voice('w', 'LOW', true), voice('v', 'LOW', true)], { w: ['v'] }],
    [
      'yield only to what raises an alert itself',
      [voice('a', 'HIGH'), voice('v', 'LOW', true), voice('w', 'HIGH', true)],
      { w: ['a'], v: ['a'] },
    ],
  ])('%s', (_why, voices, expected) => {
    expect(Object.fromEntries(yieldsAmong(voices))).toEqual(expected);
  });

  const voices = fc.uniqueArray(
    fc.record({
      id: fc.string({ minLength: 1, maxLength: 3 }),
      severity: fc.constantFrom(...SEVERITIES),
      yields: fc.boolean(),
    }),
    { selector: ({ id }) => id, minLength: 1, maxLength: 8 },
  );
  it('never all yield, never to one that yields, and nothing severe is lost, whatever their order', () => {
    fc.assert(
      fc.property(voices, (all) => {
        const given = all.map(({ id, severity, yields }) => voice(id, severity, yields));
        const found = yieldsAmong(given);
        const raised = given.filter(({ rule }) => !found.has(rule.id));
        const rank = (each: Voice): number => severityRank(each.severity);
        expect(Math.max(...raised.map(rank))).toBe(Math.max(...given.map(rank)));
        for (const [id, to] of found) {
          const own = given.find(({ rule }) => rule.id === id);
          for (const other of to) expect(found.has(other)).toBe(false);
          expect(own && louderThan(own, raised).map(({ rule }) => rule.id)).toEqual(
            expect.arrayContaining([...to]),
          );
        }
        expect(yieldsAmong(given.toReversed()).keys().toArray().sort()).toEqual([...found.keys()].sort());
      }),
    );
  });
});
