import { describe, expect, it } from 'vitest';
import { nextStep, type Step } from './step.ts';

const lost = (reason: 'out_of_order' | 'no_usable_second'): Step => ({ kind: 'lost', reason });

/** A query over the seconds 10 to 99. */
describe('nextStep', () => {
  it.each<{ why: string; seconds: number[]; rows?: number; limit?: number; total: number; step: Step }>([
    { why: 'an empty range is read', seconds: [], total: 0, step: { kind: 'end' } },
    { why: 'a short page that adds up is the end', seconds: [10, 11], total: 2, step: { kind: 'end' } },
    { why: 'a count of 0 beside rows is no count', seconds: [10, 11], total: 0, step: { kind: 'end' } },
    { why: 'order does not matter where all is there', seconds: [12, 11], total: 2, step: { kind: 'end' } },
    {
      why: 'only the last second of a full page can be cut',
      seconds: [10, 11, 12],
      total: 9,
      step: { kind: 'advance', nextS: 12 },
    },
    {
      why: 'a full page may be the last; only asking tells',
      seconds: [10, 11, 12],
      total: 3,
      step: { kind: 'advance', nextS: 12 },
    },
    {
      why: 'a full page proves more than a count of 0',
      seconds: [10, 11, 12],
      total: 0,
      step: { kind: 'advance', nextS: 12 },
    },
    {
      why: 'a server may answer fewer rows than asked',
      seconds: [10, 11],
      total: 9,
      step: { kind: 'advance', nextS: 11 },
    },
    { why: 'one second fills the page', seconds: [10, 10, 10], total: 9, step: { kind: 'drain' } },
    {
      why: 'a page of one row that is all of its second so far',
      seconds: [10],
      limit: 1,
      total: 1,
      step: { kind: 'drain' },
    },
    { why: 'rows are counted and none is shown', seconds: [], total: 4, step: { kind: 'doubt' } },
    {
      why: 'newest first would skip all that is older',
      seconds: [12, 11, 10],
      total: 9,
      step: lost('out_of_order'),
    },
    { why: 'rows from before the range', seconds: [9, 10, 11], total: 9, step: lost('out_of_order') },
    { why: 'rows from after the range', seconds: [10, 11, 100], total: 9, step: lost('out_of_order') },
    {
      why: 'a full page of rows without a time',
      seconds: [],
      rows: 3,
      total: 9,
      step: lost('no_usable_second'),
    },
    {
      why: 'one bad row among good ones',
      seconds: [10, 12],
      rows: 3,
      total: 9,
      step: { kind: 'advance', nextS: 12 },
    },
  ])('$why', ({ seconds, rows = seconds.length, limit = 3, total, step }) => {
    expect(nextStep({ seconds, rowCount: rows, limit, total }, 10, 99)).toEqual(step);
  });
});
