import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Counts,
  countOne,
  countsSince,
  meets,
  type Ranges,
  rangesSince,
  sumOf,
  withMinute,
  withoutCount,
  withoutMinute,
} from './minutes.ts';

const minute = fc.integer({ min: 100, max: 140 });
const step = fc.record({ kind: fc.constantFrom('add', 'add', 'add', 'forget', 'since'), minute });

/** Each minute as often as it counts. */
function minutesOf(ranges: Ranges): number[] {
  const found: number[] = [];
  for (let at = 0; at < ranges.length; at += 2)
    for (let each = ranges[at] ?? 0; each <= (ranges[at + 1] ?? -1); each += 1) found.push(each);
  return found;
}

function asMap(counts: Counts): Map<number, number> {
  return new Map(
    Array.from({ length: counts.length / 2 }, (_, i) => [counts[2 * i] ?? 0, counts[2 * i + 1] ?? 0]),
  );
}

describe('minutes as flat lists', () => {
  it('hold what a set of them holds, in as few ranges as there are', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), minute, minute, (steps, from, to) => {
        const plain = new Set<number>();
        let ranges: Ranges = [];
        for (const { kind, minute: at } of steps) {
          if (kind === 'add') {
            plain.add(at);
            ranges = withMinute(ranges, at);
          } else if (kind === 'forget') {
            plain.delete(at);
            ranges = withoutMinute(ranges, at);
          } else {
            for (const each of plain) if (each < at - 20) plain.delete(each);
            ranges = rangesSince(ranges, at - 20);
          }
        }
        const sorted = [...plain].sort((a, b) => a - b);
        expect(minutesOf(ranges)).toEqual(sorted);
        const gaps = sorted.filter((each, i) => i === 0 || each > (sorted[i - 1] ?? 0) + 1);
        expect(ranges.length).toBe(2 * gaps.length);
        expect(meets(ranges, from, to)).toBe(sorted.some((each) => each >= from && each <= to));
      }),
    );
  });

  it('count what a map of them counts', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), minute, minute, (steps, from, to) => {
        const plain = new Map<number, number>();
        let counts: Counts = [];
        for (const { kind, minute: at } of steps) {
          if (kind === 'add') {
            plain.set(at, (plain.get(at) ?? 0) + 1);
            counts = countOne(counts, at);
          } else if (kind === 'forget') {
            plain.delete(at);
            counts = withoutCount(counts, at);
          } else {
            for (const each of plain.keys()) if (each < at - 20) plain.delete(each);
            counts = countsSince(counts, at - 20);
          }
        }
        expect([...asMap(counts)]).toEqual([...plain].sort(([a], [b]) => a - b));
        const within = [...plain].filter(([each]) => each >= from && each <= to);
        expect(sumOf(counts, from, to)).toBe(within.reduce((sum, [, count]) => sum + count, 0));
      }),
    );
  });

  it('hold nothing in an interval that ends before it begins', () => {
    expect(meets([100, 140], 130, 110)).toBe(false);
    expect(meets([100, 140], 120, 119)).toBe(false);
    expect(meets([100, 140], 120, 120)).toBe(true);
    expect(sumOf([110, 1, 120, 1, 130, 1], 130, 110)).toBe(0);
  });

  it('are the same list where nothing changes', () => {
    const ranges = [5, 9];
    expect(withMinute(ranges, 7)).toBe(ranges);
    expect(withoutMinute(ranges, 4)).toBe(ranges);
    expect(rangesSince(ranges, 5)).toBe(ranges);
    const counts = [5, 1];
    expect(withoutCount(counts, 4)).toBe(counts);
    expect(countsSince(counts, 5)).toBe(counts);
  });
});
