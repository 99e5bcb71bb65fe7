import { cardEnd, isDigit, runOfDigits } from './cards.ts';
import { Marks, maskOf } from './marks.ts';
import { Pairs } from './pairs.ts';
import { beginsToken } from './quotes.ts';
import { type Found, jwtAt, keyAt, pemAt, schemeAt } from './shapes.ts';
import { Signs } from './signs.ts';

// One pass over a text of any kind: JSON in JSON, a form, a header, prose. Every character that could begin or end a secret's
// sign is looked at, everything else is passed over; each handler looks a bounded way back and tells how far forward it read.

const BLANK = 0x20;
const PERCENT = 0x25;
const COLON = 0x3a;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const LETTER_J = 0x4a;
const BACKSLASH = 0x5c;

/** More passes than any text was seen to need. */
const MOST_PASSES = 5;

/**
 * A text with its secrets masked; the same text where there are none. What was masked is looked at again, since a mask has
 * other neighbours than what it stands for: so nothing more is masked where the answer comes back.
 */
export function maskText(text: string): string {
  if (text.length < 4) return text;
  let before = text;
  let masked = maskAt(before, new Signs(before));
  for (let pass = 1; masked !== before && pass < MOST_PASSES; pass += 1) {
    before = masked;
    masked = maskAt(before, new Signs(before));
  }
  return masked;
}

/** What of a text would be masked: beginning, end, beginning, end, in its order. */
export function secretsIn(text: string): readonly number[] {
  const signs = new Signs(text);
  const first = text.length < 4 ? -1 : signs.next(0);
  return first < 0 ? [] : new Sweep(text, signs).find(first).extents;
}

/** Where to look, in the order of the text: the first place at `from` or behind it, -1 where there is none. */
export interface Places {
  next(from: number): number;
}

/** Looks at these places only. */
export function maskAt(text: string, places: Places): string {
  const first = places.next(0);
  return first < 0 ? text : new Sweep(text, places).run(first);
}

class Sweep {
  readonly #text: string;
  readonly #places: Places;
  readonly #marks: Marks;
  readonly #pairs: Pairs;
  /** Up to here no JWT begins: what was read once is not read again. */
  #noTokenBefore = 0;

  constructor(text: string, places: Places) {
    this.#text = text;
    this.#places = places;
    this.#marks = new Marks(text);
    this.#pairs = new Pairs(text, this.#marks);
  }

  run(first: number): string {
    return this.find(first).toString();
  }

  find(first: number): Marks {
    for (let at = first; at >= 0; at = this.#places.next(this.#act(at)));
    return this.#marks;
  }

  /** Gives where to go on. */
  #act(at: number): number {
    const code = this.#text.charCodeAt(at);
    switch (code) {
      case COLON:
      case EQUALS:
        return this.#pairs.separator(at, at + 1);
      case GREATER:
        return this.#pairs.element(at);
      case LETTER_J:
        return this.#token(at);
      case BLANK:
        return this.#mask(schemeAt(this.#text, at, at + 1), at + 1);
      case PERCENT:
        return this.#percent(at);
      case BACKSLASH:
        return this.#pairs.escape(at);
      default:
        return isDigit(code) ? this.#digits(at) : this.#shape(at);
    }
  }

  #mask(found: Found | undefined, next: number): number {
    if (found === undefined) return next;
    this.#marks.replace(found.start, found.end, maskOf(found.kind));
    return Math.max(found.end, next);
  }

  #shape(at: number): number {
    if (this.#text.startsWith('-----BEGIN ', at)) return this.#mask(pemAt(this.#text, at), at + 1);
    return this.#mask(keyAt(this.#text, at), at + 1);
  }

  #token(at: number): number {
    const start = at - 2;
    if (start < this.#noTokenBefore || !this.#text.startsWith('ey', start)) return at + 1;
    if (!beginsToken(this.#text, start)) return at + 1;
    const { next, found } = jwtAt(this.#text, start);
    if (found === undefined) this.#noTokenBefore = next;
    return this.#mask(found, at + 1);
  }

  #digits(at: number): number {
    const end = cardEnd(this.#text, at);
    if (end < 0) return runOfDigits(this.#text, at);
    this.#marks.replace(at, end, isNumber(this.#text, at, end) ? '0' : maskOf('card'));
    return end;
  }

  #percent(at: number): number {
    if (this.#text.startsWith('20', at + 1)) return this.#mask(schemeAt(this.#text, at, at + 3), at + 3);
    return this.#pairs.percent(at);
  }
}

/**
 * Whether digits stand where JSON has a number, in a text that was cut off or holds JSON among other things: a mask there
 * would be no JSON any more.
 */
function isNumber(text: string, start: number, end: number): boolean {
  const unsigned = text.charAt(start - 1) === '-' ? start - 1 : start;
  const around = text.slice(Math.max(0, unsigned - 64), unsigned).trimEnd();
  const isMember = /"\s{0,16}:$/.test(around);
  if (!isMember && !/^\s{0,100}[[{]/.test(text)) return false;
  const before = around.at(-1) ?? '';
  const after = text
    .slice(end, end + 64)
    .trimStart()
    .charAt(0);
  return ':[,'.includes(before) && ',]}'.includes(after);
}
