import { describe, expect, it } from 'vitest';
import { judgeLook, type Look, walkStart } from './look.ts';

/** The high water is 50; three rows were asked for. */
describe('judgeLook', () => {
  it.each<{ why: string; seconds: number[]; rows?: number; total: number; look: Look }>([
    { why: 'an empty range is whole', seconds: [], total: 0, look: { kind: 'whole' } },
    { why: 'a short page that adds up is whole', seconds: [60, 40], total: 2, look: { kind: 'whole' } },
    { why: 'no count: a short page is whole', seconds: [60, 40], total: 0, look: { kind: 'whole' } },
    {
      why: 'below the high water: all news are here',
      seconds: [70, 60, 49],
      total: 9,
      look: { kind: 'joined', fromS: 50 },
    },
    {
      why: 'the high-water second fills the page, and the count tells what is missing',
      seconds: [60, 50, 50],
      total: 9,
      look: { kind: 'joined', fromS: 51 },
    },
    {
      why: 'the high-water second may be cut, and nothing tells',
      seconds: [60, 50, 50],
      total: 0,
      look: { kind: 'walk', reason: 'more_than_a_page' },
    },
    {
      why: 'more news than a page',
      seconds: [90, 80, 51],
      total: 9,
      look: { kind: 'walk', reason: 'more_than_a_page' },
    },
    {
      why: 'rows are missing from a short page',
      seconds: [90, 40],
      total: 9,
      look: { kind: 'joined', fromS: 41 },
    },
    {
      why: 'a server that sorts its own way',
      seconds: [40, 60, 90],
      total: 9,
      look: { kind: 'walk', reason: 'out_of_order' },
    },
    {
      why: 'rows without a time',
      seconds: [],
      rows: 3,
      total: 9,
      look: { kind: 'walk', reason: 'no_usable_second' },
    },
    {
      why: 'rows are counted and none is shown',
      seconds: [],
      total: 4,
      look: { kind: 'walk', reason: 'no_usable_second' },
    },
  ])('$why', ({ seconds, rows = seconds.length, total, look }) => {
    expect(judgeLook({ seconds, rowCount: rows, limit: 3, total }, 50)).toEqual(look);
  });
});

describe('walkStart', () => {
  it.each([
    {
      why: 'news, from the second that may have been cut',
      highWaterS: 90,
      auditS: 20,
      settled: 30,
      fromS: 90,
      reason: 'news',
    },
    {
      why: 'an outage: from where the audit stands',
      highWaterS: 40,
      auditS: 20,
      settled: 70,
      fromS: 20,
      reason: 'catching_up',
    },
    {
      why: 'an outage, all before it audited',
      highWaterS: 40,
      auditS: 41,
      settled: 70,
      fromS: 41,
      reason: 'catching_up',
    },
    {
      why: 'a walk that was cut off',
      highWaterS: 90,
      auditS: 20,
      settled: 30,
      nextS: 60,
      fromS: 60,
      reason: 'resumed',
    },
    {
      why: 'a long walk over history, audited as it goes',
      highWaterS: 60,
      auditS: 60,
      settled: 90,
      nextS: 60,
      fromS: 60,
      reason: 'resumed',
    },
    {
      why: 'a walk that was cut off before an outage',
      highWaterS: 60,
      auditS: 20,
      settled: 90,
      nextS: 60,
      fromS: 20,
      reason: 'catching_up',
    },
  ])('$why', ({ highWaterS, auditS, settled, nextS, fromS, reason }) => {
    const walk = nextS === undefined ? {} : { walk: { nextS } };
    expect(walkStart({ highWaterS, auditS, ...walk }, settled)).toEqual({ fromS, reason });
  });
});
