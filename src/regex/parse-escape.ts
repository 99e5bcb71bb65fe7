import { namedCharacter } from './character-names.ts';
import { type CodeSet, LAST_CODE_POINT, negate } from './code-set.ts';
import { type Cursor, codeOf, END, unquoted } from './cursor.ts';
import type { Flags } from './flags.ts';
import {
  DIGITS,
  HORIZONTAL_SPACES,
  propertySet,
  SPACES,
  unicodeClass,
  VERTICAL_SPACES,
  WORD,
} from './properties.ts';

// What follows a backslash and stands for one character or one class of characters, inside a class or out of it.

export type Escape = { readonly code: number } | { readonly set: CodeSet };

const CONTROLS = new Map([
  ['a', 0x07],
  ['e', 0x1b],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
]);

/** Reads an escape whose backslash is already read; the cursor stands on the letter. */
export function parseEscape(cursor: Cursor, flags: Flags): Escape {
  const code = cursor.peekRaw();
  if (code === END) throw cursor.fail('The pattern ends with a lone backslash; write \\\\ for a backslash.');
  const letter = String.fromCodePoint(unquoted(code));
  const set = classEscape(letter, flags);
  if (set !== undefined) {
    cursor.nextRaw();
    return { set };
  }
  if (letter === 'p' || letter === 'P') return { set: parseProperty(cursor, flags) };
  if (/[a-zA-Z0-9]/.test(letter)) return { code: parseCode(cursor, letter) };
  cursor.nextRaw();
  return { code: unquoted(code) };
}

function classEscape(letter: string, flags: Flags): CodeSet | undefined {
  const lower = letter.toLowerCase();
  const set = positiveClass(lower, flags.unicodeClasses);
  return set !== undefined && letter !== lower ? negate(set) : set;
}

function positiveClass(letter: string, unicode: boolean): CodeSet | undefined {
  if (letter === 'd') return unicode ? unicodeClass('DIGIT') : DIGITS;
  if (letter === 'w') return unicode ? unicodeClass('WORD') : WORD;
  if (letter === 's') return unicode ? unicodeClass('WHITESPACE') : SPACES;
  if (letter === 'h') return HORIZONTAL_SPACES;
  return letter === 'v' ? VERTICAL_SPACES : undefined;
}

function parseProperty(cursor: Cursor, flags: Flags): CodeSet {
  const negated = cursor.nextRaw() === codeOf('P');
  const name = cursor.peek() === codeOf('{') ? bracedName(cursor) : oneLetter(cursor);
  const set = propertySet(name, flags);
  if (set === undefined) {
    throw cursor.fail(
      `Unknown character property ${name}; known are names like Alpha, L, Lu, IsLatin, IsAlphabetic.`,
    );
  }
  return negated ? negate(set) : set;
}

function oneLetter(cursor: Cursor): string {
  const code = cursor.next();
  if (code === END) throw cursor.fail('Expected a property name after \\p, as in \\p{Alpha}.');
  return String.fromCodePoint(unquoted(code));
}

function bracedName(cursor: Cursor): string {
  cursor.next();
  let name = '';
  for (let code = cursor.nextRaw(); code !== codeOf('}'); code = cursor.nextRaw()) {
    if (code === END) throw cursor.fail('Expected } after the name that { opens.');
    name += String.fromCodePoint(unquoted(code));
  }
  if (name === '') throw cursor.fail('Expected a name between { and }.');
  return name;
}

function parseCode(cursor: Cursor, letter: string): number {
  const control = CONTROLS.get(letter);
  if (control !== undefined) {
    cursor.nextRaw();
    return control;
  }
  if (!/[0xucN]/.test(letter)) {
    throw cursor.fail(`Unknown escape \\${letter}; a letter or digit after a backslash must have a meaning.`);
  }
  cursor.nextRaw();
  if (letter === '0') return octal(cursor);
  if (letter === 'x') return cursor.peekRaw() === codeOf('{') ? bracedHex(cursor) : hex(cursor, 2);
  if (letter === 'u') return utf16(cursor);
  return letter === 'c' ? controlKey(cursor) : characterByName(cursor);
}

function octal(cursor: Cursor): number {
  let digits = '';
  while (digits.length < 3 && isOctal(cursor.peekRaw())) {
    if (digits.length === 2 && digits > '37') break;
    digits += String.fromCodePoint(cursor.nextRaw());
  }
  if (digits === '') throw cursor.fail('Expected one to three octal digits after \\0.');
  return Number.parseInt(digits, 8);
}

function isOctal(code: number): boolean {
  return code >= 0x30 && code <= 0x37;
}

function hex(cursor: Cursor, length: number): number {
  let digits = '';
  while (digits.length < length) {
    const code = cursor.peek();
    const digit = code === END ? '' : String.fromCodePoint(unquoted(code));
    if (!/^[0-9a-fA-F]$/.test(digit)) throw cursor.fail(`Expected ${length} hexadecimal digits here.`);
    digits += digit;
    cursor.next();
  }
  return Number.parseInt(digits, 16);
}

function bracedHex(cursor: Cursor): number {
  const digits = bracedName(cursor);
  const code = /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
  if (!(code <= LAST_CODE_POINT)) throw cursor.fail('Expected hexadecimal digits up to 10FFFF in \\x{…}.');
  return code;
}

/** `\uD83D\uDE00` is one code point, as Java reads it. */
function utf16(cursor: Cursor): number {
  const high = hex(cursor, 4);
  const after = cursor.position;
  const isHigh = high >= 0xd800 && high <= 0xdbff;
  if (isHigh && cursor.peekRaw() === codeOf('\\') && cursor.peekRaw(1) === codeOf('u')) {
    cursor.nextRaw();
    cursor.nextRaw();
    const low = hex(cursor, 4);
    if (low >= 0xdc00 && low <= 0xdfff) return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    cursor.rewind(after);
  }
  return high;
}

function controlKey(cursor: Cursor): number {
  const code = cursor.nextRaw();
  if (code === END) throw cursor.fail('Expected a character after \\c, as in \\cA.');
  return unquoted(code) ^ 64;
}

function characterByName(cursor: Cursor): number {
  if (cursor.peekRaw() !== codeOf('{')) throw cursor.fail('Expected {name} after \\N.');
  const name = bracedName(cursor);
  const code = namedCharacter(name);
  if (code === undefined)
    throw cursor.fail(`The character name ${name} is not known here; write \\x{…} instead.`);
  return code;
}
