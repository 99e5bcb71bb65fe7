import { deepStrictEqual } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/seed.ts';
import { decodePayload, type Exchange, PayloadError } from './index.ts';

const VECTORS = '../shared/vectors/textproto.jsonl';

interface Row {
  readonly name: string;
  readonly text: string;
  readonly expected?: Partial<Exchange>;
  readonly error?: string | true;
}

function readRows(file: string): Row[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Row);
}

/** The error's code, or the exchange. Anything but a PayloadError is a fault. */
function decoded(text: string): Exchange | PayloadError {
  try {
    return decodePayload(text);
  } catch (error) {
    if (error instanceof PayloadError) return error;
    throw error;
  }
}

const NOTHING = {
  method: '',
  path: '',
  type: '',
  requestHeaders: {},
  requestPayload: '',
  status: '',
  responseHeaders: {},
  responsePayload: '',
  aktoAccountId: '',
  ip: '',
  destIp: '',
  direction: '',
  source: '',
  aktoVxlanId: '',
};
const UNSET_NUMBERS = { apiCollectionId: 0, statusCode: 0, time: 0, isPending: false };

describe('our own cases', () => {
  it.each(readRows('test/fixtures/payload/cases.jsonl'))('$name', ({ text, expected, error }) => {
    const outcome = decoded(text);
    if (error !== undefined) {
      expect(outcome).toMatchObject({ code: error });
      return;
    }
    const json = text.trimStart().startsWith('{');
    // Not vitest's own equality, which takes an own `__proto__` for the prototype.
    deepStrictEqual(outcome, { ...NOTHING, ...(json ? {} : UNSET_NUMBERS), ...expected });
  });
});

const present = existsSync(VECTORS);
if (!present)
  process.stderr.write(`SKIPPED: ${VECTORS} is absent, the golden payload vectors were not run\n`);

describe.runIf(present)('golden vectors', () => {
  const rows = present ? readRows(VECTORS) : [];
  it.each(rows.filter((row) => row.expected !== undefined))('$name decodes', ({ text, expected }) => {
    expect(decoded(text)).toStrictEqual(expected);
  });
  it.each(rows.filter((row) => row.error))('$name is refused', ({ text }) => {
    expect(decoded(text)).toBeInstanceOf(PayloadError);
  });
});

it.runIf(present)('golden vectors: every verdict, in one line', () => {
  const rows = present ? readRows(VECTORS) : [];
  const passed = rows.filter(({ text, expected }) => {
    const outcome = decoded(text);
    return expected === undefined ? outcome instanceof PayloadError : isDeepStrictEqual(outcome, expected);
  });
  process.stdout.write(`textproto.jsonl: ${passed.length} / ${rows.length} passed\n`);
  expect(passed).toHaveLength(rows.length);
});

describe('an error', () => {
  it('says where, and repeats nothing of the text', () => {
    expect(decoded('method: "GET"\npath: <script>')).toMatchObject({
      name: 'PayloadError',
      code: 'unexpected-character',
      offset: 20,
      message: "The payload's text format is broken at offset 20: a quoted string is missing.",
    });
  });
  it('is too-large for what is longer than may be read', () => {
    expect(decoded(' '.repeat(2_097_153))).toMatchObject({ code: 'too-large' });
  });
  it('is too-large for more headers than any server takes', () => {
    const text = Array.from({ length: 5001 }, (_, i) => `request_headers { key: "h${i}" }`).join('');
    expect(decoded(text)).toMatchObject({ code: 'too-large' });
  });
});

/** What Java's TextFormat prints: controls and every byte above ASCII as octal. */
function printed(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  const shown = [...bytes].map((byte) => {
    const character = String.fromCharCode(byte);
    if ('"\'\\'.includes(character)) return `\\${character}`;
    return byte < 0x20 || byte > 0x7e ? `\\${byte.toString(8).padStart(3, '0')}` : character;
  });
  return `"${shown.join('')}"`;
}

const wellFormed = fc.string({ unit: 'grapheme' });

describe('properties', () => {
  it('what is printed is read back', () => {
    const headers = fc.dictionary(wellFormed, fc.array(wellFormed));
    fc.assert(
      fc.property(wellFormed, headers, fc.integer({ min: 0, max: 999 }), (body, map, status) => {
        const entries = Object.entries(map).map(
          ([key, values]) =>
            `request_headers {\n  key: ${printed(key)}\n  value {\n${values.map((value) => `    values: ${printed(value)}\n`).join('')}  }\n}\n`,
        );
        const exchange = decodePayload(
          `${entries.join('')}request_payload: ${printed(body)}\nstatus_code: ${status}\n`,
        );
        expect(exchange.requestPayload).toBe(body);
        expect(exchange.statusCode).toBe(status);
        expect(Object.entries(exchange.requestHeaders)).toStrictEqual(Object.entries(map));
      }),
    );
  });

  it('a long string that ends with its line is read as one that does not', () => {
    const pieces = fc.constantFrom(
      ...[
        '\\"',
        '\\\\',
        '\\n',
        "\\'",
        '\\/',
        '\\?',
        '\\u00e9',
        '\\ud83d',
        '\\udE00',
        '\\u12',
        '\\303\\251',
        '\\x7',
      ],
      ...[
        '"',
        "'",
        '/',
        '\\',
        '\t',
        '\0',
        '\x7f',
        '\u2028',
        'é',
        '\ud83d',
        '\ude00',
        ' ',
        '" ip: "',
        '" "',
        'x',
      ],
    );
    const plain = fc.constantFrom('a', '\\n', '\\"');
    const bodies = fc.array(fc.oneof({ arbitrary: plain, weight: 20 }, pieces), { maxLength: 60 });
    fc.assert(
      fc.property(bodies, fc.constantFrom('\n', '', '\n"more"\n'), (body, after) => {
        const text = `request_payload: "${'b'.repeat(260)}${body.join('')}"`;
        const shown = decoded(`${text}${after}`);
        const other = decoded(`${text} ${after}`);
        // Only the end of the text lies one further on.
        const told = (outcome: typeof shown): unknown =>
          outcome instanceof PayloadError ? outcome.code : outcome;
        expect(told(shown)).toStrictEqual(told(other));
      }),
      { numRuns: runs(2_000) },
    );
  });

  it('any bytes are decoded as the platform decodes them', () => {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const escaped = [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
        expect(decodePayload(`path: "${escaped}"`).path).toBe(decoder.decode(bytes));
      }),
    );
  });

  it('any text decodes or is a PayloadError', () => {
    const pieces = fc.constantFrom(
      ...['method', 'request_headers', 'key', 'value', 'values', ':', '{', '}', '<', '>', '[', ']', ','],
      ...[
        ';',
        '"',
        "'",
        '\\',
        '\\303',
        '#',
        '\n',
        ' ',
        '1',
        'true',
        '{"',
        '":',
        '__proto__',
        'null',
        '\uFEFF',
      ],
    );
    const texts = fc.oneof(
      fc.array(pieces, { maxLength: 40 }).map((list) => list.join('')),
      fc.string({ unit: 'binary' }),
      fc.json(),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(decoded(text)).toBeTypeOf('object');
      }),
      { numRuns: runs(500) },
    );
  });
});
