import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tally } from './tally.ts';

describe('a tally', () => {
  it('is exact while it holds every name, prototype keys among them', () => {
    const tally = new Tally();
    for (const name of ['a', '__proto__', 'a', 'constructor', '__proto__', 'a']) tally.add(name);
    expect(tally.top(2)).toEqual([
      { name: 'a', count: 3 },
      { name: '__proto__', count: 2 },
    ]);
    expect(tally).toMatchObject({ total: 6, distinct: 3, isExact: true });
    expect(tally.countOf('nobody')).toBe(0);
  });

  it('finds who counts among 100,000 who do not, and says that counts are lower bounds', () => {
    const tally = new Tally();
    for (let i = 0; i < 100_000; i += 1) {
      tally.add(`actor-${i}`);
      if (i % 50 === 0) tally.add('loud');
    }
    expect(tally.top(1)).toEqual([{ name: 'loud', count: 2_000 }]);
    expect(tally).toMatchObject({ total: 102_000, isExact: false });
    expect(tally.distinct).toBeGreaterThan(4_000);
    expect(tally.countOf('actor-50001')).toBeUndefined();
  });

  it('never counts a name too often, nor loses one from the total', () => {
    const names = fc.array(fc.constantFrom(...'abcdefghijkl'), { maxLength: 200 });
    fc.assert(
      fc.property(names, fc.integer({ min: 2, max: 8 }), (stream, maxNames) => {
        const tally = new Tally(maxNames);
        for (const name of stream) tally.add(name);
        const truth = Map.groupBy(stream, (name) => name);
        expect(tally.total).toBe(stream.length);
        expect(tally.distinct).toBeLessThanOrEqual(truth.size);
        for (const { name, count } of tally.top(99)) {
          const real = truth.get(name)?.length ?? 0;
          expect(count).toBeLessThanOrEqual(real);
          if (tally.isExact) expect(count).toBe(real);
        }
      }),
    );
  });
});
