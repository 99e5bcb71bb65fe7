import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideInFlight, type InFlight, type Observation, ONE_IN_FLIGHT } from './in-flight.ts';

const best = { ms: 100, atMs: 0 };
const at = (limit: number, over: Partial<InFlight> = {}): InFlight => ({
  ...ONE_IN_FLIGHT,
  limit,
  best,
  ...over,
});
const answered = (tookMs: number, over: Partial<Observation> = {}): Observation => ({
  ...{ round: 0, kind: 'answered', isFull: true, tookMs },
  ...over,
});

describe('how many batches may be under way', () => {
  it.each<[string, InFlight, Observation, string, number]>([
    ['as quick as the best: one more', at(1), answered(100), 'quick', 2],
    ['quicker: one more, too', at(1), answered(10), 'quick', 2],
    ['slower by half: neither', at(1), answered(150), 'steady', 1],
    ['slower by far: one less', at(3, { answers: 2, totalMs: 600 }), answered(300), 'slower', 2],
    ['slower with one: one it stays', at(1), answered(900), 'slower', 1],
    [
      'never more than the configuration allows',
      at(4, { answers: 3, totalMs: 300 }),
      answered(100),
      'quick',
      4,
    ],
    ['not every answer of the round is there', at(3), answered(100), 'counting', 3],
    ['it refused or timed out: half', at(4), answered(30_000, { kind: 'pressed' }), 'pressed', 2],
    ['it refused while one was under way', at(1), answered(5, { kind: 'pressed' }), 'pressed', 1],
    ['a batch of few is always quick', at(1), answered(1, { isFull: false }), 'small', 1],
    [
      'a small one that was refused does count',
      at(4),
      answered(1, { isFull: false, kind: 'pressed' }),
      'pressed',
      2,
    ],
    [
      'sent when more were allowed: it was counted',
      at(2, { round: 3 }),
      answered(1, { kind: 'pressed' }),
      'stale',
      2,
    ],
    ['nothing known yet: it is learned first', { ...ONE_IN_FLIGHT }, answered(100), 'steady', 1],
    [
      'what is known is of long ago',
      at(2, { answers: 1, best: { ...best, atMs: -600_001 } }),
      answered(900),
      'steady',
      2,
    ],
    [
      'a clock that went back knows nothing either',
      at(1, { best: { ...best, atMs: 9e9 } }),
      answered(900),
      'steady',
      1,
    ],
  ])('%s', (_, state, observation, reason, limit) => {
    const decided = decideInFlight(state, observation, 4, 0);
    expect([decided.reason, decided.state.limit]).toEqual([reason, limit]);
  });

  it('halves once for a volley of refusals, not once for each', () => {
    let state = at(8);
    for (let sent = 0; sent < 8; sent += 1)
      ({ state } = decideInFlight(state, answered(1, { kind: 'pressed' }), 8, 0));
    expect(state.limit).toBe(4);
  });

  it('finds how many a far side does at once without becoming slower', () => {
    // Three at a time take 50 ms; more share them.
    let state = ONE_IN_FLIGHT;
    const seen: number[] = [];
    for (let step = 0; step < 400; step += 1) {
      const tookMs = 50 * Math.max(1, state.limit / 3);
      ({ state } = decideInFlight(state, answered(tookMs, { round: state.round }), 16, step));
      seen.push(state.limit);
    }
    const settled = seen.slice(100);
    expect(Math.min(...settled)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...settled)).toBeLessThanOrEqual(8);
  });

  it('stays within its bounds, never below one, whatever comes', () => {
    const observation = fc.record({
      kind: fc.constantFrom('answered' as const, 'pressed' as const),
      tookMs: fc.oneof(
        fc.integer({ min: -1_000, max: 600_000 }),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
      ),
      isFull: fc.boolean(),
      isStale: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.array(observation, { maxLength: 200 }), (max, seen) => {
        let state = ONE_IN_FLIGHT;
        for (const [index, { isStale, ...each }] of seen.entries()) {
          const before = state;
          const round = state.round - (isStale ? 1 : 0);
          const decided = decideInFlight(state, { ...each, round }, max, index * 1_000);
          state = decided.state;
          expect(state.limit).toBeGreaterThanOrEqual(1);
          expect(state.limit).toBeLessThanOrEqual(max);
          expect(state.limit - before.limit).toBeLessThanOrEqual(1);
          if (decided.reason === 'pressed')
            expect(state.limit).toBeLessThanOrEqual(Math.max(1, before.limit / 2));
          if (isStale) expect(state).toBe(before);
          expect(Number.isFinite(state.totalMs)).toBe(true);
        }
      }),
    );
  });
});
