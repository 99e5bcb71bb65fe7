import type { Exchange } from '../core/exchange.ts';
import { setOwn } from './record.ts';
import { Scanner } from './scanner.ts';
import { skipValue } from './skip.ts';

interface Headers {
  readonly record: Record<string, string[]>;
  count: number;
}
type Scalars = Omit<Required<Exchange>, 'requestHeaders' | 'responseHeaders'>;
type Draft = { -readonly [Key in keyof Scalars]: Scalars[Key] } & {
  readonly requestHeaders: Headers;
  readonly responseHeaders: Headers;
};

type TextField = {
  [Key in keyof Draft]: Draft[Key] extends string ? Key : never;
}[keyof Draft];

const TEXT_FIELDS: ReadonlyMap<string, TextField> = new Map([
  ['method', 'method'],
  ['path', 'path'],
  ['type', 'type'],
  ['request_payload', 'requestPayload'],
  ['status', 'status'],
  ['response_payload', 'responsePayload'],
  ['akto_account_id', 'aktoAccountId'],
  ['ip', 'ip'],
  ['dest_ip', 'destIp'],
  ['direction', 'direction'],
  ['source', 'source'],
  ['akto_vxlan_id', 'aktoVxlanId'],
] as const);

/** No server takes as many, and a larger record takes long to build. */
const MAX_HEADERS = 5_000;

const INTEGER = /^-?(?:0[xX][0-9a-fA-F]{1,16}|\d{1,20})$/;
const TRUE = new Set(['true', 'True', 't', '1']);
const FALSE = new Set(['false', 'False', 'f', '0']);

/** The scalars that the text does not hold are 0, false or '': the format does not write those down. */
function emptyExchange(): Draft {
  return {
    method: '',
    path: '',
    type: '',
    requestHeaders: { record: {}, count: 0 },
    requestPayload: '',
    apiCollectionId: 0,
    statusCode: 0,
    status: '',
    responseHeaders: { record: {}, count: 0 },
    responsePayload: '',
    time: 0,
    aktoAccountId: '',
    ip: '',
    destIp: '',
    direction: '',
    isPending: false,
    source: '',
    aktoVxlanId: '',
  };
}

function readString(scanner: Scanner): string {
  scanner.expect(':');
  return scanner.string();
}

/** An int32, decimal, `0x` hexadecimal or `0` octal. */
function readInt32(scanner: Scanner): number {
  scanner.expect(':');
  const word = scanner.word();
  if (!INTEGER.test(word)) scanner.fail('bad-number', 'an integer is missing');
  const digits = word.startsWith('-') ? word.slice(1) : word;
  const octal = digits.length > 1 && /^0[0-7]+$/.test(digits);
  if (!octal && /^0\d/.test(digits)) scanner.fail('bad-number', 'an octal number has a digit above 7');
  const size = Number(octal ? `0o${digits.slice(1)}` : digits);
  const value = word.startsWith('-') ? 0 - size : size;
  if (value !== (value | 0)) scanner.fail('bad-number', 'an integer needs more than 32 bits');
  return value;
}

function readBoolean(scanner: Scanner): boolean {
  scanner.expect(':');
  const word = scanner.word();
  if (!TRUE.has(word) && !FALSE.has(word)) scanner.fail('bad-boolean', 'true or false is missing');
  return TRUE.has(word);
}

/** One item, or `[item, item]`. */
function readEach(scanner: Scanner, item: () => void): void {
  if (!scanner.take('[')) item();
  else if (!scanner.take(']')) {
    do item();
    while (scanner.take(','));
    scanner.expect(']');
  }
}

/** The fields between `{` and `}` (or `<` and `>`). `field` reads the named field's value. */
function readMessage(scanner: Scanner, field: (name: string) => void): void {
  const close = scanner.open() ?? scanner.fail('unexpected-character', '"{" is missing');
  while (!scanner.take(close)) {
    field(scanner.name());
    scanner.separator();
  }
}

function readHeaderValues(scanner: Scanner, values: string[]): void {
  scanner.take(':');
  readMessage(scanner, (name) => {
    if (name !== 'values') skipValue(scanner);
    else {
      scanner.expect(':');
      readEach(scanner, () => values.push(scanner.string()));
    }
  });
}

/** A header with one value and nothing escaped, as printed: nearly all are, and one step takes them faster than their tokens. */
const PRINTED_HEADER =
  /(request|response)_headers \{\n {2}key: "([ !#-[\]-~]*)"\n {2}value \{\n {4}values: "([ !#-[\]-~]*)"\n {2}\}\n\}/y;

function readPrintedHeader(scanner: Scanner, { requestHeaders, responseHeaders }: Draft): boolean {
  const found = scanner.takePrinted(PRINTED_HEADER);
  const name = found?.[2];
  const value = found?.[3];
  if (name === undefined || value === undefined) return false;
  setHeader(scanner, found?.[1] === 'request' ? requestHeaders : responseHeaders, name, [value]);
  return true;
}

function setHeader(scanner: Scanner, headers: Headers, name: string, values: string[]): void {
  if (!Object.hasOwn(headers.record, name)) headers.count += 1;
  setOwn(headers.record, name, values);
  if (headers.count > MAX_HEADERS) scanner.fail('too-large', `it holds more than ${MAX_HEADERS} headers`);
}

/** A map's entry is a key and a value for ever, so anything else in it is damage and not a newer field. */
function readHeader(scanner: Scanner, headers: Headers): void {
  let key = '';
  const values: string[] = [];
  readMessage(scanner, (name) => {
    if (name === 'key') key = readString(scanner);
    else if (name === 'value') readHeaderValues(scanner, values);
    else scanner.fail('unexpected-character', 'a header holds something besides key and value');
  });
  setHeader(scanner, headers, key, values);
}

function readHeaders(scanner: Scanner, headers: Headers): void {
  scanner.take(':');
  readEach(scanner, () => readHeader(scanner, headers));
}

/** Reads the field's value; false where nobody here knows the field. */
function readField(scanner: Scanner, name: string, exchange: Draft): boolean {
  switch (name) {
    case 'request_headers':
      readHeaders(scanner, exchange.requestHeaders);
      return true;
    case 'response_headers':
      readHeaders(scanner, exchange.responseHeaders);
      return true;
    case 'api_collection_id':
      exchange.apiCollectionId = readInt32(scanner);
      return true;
    case 'status_code':
      exchange.statusCode = readInt32(scanner);
      return true;
    case 'time':
      exchange.time = readInt32(scanner);
      return true;
    case 'is_pending':
      exchange.isPending = readBoolean(scanner);
      return true;
    default:
      return readTextField(scanner, name, exchange);
  }
}

function readTextField(scanner: Scanner, name: string, exchange: Draft): boolean {
  const key = TEXT_FIELDS.get(name);
  if (key === undefined) return false;
  exchange[key] = readString(scanner);
  return true;
}

const MAX_STRAY_LETTERS = 3;

/**
 * `request_fooheaders` is no newer field but a header that was damaged on its way: skipping it would
 * hide from rules what the original refuses to read.
 */
function isDamagedHeaders(name: string): boolean {
  return ['request_headers', 'response_headers'].some((known) => {
    const stray = name.length - known.length;
    if (stray < 1 || stray > MAX_STRAY_LETTERS) return false;
    const intact = [...known].findIndex((letter, at) => letter !== name[at]);
    return intact > 0 && name.endsWith(known.slice(intact));
  });
}

/** Skips a field that nobody here knows, and tells so. */
function readAnyField(scanner: Scanner, exchange: Draft): boolean {
  const name = scanner.name();
  if (readField(scanner, name, exchange)) return true;
  if (isDamagedHeaders(name))
    scanner.fail('damaged-name', 'a header field has letters in the midst of its name');
  skipValue(scanner);
  return false;
}

/**
 * Reads the text format of `HttpResponseParam`, without its schema: known fields must be of their
 * type, unknown ones are skipped. A text of unknown fields only is something else and is refused.
 * @throws PayloadError
 */
export function decodeTextForm(text: string): Exchange {
  const scanner = new Scanner(text);
  const exchange = emptyExchange();
  let known = false;
  let unknown = false;
  while (!Number.isNaN(scanner.peek())) {
    if (readPrintedHeader(scanner, exchange) || readAnyField(scanner, exchange)) known = true;
    else unknown = true;
    scanner.separator();
  }
  if (unknown && !known) scanner.fail('no-known-field', 'no field of an HTTP exchange is in it');
  return {
    ...exchange,
    requestHeaders: exchange.requestHeaders.record,
    responseHeaders: exchange.responseHeaders.record,
  };
}
