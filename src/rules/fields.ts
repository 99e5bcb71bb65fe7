import { cookiesOf, splitPair } from './cookies.ts';
import type { Datum } from './datum.ts';
import { type HeaderName, headerName } from './header-names.ts';
import { readLeaves } from './json-leaves.ts';
import { fold } from './text.ts';

/** What `key` and `value` look at: pairs in order, a name may stand several times. */
export class Fields {
  readonly kind: 'payload' | 'headers' | 'query';
  readonly keys: readonly string[];
  /** undefined is a pair whose value is null. */
  readonly values: readonly Datum[];
  /** For headers that carry cookies: what is tried where the header itself fails. */
  readonly cookies: ReadonlyMap<number, Cookies>;
  readonly #foldedKeys: (string | undefined)[] = [];
  readonly #foldedValues: (string | undefined)[] = [];

  constructor(
    kind: Fields['kind'],
    keys: readonly string[],
    values: readonly Datum[],
    cookies: ReadonlyMap<number, Cookies> = new Map(),
  ) {
    this.kind = kind;
    this.keys = keys;
    this.values = values;
    this.cookies = cookies;
  }

  foldedKey(index: number): string {
    this.#foldedKeys[index] ??= fold(this.keys[index] ?? '');
    return this.#foldedKeys[index] ?? '';
  }

  foldedValue(index: number): string {
    const value = this.values[index];
    if (typeof value !== 'string') return '';
    this.#foldedValues[index] ??= fold(value);
    return this.#foldedValues[index] ?? '';
  }
}

export interface Cookies {
  readonly names: readonly string[];
  readonly values: readonly string[];
}

export function payloadFields(body: string): Fields | undefined {
  const leaves = readLeaves(body);
  return leaves && new Fields('payload', leaves.keys, leaves.values);
}

interface Header {
  readonly name: HeaderName;
  value: string;
}

/**
 * Names lower-cased, repeated values joined by `;`, in the order of the original, whose templates
 * look across neighbours (`"accept":"x","host"`).
 */
export function joinedHeaders(
  headers: Readonly<Record<string, readonly string[]>>,
): ReadonlyMap<string, string> {
  const joined = new Map<string, Header>();
  for (const written of Object.keys(headers)) {
    const name = headerName(written);
    const before = joined.get(name.folded);
    const values = headers[written] ?? [];
    if (before === undefined) joined.set(name.folded, { name, value: values.join(';') });
    else before.value = [before.value, ...values].join(';');
  }
  return inHashOrder([...joined.values()]);
}

/** The order in which Java's HashMap walks its entries. */
function inHashOrder(headers: Header[]): ReadonlyMap<string, string> {
  let buckets = 16;
  while (headers.length > buckets * 0.75) buckets *= 2;
  const mask = buckets - 1;
  headers.sort((a, b) => (a.name.hash & mask) - (b.name.hash & mask));
  return new Map(headers.map(({ name, value }) => [name.folded, value]));
}

/** A `set-cookie` value is tried by the request-style cookies of `cookie`, as in the original; its names by its own. */
export function headerFields(headers: ReadonlyMap<string, string>): Fields {
  const keys = [...headers.keys()];
  const cookies = new Map<number, Cookies>();
  const sent = [...cookiesOf(headers.get('cookie') ?? '').values()];
  for (const [index, name] of keys.entries()) {
    if (name !== 'cookie' && name !== 'set-cookie') continue;
    cookies.set(index, { names: [...cookiesOf(headers.get(name) ?? '').keys()], values: sent });
  }
  return new Fields('headers', keys, [...headers.values()], cookies);
}

/** More pairs than any real query string has. */
const MAX_PAIRS = 10_000;

export function queryFields(query: string): Fields {
  const pairs = new Map<string, string>();
  for (const piece of query.split('&', MAX_PAIRS)) {
    const [name, value] = splitPair(piece) ?? [];
    if (name !== undefined && value !== undefined) pairs.set(urlDecoded(name), urlDecoded(value));
  }
  return new Fields('query', [...pairs.keys()], [...pairs.values()]);
}

function urlDecoded(text: string): string {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
