import { describe, expect, it } from 'vitest';
import { countOverrun, isQuarantined, NO_OVERRUNS, type Overruns } from './quarantine.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Overruns at these times, and what the last one meant. */
function overrunsAt(times: readonly number[], from: Overruns = NO_OVERRUNS) {
  return times.reduce<{ overruns: Overruns; reason: string }>(
    ({ overruns }, at) => countOverrun(overruns, at),
    { overruns: from, reason: 'none' },
  );
}

describe('countOverrun', () => {
  it.each<[string, number[], string]>([
    ['one overrun is an event out of the ordinary', [0], 'counted'],
    ['four in a minute are still few', [0, 1, 2, 3], 'counted'],
    ['five in a minute are not', [0, 1, 2, 3, 4], 'quarantined'],
    ['five over more than a minute are', [0, 20, 40, 60, 80].map((s) => s * SECOND), 'counted'],
    ['the fifth just inside the minute', [0, 1, 2, 3, MINUTE - 1], 'quarantined'],
    ['the fifth just outside of it', [0, 1, 2, 3, MINUTE], 'counted'],
    ['times from a clock that was ahead do not count', [HOUR, HOUR, HOUR, HOUR, 0], 'counted'],
  ])('%s', (_, times, reason) => {
    expect(overrunsAt(times).reason).toBe(reason);
  });

  it('lasts five minutes, and then twice as long each time, up to an hour', () => {
    const first = overrunsAt([0, 0, 0, 0, 0]).overruns;
    expect(first.untilMs).toBe(5 * MINUTE);
    expect([isQuarantined(first, 5 * MINUTE - 1), isQuarantined(first, 5 * MINUTE)]).toEqual([true, false]);
    let overruns = first;
    const lengths = Array.from({ length: 6 }, () => {
      const atMs = overruns.untilMs;
      overruns = countOverrun(overruns, atMs).overruns;
      return (overruns.untilMs - atMs) / MINUTE;
    });
    expect(lengths).toEqual([10, 20, 40, 60, 60, 60]);
  });

  it('does not last longer because the clock went back', () => {
    const { overruns } = overrunsAt([0, 0, 0, 0, 0].map((at) => at + 25 * HOUR));
    expect([25 * HOUR, 24 * HOUR, HOUR].map((at) => isQuarantined(overruns, at))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('sends a rule on probation back at its next overrun, but forgets after a good day', () => {
    const { overruns } = overrunsAt([0, 0, 0, 0, 0]);
    expect(countOverrun(overruns, overruns.untilMs + HOUR).reason).toBe('quarantined');
    expect(countOverrun(overruns, overruns.untilMs + 25 * HOUR).reason).toBe('counted');
  });
});
