const SHORT = 8;
const MAX_PENDING = 4_096;

/**
 * Puts a text together from parts. A megabyte of escapes is half a million parts of one character:
 * joined one by one they would cost a string each and a long pause of the collector, so short parts
 * are gathered as UTF-16 units first.
 */
export class TextBuilder {
  #text = '';
  readonly #pending: number[] = [];

  append(part: string): void {
    if (this.#text === '' && this.#pending.length === 0) this.#text = part;
    else if (part.length > SHORT) {
      this.#settle();
      this.#text += part;
    } else {
      for (let at = 0; at < part.length; at += 1) this.#pending.push(part.charCodeAt(at));
      if (this.#pending.length > MAX_PENDING) this.#settle();
    }
  }

  toString(): string {
    this.#settle();
    return this.#text;
  }

  #settle(): void {
    if (this.#pending.length === 0) return;
    this.#text += String.fromCharCode(...this.#pending);
    this.#pending.length = 0;
  }
}
