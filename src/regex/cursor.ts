import { PatternError } from './errors.ts';

// A pattern as code points. `\Q…\E` is dissolved up front: a quoted code point carries a mark, so it never equals a sign.

export const END = -1;
const QUOTED = 0x200000;
const BACKSLASH = 0x5c;
const HASH = 0x23;

export function codeOf(sign: string): number {
  return sign.codePointAt(0) ?? END;
}

export function unquoted(code: number): number {
  return code & (QUOTED - 1);
}

export class Cursor {
  /** Under `(?x)`: blanks and `#…` comments mean nothing. */
  comments = false;
  unixLines = false;
  /** Whether `[` and `&&` inside a class mean what they mean to Java. */
  readonly nestedClasses: boolean;
  readonly #codes: number[] = [];
  readonly #offsets: number[] = [];
  #position = 0;

  constructor(source: string, nestedClasses = true) {
    this.nestedClasses = nestedClasses;
    let quoting = false;
    for (let i = 0; i < source.length; ) {
      const pair = source.slice(i, i + 2);
      const code = source.codePointAt(i) ?? 0;
      if (quoting ? pair === '\\E' : pair === '\\Q') {
        quoting = !quoting;
        i += 2;
        continue;
      }
      this.#add(quoting ? code | QUOTED : code, i);
      i += code > 0xffff ? 2 : 1;
      if (!quoting && code === BACKSLASH && i < source.length) {
        const escaped = source.codePointAt(i) ?? 0;
        this.#add(escaped, i);
        i += escaped > 0xffff ? 2 : 1;
      }
    }
    this.#offsets.push(source.length);
  }

  #add(code: number, offset: number): void {
    this.#codes.push(code);
    this.#offsets.push(offset);
  }

  /** Offset of the next sign in UTF-16 units, for messages. */
  get offset(): number {
    return this.#offsets[this.#position] ?? this.#offsets.at(-1) ?? 0;
  }

  get position(): number {
    return this.#position;
  }

  rewind(position: number): void {
    this.#position = position;
  }

  /** The next sign, blanks and comments skipped where they mean nothing. */
  peek(): number {
    if (this.comments) this.#skipComments();
    return this.peekRaw();
  }

  peekRaw(ahead = 0): number {
    return this.#codes[this.#position + ahead] ?? END;
  }

  next(): number {
    const code = this.peek();
    if (code !== END) this.#position++;
    return code;
  }

  nextRaw(): number {
    const code = this.peekRaw();
    if (code !== END) this.#position++;
    return code;
  }

  /** Consumes the sign if it comes next. */
  take(sign: string): boolean {
    if (this.peek() !== codeOf(sign)) return false;
    this.#position++;
    return true;
  }

  /** Digits that come next, as they stand. */
  digits(): string {
    let digits = '';
    for (let code = this.peek(); code >= 0x30 && code <= 0x39; code = this.peek()) {
      digits += String.fromCodePoint(this.next());
    }
    return digits;
  }

  fail(message: string): PatternError {
    return new PatternError(message, this.offset);
  }

  #skipComments(): void {
    for (let code = this.peekRaw(); ; code = this.peekRaw()) {
      if ((code >= 0x09 && code <= 0x0d) || code === 0x20) this.#position++;
      else if (code === HASH) this.#skipLine();
      else return;
    }
  }

  #skipLine(): void {
    while (this.peekRaw() !== END && !this.#isLineEnd(this.peekRaw())) this.#position++;
  }

  #isLineEnd(code: number): boolean {
    if (this.unixLines) return code === 0x0a;
    return code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029;
  }
}
