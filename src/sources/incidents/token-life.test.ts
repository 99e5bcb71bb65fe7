import fc from 'fast-check';
import { expect, it } from 'vitest';
import { useForMs } from './token-life.ts';

const MINUTE_MS = 60_000;

it.each<[unknown, number | undefined, string]>([
  [600, 8 * MINUTE_MS, "the page's own number: seconds, whatever the page says"],
  [600_000, 8 * MINUTE_MS, 'the same life in milliseconds'],
  ['600', 8 * MINUTE_MS, 'digits in a text'],
  [86_400, 1_152 * MINUTE_MS, 'a day of seconds'],
  [604_800, 483_840, 'a week of seconds reads as ten minutes: early, which is the harmless side'],
  [1, 15_000, 'a second: the endpoint is not asked every second for it'],
  [0.5, 15_000, 'half of one'],
  [0, undefined, 'no life at all: a 401 will tell'],
  [-600, undefined, 'negative'],
  [Number.NaN, undefined, 'not a number'],
  [Number.POSITIVE_INFINITY, undefined, 'for ever'],
  [1e300, undefined, 'absurd'],
  [null, undefined, 'null'],
  [undefined, undefined, 'absent'],
  ['soon', undefined, 'a word'],
  ['', undefined, 'an empty text'],
  [{}, undefined, 'an object'],
])('expires_in %j is used for %s ms: %s', (expiresIn, ms) => {
  expect(useForMs(JSON.parse(JSON.stringify([expiresIn ?? null]))[0])).toBe(ms);
});

it('is never longer than either reading of it allows, but for the shortest', () => {
  fc.assert(
    fc.property(fc.double({ min: 1, max: 3e10, noNaN: true }), (told) => {
      const ms = useForMs(told) ?? 0;
      expect(ms).toBeGreaterThanOrEqual(15_000);
      expect(ms).toBeLessThanOrEqual(Math.max(15_000, told <= 86_400 ? told * 800 : told * 0.8));
    }),
  );
});
