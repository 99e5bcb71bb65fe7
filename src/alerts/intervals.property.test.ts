import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/seed.ts';
import { isInside, mutedUntil, type SpeakingTimes, type TimeInterval } from './intervals.ts';

const MINUTE_MS = 60_000;
/** Far enough that an interval of some day of the week has begun or ended. */
const AHEAD_MINUTES = 3 * 1_440;

/** Instants about which clocks change, each in its zone; and one at which none does. */
const CHANGES: readonly (readonly [zone: string, at: string])[] = [
  ['Europe/Berlin', '2026-10-25T01:00:00Z'],
  ['Europe/Berlin', '2026-03-29T01:00:00Z'],
  ['America/New_York', '2026-11-01T06:00:00Z'],
  ['America/New_York', '2026-03-08T07:00:00Z'],
  // By half an hour.
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
  // At midnight: a day without its first hour, and one whose last comes twice.
  ['America/Santiago', '2026-09-06T04:00:00Z'],
  ['America/Santiago', '2026-04-05T03:00:00Z'],
  ['America/Havana', '2026-11-01T05:00:00Z'],
  ['Africa/Cairo', '2026-04-23T22:00:00Z'],
  // A whole day that never was.
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
  // The zone itself changed.
  ['Asia/Kathmandu', '1985-12-31T18:30:00Z'],
  ['UTC', '2026-12-31T23:00:00Z'],
];

const zones = [...new Set(CHANGES.map(([zone]) => zone))];

const minute = fc.oneof(
  fc.integer({ min: 0, max: 287 }).map((five) => five * 5),
  fc.integer({ min: 0, max: 239 }),
);
const range = fc
  .tuple(minute, fc.oneof(minute, fc.constant(1_440)))
  .filter(([from, to]) => from !== to)
  .map(([from, to]) => ({ from, to }));

const days = fc.record(
  {
    times: fc.array(range, { minLength: 1, maxLength: 3 }),
    weekdays: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
    daysOfMonth: fc.array(
      fc.oneof(
        fc.integer({ min: 1, max: 31 }),
        fc.integer({ min: -31, max: -1 }),
        fc.constant({ from: 20, to: -1 }),
        fc.constant({ from: 1, to: 7 }),
      ),
      { minLength: 1, maxLength: 3 },
    ),
    years: fc.constantFrom([2026], [2026, 2027], [1985, 2011, 2026]),
    dates: fc.constantFrom([{ from: 20_261_025, to: 20_261_025 }], [{ from: 20_260_101, to: 20_261_101 }]),
  },
  { requiredKeys: [] },
);

const intervalIn = (zone: fc.Arbitrary<string>): fc.Arbitrary<TimeInterval> =>
  fc.tuple(zone, days).map(([timeZone, rest]) => ({ name: 'n', timeZone, ...rest }));

/** Its times, and an instant within a day and a half of a clock change in the zone that most of them are of. */
const situation = fc.constantFrom(...CHANGES).chain(([zone, at]) => {
  const interval = intervalIn(
    fc.oneof({ weight: 4, arbitrary: fc.constant(zone) }, fc.constantFrom(...zones)),
  );
  return fc.record({
    times: fc.record({
      active: fc.array(interval, { maxLength: 2 }),
      mute: fc.array(interval, { maxLength: 2 }),
    }),
    nowMs: fc.integer({ min: -36 * 60, max: 12 * 60 }).map((minutes) => Date.parse(at) + minutes * MINUTE_MS),
  });
});

/** As the words of a configuration say it, asked anew each minute. */
function mayTell({ active, mute }: SpeakingTimes, atMs: number): boolean {
  const isActive = active.length === 0 || active.some((interval) => isInside(interval, atMs));
  return isActive && !mute.some((interval) => isInside(interval, atMs));
}

describe('the end of a mute time', () => {
  it('is the first minute at which the route may speak, around every kind of clock change', () => {
    fc.assert(
      fc.property(situation, ({ times, nowMs }) => {
        const until = mutedUntil(times, nowMs);
        for (let ahead = 0; ahead <= AHEAD_MINUTES; ahead += 1) {
          const atMs = nowMs + ahead * MINUTE_MS;
          if (!mayTell(times, atMs)) continue;
          expect(until).toBe(ahead === 0 ? undefined : atMs);
          return;
        }
        expect(until).toBeGreaterThan(nowMs + AHEAD_MINUTES * MINUTE_MS);
      }),
      { numRuns: runs(150) },
    );
  });

  it('holds alike in both passes of an hour that comes twice', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          ['Europe/Berlin', '2026-10-25T01:00:00Z', 60] as const,
          ['America/New_York', '2026-11-01T06:00:00Z', 60] as const,
          ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', 30] as const,
          ['America/Santiago', '2026-04-05T03:00:00Z', 60] as const,
        ),
        days,
        fc.nat(59),
        ([timeZone, at, lasts], rest, minutes) => {
          const second = Date.parse(at) + (minutes % lasts) * MINUTE_MS;
          const interval = { name: 'n', timeZone, ...rest };
          expect(isInside(interval, second)).toBe(isInside(interval, second - lasts * MINUTE_MS));
        },
      ),
    );
  });
});
