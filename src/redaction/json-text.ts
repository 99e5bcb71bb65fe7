import { type Cover, coversOf, type TokenCovers } from './cover.ts';
import { mayHide } from './hiding.ts';
import {
  blanksEnd,
  CLOSE,
  documentsOf,
  type JsonTokens,
  KEY,
  LITERAL,
  NotJson,
  NUMBER,
  OPEN_LIST,
  OPEN_OBJECT,
  STRING,
  stringAt,
} from './json-tokens.ts';
import { KeyNames } from './key-names.ts';
import { holdsMask, isMask, Marks, maskOf } from './marks.ts';
import { remembering } from './name-memory.ts';
import { meaningOfName, type NameMeaning } from './names.ts';
import { kindOfNumber } from './numbers.ts';
import type { OwnPatterns } from './own-patterns.ts';
import { maskText, secretsIn } from './sweep.ts';
import { maskedValue } from './values.ts';

// A text of JSON, masked token by token: each string is read as a receiver would read it, masked, and written anew, so that
// JSON of the same shape comes out, whatever stands in it and whatever an operator's pattern finds. Strings that hold JSON
// are masked the same way. Each such string doubles the backslashes of those within, so there are at most a few dozen levels.

const NAMING = ['name', 'key', 'header', 'field'];
const VALUE = new Set(['value', 'values', 'val', 'content']);
/** A number of fewer characters is no card. */
const LEAST_CARD = 13;
/** What these name is a whole document, which may be a number alone. */
const BODIES = new Set(['requestPayload', 'responsePayload', 'request_payload', 'response_payload', 'body']);
/** Besides objects and lists: with what JSON begins that stays JSON. A number in a string is a text like any other. */
const IN_VALUES = '"';
const IN_DOCUMENTS = '"-0123456789tfn';
/** No shorter name holds a secret that anybody knows by its looks. */
const LEAST_NAME = 9;

export function isBody(name: string): boolean {
  return BODIES.has(name);
}

/** What a name says of its value; one that holds a mask says nothing, since the words in masks are no names. */
export function meaningOfKey(name: string): NameMeaning | undefined {
  return holdsMask(name) ? undefined : meaningOfName(name);
}

/** How texts are masked that may be JSON. */
export class TextMasking {
  readonly own: OwnPatterns;

  readonly #longName: (name: string) => string;

  constructor(own: OwnPatterns) {
    this.own = own;
    this.#longName = remembering(this.value);
  }

  /** A value among others: JSON in it stays JSON, but for a number alone. */
  readonly value = (text: string): string => this.#masked(text, IN_VALUES, []);

  /** A text of its own, which stays JSON also where it is a number or string alone. */
  readonly document = (text: string): string => this.#masked(text, IN_DOCUMENTS, []);

  /** A name, which was seen before more often than not. */
  name(name: string): string {
    return this.isLongName(name) ? this.#longName(name) : name;
  }

  /** Short names can match an operator's pattern alone. */
  isLongName(name: string): boolean {
    return name.length >= LEAST_NAME || !this.own.isEmpty;
  }

  /** A number, by its looks and its name; undefined where it stays. */
  kindOfNumber(raw: string, meaning: NameMeaning | undefined): string | undefined {
    return kindOfNumber(raw, meaning) ?? this.own.matches(raw)[0]?.name;
  }

  /** The value of a string, of which a pattern has found these parts. */
  string(
    value: string,
    meaning: NameMeaning | undefined,
    asDocument: boolean,
    covers: readonly Cover[],
  ): string {
    const masked = meaning === undefined ? value : maskedValue(value, meaning);
    if (masked !== value || meaning?.isWeak === false) return masked;
    return this.#masked(value, asDocument ? IN_DOCUMENTS : IN_VALUES, covers);
  }

  #masked(text: string, scalars: string, covers: readonly Cover[]): string {
    return this.#json(text, scalars, covers) ?? this.#plain(text, covers);
  }

  #plain(text: string, covers: readonly Cover[]): string {
    const masked = maskText(text);
    const [first] = covers;
    if (first === undefined) return this.own.mask(masked);
    // Where the parts lie cannot be told any more: nothing that matched may be left.
    if (masked !== text) return maskOf(first.name);
    const marks = new Marks(text);
    for (const { start, end, name } of covers) marks.replace(start, end, maskOf(name));
    return this.own.mask(marks.toString());
  }

  #json(text: string, scalars: string, covers: readonly Cover[]): string | undefined {
    if (!mayBeginJson(text, scalars)) return undefined;
    const secrets = secretsIn(text);
    // Nearly all JSON holds no secret, and a look at it as a text tells so.
    if (secrets.length === 0 && covers.length === 0 && this.own.isEmpty && !mayHide(text)) return text;
    const documents = documentsOf(text, scalars);
    if (documents === undefined) return undefined;
    const { tokens, end } = documents;
    try {
      const masked = new JsonText(tokens, this, secrets, covers).run(end);
      return end === text.length ? masked : masked + this.#rest(text.slice(end));
    } catch (error) {
      if (error instanceof NotJson) return undefined;
      throw error;
    }
  }

  /** What follows the last value is blank, or no JSON. */
  #rest(text: string): string {
    return blanksEnd(text, 0) === text.length ? text : this.#plain(text, []);
  }
}

function mayBeginJson(text: string, scalars: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x20 || (code >= 0x09 && code <= 0x0d)) continue;
    return code === 0x7b || code === 0x5b || scalars.includes(text.charAt(at));
  }
  return false;
}

interface Frame {
  readonly isObject: boolean;
  /** Of the token that opens it. */
  readonly index: number;
  /** What a name above says of all that lies here. */
  readonly below: NameMeaning | undefined;
  names: KeyNames | undefined;
}

class JsonText {
  readonly #tokens: JsonTokens;
  readonly #masking: TextMasking;
  readonly #marks: Marks;
  readonly #covers: TokenCovers;
  readonly #isCovered: boolean;
  /** What a look at the text as a whole has found. */
  readonly #secrets: readonly number[];
  /** Up to here secrets end before the tokens that come. */
  #passed = 0;
  readonly #siblings: ReadonlyMap<number, NameMeaning>;
  readonly #frames: Frame[] = [];
  // Of the value that comes next.
  #meaning: NameMeaning | undefined;
  #isBody = false;

  constructor(
    tokens: JsonTokens,
    masking: TextMasking,
    secrets: readonly number[],
    covers: readonly Cover[],
  ) {
    this.#tokens = tokens;
    this.#masking = masking;
    this.#marks = new Marks(tokens.text);
    this.#secrets = secrets;
    this.#isCovered = covers.length > 0;
    this.#covers = coversOf(tokens, covers, masking.own);
    this.#siblings = namedBySiblings(tokens);
  }

  /** The text up to `end`, masked. */
  run(end: number): string {
    const { kinds } = this.#tokens;
    for (let index = 0; index < kinds.length; index += 1) this.#take(kinds[index] ?? LITERAL, index);
    return this.#marks.upTo(end);
  }

  #take(kind: number, index: number): void {
    if (kind === KEY) {
      this.#key(index);
      return;
    }
    if (kind === OPEN_OBJECT || kind === OPEN_LIST) this.#open(kind === OPEN_OBJECT, index);
    else if (kind === CLOSE) this.#frames.pop();
    else if (kind === STRING) this.#string(index);
    else if (kind === NUMBER) this.#number(index);
    const frame = this.#frames.at(-1);
    this.#meaning = frame?.below;
    this.#isBody = false;
  }

  #open(isObject: boolean, index: number): void {
    const below = this.#meaning?.isWeak === true ? undefined : this.#meaning;
    this.#frames.push({ isObject, index, below, names: undefined });
  }

  #key(index: number): void {
    const [start, end] = this.#tokens.extent(index);
    const frame = this.#frames.at(-1);
    this.#isBody = false;
    if (frame?.below === undefined && this.#isIdle(index, start, end)) return;
    const name = stringAt(this.#tokens.text, start, end);
    this.#meaning =
      frame?.below ??
      meaningOfKey(name) ??
      (VALUE.has(name) ? this.#siblings.get(frame?.index ?? -1) : undefined);
    this.#isBody = BODIES.has(name);
    const covers = this.#covers.ofName(frame?.index ?? -1, name);
    const masked =
      covers.length === 0 ? this.#masking.name(name) : this.#masking.string(name, undefined, false, covers);
    if (frame === undefined || !holdsMask(masked)) return;
    frame.names ??= new KeyNames();
    this.#write(start, end, name, frame.names.give(name, masked));
  }

  #string(index: number): void {
    const [start, end] = this.#tokens.extent(index);
    const covers = this.#covers.ofString(index);
    if (covers.length === 0 && this.#isClean(start, end)) return;
    const value = stringAt(this.#tokens.text, start, end);
    this.#write(start, end, value, this.#masking.string(value, this.#meaning, this.#isBody, covers));
  }

  /** Whether a name needs no look, since neither it nor its value holds a secret and nobody further in asks for it. */
  #isIdle(index: number, start: number, end: number): boolean {
    const { text, kinds, ends } = this.#tokens;
    const next = kinds[index + 1] ?? LITERAL;
    if (next === OPEN_OBJECT || next === OPEN_LIST) return false;
    if (this.#siblings.size > 0 || !this.#masking.own.isEmpty || this.#isCovered) return false;
    if (this.#holdsSecret(start, ends[index + 1] ?? end)) return false;
    const name = text.slice(start, end);
    return !name.includes('\\') && !holdsMask(name);
  }

  /** Asked in the order of the text. */
  #holdsSecret(start: number, end: number): boolean {
    while ((this.#secrets[this.#passed + 1] ?? Infinity) <= start) this.#passed += 2;
    return (this.#secrets[this.#passed] ?? Infinity) < end;
  }

  /** Whether nothing in a string can be a secret, by its name or its looks. */
  #isClean(start: number, end: number): boolean {
    if (this.#meaning !== undefined || !this.#masking.own.isEmpty) return false;
    const { text } = this.#tokens;
    if (this.#holdsSecret(start, end)) return false;
    const first = text.charAt(start + 1);
    const inner = text.slice(start + 1, end - 1);
    return (first !== '{' && first !== '[' && !inner.includes('\\')) || !mayHide(inner);
  }

  #number(index: number): void {
    const [start, end] = this.#tokens.extent(index);
    if (end - start < LEAST_CARD && this.#meaning === undefined && this.#masking.own.isEmpty) return;
    const { text } = this.#tokens;
    const covered = this.#covers.ofNumber(index);
    const named = this.#meaning;
    const kind = covered ?? this.#masking.kindOfNumber(text.slice(start, end), named);
    if (kind === undefined) return;
    const isNamed = named !== undefined && kind === named.kind;
    // Readers of exchanges expect numbers to be some; a text tells more where a name or nothing around says what was meant.
    const asText = isNamed || this.#frames.length === 0;
    this.#marks.replace(start, end, asText ? `"${maskOf(kind)}"` : '0');
  }

  #write(start: number, end: number, value: string, masked: string): void {
    if (masked !== value) this.#marks.replace(start, end, JSON.stringify(masked));
  }
}

/** What `{"name": "cookie", "value": …}` says of its value, by the token of the object; in any order of the two. */
function namedBySiblings(tokens: JsonTokens): ReadonlyMap<number, NameMeaning> {
  const found = new Map<number, readonly [rank: number, value: string]>();
  const open: number[] = [];
  const { text, kinds, starts, ends } = tokens;
  for (let index = 0; index < kinds.length; index += 1) {
    const kind = kinds[index];
    if (kind === OPEN_OBJECT || kind === OPEN_LIST) open.push(index);
    else if (kind === CLOSE) open.pop();
    if (kind !== KEY || kinds[index + 1] !== STRING) continue;
    const rank = namingRank(text, starts[index] ?? 0, ends[index] ?? 0);
    const object = open.at(-1) ?? -1;
    if (rank < 0 || rank > (found.get(object)?.[0] ?? NAMING.length)) continue;
    found.set(object, [rank, stringAt(text, starts[index + 1] ?? 0, ends[index + 1] ?? 0)]);
  }
  const meanings = new Map<number, NameMeaning>();
  for (const [object, [, name]] of found) {
    const meaning = isMask(name) ? undefined : meaningOfKey(name);
    if (meaning !== undefined) meanings.set(object, meaning);
  }
  return meanings;
}

/** Which of the words that name a sibling stands there; -1 where none does. */
function namingRank(text: string, start: number, end: number): number {
  // Every letter may be written with six characters.
  if (end - start > 2 + 6 * 6) return -1;
  const name = stringAt(text, start, end);
  return NAMING.indexOf(name);
}
