import { describe, expect, it } from 'vitest';
import { nextStep, type Shown, type Step } from './changing-list-step.ts';

interface Row {
  readonly why: string;
  readonly times: Shown['times'];
  readonly offset?: number;
  readonly isEnd?: Shown['isEnd'];
  readonly coveredMs?: number;
  readonly step: Step;
}

/** A walk down to 10, by pages of four rows. */
function stepOf({ times, offset = 0, isEnd = 'no', coveredMs }: Row): Step {
  return nextStep({ times, offset, isEnd }, { coveredMs, fromMs: 10, stride: 4 });
}

describe('the next step down a list, newest change first', () => {
  it.each<Row>([
    {
      why: 'begins one row before the instant that may be cut',
      times: [40, 30, 20, 20],
      step: { kind: 'advance', coveredMs: 20, offset: 1 },
    },
    { why: 'ends below its bound', times: [40, 30, 20, 9], step: { kind: 'end', reason: 'below' } },
    {
      why: 'does not end at its bound, which may be cut',
      times: [40, 30, 20, 10],
      step: { kind: 'advance', coveredMs: 10, offset: 2 },
    },
    { why: 'ends with an empty list', times: [], isEnd: 'yes', step: { kind: 'end', reason: 'list_end' } },
    { why: 'ends with the list', times: [40], isEnd: 'yes', step: { kind: 'end', reason: 'list_end' } },
    {
      why: 'asks whether a short page is the last',
      times: [40, 30],
      isEnd: 'perhaps',
      step: { kind: 'confirm', offset: 2 },
    },
    {
      why: 'asks nothing where the bound is passed',
      times: [40, 9],
      isEnd: 'perhaps',
      step: { kind: 'end', reason: 'below' },
    },
    {
      why: 'goes back where a page begins below what was read',
      times: [19, 18, 17, 16],
      offset: 9,
      coveredMs: 20,
      step: { kind: 'back', offset: 5 },
    },
    {
      why: 'goes back where a page begins within the instant that was cut',
      times: [20, 18, 17, 16],
      offset: 2,
      coveredMs: 20,
      step: { kind: 'back', offset: 0 },
    },
    {
      why: 'goes back from behind a list that became shorter',
      times: [],
      offset: 9,
      isEnd: 'yes',
      coveredMs: 20,
      step: { kind: 'back', offset: 5 },
    },
    {
      why: 'joins at the front, whatever it shows',
      times: [19, 18, 17, 16],
      coveredMs: 20,
      step: { kind: 'advance', coveredMs: 16, offset: 2 },
    },
    {
      why: 'passes over what is known, which moved down',
      times: [50, 40, 30, 25],
      offset: 9,
      coveredMs: 20,
      step: { kind: 'advance', coveredMs: 20, offset: 12 },
    },
    {
      why: 'drains an instant that fills the page',
      times: [20, 20, 20, 20],
      step: { kind: 'drain', atMs: 20 },
    },
    {
      why: 'drains an instant that fills it but for the row that joins',
      times: [30, 20, 20, 20],
      offset: 5,
      coveredMs: 29,
      step: { kind: 'drain', atMs: 20 },
    },
    {
      why: 'passes over rows without a time',
      times: [undefined, 30, undefined, 20],
      step: { kind: 'advance', coveredMs: 20, offset: 1 },
    },
    {
      why: 'passes over a page without any',
      times: [undefined, undefined, undefined, undefined],
      offset: 4,
      coveredMs: 20,
      step: { kind: 'blind', offset: 8 },
    },
    { why: 'is lost in a list without order', times: [20, 30, 20, 10], step: { kind: 'lost' } },
  ])('$why', (row) => {
    expect(stepOf(row)).toEqual(row.step);
  });
});
