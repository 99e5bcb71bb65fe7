import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Secret } from '../core/secret.ts';
import { baseUrl, byteSize, cronExpression, duration, integer, name, secret, secretUrl } from './values.ts';

const why = (schema: z.ZodType, value: unknown): string | undefined =>
  schema.safeParse(value).error?.issues[0]?.message;

describe('quantities', () => {
  it.each([
    ['1500ms', 1_500],
    ['30s', 30_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
  ])('reads the duration %s as %d ms', (text, ms) => {
    expect(duration().parse(text)).toBe(ms);
  });

  it.each([
    ['512MiB', 536_870_912],
    ['1GB', 1_000_000_000],
    ['4GiB', 4_294_967_296],
  ])('reads the size %s as %d bytes', (text, bytes) => {
    expect(byteSize().parse(text)).toBe(bytes);
  });

  it.each<[unknown, string]>([
    ['30', 'no unit: nobody knows whether it is seconds'],
    [30, 'a bare number'],
    ['-1s', 'negative'],
    ['1 s', 'a blank inside'],
    ['1w', 'an unknown unit'],
  ])('refuses the duration %j: %s', (value) => {
    expect(why(duration(), value)).toBe('expected a duration with its unit, such as 30s');
  });

  it('names the bound that was broken', () => {
    expect(why(duration({ min: '1h' }), '59m')).toBe('must be at least 1h');
    expect(why(byteSize({ max: '1GiB' }), '2GiB')).toBe('must be at most 1GiB');
  });
});

describe('integer', () => {
  it.each([1.5, '3', Number.NaN, 2 ** 60])('refuses %s', (value) => {
    expect(why(integer(), value)).toBeDefined();
  });

  it('names the bound that was broken', () => {
    expect(why(integer({ min: 1, max: 5 }), 0)).toBe('must be at least 1');
    expect(why(integer({ min: 1, max: 5 }), 6)).toBe('must be at most 5');
    expect(why(integer({ min: 1, max: 5 }), 1.5)).toBe('expected a whole number');
  });

  it('keeps its bounds, both of them inside', () => {
    const port = integer({ min: 1, max: 65_535 });
    expect([0, 1, 65_535, 65_536].map((value) => port.safeParse(value).success)).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});

describe('cronExpression', () => {
  it.each(['*/30 * * * * *', '0 * * * *', '0 9 * * mon-fri'])('takes %s', (text) => {
    expect(cronExpression().parse(text)).toBe(text);
  });

  it.each([
    ['61 * * * *', 'its minute is not valid'],
    ['0 0 31 2 *', 'its day of month is not valid'],
    ['* * *', 'of 5 fields'],
    ['', 'of 5 fields'],
    ['1,'.repeat(50_000), 'of 5 fields'],
  ])('refuses %.20s and says where it is wrong', (text, part) => {
    expect(why(cronExpression(), text)).toContain(part);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => cronExpression().safeParse(text).success !== undefined));
  });
});

describe('secrets', () => {
  it('come out masked and are marked in the schema', () => {
    const shape = z.strictObject({ token: secret().optional().describe('the token'), url: secretUrl() });
    expect(shape.parse({ token: 'abc', url: 'https://x/y' }).token).toBeInstanceOf(Secret);
    const { properties } = z.toJSONSchema(shape, { io: 'input' });
    expect(properties).toMatchObject({ token: { writeOnly: true }, url: { writeOnly: true } });
  });

  it.each(['ftp://x', 'not a url', ''])('refuses the secret URL %j without repeating it', (text) => {
    expect(why(secretUrl(), text)).toBe('expected an http(s) URL');
  });
});

describe('names and addresses', () => {
  it('keeps a name fit for metrics and ids', () => {
    expect(['oncall', 'siem-1', 'a.b_c'].every((text) => name().safeParse(text).success)).toBe(true);
    expect(['', ' x', 'a/b', '-x', 'x'.repeat(64)].some((text) => name().safeParse(text).success)).toBe(
      false,
    );
  });

  it.each(['https://u:p@x', 'https://x/?a=1', 'https://x/#a', 'ftp://x'])(
    'refuses the base URL %s',
    (text) => {
      expect(baseUrl().safeParse(text).success).toBe(false);
    },
  );

  it('takes the slash off the end', () => {
    expect(baseUrl().parse('https://app.akto.io//')).toBe('https://app.akto.io');
  });
});
