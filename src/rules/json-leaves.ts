import { WorkBudgetError } from './budget.ts';
import type { Datum } from './datum.ts';
import { kindOfInteger } from './positioned.ts';

/** What a JSON text holds at its leaves, in order. A leaf's key is its nearest object key; array elements share it. */
export interface Leaves {
  readonly keys: readonly string[];
  /** undefined stands for null. */
  readonly values: readonly Datum[];
}

/** Deeper texts count as unparsable. */
const MAX_DEPTH = 1_000;
/** More are not read: reading them would stall the event. */
const MAX_LEAVES = 50_000;
/** The key of a top-level array's elements. */
export const TOP_ARRAY_KEY = 'json';

interface Frame {
  readonly isObject: boolean;
  /** The key that leaves directly inside have, where they are an array's elements. */
  readonly key: string;
  /** Where each key's leaves begin and end, so that a later duplicate can take them back. */
  readonly seen: Map<string, readonly [number, number]> | undefined;
}

/**
 * Reads an object or an array; undefined where the text is neither, or no JSON. As lenient as the
 * original: single quotes will do, and what follows an object does not count. Iterative: nesting
 * costs no stack.
 * @throws WorkBudgetError
 */
export function readLeaves(text: string): Leaves | undefined {
  try {
    return new LeafReader(text).read();
  } catch (error) {
    if (error instanceof NotJson) return undefined;
    throw error;
  }
}

class NotJson extends Error {}

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const STRING_END = /["\\]/g;
const SINGLE_QUOTED_END = /['\\]/g;

class LeafReader {
  readonly #text: string;
  readonly #keys: string[] = [];
  readonly #values: Datum[] = [];
  /** Marks leaves that a duplicate key has taken back. */
  #dead: Uint8Array | undefined;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Leaves {
    this.#blanks();
    const first = this.#text[this.#at];
    if (first !== '{' && first !== '[') throw new NotJson();
    this.#containers();
    this.#blanks();
    if (first === '[' && this.#at < this.#text.length) throw new NotJson();
    return this.#alive();
  }

  #containers(): void {
    const stack: { frame: Frame; key: string; start: number }[] = [];
    let frame: Frame | undefined;
    let key = TOP_ARRAY_KEY;
    let start = 0;
    for (;;) {
      // A value begins here: open a container, or read a leaf.
      this.#blanks();
      const opening = this.#text[this.#at];
      if (opening === '{' || opening === '[') {
        if (stack.length >= MAX_DEPTH) throw new NotJson();
        this.#at += 1;
        if (frame) stack.push({ frame, key, start });
        frame = { isObject: opening === '{', key, seen: opening === '{' ? new Map() : undefined };
        this.#blanks();
        if (this.#text[this.#at] !== (frame.isObject ? '}' : ']')) {
          key = this.#nextKey(frame);
          start = this.#keys.length;
          continue;
        }
        // An empty container: it closes below, without a member of its own.
        this.#at += 1;
        const outer = stack.pop();
        if (outer === undefined) return;
        ({ frame, key, start } = outer);
      } else {
        if (this.#keys.length >= MAX_LEAVES) throw new WorkBudgetError('values in a body');
        this.#keys.push(key);
        this.#values.push(this.#leaf(opening));
      }
      // A value ended here: take the next member, or close containers until there is one.
      for (;;) {
        if (frame === undefined) throw new NotJson();
        this.#ended(frame, key, start);
        this.#blanks();
        const next = this.#text[this.#at];
        this.#at += 1;
        if (next === ',') {
          key = this.#nextKey(frame);
          start = this.#keys.length;
          break;
        }
        if (next !== (frame.isObject ? '}' : ']')) throw new NotJson();
        const outer = stack.pop();
        if (outer === undefined) return;
        ({ frame, key, start } = outer);
      }
    }
  }

  #nextKey(frame: Frame): string {
    if (!frame.isObject) return frame.key;
    this.#blanks();
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") throw new NotJson();
    const key = this.#string(quote);
    this.#blanks();
    if (this.#text[this.#at] !== ':') throw new NotJson();
    this.#at += 1;
    return key;
  }

  /** The last of duplicate keys wins, as in every JSON parser. */
  #ended(frame: Frame, key: string, start: number): void {
    if (frame.seen === undefined) return;
    const before = frame.seen.get(key);
    if (before) {
      this.#dead ??= new Uint8Array(this.#text.length);
      this.#dead.fill(1, before[0], before[1]);
    }
    frame.seen.set(key, [start, this.#keys.length]);
  }

  #alive(): Leaves {
    const dead = this.#dead;
    if (dead === undefined) return { keys: this.#keys, values: this.#values };
    return {
      keys: this.#keys.filter((_, i) => dead[i] === 0),
      values: this.#values.filter((_, i) => dead[i] === 0),
    };
  }

  #leaf(opening: string | undefined): Datum {
    if (opening === '"' || opening === "'") return this.#string(opening);
    if (opening === 't') return this.#word('true', true);
    if (opening === 'f') return this.#word('false', false);
    if (opening === 'n') return this.#word('null', undefined);
    return this.#number();
  }

  #word(word: string, value: Datum): Datum {
    if (!this.#text.startsWith(word, this.#at)) throw new NotJson();
    this.#at += word.length;
    return value;
  }

  #number(): Datum {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) throw new NotJson();
    const [text, fraction, exponent] = match;
    this.#at += text.length;
    const value = Number(text);
    const wide = fraction !== undefined || exponent !== undefined ? 'double' : kindOfInteger(value);
    return wide === 'int' ? value : { wide, value, text };
  }

  #string(quote: string): string {
    const start = this.#at;
    const end = quote === '"' ? STRING_END : SINGLE_QUOTED_END;
    let escaped = false;
    end.lastIndex = start + 1;
    for (let match = end.exec(this.#text); match !== null; match = end.exec(this.#text)) {
      if (match[0] === quote) {
        this.#at = end.lastIndex;
        const inner = this.#text.slice(start + 1, this.#at - 1);
        return escaped ? unescaped(inner, quote) : inner;
      }
      escaped = true;
      end.lastIndex += 1;
    }
    throw new NotJson();
  }

  #blanks(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }
}

function unescaped(inner: string, quote: string): string {
  const standard = quote === '"' ? inner : inner.replaceAll("\\'", "'").replaceAll('"', '\\"');
  try {
    const value: unknown = JSON.parse(`"${standard}"`);
    return typeof value === 'string' ? value : '';
  } catch {
    throw new NotJson();
  }
}
