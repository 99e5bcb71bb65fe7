import { cardEnd, runOfDigits } from './cards.ts';
import { Marks, maskOf } from './marks.ts';
import { Pairs } from './pairs.ts';
import { beginsToken } from './quotes.ts';
import { type Found, jwtAt, keyAt, pemAt, SHAPE_TRIGGERS, schemeAt } from './shapes.ts';

// One pass over a text of any kind: JSON in JSON, a form, a header, prose. Every character that could begin or end a secret's
// sign is looked at, everything else is passed over; each handler looks a bounded way back and tells how far forward it read.

const NOTHING = 0;
const SHAPE = 1;
const DIGIT = 2;
const SEPARATOR = 3;
const ELEMENT = 4;
const TOKEN = 5;
const BLANK = 6;
const PERCENT = 7;
const ESCAPE = 8;

const ACTIONS = new Uint8Array(128);
for (const trigger of SHAPE_TRIGGERS) ACTIONS[trigger.charCodeAt(0)] = SHAPE;
for (const digit of '0123456789') ACTIONS[digit.charCodeAt(0)] = DIGIT;
ACTIONS[0x3a] = SEPARATOR;
ACTIONS[0x3d] = SEPARATOR;
ACTIONS[0x3e] = ELEMENT;
ACTIONS[0x4a] = TOKEN;
ACTIONS[0x20] = BLANK;
ACTIONS[0x25] = PERCENT;
ACTIONS[0x5c] = ESCAPE;

/** A text with its secrets masked; the same text where there are none. */
export function maskText(text: string): string {
  return text.length < 4 ? text : new Sweep(text).run();
}

class Sweep {
  readonly #text: string;
  readonly #marks: Marks;
  readonly #pairs: Pairs;
  readonly #isJson: boolean;
  /** Up to here no JWT begins: what was read once is not read again. */
  #noTokenBefore = 0;

  constructor(text: string) {
    this.#text = text;
    this.#marks = new Marks(text);
    this.#pairs = new Pairs(text, this.#marks);
    this.#isJson = /^\s{0,100}[[{]/.test(text);
  }

  run(): string {
    const { length } = this.#text;
    for (let at = 0; at < length; ) {
      const action = ACTIONS[this.#text.charCodeAt(at)] ?? NOTHING;
      at = action === NOTHING ? at + 1 : this.#act(action, at);
    }
    return this.#marks.toString();
  }

  /** Gives where to go on. */
  #act(action: number, at: number): number {
    switch (action) {
      case SHAPE:
        return this.#shape(at);
      case DIGIT:
        return this.#digits(at);
      case SEPARATOR:
        return this.#pairs.separator(at, at + 1);
      case ELEMENT:
        return this.#pairs.element(at);
      case TOKEN:
        return this.#token(at);
      case BLANK:
        return this.#mask(schemeAt(this.#text, at, at + 1), at + 1);
      case PERCENT:
        return this.#percent(at);
      default:
        return this.#pairs.escape(at);
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
    this.#marks.replace(at, end, this.#isJson && isNumber(this.#text, at, end) ? '0' : maskOf('card'));
    return end;
  }

  #percent(at: number): number {
    if (this.#text.startsWith('20', at + 1)) return this.#mask(schemeAt(this.#text, at, at + 3), at + 3);
    return this.#pairs.percent(at);
  }
}

/** Whether digits stand where JSON has a number: a text there would not be JSON any more. */
function isNumber(text: string, start: number, end: number): boolean {
  const before =
    text
      .slice(Math.max(0, start - 64), start)
      .trimEnd()
      .at(-1) ?? '';
  const after = text
    .slice(end, end + 64)
    .trimStart()
    .charAt(0);
  return ':[,'.includes(before) && ',]}'.includes(after);
}
