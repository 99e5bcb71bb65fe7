import { PayloadError, type PayloadErrorCode } from './error.ts';
import { jsonString, mayEscapeSlash, unescaped } from './json-string.ts';
import { QuotedString } from './quoted.ts';

const LESS = 0x3c;
const OPEN_BRACE = 0x7b;
const HASH = 0x23;
const LINE_FEED = 0x0a;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const BACKSLASH = 0x5c;

/** Letters that after a backslash mean the same in JSON; and the apostrophe, which is made so. */
const JSON_ESCAPES = new Uint8Array(128);
for (const letter of `"'\\nrtbf`) JSON_ESCAPES[letter.charCodeAt(0)] = 1;

/** Pieces of fewer characters are read faster one by one. */
const LONG_PIECE = 256;

/** `[0-9A-Za-z_.+-]`: what names, numbers and enum values are made of. */
function isWord(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x5f ||
    (code >= 0x2d && code <= 0x2e) ||
    code === 0x2b
  );
}

/** The tokens of protobuf's text format, in one pass: no character is looked at twice but by the next token. */
export class Scanner {
  readonly text: string;
  #at = 0;
  /** Where the last line ends that was looked at as a whole. */
  #lineEnd = -1;
  #triesLines = true;

  constructor(text: string) {
    this.text = text;
  }

  get offset(): number {
    return this.#at;
  }

  fail(code: PayloadErrorCode, message: string): never {
    throw new PayloadError(
      code,
      this.#at,
      `The payload's text format is broken at offset ${this.#at}: ${message}.`,
    );
  }

  /** The next character's code after blanks and comments, without taking it; NaN at the end. */
  peek(): number {
    for (;;) {
      const code = this.text.charCodeAt(this.#at);
      if (code === 0x20 || (code >= 0x09 && code <= 0x0d)) this.#at += 1;
      else if (code === HASH) this.#skipComment();
      else return code;
    }
  }

  /** Takes the character if it is next. */
  take(character: string): boolean {
    if (this.peek() !== character.charCodeAt(0)) return false;
    this.#at += 1;
    return true;
  }

  expect(character: string): void {
    if (this.take(character)) return;
    this.#unexpected(`"${character}" is missing`);
  }

  /** Takes `{` or `<`; gives the character that will close it. */
  open(): '}' | '>' | undefined {
    const code = this.peek();
    if (code !== OPEN_BRACE && code !== LESS) return undefined;
    this.#at += 1;
    return code === OPEN_BRACE ? '}' : '>';
  }

  /** Takes what the pattern, a sticky one, finds right here. */
  takePrinted(pattern: RegExp): RegExpExecArray | undefined {
    this.peek();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text) ?? undefined;
    if (found) this.#at = pattern.lastIndex;
    return found;
  }

  /** Takes a separator, where there is one. */
  separator(): void {
    if (!this.take(';')) this.take(',');
  }

  /** A name, number or enum value; fails where there is none. */
  word(): string {
    const start = this.skipWord();
    return this.text.slice(start, this.#at);
  }

  /** As {@link word}, without making the text; gives where it began. */
  skipWord(): number {
    this.peek();
    const start = this.#at;
    while (isWord(this.text.charCodeAt(this.#at))) this.#at += 1;
    if (this.#at === start) this.#unexpected('a name or a value is missing');
    return start;
  }

  /** A field's name; that of an extension or an Any is given as '', for nobody here knows one. */
  name(): string {
    if (!this.take('[')) return this.word();
    do this.skipWord();
    while (this.take('/'));
    this.expect(']');
    return '';
  }

  atString(): boolean {
    const code = this.peek();
    return code === DOUBLE_QUOTE || code === SINGLE_QUOTE;
  }

  /** A string of one or more adjacent pieces; fails where there is none. */
  string(): string {
    if (!this.atString()) this.#unexpected('a quoted string is missing');
    const start = this.#at;
    const quick = this.#wholeLine() ?? this.#quickPiece();
    if (quick !== undefined && !this.atString()) return quick.isWellFormed() ? quick : quick.toWellFormed();
    this.#at = start;
    const quoted = new QuotedString(this.text, this.#at);
    do this.#at = quoted.piece(this.#at);
    while (this.atString());
    return quoted.end();
  }

  /**
   * A long piece that ends with its line, as printed: one that is a JSON string means the same here, and the engine's own
   * parser finds its end, too. Undefined for any other piece. A line is tried once and none after the first that is no
   * JSON, for texts made to fail would take long.
   */
  #wholeLine(): string | undefined {
    const start = this.#at;
    if (!this.#triesLines || start < this.#lineEnd) return undefined;
    const found = this.text.indexOf('\n', start);
    const end = found < 0 ? this.text.length : found;
    this.#lineEnd = end;
    if (end - start < LONG_PIECE || this.text.charCodeAt(end - 1) !== DOUBLE_QUOTE) return undefined;
    const line = this.text.slice(start, end);
    if (mayEscapeSlash(line)) return undefined;
    const value = jsonString(line);
    if (value === undefined) this.#triesLines = false;
    else this.#at = end;
    return value;
  }

  /**
   * A piece without escapes, or with none but those that JSON has, too, and `\'`: most are, and the engine's own parser is
   * many times faster. Undefined for any other.
   */
  #quickPiece(): string | undefined {
    const { text } = this;
    const start = this.#at;
    const quote = text.charCodeAt(start);
    let isEscaped = false;
    let hasApostrophes = false;
    for (let at = start + 1; ; at += 1) {
      const code = text.charCodeAt(at);
      if (code === quote) {
        this.#at = at + 1;
        return isEscaped ? unescaped(text.slice(start, at + 1), hasApostrophes) : text.slice(start + 1, at);
      }
      if (code === BACKSLASH) {
        at += 1;
        const letter = text.charCodeAt(at);
        if (quote !== DOUBLE_QUOTE || JSON_ESCAPES[letter] !== 1) return undefined;
        isEscaped = true;
        if (letter === SINGLE_QUOTE) hasApostrophes = true;
      } else if (!(code >= 0x20)) return undefined;
    }
  }

  #skipComment(): void {
    while (this.#at < this.text.length && this.text.charCodeAt(this.#at) !== LINE_FEED) this.#at += 1;
  }

  #unexpected(message: string): never {
    this.fail(this.#at >= this.text.length ? 'unexpected-end' : 'unexpected-character', message);
  }
}
