/** Of an answer's text. A poll under way has several of them in memory, as text, as objects and as what is written. */
const PAGE_CHARS = 3 * 1_048_576;
/** A second that fills a page costs further requests: large rows must not make every second one. */
const LEAST_ROWS = 50;

/** How many rows make a page: as many as are told, fewer where rows are large. */
export class PageRows {
  readonly #most: number;
  readonly #least: number;
  readonly #pageChars: number;
  #rowChars = 0;

  constructor(most: number, { least = LEAST_ROWS, pageChars = PAGE_CHARS } = {}) {
    this.#most = most;
    this.#least = least;
    this.#pageChars = pageChars;
  }

  get now(): number {
    const fitting = this.#rowChars === 0 ? this.#most : Math.floor(this.#pageChars / this.#rowChars);
    return Math.min(this.#most, Math.max(this.#least, fitting));
  }

  /** Grows at once with the rows, and shrinks slowly: small ones between large ones are no sign. */
  saw(rows: number, chars: number): void {
    if (rows === 0) return;
    const seen = chars / rows;
    this.#rowChars = Math.max(seen, (this.#rowChars + seen) / 2);
  }
}
