import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passesOf } from '../../test/cpu-time.ts';
import { runs } from '../../test/seed.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { decodePayload, type Exchange, PayloadError } from '../payload/index.ts';
import { createRedactor, RedactionError } from './index.ts';

const redactor = createRedactor();

function payloadOf(payload: string): string {
  return String(redactor.json({ payload })['payload']);
}

/** Pieces that the scanner knows, and others, in any order. */
const PIECES = [
  ...[
    'password',
    'token',
    'Cookie: ',
    'authorization',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
    'Bearer abc12345',
  ],
  ...[
    '=',
    ':',
    '&',
    '"',
    "'",
    '\\',
    '\\"',
    '\\\\"',
    '{',
    '}',
    '[',
    ']',
    ',',
    '<',
    '>',
    '</',
    '://',
    '@',
    ';',
    '-',
    ' ',
  ],
  ...[
    '\n',
    '\r\n',
    '\\n',
    '\\u003d',
    '%3D',
    '%22',
    '4111 1111 1111 1111',
    '4111111111111111',
    '-----BEGIN PRIVATE KEY-----',
  ],
  ...[
    '[redacted:token]',
    '[redacted:',
    'sk_live_',
    'name="password"',
    '<password>',
    'x',
    '1',
    'Zq7',
    'é',
    '😀',
    '\ud83d',
  ],
];
const scraps = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 6 })), {
  maxLength: 24,
});
const hostile = scraps.map((pieces) => pieces.join(''));

describe('properties', () => {
  it('masks nothing more the second time', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const once = redactor.text(text);
        expect(redactor.text(once)).toBe(once);
      }),
      {
        // Scraps by the thousand put together what no text holds; these were found once.
        numRuns: runs(3_000),
        examples: [
          ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln%3DCookie: password'],
          ['4111111111111111-eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln'],
          ['<password>\u0000"4111 1111 1111 1111'],
          ['<password>\u0000-----BEGIN PRIVATE KEY-----'],
          ['://\u0000-----BEGIN PRIVATE KEY-----@'],
          ['<Bearer abc12345>password'],
          ['\\"Bearer abc12345"=password'],
          ['Cookie: 0\n\\u003d0'],
          ['password://\u0000@'],
          ["-----BEGIN PRIVATE KEY-----[Cookie: 'password"],
          ['Bearer abc12345%22Cookie: a'],
          ['"Cookie: name="password"-----BEGIN PRIVATE KEY-----'],
          ['auth="{\\"password\\":\\"abc\\"}"'],
        ],
      },
    );
  });

  it('keeps JSON valid, and its shape but for masked numbers', () => {
    const value = fc.jsonValue({ maxDepth: 4, noUnicodeString: false });
    fc.assert(
      fc.property(
        fc.oneof(value, fc.dictionary(hostile, fc.oneof(hostile, value))),
        fc.nat(2),
        (json, depth) => {
          let text = JSON.stringify([json]);
          for (let i = 0; i < depth; i += 1) text = JSON.stringify({ body: text, password: 'x' });
          const masked: unknown = JSON.parse(redactor.text(text));
          expect(Array.isArray(masked)).toBe(depth === 0);
        },
      ),
      { numRuns: runs(2_000) },
    );
  });

  it('keeps exchanges readable, in their form', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (header, path, body) => {
        const headers = { cookie: header, 'x-note': header };
        const json = JSON.stringify({
          method: 'GET',
          path,
          requestHeaders: JSON.stringify(headers),
          requestPayload: body,
          responsePayload: JSON.stringify({ body }),
        });
        const masked = payloadOf(json);
        expect(Object.keys(decodePayload(masked).requestHeaders)).toEqual(Object.keys(headers));
        expect(JSON.parse(decodePayload(masked).responsePayload)).toHaveProperty('body');
        const text = `method: "GET"\npath: ${JSON.stringify(path)}\nrequest_headers { key: "cookie" value { values: ${JSON.stringify(header)} } }`;
        const before = read(text);
        if (before !== undefined) expect(read(payloadOf(text))?.method).toBe(before.method);
      }),
      { numRuns: runs(1_000) },
    );
  });

  it('lets no planted secret through, whatever stands around it', () => {
    const secret = fc
      .string({
        unit: fc.constantFrom(...'abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789'),
        minLength: 12,
        maxLength: 40,
      })
      .filter((text) => /\d/.test(text));
    const noise = fc.string({ unit: 'grapheme', maxLength: 20 });
    fc.assert(
      fc.property(noise, secret, noise, (before, planted, after) => {
        const places: JsonObject[] = [
          { a: `${before} https://x.example/?access_token=${planted}&a=${encodeURIComponent(after)}` },
          { a: JSON.stringify({ [before]: after, password: planted, after }) },
          {
            a: JSON.stringify({
              before,
              inner: JSON.stringify({ after, password: `${planted}${after}`, before }),
            }),
          },
          {
            payload: JSON.stringify({
              path: before,
              requestHeaders: JSON.stringify({ authorization: planted, before }),
              requestPayload: after,
            }),
          },
          { before, password: planted, after },
        ];
        for (const place of places)
          expect(JSON.stringify(redactor.json(place))).not.toContain(planted.slice(0, 8));
      }),
      { numRuns: runs(1_000) },
    );
  });

  it('never throws and grows by no more than its masks', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(redactor.text(text).length).toBeLessThanOrEqual(text.length * 14 + 40);
      }),
      { numRuns: runs(1_000) },
    );
  });
});

function read(payload: string): Exchange | undefined {
  try {
    return decodePayload(payload);
  } catch (error) {
    if (error instanceof PayloadError) return undefined;
    throw error;
  }
}

describe('events', () => {
  it('goes as deep as a payload may and drops what lies deeper', () => {
    let deep: JsonObject = { password: 'abc12345' };
    for (let i = 0; i < 5_000; i += 1) deep = { a: deep };
    const masked = JSON.stringify(redactor.json(deep));
    expect(masked).not.toContain('abc12345');
    expect(masked).toContain('[redacted:too-deep]');
  });

  it('takes names of prototypes for names', () => {
    const raw: unknown = JSON.parse('{"__proto__":{"password":"abc12345"},"constructor":"x","a":1}');
    if (!isJsonObject(raw)) throw new Error('not an object');
    const masked = redactor.json(raw);
    expect(Object.keys(masked)).toEqual(['__proto__', 'constructor', 'a']);
    expect(JSON.stringify(masked)).toContain('"__proto__":{"password":"[redacted:password]"}');
    expect(Object.getPrototypeOf(masked)).toBe(Object.prototype);
  });

  it('masks numbers under secret names, and card numbers', () => {
    expect(redactor.json({ x: { pin: 1234, cvv: 123, n: 4_111_111_111_111_111, token: 3, m: 12 } })).toEqual({
      x: { pin: '[redacted:secret]', cvv: '[redacted:card]', n: '[redacted:card]', token: 3, m: 12 },
    });
    expect(redactor.text('{"pin":1234,"a":[4111111111111111,1],"b":"{\\"otp\\":123456}"}')).toBe(
      '{"pin":"[redacted:secret]","a":[0,1],"b":"{\\"otp\\":\\"[redacted:secret]\\"}"}',
    );
  });

  it('reads text formats that nobody prints, too', () => {
    const secret = 'q7Zk2Xw9Rt4L';
    const forms = [
      `request_headers < value { values: ['${secret}', "x"] } key: 'authorization' > method: 'GET'`,
      `method: "GET" request_payload: "pass" 'word=${secret.slice(0, 5)}' "${secret.slice(5)}"`,
      `method: "GET" request_payload: "\\160assword=${[...secret].map((c) => `\\x${c.charCodeAt(0).toString(16)}`).join('')}&a=\\303\\251"`,
      `method: "GET" password: "${secret}" other { token: ${secret} }`,
    ];
    for (const form of forms) {
      const masked = payloadOf(form);
      expect(JSON.stringify(decodePayload(masked))).not.toContain(secret);
      expect(masked).not.toContain(secret);
      expect(decodePayload(masked).method).toBe('GET');
    }
    expect(decodePayload(payloadOf(forms[2] ?? '')).requestPayload).toBe('password=[redacted:password]&a=é');
  });
});

it.each([
  ['an apostrophe before a sign', '{"a":"password\'=","b":"password\'=","c":"x"}'],
  ['a quoted name at the end of a string', '{"a":"\'password\'=","b":"x"}'],
  ['a name at the end of a string', '{"a":"password=","b":"x: token:","c":"\\"token\\":","d":"y"}'],
])('leaves JSON alone with %s', (_what, text) => {
  expect(redactor.text(text)).toBe(text);
});

describe('own patterns', () => {
  const own = createRedactor({
    patterns: [
      { name: 'customer', pattern: 'CUST-[0-9]{6}' },
      { name: 'staff', pattern: '(?i)\\bemp\\d+' },
    ],
  });

  it.each([
    ['a text', 'for CUST-123456 and EMP77.', 'for [redacted:customer] and [redacted:staff].'],
    ['behind characters of two units', '😀😀 CUST-123456 😀', '😀😀 [redacted:customer] 😀'],
    ['matches side by side', 'CUST-123456CUST-654321', '[redacted:customer][redacted:customer]'],
    ['not inside a mask', 'password=emp77777', 'password=[redacted:password]'],
  ])('masks in %s', (_what, text, expected) => {
    expect(own.text(text)).toBe(expected);
    expect(own.text(expected)).toBe(expected);
  });

  it('keeps JSON valid where a pattern does not care', () => {
    const wide = createRedactor({
      patterns: [
        { name: 'wide', pattern: 'n?secret.*' },
        { name: 'digits', pattern: '[0-9]{4,}' },
      ],
    });
    const text = JSON.stringify({
      a: 'x\nsecret "stuff"',
      b: 12345,
      c: ['\u0007secretive', 99999],
      d: '\n1234',
    });
    expect(JSON.parse(wide.text(text))).toMatchObject({ b: 0, c: [expect.any(String), 0] });
    expect(wide.text(text)).not.toContain('secret');
  });

  it.each([
    ['a broken pattern', [{ name: 'a', pattern: '(' }], /^The redaction pattern a cannot be used: .*\.$/],
    ['a back-reference', [{ name: 'a', pattern: '(x)\\1' }], /linear/],
    ['the empty text', [{ name: 'a', pattern: 'x*' }], /empty text/],
    ['a bad name', [{ name: 'a]b', pattern: 'x' }], /name of letters/],
    ['too many', Array.from({ length: 51 }, () => ({ name: 'a', pattern: 'x' })), /at most 50/],
  ])('refuses %s', (_what, patterns, message) => {
    expect(() => createRedactor({ patterns })).toThrow(RedactionError);
    expect(() => createRedactor({ patterns })).toThrow(message);
  });
});

/** About ten times the worst of them. */
const MOST_PASSES = 1_000;
const HOSTILE = [
  ...[
    '=',
    ':',
    'password=',
    'password="',
    '"password":"',
    "auth='",
    'auth="',
    'eyJ-',
    'eyJaaaaaaa.',
    'sk-',
    '://',
    '://@',
  ],
  ...[
    '\\',
    '\\"',
    '<password ',
    '<password>',
    '-----BEGIN PRIVATE KEY-----',
    '-',
    'Cookie: ',
    'Authorization: a b ',
    'Cookie: x y ',
  ],
  ...[
    '4111 ',
    '4111111111111111',
    '{"password":[',
    '"name":"password","value":"',
    'name="password"\r\n\r\n',
    'a%3D',
  ],
  ...[
    'password%3d%22',
    'Bearer ',
    ' ',
    'ghp_',
    'password\\u003d',
    'a=b;',
    '[',
    'password : a ',
    'password=\'"a',
    'auth=a ',
  ],
  ...[
    '[redacted:',
    'password=[redacted: ',
    'Cookie:a\\n',
    'auth=\u00a0',
    'pwd=a(',
    '<password><![CDATA[ ',
    '<password><![CDATA[[redacted:a]',
    '://hooks.slack.com/services/',
    'request_headers{key:"cookie" value{values:"a=b"}}',
    'token: a\n',
  ],
];

it.each(HOSTILE)('half a megabyte of %j stalls nothing', (piece) => {
  const text = piece.repeat(Math.ceil(524_288 / piece.length));
  const redact = () => [redactor.text(text), redactor.json({ payload: text })];
  expect(passesOf(redact, MOST_PASSES)).toBeLessThan(MOST_PASSES);
});

/** The engine seeks many characters at a step: only in a long text is it seen that each of them seeks to the end. */
it.each(['[redacted:', 'password=[redacted: ', '<password><![CDATA[ '])(
  'four megabytes of %j are not sought through for each of them',
  (piece) => {
    const text = piece.repeat(Math.ceil(4_194_304 / piece.length));
    expect(passesOf(() => redactor.text(text), MOST_PASSES / 2)).toBeLessThan(MOST_PASSES / 2);
  },
);

it.each([
  ['names that were never seen', Array.from({ length: 60_000 }, (_, i) => `n${i.toString(36)}%3D`).join('')],
  ['messages in messages', `request_headers{${'a{'.repeat(97)}${'a:1 '.repeat(130_000)}${'}'.repeat(98)}`],
])('half a megabyte of %s stalls nothing', (_what, text) => {
  expect(passesOf(() => redactor.json({ payload: text }), MOST_PASSES)).toBeLessThan(MOST_PASSES);
});

it('masks what an own pattern finds at every step of JSON, and of backslashes, in little time', () => {
  const own = createRedactor({ patterns: [{ name: 'own', pattern: 'CUST-[0-9]{6}|[^a-z]{5}x' }] });
  const texts = ['CUST-123456 ', `${'\\'.repeat(5)}x`].map(
    (piece) => `["${piece.repeat(524_288 / piece.length)}`,
  );
  for (const text of texts) expect(passesOf(() => own.text(text), MOST_PASSES)).toBeLessThan(MOST_PASSES);
});

const VECTORS = ['textproto', 'filters', 'quirks']
  .map((name) => `../shared/vectors/${name}.jsonl`)
  .filter(existsSync);

it.skipIf(VECTORS.length === 0)(
  'keeps every recorded payload readable (skipped where ../shared/vectors is absent)',
  () => {
    let masked = 0;
    for (const line of VECTORS.flatMap((file) => readFileSync(file, 'utf8').trimEnd().split('\n'))) {
      const row: unknown = JSON.parse(line);
      if (!isJsonObject(row)) continue;
      const payload = typeof row['text'] === 'string' ? row['text'] : JSON.stringify(row['message']);
      const before = read(payload);
      if (before === undefined) continue;
      const after = payloadOf(payload);
      if (after !== payload) masked += 1;
      const { requestHeaders, responseHeaders, statusCode, method, ip, time } = decodePayload(after);
      expect(Object.keys(requestHeaders)).toEqual(Object.keys(before.requestHeaders));
      expect(Object.keys(responseHeaders)).toEqual(Object.keys(before.responseHeaders));
      expect([statusCode, method, ip, time]).toEqual([
        before.statusCode,
        before.method,
        before.ip,
        before.time,
      ]);
      if (payloadOf(after) !== after) throw new Error(`masked anew: ${payload}`);
    }
    expect(masked).toBeGreaterThan(1_000);
  },
);
