import type { Scenario } from './akto-feed-scenario.ts';

const CALM = {
  aheadS: 0,
  odd: [],
  arrivals: [],
  during: [],
  hazards: [],
  diesAfterPages: Number.POSITIVE_INFINITY,
};

/**
 * A late second of 28 events and two rows that are no event, seven times the largest answer. It was given up as
 * "28 of at least 30 events could be read": each poll that asked for it counted anew, and had to be shown every row within
 * four passes, those two in one answer, since what was said of them is the same.
 */
export const UNUSABLE_ROWS: Scenario = {
  ...{ seed: 54_067, pageSize: 8, aheadS: 0, total: 'exact', cappedRows: 4 },
  backlog: [
    { lateS: 53, rows: 6 },
    { lateS: 9, rows: 5 },
    { lateS: 2, rows: 6 },
    { lateS: 102, rows: 3 },
    { lateS: 48, rows: 6 },
  ],
  rounds: [
    {
      ...{ ...CALM, aheadS: 30, passed: 56 },
      odd: [
        { kind: 'no_id', lateS: 120 },
        { kind: 'no_id', lateS: 120 },
      ],
      arrivals: [
        { lateS: 120, rows: 2 },
        { lateS: 0, rows: 4 },
      ],
      during: [{ answer: 0, lateS: 120, rows: 26 }],
    },
    {
      ...{ ...CALM, passed: 23 },
      arrivals: [
        { lateS: 120, rows: 6 },
        { lateS: 6, rows: 5 },
        { lateS: 1, rows: 5 },
        { lateS: -18, rows: 6 },
        { lateS: 120, rows: 4 },
      ],
      during: [
        { answer: 0, lateS: 24, rows: 6 },
        { answer: 8, lateS: -19, rows: 28 },
      ],
    },
  ],
};
