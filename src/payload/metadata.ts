import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { decodeJson } from './json-form.ts';
import { setOwn } from './record.ts';
import { Scanner } from './scanner.ts';

/** Far above any real metadata (a country and a few schema errors), far below what takes long. */
const MAX_METADATA_LENGTH = 262_144;
const MAX_DEPTH = 32;
const NUMBER = /^-?\d{1,17}(?:\.\d{1,17})?$/;

/**
 * Reads an event's `metadata`: protobuf text format (`country_code: "US"`) or JSON
 * (`{"countryCode":"FR"}`). Keys come out in camelCase, a repeated field as an array. Never throws:
 * what does not decode is `{}`.
 */
export function decodeMetadata(text: string): Record<string, Json> {
  if (text.length > MAX_METADATA_LENGTH) return {};
  try {
    return text.trimStart().startsWith('{') ? fromJson(text) : fromText(text);
  } catch {
    return {};
  }
}

function fromJson(text: string): Record<string, Json> {
  const decoded = decodeJson(text);
  return isJsonObject(decoded) ? camelKeys(decoded) : {};
}

function camelKeys(object: JsonObject): Record<string, Json> {
  const result: Record<string, Json> = {};
  for (const [key, value] of Object.entries(object))
    setOwn(result, camelCase(key), camelValue(value ?? null));
  return result;
}

function camelValue(value: Json): Json {
  if (Array.isArray(value)) return value.map(camelValue);
  return isJsonObject(value) ? camelKeys(value) : value;
}

/** `country_code` → `countryCode`; underscores at the front stay. */
function camelCase(name: string): string {
  const bare = name.replace(/^_+/, '');
  const [first = '', ...rest] = bare.split('_');
  const words = rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return name.slice(0, name.length - bare.length) + first + words.join('');
}

function fromText(text: string): Record<string, Json> {
  const scanner = new Scanner(text);
  return readFields(scanner, () => Number.isNaN(scanner.peek()), 0);
}

function readFields(scanner: Scanner, ended: () => boolean, depth: number): Record<string, Json> {
  if (depth > MAX_DEPTH) scanner.fail('too-deep', `messages nest deeper than ${MAX_DEPTH}`);
  const found = new Map<string, Json[]>();
  while (!ended()) {
    const name = camelCase(scanner.name());
    const values = found.get(name) ?? [];
    found.set(name, values);
    readValues(scanner, values, depth);
    scanner.separator();
  }
  const result: Record<string, Json> = {};
  for (const [name, values] of found)
    setOwn(result, name, values.length === 1 ? (values[0] ?? null) : values);
  return result;
}

/** Appends the field's values: several where they stand in a list. */
function readValues(scanner: Scanner, values: Json[], depth: number): void {
  const scalarAllowed = scanner.take(':');
  if (!scanner.take('[')) return void values.push(readValue(scanner, scalarAllowed, depth));
  if (scanner.take(']')) return;
  do values.push(readValue(scanner, true, depth));
  while (scanner.take(','));
  scanner.expect(']');
}

function readValue(scanner: Scanner, scalarAllowed: boolean, depth: number): Json {
  const close = scanner.open();
  if (close !== undefined) return readFields(scanner, () => scanner.take(close), depth + 1);
  if (!scalarAllowed) scanner.expect(':');
  return scanner.atString() ? scanner.string() : scalar(scanner.word());
}

function scalar(word: string): Json {
  if (word === 'true') return true;
  if (word === 'false') return false;
  const value = NUMBER.test(word) ? Number(word) : Number.NaN;
  return Number.isFinite(value) ? value : word;
}
