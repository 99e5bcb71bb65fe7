import { describe, expect, it } from 'vitest';
import {
  type Position,
  planPoll,
  readCursor,
  toCursor,
  withoutSpan,
  withPart,
} from './changing-list-cursor.ts';

const LOOKBACK = { initialMs: 86_400_000, lateArrivalMs: 900_000 };
const NOW = 1_780_000_000_000;
const part = (fromMs: number, coveredMs: number, offset = 0) => ({ fromMs, coveredMs, offset });

describe('what a poll reads', () => {
  const dear = { highMs: NOW - 20_000, startedMs: NOW - 20_000, requests: 9 };
  it.each<{ why: string; stored: Position | undefined; fromMs: number; isFull: boolean }>([
    { why: 'the first: initial_lookback', stored: undefined, fromMs: NOW - 86_400_000, isFull: true },
    {
      why: 'late_arrival below the newest',
      stored: { highMs: NOW - 5_000, startMs: 0 },
      fromMs: NOW - 905_000,
      isFull: true,
    },
    {
      why: 'nothing older than the first poll did',
      stored: { highMs: NOW - 5_000, startMs: NOW - 60_000 },
      fromMs: NOW - 60_000,
      isFull: true,
    },
    {
      why: 'a minute, where the whole look-back was dear and just made',
      stored: { highMs: NOW - 5_000, startMs: 0, lookedBack: dear },
      fromMs: NOW - 65_000,
      isFull: false,
    },
    {
      why: 'the whole again when it is due, from where the last began',
      stored: { highMs: NOW - 5_000, startMs: 0, lookedBack: { ...dear, startedMs: NOW - 180_000 } },
      fromMs: NOW - 920_000,
      isFull: true,
    },
    {
      why: 'only news while something is left over',
      stored: { highMs: NOW - 5_000, startMs: 0, open: [part(1, 9)] },
      fromMs: NOW - 5_000,
      isFull: false,
    },
    {
      why: 'as at first, where the first was under a clock far ahead',
      stored: { highMs: NOW + 900_000, startMs: NOW + 900_000 },
      fromMs: NOW - 86_400_000,
      isFull: true,
    },
  ])('is $why', ({ stored, fromMs, isFull }) => {
    expect(planPoll(stored, NOW, LOOKBACK)).toMatchObject({ fromMs, isFull });
  });
});

describe('what is left over', () => {
  it('becomes one part where two touch', () => {
    expect(withPart([part(10, 20, 7)], part(21, 30, 3))).toEqual([part(10, 30, 3)]);
    expect(withPart([part(10, 20, 7)], part(22, 30, 3))).toEqual([part(22, 30, 3), part(10, 20, 7)]);
  });

  it('stays bounded: the oldest parts are read together with what lies between', () => {
    let open = withPart([], part(0, 5));
    for (let i = 1; i < 100; i += 1) open = withPart(open, part(i * 10, i * 10 + 5));
    expect(open.length).toBe(20);
    expect(open.at(-1)?.fromMs).toBe(0);
    expect(open[0]?.coveredMs).toBe(995);
  });

  it('loses what has been read, at either end or in the middle', () => {
    expect(withoutSpan([part(10, 30, 7)], 20, 99)).toEqual([part(10, 19, 7)]);
    expect(withoutSpan([part(10, 30, 7)], 0, 20)).toEqual([part(21, 30, 7)]);
    expect(withoutSpan([part(10, 30, 7)], 15, 20)).toEqual([part(21, 30, 7), part(10, 14, 7)]);
    expect(withoutSpan([part(10, 30, 7)], 0, 99)).toEqual([]);
  });
});

describe('the stored cursor', () => {
  it('comes back as it was written', () => {
    const position: Position = {
      highMs: 9,
      startMs: 1,
      open: [part(1, 5, 3)],
      gaps: [{ fromMs: 4, toMs: 4, problem: 'p' }],
    };
    expect(readCursor(toCursor(position), 's')).toEqual(position);
  });

  it('is refused where it is not ours', () => {
    expect(() => readCursor({ highWaterS: 5 }, 's')).toThrow(/start it again with the version that wrote it/);
  });
});
