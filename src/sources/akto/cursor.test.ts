import { describe, expect, it } from 'vitest';
import { planPoll, readCursor, toCursor } from './cursor.ts';

const NOW = 1_780_000_000;
const lookback = { initialS: 86_400, lateArrivalS: 900 };
const gap = { fromS: NOW - 9_000, toS: NOW - 8_999, pollsLeft: 3 };

describe('planPoll', () => {
  it('reads initial_lookback at the very first poll, and a little past now', () => {
    const plan = planPoll(undefined, NOW, lookback);
    expect(plan).toMatchObject({ fromS: NOW - 86_400, toS: NOW + 60, startedS: NOW, again: [] });
    expect(plan.position).toEqual({ highWaterS: NOW - 86_400, floorS: NOW - 86_400, gaps: [] });
  });

  it('reads late_arrival before the newest event, however long ago that was: an outage is caught up', () => {
    const known = { highWaterS: NOW - 500_000, floorS: 1_770_000_000 };
    expect(planPoll(known, NOW, lookback)).toMatchObject({ fromS: NOW - 500_900, toS: NOW + 60 });
  });

  it('never reads what is older than the first poll read', () => {
    const known = { highWaterS: NOW - 10, floorS: NOW - 60 };
    expect(planPoll(known, NOW, lookback).fromS).toBe(NOW - 60);
  });

  it('goes on where a walk was cut off, with the time at which that began', () => {
    const walk = { nextS: NOW - 700, startedS: NOW - 300, isFull: false, requests: 3 };
    const known = { highWaterS: NOW - 400, floorS: 1_770_000_000, walk, gaps: [gap] };
    expect(planPoll(known, NOW, lookback)).toMatchObject({
      fromS: NOW - 700,
      startedS: NOW - 300,
      again: [],
    });
    expect(planPoll(known, NOW, lookback).position.gaps).toEqual([gap]);
  });

  it('keeps the range whole when the clock has gone back', () => {
    const known = { highWaterS: NOW, floorS: 1_770_000_000 };
    expect(planPoll(known, NOW - 7_200, lookback)).toMatchObject({
      fromS: NOW - 900,
      toS: NOW + 60,
      startedS: NOW - 7_200,
    });
  });

  it.each([
    { why: 'nothing was read yet: the first poll anew', highWaterS: NOW + 500_000, fromS: NOW - 86_400 },
    {
      why: 'events were read there: the clock is behind now',
      highWaterS: NOW + 500_010,
      fromS: NOW + 500_000,
    },
  ])('where the first poll began under a clock that was far ahead, and $why', ({ highWaterS, fromS }) => {
    const known = { highWaterS, floorS: NOW + 500_000 };
    expect(planPoll(known, NOW, lookback).fromS).toBe(fromS);
  });

  it('never asks from second 0, which would mean no bound, nor past 32 bits', () => {
    expect(planPoll(undefined, 100, lookback).fromS).toBe(1);
    expect(planPoll(undefined, 2 ** 31, lookback).toS).toBe(2 ** 31 - 1);
  });

  it.each([
    { why: 'an old gap is asked for again', found: gap, again: [gap] },
    { why: 'not for ever', found: { ...gap, pollsLeft: 0 }, again: [] },
    {
      why: 'one that the look-back covers is read anyway',
      found: { ...gap, fromS: NOW - 50, toS: NOW - 50 },
      again: [],
    },
  ])('$why', ({ found, again }) => {
    const known = { highWaterS: NOW, floorS: 1_770_000_000, gaps: [found] };
    expect(planPoll(known, NOW, lookback).again).toEqual(again);
  });
});

describe('how far back a poll looks', () => {
  const HIGH = NOW - 5;
  const known = (requests: number, agoS: number) => ({
    highWaterS: HIGH,
    floorS: 1_770_000_000,
    lookedBack: { highWaterS: HIGH - 100, startedS: NOW - agoS, requests },
  });

  it.each([
    {
      why: 'all of it where that is cheap, from where the last one has to be joined',
      requests: 4,
      agoS: 30,
      fromS: HIGH - 1_000,
    },
    { why: 'a minute in between where it is dear', requests: 5, agoS: 30, fromS: HIGH - 60 },
    { why: 'all of it again in time, dear or not', requests: 500, agoS: 180, fromS: HIGH - 1_000 },
    { why: 'all of it when the clock has gone far back', requests: 500, agoS: -7_200, fromS: HIGH - 1_000 },
  ])('$why', ({ requests, agoS, fromS }) => {
    const plan = planPoll(known(requests, agoS), NOW, lookback);
    expect([plan.fromS, plan.isFull]).toEqual([fromS, fromS !== HIGH - 60]);
  });
});

describe('readCursor', () => {
  it.each([
    { highWaterS: 5, floorS: 1 },
    { highWaterS: 5, floorS: 1, walk: { nextS: 7, startedS: 9, isFull: true, requests: 2 }, gaps: [gap] },
  ])('reads what it wrote: %j', (position) => {
    expect(readCursor(JSON.parse(JSON.stringify(toCursor(position))), 'a')).toEqual(position);
  });

  it.each([
    {},
    { highWaterS: '5', floorS: 1 },
    { highWaterS: -1, floorS: 1 },
    { highWaterS: 1.5, floorS: 1 },
  ])('refuses a cursor that is not ours instead of starting anew: %j', (cursor) => {
    expect(() => readCursor(cursor, 'akto-prod')).toThrow(/^source "akto-prod": the stored cursor/);
  });
});
