import { describe, expect, it } from 'vitest';
import { auditBudget, dueForAudit } from './audit.ts';

const position = {
  ...{ highWaterS: 900, floorS: 1, newestS: 900, auditS: 100, readS: 900 },
  ...{ gaps: [], surplus: [], lost: [] },
};

describe('an audit', () => {
  it.each([
    { why: 'reads what has settled', settled: 500, due: { fromS: 100, toS: 500 } },
    { why: 'not what no poll has read', settled: 2_000, due: { fromS: 100, toS: 900 } },
    { why: 'not what the walk has still to read', settled: 500, nextS: 300, due: { fromS: 100, toS: 299 } },
  ])('$why', ({ settled, nextS, due }) => {
    const walk = nextS === undefined ? {} : { walk: { nextS } };
    expect(dueForAudit({ ...position, ...walk }, settled)).toEqual(due);
  });

  it.each([
    { why: 'nothing settled since', due: { fromS: 10, toS: 9 }, news: 3, pages: 0, reason: 'nothing_due' },
    {
      why: 'a poll without news reads one page',
      due: { fromS: 10, toS: 10 },
      news: 0,
      pages: 1,
      reason: 'as_many_as_news',
    },
    {
      why: 'it keeps up with the news',
      due: { fromS: 10, toS: 400 },
      news: 5,
      pages: 5,
      reason: 'as_many_as_news',
    },
    {
      why: 'it catches up after a storm',
      due: { fromS: 10, toS: 1_400 },
      news: 1,
      pages: 8,
      reason: 'far_behind',
    },
  ])('has a budget: $why', ({ due, news, pages, reason }) => {
    expect(auditBudget(due, news)).toEqual({ pages, reason });
  });
});
