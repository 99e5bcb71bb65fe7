import { describe, expect, it } from 'vitest';
import { isHarmless, nearest, suggestion } from './words.ts';

describe('nearest', () => {
  it.each<[written: string, valid: string[], expected: string | undefined, why: string]>([
    ['tpye', ['type', 'name'], 'type', 'two letters swapped'],
    ['Schedule', ['schedule', 'send'], 'schedule', 'another case'],
    ['page_sizes', ['page_size', 'name'], 'page_size', 'one letter too many'],
    ['x', ['to', 'url'], undefined, 'nothing in common'],
    ['colour', ['url', 'token'], undefined, 'too far'],
    ['a'.repeat(100_000), ['aaaa'], undefined, 'longer than any slip'],
  ])('%.12s among %j is %s: %s', (written, valid, expected) => {
    expect(nearest(written, valid)).toBe(expected);
  });
});

describe('suggestion', () => {
  it('names the nearest, else all there are, bounded', () => {
    expect(suggestion('url', ['url', 'to'])).toBe('; did you mean "url"?');
    expect(suggestion(undefined, ['url', 'to'])).toBe('; valid here: url, to');
    expect(
      suggestion(
        undefined,
        Array.from({ length: 99 }, (_, i) => `k${i}`),
      ),
    ).toMatch(/k23, …$/);
  });
});

describe('isHarmless', () => {
  it.each([
    'akto',
    '30 seconds',
    '*/30 * * * * *',
    'https://app.akto.io',
    'malicious_events',
    '0.0.0.0:9464',
  ])('shows %s', (text) => {
    expect(isHarmless(text)).toBe(true);
  });

  it.each([
    ['https://user:pw@host', 'credentials in an address'],
    ['https://hooks.slack.com/services/T00000000/B00000000/AbCdEfGhIjKlMnOp0123', 'a secret path'],
    ['sk_live_4eC39HqLyjWDarjtT1zdp7dc', 'a key'],
    ['whsec_c2VjcmV0c2VjcmV0', 'a signing secret'],
    ['a\u001b[2J', 'control characters'],
  ])('hides %s: %s', (text) => {
    expect(isHarmless(text)).toBe(false);
  });
});
