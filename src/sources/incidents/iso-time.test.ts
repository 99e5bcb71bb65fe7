import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseIsoTime } from './iso-time.ts';

it.each([
  ['2021-01-01T00:00:00+00:00', 1_609_459_200_000, "the reference page's own"],
  ['2021-01-01T00:00:00Z', 1_609_459_200_000, 'Z is an offset'],
  ['2021-01-01T02:30:00+02:30', 1_609_459_200_000, 'an offset to the east'],
  ['2020-12-31T16:00:00-0800', 1_609_459_200_000, 'an offset without a colon'],
  ['2021-01-01T00:00:00.5Z', 1_609_459_200_500, 'a fraction'],
  ['2021-01-01T00:00:00.123456789Z', 1_609_459_200_123, 'a fraction finer than ours is cut, not rounded'],
  ['2024-02-29T00:00:00Z', 1_709_164_800_000, 'a leap day'],
])('reads %s as %d: %s', (text, ms) => {
  expect(parseIsoTime(text)).toBe(ms);
});

it.each([
  ['2021-01-01T00:00:00', 'no offset'],
  ['2021-01-01 00:00:00+00:00', 'a blank'],
  ['2021-01-01', 'a day'],
  ['2021-02-29T00:00:00Z', 'no leap year'],
  ['2100-02-29T00:00:00Z', 'no leap year either'],
  ['2021-13-01T00:00:00Z', 'a 13th month'],
  ['2021-00-01T00:00:00Z', 'no month'],
  ['2021-01-32T00:00:00Z', 'a 32nd'],
  ['2021-01-01T24:00:00Z', 'hour 24'],
  ['2021-01-01T00:60:00Z', 'minute 60'],
  ['2021-01-01T00:00:00+15:00', 'an offset that no place has'],
  ['2021-01-01T00:00:00+00:60', 'minute 60 of an offset'],
  ['2021-01-01T00:00:00.Z', 'an empty fraction'],
  ['1609459200', 'epoch seconds as text'],
  ['Fri, 01 Jan 2021 00:00:00 GMT', 'an HTTP date'],
  ['２０２１-01-01T00:00:00Z', 'other digits'],
  ['2021-01-01T00:00:00Z\n', 'a line end'],
  [`2021-01-01T00:00:00.${'0'.repeat(1_000_000)}Z`, 'a megabyte'],
])('does not read %.40j: %s', (text) => {
  expect(parseIsoTime(text)).toBeUndefined();
});

it('reads back every time that a Date writes', () => {
  const date = fc.date({ min: new Date(0), max: new Date('2099-12-31'), noInvalidDate: true });
  fc.assert(fc.property(date, (value) => parseIsoTime(value.toISOString()) === value.getTime()));
});
