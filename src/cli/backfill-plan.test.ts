import { describe, expect, it } from 'vitest';
import { FEED, reader } from '../../test/pipeline/bench.ts';
import type { FeedState } from '../core/feed-state.ts';
import type { BackfillState } from '../core/store.ts';
import { backfillId, type Plan, planBackfill, sentenceOf, type Wanted } from './backfill-plan.ts';
import { asJson, incompleteness } from './backfill-result.ts';
import { readRange } from './backfill-time.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.UTC(2026, 2, 10);
const hoursAgo = (hours: number): number => NOW_MS - hours * HOUR_MS;

const wanted = (from: string, to: string, over: Partial<Wanted> = {}): Wanted => ({
  reader: { ...reader(), readSlice: async function* () {} },
  range: readRange(from, to, NOW_MS),
  ...{ lookbackMs: HOUR_MS, isTrial: false, again: false },
  ...over,
});
const polled = (over: Partial<FeedState> = {}): FeedState => {
  return { ...FEED, readToMs: NOW_MS, gaps: [], lateEvents: 0, told: {}, ...over };
};
const stored = (over: Partial<BackfillState> = {}): BackfillState => ({
  ...{ id: 'x', ...FEED, fromMs: hoursAgo(9), toMs: hoursAgo(8) },
  ...{ startedMs: hoursAgo(7), read: 5, fresh: 5, matches: {}, cursor: {} },
  ...over,
});
const finished = stored({ finishedMs: hoursAgo(6) });
const gap = (fromMs: number) => ({ fromMs, toMs: fromMs + HOUR_MS, problem: 'two are missing' });

/** The kind, and where reading begins and ends in hours ago. */
function shown(plan: Plan): string {
  if (plan.kind !== 'read') return plan.kind;
  const hours = (ms: number): number => (NOW_MS - ms) / HOUR_MS;
  return `${plan.reason} ${hours(plan.state.fromMs)} to ${hours(plan.state.toMs + 1)}, read ${plan.state.read}`;
}

describe('what is to be read', () => {
  it.each([
    ['a slice that nothing is known of', wanted('5h', '2h'), polled(), undefined, 'begins 5 to 2, read 0'],
    ['an end that polls look at', wanted('5h', '0s'), polled(), undefined, 'begins_shorter 5 to 1, read 0'],
    ['all that polls look at', wanted('30m', '0s'), polled(), undefined, 'live'],
    [
      'polls that lag',
      wanted('9h', '2h'),
      polled({ readToMs: hoursAgo(4) }),
      undefined,
      'begins_shorter 9 to 5, read 0',
    ],
    [
      'a gap that polls ask for again',
      wanted('9h', '2h'),
      polled({ gaps: [gap(hoursAgo(6))] }),
      undefined,
      'begins_shorter 9 to 6, read 0',
    ],
    ['no poll yet', wanted('5h', '2h'), undefined, undefined, 'never_polled'],
    [
      'polls that only failed',
      wanted('5h', '2h'),
      { ...FEED, gaps: [], lateEvents: 0, told: {} },
      undefined,
      'never_polled',
    ],
    [
      'no poll yet, as a trial',
      wanted('5h', '0s', { isTrial: true }),
      undefined,
      undefined,
      'begins 5 to 0, read 0',
    ],
    [
      'one that was stopped: its own slice, not that of the same words now',
      wanted('5h', '2h'),
      polled(),
      stored({ toMs: hoursAgo(8) - 1 }),
      'goes_on 9 to 8, read 5',
    ],
    [
      'one that was stopped, anew',
      wanted('5h', '2h', { again: true }),
      polled(),
      stored(),
      'begins 5 to 2, read 0',
    ],
    ['one that is done', wanted('2026-03-08', '2026-03-09'), polled(), finished, 'done'],
    [
      'one that is done, and means later times now',
      wanted('5h', '2h'),
      polled(),
      finished,
      'begins 5 to 2, read 0',
    ],
    [
      'one that is done, anew',
      wanted('2026-03-08', '2026-03-09', { again: true }),
      polled(),
      finished,
      'begins 48 to 24, read 0',
    ],
  ])('%s', (_, asked, feed, before, expected) => {
    const plan = planBackfill(asked, { feed, stored: before }, NOW_MS);
    expect(shown(plan)).toBe(expected);
    expect(sentenceOf(plan, asked)).toMatch(/^akto malicious_events/);
  });
});

it('is the same backfill however the same time is written, and another one for another time', () => {
  const ids = ['2026-03-01', '2026-03-01T00:00Z', '2026-03-01T01:00+01:00', '2026-03-01 00:00:00.000'].map(
    (from) => backfillId(reader(), readRange(from, '1d', NOW_MS)),
  );
  expect(new Set(ids)).toEqual(new Set(['akto/malicious_events/2026-03-01T00:00:00.000Z/1d']));
});

it('says what the feed did not show, without what speaks to a terminal', () => {
  const tally = { matched: 0, rejected: 0, bars: [], actors: [], gaps: [], givenUp: [gap(hoursAgo(8))] };
  const state = stored({ tally });
  expect(incompleteness(state)).toEqual([
    'akto malicious_events, 2026-03-09T16:00:00Z to 2026-03-09T17:00:00Z: two are missing',
  ]);
  expect(JSON.parse(asJson(state, false))).toMatchObject({
    missing: [
      { from: '2026-03-09T16:00:00.000Z', to: '2026-03-09T17:00:00.000Z', problem: 'two are missing' },
    ],
  });
});
