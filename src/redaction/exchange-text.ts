import { PayloadError } from '../payload/error.ts';
import { Scanner } from '../payload/scanner.ts';
import { Marks } from './marks.ts';
import { meaningOfName } from './names.ts';
import { maskedValue } from './values.ts';

// The text format of a captured exchange, masked string by string: each is read as a receiver would read it, and only one
// that holds a secret is written anew.

/** UTF-16 units; longer texts are no payloads that anybody decodes. */
const MAX_LENGTH = 2_097_152;
const MAX_DEPTH = 100;
/** How the text format of an exchange, or of an event's metadata, begins; prose may begin with a word and a colon, too. */
const FIELD =
  /^\s{0,100}(?:method|path|type|(?:request|response)_(?:headers|payload)|api_collection_id|status(?:_code)?|time|akto_\w{1,20}|ip|dest_ip|direction|is_pending|source|country_code|schema_errors)\s{0,10}[:{]\s{0,10}["'\d-]|^\s{0,100}(?:request|response)_headers/;

type MaskText = (text: string) => string;

interface StringField {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

/** @returns undefined where the text is not the text format, or is broken */
export function maskExchangeText(text: string, maskText: MaskText): string | undefined {
  if (text.length > MAX_LENGTH || !FIELD.test(text)) return undefined;
  try {
    return new ExchangeText(text, maskText).run();
  } catch (error) {
    if (error instanceof PayloadError) return undefined;
    throw error;
  }
}

class ExchangeText {
  readonly #scanner: Scanner;
  readonly #maskText: MaskText;
  readonly #strings: StringField[] = [];
  /** By the index of a string: the name of the header that it is a value of. */
  readonly #headers = new Map<number, string>();

  constructor(text: string, maskText: MaskText) {
    this.#scanner = new Scanner(text);
    this.#maskText = maskText;
  }

  run(): string {
    while (!Number.isNaN(this.#scanner.peek())) {
      this.#field(0);
      this.#scanner.separator();
    }
    const marks = new Marks(this.#scanner.text);
    this.#strings.forEach((field, index) => {
      const masked = this.#masked(field, this.#headers.get(index) ?? field.name);
      if (masked !== field.value) marks.replace(field.start, field.end, quoted(masked));
    });
    return marks.toString();
  }

  #masked({ value, name }: StringField, telling: string): string {
    if (name === 'key' && telling === name) return this.#maskText(value);
    const meaning = meaningOfName(telling);
    const masked = meaning === undefined ? value : maskedValue(value, meaning);
    return masked === value && meaning?.isWeak !== false ? this.#maskText(value) : masked;
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
    this.#strings.push({ name, start, end: scanner.offset, value });
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
    const key = this.#strings.slice(first).find(({ name }) => name === 'key')?.value;
    if (key === undefined) return;
    for (let index = first; index < this.#strings.length; index += 1) {
      if (this.#strings[index]?.name !== 'key') this.#headers.set(index, key);
    }
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
