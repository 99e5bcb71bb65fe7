import { describe, expect, it } from 'vitest';
import { type Bucket, refill, take } from './bucket.ts';

const RATE = { perMinute: 4, burst: 5 };
const NOW = 1_000_000_000;
const YEAR = 365 * 86_400_000;

describe('refill', () => {
  it.each<[string, Bucket | undefined, number]>([
    ['nobody was told anything yet: a whole burst', undefined, 5],
    ['empty, and no time has passed', { tokens: 0, atMs: NOW }, 0],
    ['empty a quarter of a minute ago', { tokens: 0, atMs: NOW - 15_000 }, 1],
    ['empty a moment less ago: not a whole message', { tokens: 0, atMs: NOW - 14_999 }, 14_999 / 15_000],
    ['what was left adds to it', { tokens: 2.5, atMs: NOW - 15_000 }, 3.5],
    ['no more than a burst, however long the quiet', { tokens: 0, atMs: NOW - YEAR }, 5],
    ['a burst that the configuration made smaller', { tokens: 50, atMs: NOW }, 5],
    ['the clock went back: neither filled nor emptied', { tokens: 2, atMs: NOW + YEAR }, 2],
  ])('%s', (_, bucket, tokens) => {
    expect(refill(bucket, RATE, NOW)).toEqual({ tokens, atMs: NOW });
  });
});

describe('take', () => {
  it.each<[string, number, string, number]>([
    ['one of many', 5, 'sent', 4],
    ['the last', 1, 'sent', 0],
    ['nearly one is none', 0.999, 'too_many', 0.999],
    ['none', 0, 'too_many', 0],
  ])('%s', (_, tokens, reason, left) => {
    expect(take({ tokens, atMs: NOW })).toEqual({ reason, bucket: { tokens: left, atMs: NOW } });
  });

  it('gives at most a burst and what flows in, in any minute of a storm', () => {
    const sent: number[] = [];
    let bucket: Bucket | undefined;
    for (let ms = 0; ms < 600_000; ms += 250) {
      const taken = take(refill(bucket, RATE, NOW + ms));
      bucket = taken.bucket;
      if (taken.reason === 'sent') sent.push(ms);
    }
    const busiest = Math.max(
      ...sent.map((from) => sent.filter((ms) => ms >= from && ms < from + 60_000).length),
    );
    expect(busiest).toBeLessThanOrEqual(9);
    expect(sent.length).toBe(5 + 39);
  });
});
