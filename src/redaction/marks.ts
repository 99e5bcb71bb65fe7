/** How a mask looks; the second pass over a masked text leaves them alone. */
const MASK = /^\[redacted:[A-Za-z0-9_-]{1,40}\]$/;
const LONGEST_MASK = 52;
/** With what every mask begins. */
export const BEGIN = '[redacted:';

export function maskOf(kind: string): string {
  return `[redacted:${kind}]`;
}

export function isMask(text: string): boolean {
  return text.length <= LONGEST_MASK && MASK.test(text);
}

/** Where the mask ends that begins at `start`; `start` where none does. */
export function maskEnd(text: string, start: number): number {
  if (!text.startsWith('[redacted:', start)) return start;
  const end = start + text.slice(start, start + LONGEST_MASK).indexOf(']') + 1;
  return isMask(text.slice(start, end)) ? end : start;
}

/** Whether a text holds a mask, or what begins like one. */
export function holdsMask(text: string): boolean {
  return text.length > BEGIN.length && text.includes(BEGIN);
}

/** What is to be replaced in a text, in the order of the text and never overlapping. */
export class Marks {
  readonly #text: string;
  /** What was replaced: beginning, end, beginning, end, in the order of the text. */
  readonly extents: number[] = [];
  #out = '';
  #done = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** What lies before the last mask is ignored: it is masked already. */
  replace(start: number, end: number, by: string): void {
    const from = Math.max(start, this.#done);
    if (end <= from || this.#text.slice(from, Math.min(end, from + LONGEST_MASK + 1)) === by) return;
    this.#out += this.#text.slice(this.#done, from) + by;
    this.#done = end;
    this.extents.push(from, end);
  }

  /** The text up to a place behind all that was replaced. */
  upTo(end: number): string {
    return this.#done === 0 ? this.#text.slice(0, end) : this.#out + this.#text.slice(this.#done, end);
  }

  /** The same text where nothing was replaced. */
  toString(): string {
    return this.#done === 0 ? this.#text : this.#out + this.#text.slice(this.#done);
  }
}
