import { isDigit, runOfDigits } from './cards.ts';
import { charset } from './runs.ts';
import { SHAPE_PREFIXES } from './shapes.ts';

// Where a text has to be looked at. In a long text the engine finds such places many times faster than a loop over its
// characters, and what stands around a character rules most of them out: a blank counts behind `bearer` alone, a digit where
// enough others follow for a card number. A place too many costs a look: what is asked for here may be wider than what the
// handler of a place asks for, never narrower.

const BLANK = 0x20;
/** Shorter texts are gone through faster than a pattern is started. */
const LONG = 120;
/** As are those with a place in every so many characters. */
const DENSE = 8;

const TRIGGERS = [...new Set(SHAPE_PREFIXES.map((prefix) => prefix.at(-1) ?? ''))].join('');
/** All that may stand at such a place. */
const SIGNS = charset(`:=>% \\J0123456789${TRIGGERS}`);
/** Separators and ends of tags; the last character of a key's prefix, of `eyJ`; the first of a private key. */
const OFTEN = new RegExp(
  `[:=>%]|[J${TRIGGERS.replace('-', '\\-')}](?<=eyJ|${SHAPE_PREFIXES.join('|')}|-(?=----BEGIN ))`,
  'g',
);
/** What follows is looked at and not taken, so that the engine may seek the first letter alone. */
const SCHEME = /b(?=(?:earer|asic) )/gi;
const LONGEST_SCHEME = 'bearer'.length;
const ESCAPED_EQUALS = '\\u003';
const CARD = /[0-9](?=[0-9]{3}[0-9 %+-]{9})/g;
const CARD_LENGTH = 13;
const IN_CARD = charset('0123456789 %+-');

/** The places of one text, in its order. */
export class Signs {
  readonly #text: string;
  readonly #isLong: boolean;
  #found = 0;
  // The first of each kind that was not passed yet; the text's length where there is none.
  #often = -1;
  #scheme = -1;
  #escape = -1;
  #card = -1;

  constructor(text: string, isLong = text.length >= LONG) {
    this.#text = text;
    this.#isLong = isLong;
  }

  /** The first place at `from` or behind it; -1 where there is none. */
  next(from: number): number {
    const { length } = this.#text;
    this.#found += 1;
    const isSparse = this.#found * DENSE < from + 64 * DENSE;
    const place = this.#isLong && isSparse ? this.#leap(from) : this.#step(from);
    return place < length ? place : -1;
  }

  #step(from: number): number {
    const text = this.#text;
    let at = from;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (SIGNS[code] !== 1) at += 1;
      else if (code === BLANK && !endsScheme(text.charCodeAt(at - 1))) at += 1;
      else if (isDigit(code)) {
        const end = runOfDigits(text, at + 1);
        if (mayBeCard(text, end, end - at)) return at;
        at = end;
      } else return at;
    }
    return at;
  }

  #leap(from: number): number {
    const text = this.#text;
    if (this.#often < from) this.#often = placeFrom(text, OFTEN, from);
    if (this.#scheme < from) this.#scheme = schemeFrom(text, from);
    if (this.#escape < from) this.#escape = escapeFrom(text, from);
    if (this.#card < from) this.#card = cardFrom(text, from);
    return Math.min(this.#often, this.#scheme, this.#escape, this.#card);
  }
}

/** Digits alone, or the first group of some. */
function mayBeCard(text: string, end: number, digits: number): boolean {
  return digits === 4 ? IN_CARD[text.charCodeAt(end) | 0] === 1 : digits >= CARD_LENGTH;
}

/** The last letter of `bearer` or `basic`. */
function endsScheme(code: number): boolean {
  const letter = code | 0x20;
  return letter === 0x72 || letter === 0x63;
}

/** Where the first match behind `from` ends, less one. */
function placeFrom(text: string, pattern: RegExp, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex - 1 : text.length;
}

function escapeFrom(text: string, from: number): number {
  const at = text.indexOf(ESCAPED_EQUALS, from);
  return at < 0 ? text.length : at;
}

/** The blank behind the word, which may have begun before what is left to look at. */
function schemeFrom(text: string, from: number): number {
  SCHEME.lastIndex = Math.max(0, from - LONGEST_SCHEME);
  while (SCHEME.test(text)) {
    const blank = text.indexOf(' ', SCHEME.lastIndex);
    if (blank >= from) return blank;
  }
  return text.length;
}

/** One character in thirteen tells where no card number can be. */
function cardFrom(text: string, from: number): number {
  let at = from + CARD_LENGTH - 1;
  while (at < text.length) {
    let start = at;
    while (at - start < CARD_LENGTH && IN_CARD[text.charCodeAt(start) | 0] === 1) start -= 1;
    if (at - start === CARD_LENGTH) return placeFrom(text, CARD, start + 1);
    at = start + CARD_LENGTH;
  }
  return text.length;
}
