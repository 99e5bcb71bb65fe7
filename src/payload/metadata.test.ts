import { describe, expect, it } from 'vitest';
import { decodeMetadata } from './index.ts';

describe('metadata', () => {
  it.each([
    ['text format', 'country_code: "US"\n', { countryCode: 'US' }],
    ['JSON', '{\n  "countryCode": "FR"\n}', { countryCode: 'FR' }],
    ['JSON with the names of the text format', '{"country_code":"FR"}', { countryCode: 'FR' }],
    ['nothing', '', {}],
    ['JSON nothing', 'null', {}],
    ['a JSON list', '[{"a":1}]', {}],
    [
      'one message',
      'schema_errors { error_code: 3 in_body: true }',
      { schemaErrors: { errorCode: 3, inBody: true } },
    ],
    ['a repeated message', 'e { a: 1 } e { a: 2 }', { e: [{ a: 1 }, { a: 2 }] }],
    ['a list', 'tags: ["a", "b"]', { tags: ['a', 'b'] }],
    ['an enum value', 'kind: MISSING_FIELD', { kind: 'MISSING_FIELD' }],
    ['a float', 'score: -0.5', { score: -0.5 }],
    ['what is too large for a number', `id: ${'9'.repeat(40)}`, { id: '9'.repeat(40) }],
    ['nested JSON', '{"schema_errors":[{"error_code":"x"}]}', { schemaErrors: [{ errorCode: 'x' }] }],
    ['a leading underscore', '_id: 1 a__b: 2', { _id: 1, aB: 2 }],
    ['broken text', 'country_code: "U', {}],
    ['broken JSON', '{"countryCode":', {}],
    ['nesting without end', 'a {'.repeat(1000), {}],
    ['JSON nesting without end', `{"a":${'['.repeat(100_000)}`, {}],
    ['more than metadata ever holds', `a: "${'x'.repeat(300_000)}"`, {}],
  ])('%s', (_, text, expected) => {
    expect(decodeMetadata(text)).toStrictEqual(expected);
  });

  it.each(['__proto__: { polluted: true }', '{"__proto__":{"polluted":true}}'])(
    '%s pollutes nothing',
    (text) => {
      const decoded = decodeMetadata(text);
      expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
      expect(decoded['polluted']).toBeUndefined();
    },
  );
});
