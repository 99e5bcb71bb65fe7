import { describe, expect, it } from 'vitest';
import type { ArrivalHistory } from '../core/feed-state.ts';
import { judgeSilence, observeArrivals } from './arrivals.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = 20_000 * DAY;

/** An event every `everyMs` from the start on, seen as it happens. */
function steady(everyMs: number, lastsMs: number): ArrivalHistory | undefined {
  let history: ArrivalHistory | undefined;
  for (let at = START; at <= START + lastsMs; at += everyMs) history = observeArrivals(history, [at], at);
  return history;
}

describe('the rhythm of a feed', () => {
  it('keeps two weeks, however long it goes on', () => {
    expect(steady(6 * HOUR, 100 * DAY)?.days).toHaveLength(14);
  });

  it('counts the longest pause of each day', () => {
    const history = observeArrivals(undefined, [START, START + HOUR, START + 4 * HOUR], START + 5 * HOUR);
    expect(history).toEqual({
      days: [{ day: 20_000, events: 3, longestGapMs: 3 * HOUR }],
      newestMs: START + 4 * HOUR,
    });
  });

  it('takes late events as events, and lets them shorten no pause', () => {
    const before = observeArrivals(undefined, [START, START + 5 * HOUR], START + 5 * HOUR);
    const after = observeArrivals(before, [START + 2 * HOUR], START + 6 * HOUR);
    expect(after?.days).toEqual([{ day: 20_000, events: 3, longestGapMs: 5 * HOUR }]);
    expect(after?.newestMs).toBe(START + 5 * HOUR);
  });

  it('never believes that something arrived in the future', () => {
    expect(observeArrivals(undefined, [START + DAY], START)?.newestMs).toBe(START);
  });

  it('of no events is none', () => {
    expect(observeArrivals(undefined, [], START)).toBeUndefined();
  });
});

describe('silence', () => {
  it.each<[string, ArrivalHistory | undefined, number, string]>([
    ['nothing was ever seen', undefined, START, 'no_rhythm'],
    ['a day is no rhythm yet', steady(10 * MINUTE, 20 * HOUR), START + 9 * DAY, 'no_rhythm'],
    ['ten events in a week neither', steady(20 * HOUR, 7 * DAY), START + 30 * DAY, 'no_rhythm'],
    ['a minute feed, half an hour', steady(MINUTE, 4 * DAY), START + 4 * DAY + 30 * MINUTE, 'usual'],
    ['a minute feed, and a little more', steady(MINUTE, 4 * DAY), START + 4 * DAY + 31 * MINUTE, 'silent'],
    ['twice the longest pause', steady(HOUR, 4 * DAY), START + 4 * DAY + 2 * HOUR, 'usual'],
    ['more than twice', steady(HOUR, 4 * DAY), START + 4 * DAY + 2 * HOUR + 1, 'silent'],
    ['a clock that went back', steady(MINUTE, 4 * DAY), START, 'usual'],
  ])('%s', (_why, history, nowMs, reason) => {
    expect(judgeSilence(history, nowMs).reason).toBe(reason);
  });
});
