import { PayloadError, type PayloadErrorCode } from './error.ts';
import { TextBuilder } from './text-builder.ts';
import { Utf8Decoder } from './utf8.ts';

const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;

/** What a letter after a backslash stands for, by its code. */
const SIMPLE_ESCAPES: readonly (string | undefined)[] = byCode({
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '?': '?',
});

function byCode(meanings: Readonly<Record<string, string>>): readonly (string | undefined)[] {
  const table = Array.from({ length: 128 }, (): string | undefined => undefined);
  for (const [letter, meaning] of Object.entries(meanings)) table[letter.charCodeAt(0)] = meaning;
  return table;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function octalDigit(code: number): number {
  return code >= 0x30 && code <= 0x37 ? code - 0x30 : -1;
}

/**
 * One string value read piece by piece. Octal and hex escapes stand for bytes of UTF-8, and a
 * character's bytes may even lie in two pieces; everything else stands for itself.
 */
export class QuotedString {
  readonly #text: string;
  #at: number;
  readonly #out = new TextBuilder();
  #bytes: Utf8Decoder | undefined;

  constructor(text: string, offset: number) {
    this.#text = text;
    this.#at = offset;
  }

  /** Reads the piece whose opening quote stands at `offset`; gives the offset after its closing quote. */
  piece(offset: number): number {
    const quote = this.#text.charCodeAt(offset);
    this.#at = offset + 1;
    let start = this.#at;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === quote) break;
      if (code === BACKSLASH) {
        if (this.#at > start) this.#append(this.#text.slice(start, this.#at));
        this.#escape();
        start = this.#at;
      } else if (code === LINE_FEED || Number.isNaN(code)) {
        this.#fail('bad-string', 'a string is not closed on its line');
      } else this.#at += 1;
    }
    if (this.#at > start) this.#append(this.#text.slice(start, this.#at));
    return this.#at + 1;
  }

  end(): string {
    if (this.#bytes !== undefined) this.#out.append(this.#bytes.end());
    const text = this.#out.toString();
    return text.isWellFormed() ? text : text.toWellFormed();
  }

  #append(characters: string): void {
    if (this.#bytes !== undefined) this.#out.append(this.#bytes.end());
    this.#out.append(characters);
  }

  #escape(): void {
    this.#at += 1;
    const code = this.#text.charCodeAt(this.#at);
    if (octalDigit(code) >= 0) this.#byte(this.#digits(3, 3, octalDigit));
    else {
      this.#at += 1;
      this.#letterEscape(code);
    }
  }

  #letterEscape(code: number): void {
    const meaning = SIMPLE_ESCAPES[code];
    if (meaning !== undefined) this.#append(meaning);
    else if ((code | 0x20) === 0x78) this.#byte(this.#digits(2, 4, hexDigit));
    else if (code === 0x75) this.#append(this.#codePoint(4));
    else if (code === 0x55) this.#append(this.#codePoint(8));
    else this.#fail('bad-escape', 'no such escape');
  }

  #byte(value: number): void {
    this.#bytes ??= new Utf8Decoder();
    this.#out.append(this.#bytes.push(value & 0xff));
  }

  /** One to `most` digits of `bits` bits each. */
  #digits(most: number, bits: number, digit: (code: number) => number): number {
    let value = 0;
    let taken = 0;
    for (; taken < most; taken += 1) {
      const next = digit(this.#text.charCodeAt(this.#at));
      if (next < 0) break;
      value = value * 2 ** bits + next;
      this.#at += 1;
    }
    if (taken === 0) this.#fail('bad-escape', 'an escape has no digits');
    return value;
  }

  #codePoint(length: number): string {
    const start = this.#at;
    const value = this.#digits(length, 4, hexDigit);
    if (this.#at - start !== length) this.#fail('bad-escape', 'an escape has too few digits');
    if (value > 0x10ffff) this.#fail('bad-escape', 'an escape lies beyond Unicode');
    return String.fromCodePoint(value);
  }

  #fail(code: PayloadErrorCode, message: string): never {
    throw new PayloadError(
      code,
      this.#at,
      `The payload's text format is broken at offset ${this.#at}: ${message}.`,
    );
  }
}
