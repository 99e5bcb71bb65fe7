import { PayloadError } from '../payload/error.ts';
import { Scanner } from '../payload/scanner.ts';
import { isBody, meaningOfKey } from './json-text.ts';
import { Marks } from './marks.ts';
import { maskedValue } from './values.ts';

// The text format of a captured exchange, masked string by string: each is read as a receiver would read it, and only one
// that holds a secret is written anew.

/** UTF-16 units; longer texts are no payloads that anybody decodes. */
const MAX_LENGTH = 2_097_152;
const MAX_DEPTH = 100;
/** How the text format of an exchange, or of an event's metadata, begins; prose may begin with a word and a colon, too. */
const FIELD =
  /^\s{0,100}(?:method|path|type|(?:request|response)_(?:headers|payload)|api_collection_id|status(?:_code)?|time|akto_\w{1,20}|ip|dest_ip|direction|is_pending|source|country_code|schema_errors)\s{0,10}[:{]\s{0,10}["'\d-]|^\s{0,100}(?:request|response)_headers/;

/** A header with one value and nothing escaped, as printed: nearly all are, and one step takes them faster than their tokens. */
const PRINTED_HEADER =
  /(?:request|response)_headers \{\n {2}key: "([ !#-[\]-~]*)"\n {2}value \{\n {4}values: "([ !#-[\]-~]*)"\n {2}\}\n\}/y;
// What lies behind a string in it; the blanks up to there count as the string's, as everywhere here.
const BEHIND_KEY = 'value {\n    values: '.length;
const BEHIND_VALUE = '}\n}'.length;
/** Quotes, a line feed and two spaces. */
const AROUND = 5;

/** How the strings of an exchange are masked, and the names of its headers. */
interface TextMasking {
  text(value: string): string;
  /** A body, which may be JSON as a whole. */
  body(value: string): string;
  name(name: string): string;
}

interface StringField {
  readonly name: string;
  /** What tells of the value: the name of the header that it is a value of, or else its own. */
  telling: string;
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

/** @returns undefined where the text is not the text format, or is broken */
export function maskExchangeText(text: string, masking: TextMasking): string | undefined {
  if (text.length > MAX_LENGTH || !FIELD.test(text)) return undefined;
  try {
    return new ExchangeText(text, masking).run();
  } catch (error) {
    if (error instanceof PayloadError) return undefined;
    throw error;
  }
}

class ExchangeText {
  readonly #scanner: Scanner;
  readonly #masking: TextMasking;
  readonly #strings: StringField[] = [];

  constructor(text: string, masking: TextMasking) {
    this.#scanner = new Scanner(text);
    this.#masking = masking;
  }

  run(): string {
    while (!Number.isNaN(this.#scanner.peek())) {
      if (!this.#printedHeader()) this.#field(0);
      this.#scanner.separator();
    }
    const marks = new Marks(this.#scanner.text);
    for (const field of this.#strings) {
      const masked = this.#masked(field);
      if (masked !== field.value) marks.replace(field.start, field.end, quoted(masked));
    }
    return marks.toString();
  }

  #masked({ value, name, telling }: StringField): string {
    if (name === 'key' && telling === name) return this.#masking.name(value);
    const meaning = meaningOfKey(telling);
    const masked = meaning === undefined ? value : maskedValue(value, meaning);
    if (masked !== value || meaning?.isWeak === false) return masked;
    return isBody(name) ? this.#masking.body(value) : this.#masking.text(value);
  }

  #printedHeader(): boolean {
    const [, key, value] = this.#scanner.takePrinted(PRINTED_HEADER) ?? [];
    if (key === undefined || value === undefined) return false;
    const end = this.#scanner.offset - BEHIND_VALUE;
    const start = end - value.length - AROUND;
    const keyEnd = start - BEHIND_KEY;
    const keyStart = keyEnd - key.length - AROUND;
    this.#strings.push({ name: 'key', telling: 'key', start: keyStart, end: keyEnd, value: key });
    this.#strings.push({ name: 'values', telling: key, start, end, value });
    return true;
  }

  #field(depth: number): void {
    const scanner = this.#scanner;
    const name = scanner.name();
    scanner.take(':');
    if (!scanner.take('[')) this.#value(name, depth);
    else if (!scanner.take(']')) {
      do this.#value(name, depth);
      while (scanner.take(','));
      scanner.expect(']');
    }
  }

  #value(name: string, depth: number): void {
    const scanner = this.#scanner;
    const close = scanner.open();
    if (close !== undefined) {
      this.#message(close, depth);
      return;
    }
    const isString = scanner.atString();
    const start = scanner.offset;
    const value = isString ? scanner.string() : scanner.word();
    this.#strings.push({ name, telling: name, start, end: scanner.offset, value });
  }

  /** A message with a `key` is a header: its other strings are that header's values. */
  #message(close: '}' | '>', depth: number): void {
    const scanner = this.#scanner;
    if (depth >= MAX_DEPTH) scanner.fail('too-deep', `messages nest deeper than ${MAX_DEPTH}`);
    const first = this.#strings.length;
    while (!scanner.take(close)) {
      this.#field(depth + 1);
      scanner.separator();
    }
    // The outermost message has the last word, and goes through all that lies in it.
    if (depth > 0) return;
    const values = this.#strings.slice(first);
    const key = values.find(({ name }) => name === 'key')?.value;
    if (key === undefined) return;
    for (const field of values) if (field.name !== 'key') field.telling = key;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  "'": "\\'",
  '\\': '\\\\',
};

function quoted(value: string): string {
  const escaped = value.replaceAll(
    /[\u0000-\u001f"'\\\u007f]/g,
    (character) => ESCAPES[character] ?? `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
  return `"${escaped}"`;
}
