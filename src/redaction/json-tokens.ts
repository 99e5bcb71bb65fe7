import { charset, runEnd } from './runs.ts';

// The tokens of a JSON text, in one pass and without recursion: attackers nest as deep as they like.

export const OPEN_OBJECT = 0;
export const OPEN_LIST = 1;
export const CLOSE = 2;
export const KEY = 3;
export const STRING = 4;
export const NUMBER = 5;
export const LITERAL = 6;

const BLANKS = charset(' \t\n\r');
const DIGITS = charset('0123456789');
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const ZERO = 0x30;
const LITERALS = ['true', 'false', 'null'] as const;

/** What may come next. */
type State = 'value' | 'item-or-end' | 'name' | 'name-or-end' | 'comma-or-end';

export class JsonTokens {
  readonly text: string;
  readonly kinds: number[] = [];
  readonly starts: number[] = [];
  /** Behind the token; of a container's beginning, behind its bracket. */
  readonly ends: number[] = [];

  constructor(text: string) {
    this.text = text;
  }

  get length(): number {
    return this.kinds.length;
  }

  extent(index: number): readonly [start: number, end: number] {
    return [this.starts[index] ?? 0, this.ends[index] ?? 0];
  }

  /** Takes the value that begins at `start`, and gives where it ends; -1, and no tokens, where none begins there. */
  value(start: number): number {
    const before = this.length;
    const end = this.#value(start);
    if (end < 0) this.cut(before);
    return end;
  }

  /** Forgets all tokens but the first so many. */
  cut(length: number): void {
    for (const list of [this.kinds, this.starts, this.ends]) list.length = length;
  }

  #value(start: number): number {
    const { text } = this;
    const open: number[] = [];
    let state: State = 'value';
    for (let at = start; ; ) {
      at = blanksEnd(text, at);
      const code = text.charCodeAt(at);
      if (state === 'comma-or-end' && code === COMMA) {
        state = open.at(-1) === OPEN_OBJECT ? 'name' : 'value';
        at += 1;
        continue;
      }
      if (state === 'name' || (state === 'name-or-end' && code === QUOTE)) {
        at = this.#name(at);
        if (at < 0) return -1;
        state = 'value';
        continue;
      }
      if (state === 'value' || (state === 'item-or-end' && code !== 0x5d)) {
        const kind = code === 0x7b ? OPEN_OBJECT : code === 0x5b ? OPEN_LIST : undefined;
        if (kind !== undefined) {
          open.push(kind);
          at = this.#push(kind, at, at + 1);
          state = kind === OPEN_OBJECT ? 'name-or-end' : 'item-or-end';
          continue;
        }
        at = this.#scalar(at, code);
        if (at < 0) return -1;
      } else {
        if (code !== (open.pop() === OPEN_OBJECT ? 0x7d : 0x5d)) return -1;
        at = this.#push(CLOSE, at, at + 1);
      }
      if (open.length === 0) return at;
      state = 'comma-or-end';
    }
  }

  #push(kind: number, start: number, end: number): number {
    this.kinds.push(kind);
    this.starts.push(start);
    this.ends.push(end);
    return end;
  }

  /** A name and its colon. */
  #name(at: number): number {
    const end = this.text.charCodeAt(at) === QUOTE ? stringEnd(this.text, at) : -1;
    if (end < 0) return -1;
    this.#push(KEY, at, end);
    const colon = blanksEnd(this.text, end);
    return this.text.charCodeAt(colon) === COLON ? colon + 1 : -1;
  }

  #scalar(at: number, code: number): number {
    if (code === QUOTE) {
      const end = stringEnd(this.text, at);
      return end < 0 ? -1 : this.#push(STRING, at, end);
    }
    const end = numberEnd(this.text, at);
    if (end > at) return this.#push(NUMBER, at, end);
    const literal = LITERALS.find((one) => this.text.startsWith(one, at));
    return literal === undefined ? -1 : this.#push(LITERAL, at, at + literal.length);
  }
}

export function blanksEnd(text: string, from: number): number {
  return runEnd(text, from, BLANKS);
}

/** Behind the quote that closes the string; -1 where none does. */
function stringEnd(text: string, quote: number): number {
  for (let at = text.indexOf('"', quote + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let run = at;
    while (text.charCodeAt(run - 1) === BACKSLASH) run -= 1;
    if ((at - run) % 2 === 0) return at + 1;
  }
  return -1;
}

/** A string whose escapes nobody can undo. */
export class NotJson extends Error {}

/** What a string holds whose quotes stand at its ends. */
export function stringAt(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1);
  if (!inner.includes('\\')) return inner;
  try {
    const value: unknown = JSON.parse(text.slice(start, end));
    if (typeof value === 'string') return value;
  } catch {
    // A bad escape: what follows says so.
  }
  throw new NotJson();
}

/** Where the number ends that begins here, by JSON's own grammar; `at` where none does. */
function numberEnd(text: string, at: number): number {
  const first = text.charCodeAt(at) === MINUS ? at + 1 : at;
  const whole = text.charCodeAt(first) === ZERO ? first + 1 : runEnd(text, first, DIGITS);
  if (whole === first) return at;
  const fraction = text.charAt(whole) === '.' ? runEnd(text, whole + 1, DIGITS) : whole;
  if (fraction === whole + 1) return at;
  if (text.charAt(fraction) !== 'e' && text.charAt(fraction) !== 'E') return fraction;
  const sign = '+-'.includes(text.charAt(fraction + 1) || ' ') ? 1 : 0;
  const exponent = runEnd(text, fraction + 1 + sign, DIGITS);
  return exponent > fraction + 1 + sign ? exponent : at;
}

/**
 * The tokens of all JSON values that a text begins with: of one, or of several, as JSON lines have them.
 * @param scalars what else than an object or list may be such a value, by its first character: it must have a line of its
 *   own, and nothing but JSON may stand in the text
 * @returns undefined where the text does not begin with one; `end` is behind the last
 */
export function documentsOf(
  text: string,
  scalars: string,
): { readonly tokens: JsonTokens; readonly end: number } | undefined {
  const tokens = new JsonTokens(text);
  // What was found before the first value that is no object or list.
  let sure: { readonly count: number; readonly end: number } | undefined;
  let end = 0;
  let at = blanksEnd(text, 0);
  while (at < text.length) {
    const isContainer = text.charCodeAt(at) === 0x7b || text.charCodeAt(at) === 0x5b;
    const found = isContainer || scalars.includes(text.charAt(at)) ? tokens.value(at) : -1;
    if (found < 0) break;
    const next = blanksEnd(text, found);
    if (!isContainer) {
      sure ??= { count: tokens.kinds.length - 1, end };
      const isLine = end === 0 || text.slice(end, at).includes('\n');
      if (!isLine || (next < text.length && !text.slice(found, next).includes('\n'))) break;
    }
    end = found;
    at = next;
  }
  if (at < text.length && sure !== undefined) {
    tokens.cut(sure.count);
    end = sure.end;
  }
  return tokens.length === 0 ? undefined : { tokens, end };
}
