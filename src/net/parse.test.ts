import { describe, expect, it } from 'vitest';
import { parseJsonBody, parseRetryAfter } from './index.ts';

const NOW_MS = Date.UTC(2026, 9, 21, 7, 28, 0);

describe('Retry-After', () => {
  it.each<[string | undefined, number | undefined, string]>([
    ['0', 0, 'at once'],
    ['7', 7_000, 'seconds'],
    [' 7 ', 7_000, 'with blanks'],
    ['1.5', 1_500, 'with decimals, as some proxies send'],
    ['31536000', 3_600_000, 'a year is cut to an hour'],
    ['999999999999999', 3_600_000, 'so is more than any clock holds'],
    ['Wed, 21 Oct 2026 07:30:00 GMT', 120_000, 'a date'],
    ['Wed, 21 Oct 2026 07:00:00 GMT', 0, 'a date that has passed'],
    ['Wed, 21 Oct 2099 07:00:00 GMT', 3_600_000, 'a date far away'],
    ['Wed, 99 Foo 2026 07:00:00 GMT', undefined, 'a date that does not exist'],
    ['soon', undefined, 'garbage'],
    ['-5', undefined, 'a negative number'],
    ['Infinity', undefined, 'a word that Number would read'],
    ['', undefined, 'empty'],
    [undefined, undefined, 'absent'],
  ])('%j is %s ms: %s', (value, expected) => {
    expect(parseRetryAfter(value, NOW_MS)).toBe(expected);
  });
});

describe('a JSON body', () => {
  it.each([
    ['{"code":0}', { code: 0 }],
    ['null', null],
    ['', undefined],
    ['{"code":', undefined],
    ['<html></html>', undefined],
    ['{"a":1}{"a":2}', undefined],
  ])('%j', (body, expected) => {
    expect(parseJsonBody({ body })).toEqual(expected);
  });
});
