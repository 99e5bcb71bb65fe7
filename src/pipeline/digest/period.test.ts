import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../test/seed.ts';
import { createZone } from '../../core/zone.ts';
import { type DigestSchedule, dayText, dueTimes, periodFor, stepsOf } from './period.ts';

const HOUR_MS = 3_600_000;
const iso = (timeMs: number): string => new Date(timeMs).toISOString().replace(':00.000Z', 'Z');
const at = (text: string): number => Date.parse(text);

const daily = (timeZone: string, hour = 8, minute = 0): DigestSchedule => ({
  ...{ every: 'day', on: 1, timeZone },
  at: { hour, minute },
});
const weekly = (timeZone: string, on: number, hour = 8): DigestSchedule => ({
  ...{ every: 'week', on, timeZone },
  at: { hour, minute: 0 },
});

describe('the last period that is over', () => {
  it.each<[why: string, now: string, schedule: DigestSchedule, from: string, to: string, next: string]>([
    [
      'is yesterday once it is eight',
      '2026-11-21T08:00:00Z',
      daily('UTC'),
      ...(['2026-11-20T08:00Z', '2026-11-21T08:00Z', '2026-11-22T08:00Z'] as const),
    ],
    [
      'is the day before until then',
      '2026-11-21T07:59:59.999Z',
      daily('UTC'),
      ...(['2026-11-19T08:00Z', '2026-11-20T08:00Z', '2026-11-21T08:00Z'] as const),
    ],
    [
      'goes by the wall of its zone',
      '2026-11-21T07:00:00Z',
      daily('Europe/Paris'),
      ...(['2026-11-20T07:00Z', '2026-11-21T07:00Z', '2026-11-22T07:00Z'] as const),
    ],
    [
      'of a zone with 45 minutes',
      '2026-11-21T02:15:00Z',
      daily('Asia/Kathmandu'),
      ...(['2026-11-20T02:15Z', '2026-11-21T02:15Z', '2026-11-22T02:15Z'] as const),
    ],
    [
      'of a zone with 45 minutes and a summer time',
      '2026-04-05T12:00:00Z',
      daily('Pacific/Chatham'),
      ...(['2026-04-03T18:15Z', '2026-04-04T19:15Z', '2026-04-05T19:15Z'] as const),
    ],
    [
      'has 23 hours where the clock goes forward',
      '2026-03-29T06:30:00Z',
      daily('Europe/Paris'),
      ...(['2026-03-28T07:00Z', '2026-03-29T06:00Z', '2026-03-30T06:00Z'] as const),
    ],
    [
      'has 25 hours where it goes back',
      '2026-10-25T07:00:00Z',
      daily('Europe/Paris'),
      ...(['2026-10-24T06:00Z', '2026-10-25T07:00Z', '2026-10-26T07:00Z'] as const),
    ],
    [
      'ends as much later as the clock goes forward, where that skips its end',
      '2026-03-08T07:30:00Z',
      daily('America/New_York', 2, 30),
      ...(['2026-03-07T07:30Z', '2026-03-08T07:30Z', '2026-03-09T06:30Z'] as const),
    ],
    [
      'ends at the first of two: the second is in the next period already',
      '2026-11-01T06:30:00Z',
      daily('America/New_York', 1, 30),
      ...(['2026-10-31T05:30Z', '2026-11-01T05:30Z', '2026-11-02T06:30Z'] as const),
    ],
    [
      'has half an hour more in Lord Howe’s autumn',
      '2026-04-05T00:00:00Z',
      daily('Australia/Lord_Howe'),
      ...(['2026-04-03T21:00Z', '2026-04-04T21:30Z', '2026-04-05T21:30Z'] as const),
    ],
    [
      'goes over a day that a zone left out',
      '2011-12-31T00:00:00Z',
      daily('Pacific/Apia'),
      ...(['2011-12-29T18:00Z', '2011-12-30T18:00Z', '2011-12-31T18:00Z'] as const),
    ],
    [
      'ends at a midnight that there is not',
      '2018-11-04T03:00:00Z',
      daily('America/Sao_Paulo', 0),
      ...(['2018-11-03T03:00Z', '2018-11-04T03:00Z', '2018-11-05T02:00Z'] as const),
    ],
    [
      'is a week to Monday',
      '2026-11-21T12:00:00Z',
      weekly('UTC', 1),
      ...(['2026-11-09T08:00Z', '2026-11-16T08:00Z', '2026-11-23T08:00Z'] as const),
    ],
    [
      'is a week to today',
      '2026-11-21T08:00:00Z',
      weekly('UTC', 6),
      ...(['2026-11-14T08:00Z', '2026-11-21T08:00Z', '2026-11-28T08:00Z'] as const),
    ],
    [
      'is a week whose end is tomorrow already in its zone',
      '2026-11-21T20:00:00Z',
      weekly('Pacific/Kiritimati', 0),
      ...(['2026-11-14T18:00Z', '2026-11-21T18:00Z', '2026-11-28T18:00Z'] as const),
    ],
    [
      'is a week with a clock change, over the end of a year',
      '2026-01-05T08:00:00Z',
      weekly('Europe/London', 1),
      ...(['2025-12-29T08:00Z', '2026-01-05T08:00Z', '2026-01-12T08:00Z'] as const),
    ],
  ])('%s', (_why, now, schedule, from, to, next) => {
    const { period, before, nextDueMs } = periodFor(at(now), schedule);
    expect([period.fromMs, period.toMs, nextDueMs].map(iso)).toEqual([from, to, next]);
    expect(before.toMs).toBe(period.fromMs);
    expect(before.fromMs).toBeLessThan(before.toMs);
  });

  it('is the earlier one again where the clock goes back, with the same beginning: its id is the same', () => {
    const schedule = daily('Europe/Paris');
    const first = periodFor(at('2026-11-20T12:00:00Z'), schedule);
    const later = periodFor(at('2026-11-21T12:00:00Z'), schedule);
    expect(later.before).toEqual(first.period);
    expect(periodFor(at('2026-11-20T12:00:00Z'), schedule)).toEqual(first);
  });

  const zones = ['UTC', 'Europe/Paris', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Chatham'];
  const more = ['Australia/Lord_Howe', 'America/St_Johns', 'Africa/Casablanca', 'Antarctica/Troll'];

  it('follows on the one before without a hole, whatever zone and time', () => {
    const schedules = fc.record({
      every: fc.constantFrom('day' as const, 'week' as const),
      on: fc.nat({ max: 6 }),
      timeZone: fc.constantFrom(...zones, ...more),
      at: fc.record({ hour: fc.nat({ max: 23 }), minute: fc.nat({ max: 59 }) }),
    });
    const times = fc.integer({ min: at('2015-01-01T00:00Z'), max: at('2040-01-01T00:00Z') });
    fc.assert(
      fc.property(times, schedules, (nowMs, schedule) => {
        const { period, nextDueMs } = periodFor(nowMs, schedule);
        expect(period.toMs).toBeLessThanOrEqual(nowMs);
        expect(nextDueMs).toBeGreaterThan(nowMs);
        const days = schedule.every === 'day' ? 1 : 7;
        expect(Math.abs(period.toMs - period.fromMs - days * 24 * HOUR_MS)).toBeLessThanOrEqual(3 * HOUR_MS);
        const next = periodFor(nextDueMs, schedule);
        expect(next.period).toEqual({ fromMs: period.toMs, toMs: nextDueMs });
        expect(next.before).toEqual(period);
      }),
      { numRuns: runs(300) },
    );
  });

  it('counts due times back and ahead', () => {
    expect(dueTimes(at('2026-11-21T12:00:00Z'), daily('UTC'), 2, 1).map(iso)).toEqual([
      '2026-11-19T08:00Z',
      '2026-11-20T08:00Z',
      '2026-11-21T08:00Z',
      '2026-11-22T08:00Z',
    ]);
  });
});

describe('the steps of a chart', () => {
  const labels = (now: string, schedule: DigestSchedule): string[] =>
    stepsOf(periodFor(at(now), schedule).period, schedule).map(({ label }) => label);

  it.each<[why: string, now: string, count: number, some: string[]]>([
    ['24 hours', '2026-11-21T07:00:00Z', 24, ['08:00', '09:00']],
    ['23, without the hour that was skipped', '2026-03-29T07:00:00Z', 23, ['01:00', '03:00']],
    ['25, with the hour that came twice', '2026-10-25T07:00:00Z', 25, ['02:00', '02:00']],
  ])('of a day are %s', (_why, now, count, some) => {
    const all = labels(now, daily('Europe/Paris'));
    expect(all).toHaveLength(count);
    expect(all.join(' ')).toContain(some.join(' '));
  });

  it('of a week are its days', () => {
    expect(labels('2026-11-01T12:00:00Z', weekly('America/New_York', 0, 0))).toEqual([
      'Sun 25',
      'Mon 26',
      'Tue 27',
      'Wed 28',
      'Thu 29',
      'Fri 30',
      'Sat 31',
    ]);
  });
});

describe('a zone', () => {
  it('turns every instant of a year to its wall and back, but for the hour that comes twice', () => {
    const zone = createZone('Europe/Paris');
    const start = at('2026-01-01T00:00:00Z');
    const twice = at('2026-10-25T01:00:00Z');
    for (let hour = 0; hour < 365 * 24; hour += 7) {
      const instant = start + hour * HOUR_MS;
      const back = zone.instantOf(zone.wallOf(instant));
      expect(back).toBe(instant === twice ? instant - HOUR_MS : instant);
    }
  });

  it.each([
    ['midnight in Los Angeles', '2026-11-20T08:00:00Z', '2026-11-20'],
    ['midnight in India', '2026-11-19T18:30:00Z', '2026-11-20'],
    ['midnight in UTC', '2026-11-20T00:00:00Z', '2026-11-20'],
  ])('names the day that begins at %s', (_why, start, day) => {
    expect(dayText(at(start))).toBe(day);
  });
});
