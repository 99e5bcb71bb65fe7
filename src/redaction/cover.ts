import type { SpanFinder } from '../regex/index.ts';
import {
  CLOSE,
  type JsonTokens,
  KEY,
  NUMBER,
  OPEN_LIST,
  OPEN_OBJECT,
  STRING,
  stringAt,
} from './json-tokens.ts';
import type { OwnPatterns } from './own-patterns.ts';

// Operators' patterns may match across the punctuation of JSON: `"pin":"\d+"`, `secret.*`. What of such a match lies in
// strings and numbers is masked there; the punctuation stays. A match within one string is found again in its value.

/** A part of a string's value that a pattern has found, and the word for its mask. */
export interface Cover {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

/** What was found in the tokens of one text, by their places among all. */
export interface TokenCovers {
  /** Of a string's value, in the value's own places: in order, never overlapping. */
  ofString(index: number): readonly Cover[];
  /** The word for a number that a match touches. */
  ofNumber(index: number): string | undefined;
  /** Of a name, the same wherever it stands in its object: a name that comes twice must stay one. */
  ofName(object: number, name: string): readonly Cover[];
}

const NOTHING: readonly Cover[] = [];
const NO_COVERS: TokenCovers = {
  ofString: () => NOTHING,
  ofNumber: () => undefined,
  ofName: () => NOTHING,
};
const BACKSLASH = '\\';

/** @param given what was found further out, in the places of this text */
export function coversOf(tokens: JsonTokens, given: readonly Cover[], own: OwnPatterns): TokenCovers {
  const { text } = tokens;
  const rows = own.matches(text).map(({ name, spans, find }) => {
    const covers = spans.map(([start, end]): Cover => ({ start, end, name }));
    return new Row(text, covers, find);
  });
  if (given.length > 0) rows.unshift(new Row(text, given));
  return rows.length === 0 ? NO_COVERS : new FoundCovers(tokens, rows);
}

class FoundCovers implements TokenCovers {
  readonly #tokens: JsonTokens;
  readonly #rows: readonly Row[];
  readonly #strings = new Map<number, readonly Cover[]>();
  readonly #numbers = new Map<number, string>();
  readonly #names = new Map<number, Map<string, readonly Cover[]>>();

  constructor(tokens: JsonTokens, rows: readonly Row[]) {
    this.#tokens = tokens;
    this.#rows = rows;
    const open: number[] = [];
    for (const [index, kind] of tokens.kinds.entries()) {
      if (kind === OPEN_OBJECT || kind === OPEN_LIST) open.push(index);
      else if (kind === CLOSE) open.pop();
      else if (kind === NUMBER) this.#number(index);
      else if (kind === STRING) this.#string(index);
      else if (kind === KEY) this.#name(index, open.at(-1) ?? -1);
    }
  }

  ofString(index: number): readonly Cover[] {
    return this.#strings.get(index) ?? NOTHING;
  }

  ofNumber(index: number): string | undefined {
    return this.#numbers.get(index);
  }

  ofName(object: number, name: string): readonly Cover[] {
    return this.#names.get(object)?.get(name) ?? NOTHING;
  }

  #number(index: number): void {
    const [start, end] = this.#tokens.extent(index);
    for (const row of this.#rows) {
      const name = row.nameIn(start, end);
      if (name === undefined) continue;
      this.#numbers.set(index, name);
      return;
    }
  }

  #string(index: number): void {
    const found = this.#found(index);
    if (found.length > 0) this.#strings.set(index, found);
  }

  #name(index: number, object: number): void {
    const found = this.#found(index);
    if (found.length === 0) return;
    const [start, end] = this.#tokens.extent(index);
    const names = this.#names.get(object) ?? new Map<string, readonly Cover[]>();
    this.#names.set(object, names);
    const name = stringAt(this.#tokens.text, start, end);
    names.set(name, joined([...(names.get(name) ?? []), ...found]));
  }

  #found(index: number): readonly Cover[] {
    const [start, end] = this.#tokens.extent(index);
    const [from, to] = [start + 1, end - 1];
    const touching = this.#rows.flatMap((row) => row.inString(from, to));
    if (touching.length === 0) return NOTHING;
    const clipped = touching.map((each) => ({
      ...each,
      start: Math.max(each.start, from) - from,
      end: Math.min(each.end, to) - from,
    }));
    const inner = this.#tokens.text.slice(from, to);
    return inner.includes(BACKSLASH) ? inValue(inner, joined(clipped)) : joined(clipped);
  }
}

/** What one pattern has found in a text, in order and never overlapping; without `find`, what was found further out. */
class Row {
  readonly #text: string;
  readonly #covers: readonly Cover[];
  readonly #find: SpanFinder | undefined;
  /** What ends before it was asked for already. */
  #first = 0;

  constructor(text: string, covers: readonly Cover[], find?: SpanFinder) {
    this.#text = text;
    this.#covers = covers;
    this.#find = find;
  }

  nameIn(from: number, to: number): string | undefined {
    this.#pass(from);
    const first = this.#covers[this.#first];
    return first !== undefined && first.start < to ? first.name : undefined;
  }

  inString(from: number, to: number): readonly Cover[] {
    this.#pass(from);
    const found: Cover[] = [];
    for (let at = this.#first; at < this.#covers.length; at += 1) {
      const cover = this.#covers[at];
      if (cover === undefined || cover.start >= to) break;
      const { start, end } = cover;
      if (start >= from && end > to && this.#endsWithin(start, to)) this.#first = at + 1;
      else if (start < from || end > to || this.#isForThisText(start, end)) found.push(cover);
    }
    return found;
  }

  #pass(from: number): void {
    while ((this.#covers[this.#first]?.end ?? Infinity) <= from) this.#first += 1;
  }

  /** `secret.*` runs to the end of the line, and would be content with the string's: no other value is meant. */
  #endsWithin(start: number, to: number): boolean {
    return this.#find?.(this.#text.slice(start, to))[0]?.[0] === 0;
  }

  /** Within a string all is found again, but for what was written for the text as it stands: `\\"pin\\":\\"\d+`. */
  #isForThisText(start: number, end: number): boolean {
    return this.#find === undefined || this.#text.slice(start, end).includes(BACKSLASH);
  }
}

/** In order; what overlaps is one, under the name of the first. */
function joined(covers: readonly Cover[]): readonly Cover[] {
  if (covers.length < 2) return covers;
  const result: Cover[] = [];
  for (const each of covers.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last === undefined || last.end <= each.start) result.push(each);
    else result[result.length - 1] = { ...last, end: Math.max(last.end, each.end) };
  }
  return result;
}

/** From places in a string's text to those in its value; an escape that is touched is taken whole. */
function inValue(inner: string, covers: readonly Cover[]): readonly Cover[] {
  let at = 0;
  let place = 0;
  const forward = (to: number): void => {
    while (at < to) {
      at += inner.charAt(at) !== BACKSLASH ? 1 : inner.charAt(at + 1) === 'u' ? 6 : 2;
      place += 1;
    }
  };
  return covers.flatMap((cover) => {
    forward(cover.start);
    // An escape that the cover begins in has been passed already.
    const start = at > cover.start ? place - 1 : place;
    forward(cover.end);
    return start < place ? [{ ...cover, start, end: place }] : [];
  });
}
