import cron from 'node-cron';
import { describe, expect, it } from 'vitest';
import { longestPauseMs, nextTickMs } from './cron.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONDAY = Date.UTC(2026, 7, 3);

describe('schedules', () => {
  it.each<[string, number, number]>([
    ['*/30 * * * * *', 0, 30_000],
    ['*/30 * * * * *', 30_000, MINUTE],
    ['0 * * * *', 20_000, HOUR],
    ['0 8 * * mon-fri', 4 * DAY + 9 * HOUR, 7 * DAY + 8 * HOUR],
    ['15 10 2 3,30 * *', 3 * HOUR, 27 * DAY + 2 * HOUR + 10 * MINUTE + 15_000],
    ['0 0 L * *', 0, 28 * DAY],
    ['0 6 * * 1#2', 0, 7 * DAY + 6 * HOUR],
    ['0 6 * * 1L', 0, 28 * DAY + 6 * HOUR],
  ])('%s ticks next after %d ms at %d ms', (schedule, afterMs, nextMs) => {
    expect(nextTickMs(schedule, MONDAY + afterMs)).toBe(MONDAY + nextMs);
  });

  it.each(['*/7 * * * * *', '0 */5 8-18 * * *', '13 4 * * *', '0 0 15 * mon', '0 12 * * fri', '30 2 29 2 *'])(
    '%s ticks when the library that runs it says so',
    (schedule) => {
      const task = cron.createTask(schedule, () => undefined, { timezone: 'UTC' });
      const runs = task.getNextRuns(4).map((date) => date.getTime());
      for (const [index, run] of runs.slice(1).entries())
        expect(nextTickMs(schedule, runs[index] ?? 0)).toBe(run);
    },
  );

  it.each<[string, number]>([
    ['*/30 * * * * *', 30_000],
    ['0 * * * *', HOUR],
    ['*/10 8-17 * * *', 14 * HOUR + 10 * MINUTE],
    ['0 8 * * mon-fri', 3 * DAY],
    ['0 0 1 * *', 31 * DAY],
  ])('%s pauses for %d ms at most', (schedule, longestMs) => {
    expect(longestPauseMs(schedule, MONDAY)).toBe(longestMs);
  });
});
