import { maskCookies } from './cookies.ts';
import { BEGIN, holdsMask, isMask, maskOf } from './marks.ts';
import { looksMade, type NameMeaning } from './names.ts';
import { isQuote, isWord, levelOf, type Quotes, runStart } from './quotes.ts';

/** Where a value begins and ends: the second is the first character that is not masked. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** What a value under a secret name becomes; itself where it is no secret. */
export function maskedValue(value: string, { kind, shape, isWeak }: NameMeaning): string {
  // A mask makes a value longer, and what it stands for was looked at: it must not look made by a machine now.
  if (value === '' || isMask(value) || (isWeak && (holdsMask(value) || !looksMade(value)))) return value;
  return shape === 'value' ? maskOf(kind) : maskCookies(value, shape === 'set-cookie');
}

const KEY_MASK = maskOf('private-key');
const BLANK = 0x20;
const AMPERSAND = 0x26;
const BACKSLASH = 0x5c;
const LESS = 0x3c;

/**
 * Whether a quote ends what stands before it. One in the midst of a password is followed by a letter; one that ends a
 * string of JSON or of the text format never is.
 */
function endsString(text: string, quote: number): boolean {
  if (isWord(text.charCodeAt(quote + 1))) return false;
  // A mask stands where a word stood; only a private key begins with dashes.
  return !text.startsWith(BEGIN, quote + 1) || text.startsWith(KEY_MASK, quote + 1);
}

/**
 * Where things end in one text, whichever of many names before it asks: each end is sought once. A name whose value is no
 * secret gives nothing up, and without this a text of such names would be gone through for each of them.
 */
export class Ends {
  readonly #text: string;
  /** From here up to its stop nothing ends a bare value. */
  #bareFrom = 0;
  #bareStop = -1;
  #bareEnd = -1;
  #dataEnd = -1;

  constructor(text: string) {
    this.#text = text;
  }

  /** A value without quotes: of a form, a query, a line of YAML. */
  bare(from: number): number {
    if (from < this.#bareFrom || from > this.#bareStop) {
      this.#bareFrom = from;
      this.#bareStop = bareStop(this.#text, from);
      this.#bareEnd = isEscapable(this.#text.charCodeAt(this.#bareStop))
        ? runStart(this.#text, this.#bareStop)
        : this.#bareStop;
    }
    return Math.max(from, this.#bareEnd);
  }

  /** The content of `<![CDATA[`, asked for in the order of the text; -1 where nothing closes it. */
  data(from: number): number {
    if (this.#dataEnd < from) {
      const found = this.#text.indexOf(']]>', from);
      this.#dataEnd = found < 0 ? this.#text.length : found;
    }
    return this.#dataEnd < this.#text.length ? this.#dataEnd : -1;
  }
}

function bareStop(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code <= BLANK || code === AMPERSAND) return at;
    if (code === LESS && text.charCodeAt(at + 1) === 0x2f) return at;
    if (isQuote(code) && endsString(text, at)) return at;
    if (code === BACKSLASH && text.startsWith('u0026', at + 1)) return at;
  }
  return text.length;
}

/** Before these, backslashes belong to what ends the value. */
function isEscapable(code: number): boolean {
  return isQuote(code) || code === BACKSLASH;
}

/** The content of an element: up to the next tag or the end of the string around it. -1 where no tag closes it. */
export function elementEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === LESS) return text.charCodeAt(at + 1) === 0x2f || text.charAt(at + 1) === '\\' ? at : -1;
    if (isQuote(code) && endsString(text, at)) return Math.max(from, runStart(text, at));
  }
  // Cut off, or never an element: words are none, and a mask was left there by one who thought so.
  return /\s|\[redacted:/.test(text.slice(from)) ? -1 : text.length;
}

/**
 * A header's value: up to the end of its line, also where that is written `\r\n`, or of the string that the line stands in.
 * @param around the quotes of that string; absent where it stands in none
 */
export function lineEnd(text: string, from: number, around: Quotes | undefined): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x0a || code === 0x0d) return at;
    const isBreak = code === BACKSLASH && 'nr'.includes(text.charAt(at + 1) || ' ');
    const isEnd = around !== undefined && isQuote(code) && closes(text, at, around) && endsString(text, at);
    if (isBreak || isEnd) return Math.max(from, runStart(text, at));
  }
  return text.length;
}

function closes(text: string, quote: number, { mark, level }: Quotes): boolean {
  return mark.includes(text.charAt(quote)) && levelOf(text, quote) <= level;
}

const PLAIN_WORD = /^[A-Za-z][A-Za-z.,;!?]*$/;
const WORDS = /[ \t]+[A-Za-z]{2,}(?=[\s.,;:!?]|$)/y;
const NOTHING = /^(?:null|true|false|undefined|none|nil|nan)[,;)}\]]*$/i;
const CALL = /^[A-Za-z_.$]*\(/;

/** Whether words, not a value, follow `password:`. */
export function isProse(text: string, { start, end }: Extent, afterWord: boolean): boolean {
  if (end - start > 40 || !PLAIN_WORD.test(text.slice(start, end))) return false;
  WORDS.lastIndex = end;
  return afterWord || WORDS.test(text);
}

/** Whether a bare value can be no secret: nothing, punctuation, a call in a program. */
export function isNothing(value: string): boolean {
  return (
    value.length < 400 && (NOTHING.test(value) || CALL.test(value) || !/[A-Za-z0-9\u0080-\uffff]/.test(value))
  );
}
