import type { Exchange } from '../core/exchange.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { PayloadError, type PayloadErrorCode } from './error.ts';
import { setOwn } from './record.ts';

/** Far above what a real exchange holds, far below what exhausts the stack of those who walk the value. */
const MAX_DEPTH = 128;
/** Values in objects and lists, each of which costs the parser far more than a character. */
const MAX_VALUES = 50_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** Every spelling seen or announced of each field, the usual one first. */
const NAMES = {
  method: ['method'],
  path: ['path'],
  type: ['type'],
  requestHeaders: ['requestHeaders', 'request_headers'],
  requestPayload: ['requestPayload', 'request_payload'],
  responseHeaders: ['responseHeaders', 'response_headers'],
  responsePayload: ['responsePayload', 'response_payload'],
  apiCollectionId: ['apiCollectionId', 'api_collection_id'],
  statusCode: ['statusCode', 'status_code'],
  status: ['status'],
  time: ['time'],
  aktoAccountId: ['akto_account_id', 'aktoAccountId'],
  ip: ['ip'],
  destIp: ['destIp', 'dest_ip'],
  direction: ['direction'],
  isPending: ['isPending', 'is_pending'],
  source: ['source'],
  aktoVxlanId: ['akto_vxlan_id', 'aktoVxlanId'],
} as const satisfies Record<keyof Exchange, readonly string[]>;

/** A method alone is not yet an exchange. */
const TELLING_NAMES: ReadonlySet<string> = new Set(
  Object.entries(NAMES).flatMap(([key, names]) => (key === 'method' ? [] : names)),
);

function fail(code: PayloadErrorCode, message: string, offset = 0): never {
  throw new PayloadError(code, offset, `The payload's JSON form ${message}.`);
}

/** Checked before parsing: nesting and small values cost the parser more than a text's length lets one expect. */
function checkShape(text: string): void {
  let depth = 0;
  let values = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) inString = !inString;
    else if (inString) at += code === BACKSLASH ? 1 : 0;
    else if (code === 0x7b || code === 0x5b) depth += 1;
    else if (code === 0x7d || code === 0x5d) depth -= 1;
    else if (code === COMMA) values += 1;
    if (depth > MAX_DEPTH) fail('too-deep', `nests deeper than ${MAX_DEPTH}`, at);
    if (values > MAX_VALUES) fail('too-large', `holds more than ${MAX_VALUES} values`, at);
  }
}

/** @throws PayloadError */
export function decodeJson(text: string): Json {
  checkShape(text);
  try {
    return JSON.parse(text);
  } catch {
    return fail('bad-json', 'is not valid JSON');
  }
}

/** What the feed writes for nothing: a missing key, null, or the word. */
function isNothing(value: Json | undefined): value is null | undefined | 'null' {
  return value === undefined || value === null || value === 'null';
}

function pick(object: JsonObject, key: keyof typeof NAMES): Json | undefined {
  for (const name of NAMES[key]) if (Object.hasOwn(object, name)) return object[name];
  return undefined;
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function text(object: JsonObject, key: keyof typeof NAMES): string {
  const value = pick(object, key);
  return isNothing(value) ? '' : asText(value);
}

/** A body may well be the word `null`. */
function body(object: JsonObject, key: keyof typeof NAMES): string {
  return asText(pick(object, key) ?? '');
}

function integer(object: JsonObject, key: keyof typeof NAMES): number | undefined {
  const value = pick(object, key);
  if (isNothing(value) || value === '') return undefined;
  const number = typeof value === 'string' ? Number(value.trim() || Number.NaN) : value;
  if (typeof number !== 'number' || number !== (number | 0))
    fail('bad-number', `has a ${key} that is no int32`);
  return number;
}

function boolean(object: JsonObject, key: keyof typeof NAMES): boolean | undefined {
  const value = pick(object, key);
  if (isNothing(value) || value === '') return undefined;
  if (value === true || value === 'true' || value === 1 || value === '1') return true;
  if (value === false || value === 'false' || value === 0 || value === '0') return false;
  return fail('bad-boolean', `has a ${key} that is neither true nor false`);
}

function headerValues(value: Json | undefined): string[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value.map(asText) : [asText(value)];
}

/** Headers come as a JSON string of an object, or as the object itself. */
function headers(object: JsonObject, key: 'requestHeaders' | 'responseHeaders'): Record<string, string[]> {
  const value = pick(object, key);
  const map = typeof value === 'string' && value.trim() !== '' ? decodeJson(value) : value;
  if (isNothing(map) || typeof map === 'string') return {};
  if (!isJsonObject(map)) return fail('bad-headers', `has ${key} that are no object`);
  const result: Record<string, string[]> = {};
  for (const [name, values] of Object.entries(map)) setOwn(result, name, headerValues(values));
  return result;
}

/**
 * Reads a captured exchange as a JSON object. Numbers may be text; null, "null" and a missing key are alike.
 * @throws PayloadError
 */
export function decodeJsonForm(source: string): Exchange {
  const object = decodeJson(source);
  if (!isJsonObject(object)) return fail('bad-json', 'is not an object');
  if (!Object.keys(object).some((key) => TELLING_NAMES.has(key))) {
    fail('no-known-field', 'has no field of an HTTP exchange, or its method alone');
  }
  return exchangeFromJson(object);
}

/**
 * Reads an exchange that is parsed already.
 * @throws PayloadError
 */
export function exchangeFromJson(object: JsonObject): Exchange {
  const apiCollectionId = integer(object, 'apiCollectionId');
  const statusCode = integer(object, 'statusCode');
  const time = integer(object, 'time');
  const isPending = boolean(object, 'isPending');
  return {
    method: text(object, 'method'),
    path: text(object, 'path'),
    type: text(object, 'type'),
    requestHeaders: headers(object, 'requestHeaders'),
    requestPayload: body(object, 'requestPayload'),
    responseHeaders: headers(object, 'responseHeaders'),
    responsePayload: body(object, 'responsePayload'),
    status: text(object, 'status'),
    aktoAccountId: text(object, 'aktoAccountId'),
    ip: text(object, 'ip'),
    destIp: text(object, 'destIp'),
    direction: text(object, 'direction'),
    source: text(object, 'source'),
    aktoVxlanId: text(object, 'aktoVxlanId'),
    ...(apiCollectionId === undefined ? {} : { apiCollectionId }),
    ...(statusCode === undefined ? {} : { statusCode }),
    ...(time === undefined ? {} : { time }),
    ...(isPending === undefined ? {} : { isPending }),
  };
}
