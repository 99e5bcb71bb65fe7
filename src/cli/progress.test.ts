import { describe, expect, it } from 'vitest';
import { createEstimate, span } from './progress.ts';

describe('the time left', () => {
  it('goes by what was done since it began, not by what was done before', () => {
    let nowMs = 0;
    const estimate = createEstimate(() => nowMs);
    expect(estimate(0, 0)).toEqual({ count: '0', rate: '0', left: '' });
    nowMs = 1_000;
    // It goes on at half of the work: that half took no time now.
    expect(estimate(0.5, 100)).toEqual({ count: '100', rate: '100', left: '' });
    nowMs = 11_000;
    expect(estimate(0.6, 1_100)).toEqual({ count: '1100', rate: '100', left: '40s left' });
  });

  it.each([
    [0, '0s'],
    [-5, '0s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [7_300_000, '2h'],
    [3 * 86_400_000, '3d'],
  ])('%i ms is %s', (ms, text) => {
    expect(span(ms)).toBe(text);
  });
});
