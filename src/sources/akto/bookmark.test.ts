import { describe, expect, it } from 'vitest';
import { PollBookmark } from './bookmark.ts';
import type { Position } from './cursor.ts';

const NOW = 1_780_000_000;
const LATE = 900;
const SETTLED = NOW - LATE - 301;
const position: Position = {
  ...{
    highWaterS: NOW - 100,
    floorS: 1_770_000_000,
    newestS: NOW - 100,
    auditS: SETTLED - 500,
    readS: NOW - 30,
  },
  ...{ gaps: [], surplus: [], lost: [] },
};
const bookmark = (changes: Partial<Position> = {}) => new PollBookmark({ ...position, ...changes }, LATE);

describe('a bookmark', () => {
  it.each([
    { why: 'up to what had settled', read: { fromS: SETTLED - 500, toS: NOW }, auditS: SETTLED + 1 },
    {
      why: 'not past what was read',
      read: { fromS: SETTLED - 500, toS: SETTLED - 400 },
      auditS: SETTLED - 399,
    },
    { why: 'not over a hole', read: { fromS: SETTLED - 499, toS: NOW }, auditS: SETTLED - 500 },
    { why: 'never back', read: { fromS: SETTLED - 900, toS: SETTLED - 800 }, auditS: SETTLED - 500 },
  ])('counts as audited what was read: $why', ({ read, auditS }) => {
    const mark = bookmark();
    mark.audited(read, NOW);
    expect(mark.position.auditS).toBe(auditS);
  });

  it('never audits past the high water: under a clock far ahead that would skip what is still to come', () => {
    const mark = bookmark();
    mark.caughtUp({ fromS: SETTLED - 500, toS: NOW + 9_360 }, NOW - 90, NOW + 9_000);
    expect(mark.position).toMatchObject({ highWaterS: NOW - 90, auditS: NOW - 89 });
  });

  it('does not let an event of the future raise the high water past now', () => {
    const mark = bookmark();
    mark.caughtUp({ fromS: NOW - 200, toS: NOW + 360 }, NOW + 300, NOW);
    expect(mark.position.highWaterS).toBe(NOW);
  });

  it('tells of every gap that it gives up, once, those for which there is no room too', () => {
    const mark = bookmark();
    for (let second = 1; second <= 22; second += 1) mark.addGap({ fromS: second, toS: second }, 'missing', 9);
    mark.addGap({ fromS: 99, toS: 99 }, 'still missing', 0);
    const { gaps, givenUp = [] } = mark.progress();
    expect(gaps.map(({ fromMs }) => fromMs / 1_000)).toEqual(Array.from({ length: 20 }, (_, n) => n + 3));
    expect(givenUp.map(({ toMs }) => toMs)).toEqual([1_999, 2_999, 99_999]);
    expect(mark.progress()).not.toHaveProperty('givenUp');
  });

  it('does not ask twice for what it asks for already, nor give it up twice', () => {
    const mark = bookmark();
    mark.addGap({ fromS: 10, toS: 20 }, 'two are missing', 3);
    mark.addGap({ fromS: 15, toS: 15 }, 'one is missing');
    mark.addGap({ fromS: 15, toS: 25 }, 'one is missing');
    expect(mark.position.gaps).toMatchObject([{ fromS: 10 }, { fromS: 15, toS: 25, pollsLeft: 10 }]);
  });

  it('gives up what the store may have forgotten, and says so', () => {
    const lost = { fromS: NOW - 90_000, toS: NOW - 90_000, pollsLeft: 5, problem: 'one is missing' };
    const mark = bookmark({ auditS: NOW - 90_000, gaps: [lost] });
    mark.giveUpBeyondReach();
    expect(mark.position).toMatchObject({ auditS: NOW - 100 - LATE - 300 - 3_600, gaps: [] });
    expect(mark.progress().givenUp?.map(({ problem }) => problem)).toEqual([
      'one is missing, and it is too long ago to be asked for again',
      expect.stringMatching(/no time to look for late events/),
    ]);
  });

  it('gives up nothing after an outage: nothing newer was committed', () => {
    const mark = bookmark({ highWaterS: NOW - 90_000, newestS: NOW - 90_000, auditS: NOW - 91_000 });
    mark.giveUpBeyondReach();
    expect(mark.progress()).not.toHaveProperty('givenUp');
  });

  it('calls late what is older than what was read before, and nothing of the very first poll', () => {
    expect(bookmark().progress().lateBeforeMs).toBe((NOW - 100) * 1_000);
    expect(bookmark({ highWaterS: 1_770_000_000 }).progress()).not.toHaveProperty('lateBeforeMs');
  });
});
