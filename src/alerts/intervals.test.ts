import { describe, expect, it } from 'vitest';
import { isInside, mutedUntil, type TimeInterval } from './intervals.ts';

const at = (text: string): number => Date.parse(text);
const hours = (from: number, to: number) => ({ from: from * 60, to: to * 60 });
const WORK: TimeInterval = {
  ...{ name: 'work', timeZone: 'Europe/Berlin', weekdays: [1, 2, 3, 4, 5], times: [hours(8, 18)] },
};
const NIGHT: TimeInterval = { name: 'night', timeZone: 'Europe/Berlin', times: [hours(22, 6)] };
const FRIDAY_NIGHT: TimeInterval = { ...NIGHT, weekdays: [5] };

describe('being inside', () => {
  // 20 November 2026 is a Friday; Berlin is an hour ahead of UTC then.
  it.each<[string, TimeInterval, string, boolean]>([
    ['a minute before work begins', WORK, '2026-11-20T06:59:59Z', false],
    ['as work begins', WORK, '2026-11-20T07:00:00Z', true],
    ['in the last second of work', WORK, '2026-11-20T16:59:59Z', true],
    ['as work ends', WORK, '2026-11-20T17:00:00Z', false],
    ['at noon on a Saturday', WORK, '2026-11-21T11:00:00Z', false],
    ['before a night', NIGHT, '2026-11-20T20:59:00Z', false],
    ['in a night, before midnight', NIGHT, '2026-11-20T21:00:00Z', true],
    ['in a night, after midnight', NIGHT, '2026-11-21T04:59:00Z', true],
    ['as a night ends', NIGHT, '2026-11-21T05:00:00Z', false],
    ['Friday night, on Saturday morning', FRIDAY_NIGHT, '2026-11-21T02:00:00Z', true],
    ['Friday night, on Friday morning', FRIDAY_NIGHT, '2026-11-20T02:00:00Z', false],
    ['summer, an hour earlier in UTC', WORK, '2026-07-20T06:00:00Z', true],
    [
      'the last day of a month',
      { name: 'm', timeZone: 'UTC', daysOfMonth: [-1] },
      '2026-02-28T12:00:00Z',
      true,
    ],
    [
      'not the last of a leap February',
      { name: 'm', timeZone: 'UTC', daysOfMonth: [-1] },
      '2028-02-28T12:00:00Z',
      false,
    ],
    ['a month', { name: 'm', timeZone: 'UTC', months: [12] }, '2026-12-01T00:00:00Z', true],
    [
      'a zone of three quarters',
      { name: 'k', timeZone: 'Asia/Kathmandu', times: [hours(0, 1)] },
      '2026-11-20T18:15:00Z',
      true,
    ],
    [
      'the hour that comes twice, first',
      { name: 'd', timeZone: 'Europe/Berlin', times: [hours(2, 3)] },
      '2026-10-25T00:30:00Z',
      true,
    ],
    [
      'the hour that comes twice, again',
      { name: 'd', timeZone: 'Europe/Berlin', times: [hours(2, 3)] },
      '2026-10-25T01:30:00Z',
      true,
    ],
    [
      'the hour that is skipped: never',
      { name: 's', timeZone: 'Europe/Berlin', times: [hours(2, 3)] },
      '2026-03-29T01:00:00Z',
      false,
    ],
  ])('%s', (_why, interval, time, expected) => {
    expect(isInside(interval, at(time))).toBe(expected);
  });
});

describe('until when a route is mute', () => {
  it.each<[string, { active: TimeInterval[]; mute: TimeInterval[] }, string, string | undefined]>([
    ['no times at all', { active: [], mute: [] }, '2026-11-20T03:00:00Z', undefined],
    ['inside active times', { active: [WORK], mute: [] }, '2026-11-20T12:00:00Z', undefined],
    ['before work', { active: [WORK], mute: [] }, '2026-11-20T03:00:00Z', '2026-11-20T07:00:00Z'],
    ['over a weekend', { active: [WORK], mute: [] }, '2026-11-20T17:00:00Z', '2026-11-23T07:00:00Z'],
    ['a night', { active: [], mute: [NIGHT] }, '2026-11-20T23:00:00Z', '2026-11-21T05:00:00Z'],
    [
      'a night in which clocks go back',
      { active: [], mute: [NIGHT] },
      '2026-10-24T21:00:00Z',
      '2026-10-25T05:00:00Z',
    ],
    [
      'an end that the first pass of an hour brings, before it begins anew',
      { active: [], mute: [{ ...NIGHT, times: [{ from: 60, to: 150 }] }] },
      '2026-10-25T00:00:00Z',
      '2026-10-25T00:30:00Z',
    ],
    [
      'the same, in the second pass',
      { active: [], mute: [{ ...NIGHT, times: [{ from: 60, to: 150 }] }] },
      '2026-10-25T01:10:00Z',
      '2026-10-25T01:30:00Z',
    ],
    [
      'a beginning that only the second pass brings',
      { active: [{ ...NIGHT, times: [{ from: 125, to: 130 }] }], mute: [] },
      '2026-10-25T00:20:00Z',
      '2026-10-25T01:05:00Z',
    ],
    [
      'an end that a clock change skips: the change is the end',
      { active: [], mute: [{ ...NIGHT, times: [{ from: 60, to: 150 }] }] },
      '2026-03-29T00:30:00Z',
      '2026-03-29T01:00:00Z',
    ],
    [
      'a day months ahead',
      {
        active: [{ name: 'd', timeZone: 'Europe/Berlin', dates: [{ from: 20_270_601, to: 20_270_601 }] }],
        mute: [],
      },
      '2026-11-20T00:00:00Z',
      '2027-05-31T22:00:00Z',
    ],
    [
      'two that follow each other',
      { active: [], mute: [NIGHT, { ...NIGHT, times: [hours(6, 7)] }] },
      '2026-11-20T23:00:00Z',
      '2026-11-21T06:00:00Z',
    ],
    [
      'active, but muted',
      { active: [WORK], mute: [{ ...WORK, times: [hours(12, 13)] }] },
      '2026-11-20T11:30:00Z',
      '2026-11-20T12:00:00Z',
    ],
  ])('%s', (_why, times, now, expected) => {
    expect(mutedUntil(times, at(now))).toBe(expected === undefined ? undefined : at(expected));
  });

  it('of one that never speaks is a later look, not a loop', () => {
    const never = { active: [{ name: 'n', timeZone: 'UTC', months: [2], daysOfMonth: [31] }], mute: [] };
    const now = at('2026-11-20T00:00:00Z');
    expect(mutedUntil(never, now)).toBeGreaterThan(now + 86_400_000);
  });
});
