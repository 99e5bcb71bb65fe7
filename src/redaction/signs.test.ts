import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/seed.ts';
import { isIdleBefore, rememberIdle } from './idle-names.ts';
import { keyBefore } from './keys.ts';
import { meaningOfName } from './names.ts';
import { Signs } from './signs.ts';
import { maskAt, type Places } from './sweep.ts';

/** Every character that has any handler: what nothing was ruled out of. */
class EveryPlace implements Places {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  next(from: number): number {
    const ahead = this.#text.slice(from).search(/[:=>% \\J0-9_CGIK-]/);
    return ahead < 0 ? -1 : from + ahead;
  }
}

// Pieced together, so that nobody who looks for leaked keys finds these.
const SECRETS = [
  ...[
    '4111 1111 1111 1111',
    '4111111111111111',
    '3782-822463-10005',
    '5555%205555%205555%204444',
    '30569309025904',
    '4222-2222-22222',
    '41111',
  ],
  ...[
    `gh${'p_'}`,
    `sk${'_live_'}`,
    `xox${'b-'}`,
    'AKI',
    'AI',
    'SG.',
    'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6',
    'A1B2C3D4',
  ],
  ...['eyJ', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', '-----BEGIN PRIVATE KEY-----', '----'],
  ...['bearer ', 'Basic ', 'BEARER%20', 'YW5uOnB3MTIz', 'abc12345', 'b', 'earer '],
];
const NAMES = [
  'password',
  'token',
  'Cookie',
  'auth',
  'name',
  'value',
  'key',
  'id',
  'page',
  'x-note',
  'a',
  '08',
  '1.2',
  'cc',
];
const SIGNS = [
  ...[
    '=',
    ':',
    ': ',
    '":',
    '\\":',
    '":"',
    '\\":\\"',
    '="',
    '\\u003d',
    '\\u003c',
    '%3D',
    '%3a',
    '%22',
    '%20',
    '://',
    '@',
  ],
  ...[
    '>',
    '</',
    '<',
    '<password>',
    '==',
    '=>',
    '&',
    '"',
    "'",
    '\\',
    '\\\\',
    '\\n',
    '\n',
    ' ',
    ' : ',
    '{',
    '[',
    ']',
    ',',
    ';',
  ],
  ...[
    '[redacted:token]',
    '[redacted:',
    'é',
    '\u013a',
    '\u212a',
    '😀',
    '\ud83d',
    '\u0000',
    '12',
    '2025-10-09',
  ],
];
const piece = fc.oneof(
  ...[SECRETS, NAMES, SIGNS].map((pieces) => fc.constantFrom(...pieces)),
  fc.string({ maxLength: 8 }),
);
const texts = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

describe('signs', () => {
  it.each([true, false])('leave out no place where something is masked (in a long text: %s)', (isLong) => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(maskAt(text, new Signs(text, isLong))).toBe(maskAt(text, new EveryPlace(text)));
      }),
      { numRuns: runs(4_000) },
    );
  });

  it('are found behind where the last was dealt with, though they began before', () => {
    const signs = new Signs('x bearer abc12345', true);
    expect([signs.next(0), signs.next(5), signs.next(9)]).toEqual([8, 8, -1]);
  });
});

describe('names that say nothing', () => {
  it.each([
    ['bare', 'page', 'a=1&page=', true],
    ['in quotes', 'page', '{"page":', true],
    ['in quotes of a string in a string', 'page', '{\\"page\\":', true],
    ['at the beginning', 'page', 'page:', true],
    ['numbers, never seen', 'page', 'at 08:53:', true],
    ['the end of a longer one', 'page', 'token[page=', false],
    ['what may be the rest of an escape', 'page', '\\npage=', false],
    ['the word in a mask', 'page', '[redacted:page=', false],
    ['behind a blank', 'page', 'page =', false],
    ['another one', 'page', 'pace=', false],
    ['none', 'page', '{"":', false],
  ])('are known again: %s', (_what, known, text, isIdle) => {
    rememberIdle(known);
    expect(isIdleBefore(text, text.length - 1)).toBe(isIdle);
  });

  it('are none that say something', () => {
    fc.assert(
      fc.property(texts, (text) => {
        for (const { index } of text.matchAll(/[:=]/g)) {
          const raw = keyBefore(text, index)?.raw ?? '';
          const says = meaningOfName(raw) !== undefined || /^(?:name|key|field|header)$/.test(raw);
          if (says) expect(isIdleBefore(text, index)).toBe(false);
          else rememberIdle(raw);
        }
      }),
      { numRuns: runs(4_000) },
    );
  });
});
