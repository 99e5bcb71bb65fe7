const REPLACEMENT = '\uFFFD';

/**
 * Decodes UTF-8 one byte at a time, as the WHATWG decoder does: each ill-formed stretch becomes one
 * U+FFFD. A decoder of its own because escaped bytes come singly, and setting up a TextDecoder for
 * each two of them costs more than all the rest of the text.
 */
export class Utf8Decoder {
  #codePoint = 0;
  #needed = 0;
  #lower = 0x80;
  #upper = 0xbf;

  /** The text that this byte completes, often ''. */
  push(byte: number): string {
    if (this.#needed === 0) return this.#begin(byte);
    if (byte < this.#lower || byte > this.#upper) {
      this.#needed = 0;
      return REPLACEMENT + this.#begin(byte);
    }
    this.#lower = 0x80;
    this.#upper = 0xbf;
    this.#codePoint = (this.#codePoint << 6) | (byte & 0x3f);
    this.#needed -= 1;
    return this.#needed === 0 ? String.fromCodePoint(this.#codePoint) : '';
  }

  /** What an unfinished sequence comes to where no byte follows: U+FFFD, or '' where none is open. */
  end(): string {
    if (this.#needed === 0) return '';
    this.#needed = 0;
    return REPLACEMENT;
  }

  #begin(byte: number): string {
    if (byte < 0x80) return String.fromCharCode(byte);
    if (byte < 0xc2 || byte > 0xf4) return REPLACEMENT;
    this.#needed = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    this.#codePoint = byte & (byte < 0xe0 ? 0x1f : byte < 0xf0 ? 0x0f : 0x07);
    // Over-long forms, surrogates and what lies beyond U+10FFFF show in the second byte.
    this.#lower = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    this.#upper = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
    return '';
  }
}
