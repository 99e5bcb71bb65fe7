import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passesOf } from '../../test/cpu-time.ts';
import { runs } from '../../test/seed.ts';
import type { JsonObject } from '../core/json.ts';
import { decodePayload } from '../payload/index.ts';
import { createRedactor } from './index.ts';

// Whatever masking does to a JSON text, JSON of the same shape comes out.

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/gs;
const MASK = /^\[redacted:[\w-]{1,40}\]$/;

/** How many values there are, each key of an object once. */
function sizeOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, each: unknown) => sum + sizeOf(each), 1);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * How many names all objects have, each of an object once. Told by the tokens: the engine's parser reads some names of one
 * escaped character as a backslash, and loses the value of one that comes twice.
 */
function namesIn(tokens: readonly string[]): number {
  const open: Set<string>[] = [];
  let count = 0;
  for (const [i, token] of tokens.entries()) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') count += open.pop()?.size ?? 0;
    else if (tokens[i + 1] === ':') open.at(-1)?.add(String(JSON.parse(token)));
  }
  return count;
}

/** Where the shapes of two JSON texts differ; a masked number may be a text. */
function difference(before: string, after: string): string | undefined {
  if (!isJson(after)) return `no JSON: ${after}`;
  const [from, to] = [before, after].map((text) => text.match(TOKEN) ?? []);
  if (namesIn(from ?? []) !== namesIn(to ?? [])) return `names lost: ${after}`;
  if (from?.length !== to?.length) return `other tokens: ${after}`;
  for (const [i, token] of (from ?? []).entries()) {
    const found = differingToken(token, to?.[i] ?? '');
    if (found !== undefined) return `${found} in ${after}`;
  }
  return undefined;
}

function differingToken(before: string, after: string): string | undefined {
  if (/^[-\d]/.test(before)) return /^[-\d"]/.test(after) ? undefined : `${before} became ${after}`;
  if (!before.startsWith('"')) return before === after ? undefined : `${before} became ${after}`;
  if (!after.startsWith('"')) return `${before} became ${after}`;
  const [from, to] = [String(JSON.parse(before)), String(JSON.parse(after))];
  const isNested = /^\s*[[{"]/.test(from) && isJson(from);
  // Under a secret name, JSON in a string is a secret whole; cookies are no JSON.
  if (!isNested || MASK.test(to) || to.includes('[redacted:cookie]')) return undefined;
  return difference(from, to);
}

const CARD = '4111111111111111';
const SECRETS = [
  ...[CARD, `a=${CARD}&b=1`, `-${CARD}`, '5555 5555 5555 4444', 'password=hunter22', 'Bearer abc12345'],
  ...[
    'Cookie: sid=1a2b3c',
    '{"password":"x',
    `[${CARD}`,
    '[redacted:card]',
    '"token":"',
    'token: ',
    '\\',
    '"',
    "'",
  ],
  ...[
    '{"password":"abc"}',
    `{"n":-${CARD}}`,
    `["${CARD}"]`,
    `{"n":${CARD}} tail ${CARD}`,
    `{"n":-${CARD}}\n[1]`,
  ],
  ...[
    'method: "GET"\npath: "/?token=abc"',
    '<password>abc</password>',
    '%22password%22%3A%22x%22',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
  ],
];
const NAMES = [
  'password',
  'pin',
  'token',
  'auth',
  'cookie',
  'name',
  'value',
  'body',
  'a',
  '1',
  '__proto__',
  'requestPayload',
];
const NUMBERS = [
  CARD,
  `-${CARD}`,
  `${CARD}.0`,
  `-${CARD}e0`,
  '4.111111111111111e15',
  '41111111111111110E-1',
  '-0',
  '123',
  '-1.5e-7',
];
const LITERALS = ['true', 'false', 'null'];

const textArb = fc.oneof(
  fc.constantFrom(...SECRETS),
  fc.string({ maxLength: 6 }),
  fc
    .tuple(fc.constantFrom(...SECRETS), fc.string({ unit: 'binary', maxLength: 4 }))
    .map((parts) => parts.join('')),
);

/** A string of JSON, written plainly or with every so many characters escaped. */
const quotedArb = (arb: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(arb, fc.constantFrom(0, 0, 1, 3)).map(([text, every]) => {
    if (every === 0) return JSON.stringify(text);
    const units = Array.from({ length: text.length }, (_, i) =>
      i % every === 0
        ? `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`
        : JSON.stringify(text.charAt(i)).slice(1, -1),
    );
    return `"${units.join('')}"`;
  });

const blankArb = fc.constantFrom('', '', '', ' ', '\n', ' \r\n\t');
const { json: jsonArb } = fc.letrec<{ json: string; nested: string }>((tie) => ({
  nested: quotedArb(tie('json')),
  json: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    quotedArb(textArb),
    fc.constantFrom(...NUMBERS, ...LITERALS),
    tie('nested'),
    fc
      .array(
        fc.tuple(tie('json'), blankArb).map((parts) => parts.join('')),
        { maxLength: 4 },
      )
      .map((items) => `[${items}]`),
    fc
      .array(
        fc.tuple(quotedArb(fc.oneof(fc.constantFrom(...NAMES), textArb)), blankArb, tie('json'), blankArb),
        { maxLength: 4 },
      )
      .map((pairs) => `{${pairs.map(([name, blank, value, after]) => `${name}:${blank}${value}${after}`)}}`),
  ),
}));

const PATTERNS = [
  ...['[0-9]+', '[0-9]{4,}', '.*?x|y', '(?s).+', 'a', 'e', '1', '"', ':', '\\{', '[":,{}\\[\\]]+', '\\\\+'],
  ...[
    '"password":"[^"]*"',
    '"[a-z]+"\\s*:\\s*-?[0-9]+',
    '\\\\"password\\\\":\\\\"[^"]*',
    'secret.*',
    '[0-9]+"',
    '"[0-9]+',
  ],
  ...['true|null', 'redacted', '^.', '.$', '[^a-z]+', '-', 'u00[0-9]+', '\\s+'],
];
const ownArb = fc
  .uniqueArray(fc.constantFrom(...PATTERNS), { maxLength: 3 })
  .map((patterns) => patterns.map((pattern, i) => ({ name: `own-${i}`, pattern })));

describe('JSON of the same shape comes out', () => {
  it('of a text, an event, an alert and bodies, whatever stands in them and whatever patterns find', () => {
    fc.assert(
      fc.property(jsonArb, ownArb, (text, patterns) => {
        const redactor = createRedactor({ patterns });
        expect(difference(text, redactor.text(text))).toBeUndefined();
        const event: JsonObject = { responsePayload: text, nested: { body: text, value: JSON.parse(text) } };
        const masked = redactor.json(event);
        // Patterns may find names, too.
        expect(difference(text, String(Object.values(masked)[0]))).toBeUndefined();
        expect(sizeOf(masked)).toBe(sizeOf(event));
        const whole = JSON.stringify({ method: 'GET', requestPayload: text, statusCode: 200 });
        expect(
          difference(whole, String(Object.values(redactor.json({ payload: whole }))[0])),
        ).toBeUndefined();
      }),
      {
        numRuns: runs(1_000),
        examples: [
          [`{"n":-${CARD}}`, []],
          ['["[1]\\t"]', [{ name: 'p', pattern: '(?s).+' }]],
          [`{"${CARD}":1,"5555555555554444":2,"[redacted:card]":3,"${CARD}":4}`, []],
          [`{"a":"x","password":"y"}`, [{ name: 'p', pattern: '"a":"x","password":"[^"]*"' }]],
        ],
      },
    );
  });

  it('of each line, where lines are JSON, and of what leads a text that goes on with something else', () => {
    fc.assert(
      fc.property(
        fc.array(
          jsonArb.map((text) => text.replaceAll(/[\r\n]/g, '')),
          { minLength: 1, maxLength: 4 },
        ),
        (lines) => {
          const masked = createRedactor().text(lines.join('\n')).split('\n');
          expect(masked.length).toBe(lines.length);
          for (const [i, line] of lines.entries()) expect(difference(line, masked[i] ?? '')).toBeUndefined();
        },
      ),
      { numRuns: runs(500) },
    );
    const redactor = createRedactor();
    expect(redactor.text(`{"n":-${CARD}} and -${CARD}`)).toBe('{"n":0} and -[redacted:card]');
    expect(redactor.text(`[1]\n{"pin":-1234}\n{"n":-${CARD}`)).toBe(
      '[1]\n{"pin":"[redacted:secret]"}\n{"n":-0',
    );
  });

  it('of bodies in captured exchanges, in both forms', () => {
    const redactor = createRedactor();
    fc.assert(
      fc.property(jsonArb, (text) => {
        const form = `method: "POST"\npath: "/"\nrequest_payload: ${JSON.stringify(text)}\nstatus_code: 200\n`;
        const json = JSON.stringify({ method: 'POST', path: '/', requestPayload: text, statusCode: 200 });
        for (const payload of [form, json]) {
          const masked = decodePayload(String(redactor.json({ payload })['payload']));
          expect(difference(text, masked.requestPayload)).toBeUndefined();
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it('and the same again where it is masked again', () => {
    const redactor = createRedactor();
    fc.assert(
      fc.property(jsonArb, (text) => {
        const once = redactor.text(text);
        expect(redactor.text(once)).toBe(once);
        const event = redactor.json({ nested: { value: JSON.parse(text) } });
        expect(redactor.json(event)).toEqual(event);
      }),
      { numRuns: runs(500), examples: [[JSON.stringify({ auth: '{"password":"abc"}' })]] },
    );
  });
});

describe('what becomes of', () => {
  it.each([
    ['a negative number', `{"n":-${CARD}}`, '{"n":0}'],
    ['a number with an exponent', '[4.111111111111111e15, 1]', '[0, 1]'],
    ['a number with a fraction', `{"n": -${CARD}.0}`, '{"n": 0}'],
    ['a number alone', ` -${CARD}\n`, ' "[redacted:card]"\n'],
    ['a string alone', `"${CARD}"`, '"[redacted:card]"'],
    ['lines of numbers', `1\n${CARD}`, '1\n"[redacted:card]"'],
    ['groups of digits that are no lines', '4111 1111 1111 1111', '[redacted:card]'],
    [
      'literals next to secrets',
      '{"password":true,"pin":null,"a":[false,1234]}',
      '{"password":true,"pin":null,"a":[false,1234]}',
    ],
    ['escaped digits', '{"a":"\\u0034111111111111111"}', '{"a":"[redacted:card]"}'],
    ['an escaped name', '{"\\u0070assword":"a\\nb"}', '{"\\u0070assword":"[redacted:password]"}'],
    ['names that hold secrets', `{"${CARD}":1,"-${CARD}":2}`, '{"[redacted:card]":1,"-[redacted:card]":2}'],
    [
      'names that would be the same',
      `{"${CARD}":1,"5555555555554444":2}`,
      '{"[redacted:card]":1,"[redacted:card][redacted:2]":2}',
    ],
    ['one name twice', `{"${CARD}":1,"${CARD}":2}`, '{"[redacted:card]":1,"[redacted:card]":2}'],
    [
      'a name before what it names',
      '{"value":"a b","name":"password"}',
      '{"value":"[redacted:password]","name":"password"}',
    ],
    [
      'numbers too large for a number',
      `{"id":${'9'.repeat(40)},"pin":${'9'.repeat(60)}}`,
      `{"id":${'9'.repeat(40)},"pin":"[redacted:secret]"}`,
    ],
    [
      'JSON in JSON in JSON',
      JSON.stringify({ a: JSON.stringify({ b: `{"n":-${CARD}}` }) }),
      JSON.stringify({ a: JSON.stringify({ b: '{"n":0}' }) }),
    ],
    ['a server-sent event', `data: {"n":-${CARD}, "m":1}`, 'data: {"n":-0, "m":1}'],
  ])('%s', (_what, text, expected) => {
    const redactor = createRedactor();
    expect(redactor.text(text)).toBe(expected);
    expect(redactor.text(expected)).toBe(expected);
  });

  it('names of an event that would be the same', () => {
    const masked = createRedactor().json({ a: { [CARD]: 1, '5555555555554444': 2 } });
    expect(masked).toEqual({ a: { '[redacted:card]': 1, '[redacted:card][redacted:2]': 2 } });
  });
});

describe('an own pattern', () => {
  const masked = (pattern: string, text: string): string =>
    createRedactor({ patterns: [{ name: 'own', pattern }] }).text(text);

  it.each([
    [
      'across a name and its value',
      '"acc":"[^"]*"',
      '{"acc":"x","b":"y"}',
      '{"[redacted:own]":"[redacted:own]","b":"y"}',
    ],
    ['from a name into a number', 'cc":[0-9]+', '{"acc":12,"b":3}', '{"a[redacted:own]":0,"b":3}'],
    ['across two strings', 'x","y', '["ax","yb"]', '["a[redacted:own]","[redacted:own]b"]'],
    [
      'to the end of the line, where the string’s end does',
      'x.*',
      '{"a":"ax\\n","b":"c"}',
      '{"a":"a[redacted:own]\\n","b":"c"}',
    ],
    ['punctuation alone', '[{}:,"]+', '{"a":"b"}', '{"a":"b"}'],
    ['literals', 'true', '{"a":true}', '{"a":true}'],
    ['a part of a number', '[0-9]', '{"a":-12.5e3}', '{"a":0}'],
    ['the beginning of a string', '^AC', '["AC1","BAC"]', '["[redacted:own]1","BAC"]'],
    ['an escape', '\\u00e9', '{"a":"x\\u00e9y"}', '{"a":"x[redacted:own]y"}'],
    [
      'escapes as they stand',
      '\\\\"acc\\\\":\\\\"[a-z]+',
      '{"a":"{\\"acc\\":\\"x\\",\\"b\\":\\"y\\"}"}',
      '{"a":"{\\"[redacted:own]\\":\\"[redacted:own]\\",\\"b\\":\\"y\\"}"}',
    ],
    [
      'in JSON in JSON',
      '"acc":"[^"]*"',
      '{"a":"{\\"acc\\":\\"x\\"}"}',
      '{"a":"{\\"[redacted:own]\\":\\"[redacted:own]\\"}"}',
    ],
    ['a short name', 'P[0-9]', '{"P1":1,"P2":2}', '{"[redacted:own]":1,"[redacted:own][redacted:2]":2}'],
  ])('that matches %s', (_what, pattern, text, expected) => {
    expect(masked(pattern, text)).toBe(expected);
  });

  it('finds numbers of an event, and short names', () => {
    const redactor = createRedactor({ patterns: [{ name: 'own', pattern: '[0-9]{6}' }] });
    expect(redactor.json({ id: 'e', a: { n: 123_456, '654321': [1] } })).toEqual({
      id: 'e',
      a: { n: '[redacted:own]', '[redacted:own]': [1] },
    });
  });
});

/** About ten times the worst of them. */
const MOST_PASSES = 1_000;
const half = (piece: string): string => piece.repeat(Math.ceil(524_288 / piece.length));

it.each([
  ['lists in lists', half('[')],
  ['lists in lists that end', half('[') + half(']')],
  ['objects in objects', `${half('{"a":')}1${half('}')}`],
  ['empty documents', half('[]')],
  ['empty documents, then none', `${half('[]')}[`],
  ['names that become the same', `{${half('"4111111111111111a=":1,').slice(0, -1)}}`],
  [
    'names that become the same, each another',
    `{${Array.from({ length: 30_000 }, (_, i) => `"4111111111111111 ${i % 7}${i}":1`)}}`,
  ],
  [
    'names that are taken',
    `{${Array.from({ length: 20_000 }, (_, i) => `"[redacted:card][redacted:${i}]":1,"4111111111111111${' '.repeat(i % 9)}":1`)}}`,
  ],
  ['escapes', `["${half('\\\\')}"]`],
  ['quotes', `["${half('\\"')}"]`],
  ['strings that nearly hold JSON', `[${half('"[1,[2,{",').slice(0, -1)}]`],
  ['a bad escape at the end', `[${half('"a\\n",').slice(0, -1)},"\\x"]`],
  ['siblings', `{${half('"name":"password","value":"x",').slice(0, -1)}}`],
  ['numbers', `[${half('-4111111111111111,').slice(0, -1)}]`],
  ['digits', `[${half('4')}]`],
  [
    'JSON in JSON, as deep as it goes',
    Array.from({ length: 16 }).reduce<string>(
      (text) => JSON.stringify([text]),
      half('4111111111111111 ').slice(0, 100_000),
    ),
  ],
])('half a megabyte of %s stalls nothing', (_what, text) => {
  const plain = createRedactor();
  const own = createRedactor({
    patterns: [...PATTERNS.entries()]
      .map(([i, pattern]) => ({ name: `own-${i}`, pattern }))
      .filter(({ pattern }) => pattern.length < 8),
  });
  expect(passesOf(() => [plain.text(text), plain.json({ payload: text })], MOST_PASSES)).toBeLessThan(
    MOST_PASSES,
  );
  expect(passesOf(() => own.text(text), MOST_PASSES * 5)).toBeLessThan(MOST_PASSES * 5);
});
