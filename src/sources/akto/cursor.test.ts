import { describe, expect, it } from 'vitest';
import { beginAt, lastSecondS, type Position, reachS, readCursor, settledS, toCursor } from './cursor.ts';

const NOW = 1_780_000_000;
const LATE = 900;
const lookback = { initialS: 86_400, lateArrivalS: LATE };
const gap = { fromS: NOW - 9_000, toS: NOW - 8_999, pollsLeft: 3, problem: 'two are missing' };
const at = (highWaterS: number, floorS: number): Position => ({
  ...{ highWaterS, floorS, newestS: highWaterS, auditS: floorS, readS: highWaterS },
  ...{ gaps: [], surplus: [], lost: [] },
});

describe('beginAt', () => {
  it('begins initial_lookback ago at the very first poll, never at second 0, which would mean no bound', () => {
    expect(beginAt(undefined, NOW, lookback)).toMatchObject({
      highWaterS: NOW - 86_400,
      auditS: NOW - 86_400,
    });
    expect(beginAt(undefined, 100, lookback).floorS).toBe(1);
  });

  it.each([
    { why: 'an outage, however long', known: at(NOW - 500_000, 1_770_000_000), isKept: true },
    {
      why: 'a clock that went back far, and what it read of its future',
      known: at(NOW + 7_200, 1_770_000_000),
      isKept: false,
    },
    {
      why: 'a first poll under a clock far ahead that read nothing',
      known: at(NOW + 500_000, NOW + 500_000),
      isKept: false,
    },
    {
      why: 'a first poll of now far ahead that read events',
      known: at(NOW + 500_010, NOW + 500_000),
      isKept: false,
    },
  ])('goes on where it was left: $why is $isKept', ({ known, isKept }) => {
    expect(beginAt(known, NOW, lookback) === known).toBe(isKept);
  });
});

describe('the range of a poll', () => {
  it.each([
    { why: 'a little past now: the clock may be behind', highWaterS: NOW - 9, nowS: NOW, toS: NOW + 360 },
    {
      why: 'not before the high water, when the clock went back',
      highWaterS: NOW,
      nowS: NOW - 7_200,
      toS: NOW + 360,
    },
    { why: 'not past 32 bits', highWaterS: 1, nowS: 2 ** 31, toS: 2 ** 31 - 1 },
  ])('ends $why', ({ highWaterS, nowS, toS }) => {
    expect(lastSecondS(at(highWaterS, 1), nowS)).toBe(toS);
  });

  it('holds whatever may still change, with a clock five minutes ahead', () => {
    expect(settledS(NOW, LATE)).toBe(NOW - LATE - 301);
  });

  it('never reaches behind what the store keeps', () => {
    expect(reachS({ lateArrivalS: LATE }, 300)).toBeGreaterThan(NOW - settledS(NOW, LATE) + 3_600);
  });
});

describe('readCursor', () => {
  it.each<Position>([
    at(5, 1),
    {
      ...at(5, 1),
      walk: { nextS: 7, before: { fromS: 5, toS: 6, rows: 3, total: 9 } },
      gaps: [gap],
      surplus: [[5, 2]],
      lost: [[3, 4]],
    },
  ])('reads what it wrote: %j', (position) => {
    expect(readCursor(JSON.parse(JSON.stringify(toCursor(position))), 'a', LATE)).toEqual(position);
  });

  it.each([
    {
      why: 'has looked back',
      cursor: { lookedBack: { highWaterS: NOW - 100, startedS: NOW, requests: 9 } },
      joinedS: NOW - 100,
    },
    { why: 'has not yet', cursor: {}, joinedS: NOW },
    {
      why: 'was cut off',
      cursor: { walk: { nextS: NOW - 50, startedS: NOW, isFull: true, requests: 2 } },
      joinedS: NOW - 50,
    },
  ])(
    'takes the cursor of an earlier version that $why, and audits all that it may not have seen',
    ({ cursor, joinedS }) => {
      const read = readCursor(
        { highWaterS: NOW, floorS: 1, gaps: [{ fromS: 3, toS: 4, pollsLeft: 1 }], ...cursor },
        'a',
        LATE,
      );
      expect(read).toMatchObject({
        auditS: settledS(joinedS, LATE),
        newestS: NOW,
        readS: NOW,
        gaps: [{ fromS: 3 }],
      });
      expect(read).not.toHaveProperty('lookedBack');
    },
  );

  it.each([
    {},
    { highWaterS: '5', floorS: 1 },
    { highWaterS: -1, floorS: 1 },
    { highWaterS: 1.5, floorS: 1 },
  ])('refuses a cursor that is not ours instead of starting anew: %j', (cursor) => {
    expect(() => readCursor(cursor, 'akto-prod', LATE)).toThrow(/^source "akto-prod": the stored cursor/);
  });
});
