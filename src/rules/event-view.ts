import type { Feed } from '../core/event.ts';
import type { Exchange } from '../core/exchange.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { decodeMetadata, decodePayload, exchangeFromJson, PayloadError } from '../payload/index.ts';
import { WorkBudgetError } from './budget.ts';
import type { Datum } from './datum.ts';
import { ExchangeTerms, methodOf } from './exchange-terms.ts';
import type { Fields } from './fields.ts';
import { kindOfInteger } from './positioned.ts';
import type { TermSource } from './run.ts';
import { javaTrim } from './text.ts';
import { EXCHANGE_TERMS } from './vocabulary.ts';

/** An event as rules see it. Everything is read when first asked for, and once. */
export interface EventView extends TermSource {
  readonly feed: Feed;
  readonly raw: JsonObject;
  /** The captured exchange; undefined where there is none, or where it does not decode. */
  readonly exchange: Exchange | undefined;
  /** Why the payload does not decode: then terms of the exchange see nothing. Asking decodes it. */
  readonly payloadError: string | undefined;
}

/** What an event says of an object that changes: that it is there, or that it is no longer as it was. */
export type Change = 'first_seen' | 'changed';

/**
 * Looks at an API event (`payload` as text), an incident, an actor, an API, or a captured exchange
 * (`path`, `requestHeaders` … at the top, `country` or `countryCode` beside them).
 * @param feed where the event came from; told from its keys where absent
 * @param change of an object that changes; a key of that name where absent, as rule tests write it
 */
export function viewOf(raw: JsonObject, feed: Feed = feedOf(raw), change?: Change): EventView {
  const view = new RawView(raw, feed);
  if (change !== undefined) view.set('change', change);
  return view;
}

function feedOf(raw: JsonObject): Feed {
  for (const [feed, keys] of TELLING_KEYS) if (has(raw, ...keys)) return feed;
  return 'malicious_events';
}

/** Keys that only objects of one feed have, as the feed writes them and as terms do; people write down a few of them only. */
const TELLING_KEYS: readonly (readonly [Feed, readonly string[]])[] = [
  [
    'incidents',
    [
      'incidentId',
      'attackId',
      'ipAddress',
      'incident_id',
      'attack_id',
      'ip_address',
      'requests',
      'userAgent',
    ],
  ],
  [
    'threat_actors',
    [
      ...['latestApiEndpoint', 'latestApiIp', 'latestApiMethod', 'latestApiHost', 'latestAttack'],
      ...['latest_api_endpoint', 'latest_api_ip', 'latest_api_method', 'latest_api_host', 'latest_attack'],
    ],
  ],
  ['threat_apis', ['requestsCount', 'actorsCount', 'requests_count', 'actors_count']],
];

function has(raw: JsonObject, ...keys: readonly string[]): boolean {
  return keys.some((key) => Object.hasOwn(raw, key));
}

function isExchange(raw: JsonObject): boolean {
  return (
    !has(raw, 'payload') &&
    has(raw, 'path', 'requestHeaders', 'request_headers', 'requestPayload', 'responsePayload', 'statusCode')
  );
}

class RawView implements EventView {
  readonly raw: JsonObject;
  readonly feed: Feed;
  readonly #data = new Map<string, Datum>();
  readonly #fields = new Map<string, ReadFields>();
  #decoded: Decoded | undefined;

  constructor(raw: JsonObject, feed: Feed) {
    this.raw = raw;
    this.feed = feed;
  }

  get exchange(): Exchange | undefined {
    return this.#decode().exchange;
  }

  get payloadError(): string | undefined {
    return this.#decode().error;
  }

  get nowSeconds(): number | undefined {
    const own = this.raw['timestamp'];
    return typeof own === 'number' ? own : this.exchange?.time;
  }

  get(term: string): Datum {
    if (this.#data.has(term)) return this.#data.get(term);
    const datum = this.#read(term);
    this.#data.set(term, datum);
    return datum;
  }

  /** What the event itself does not know. */
  set(term: string, datum: Datum): void {
    this.#data.set(term, datum);
  }

  isEmpty(term: string): boolean {
    return this.#decode().terms?.isEmpty(term) ?? false;
  }

  fields(term: string): Fields | undefined {
    const known = this.#fields.get(term) ?? this.#readFields(term);
    this.#fields.set(term, known);
    if (known.error) throw known.error;
    return known.fields;
  }

  #readFields(term: string): ReadFields {
    try {
      return { fields: this.#decode().terms?.fields(term) };
    } catch (error) {
      if (error instanceof WorkBudgetError) return { error };
      throw error;
    }
  }

  #read(term: string): Datum {
    if (term === 'country_code') return this.#country();
    if (this.feed !== 'malicious_events' || !EXCHANGE_TERMS.has(term)) return this.#own(term);
    const { terms, error } = this.#decode();
    if (terms) return terms.get(term);
    if (term === 'api_collection_id') return asText(this.#own(term));
    return error === undefined ? this.#withoutExchange(term) : undefined;
  }

  /** An event that carries no capture at all still tells what was attacked, and by whom. */
  #withoutExchange(term: string): Datum {
    if (term === 'url') return this.#own('url');
    if (term === 'method') return methodOf(asText(this.#own('method')) ?? '');
    return term === 'source_ip' ? this.#own('ip') : undefined;
  }

  #own(term: string): Datum {
    // A bare exchange has keys of these names that mean something else.
    if ((term === 'type' || term === 'status') && isExchange(this.raw)) return undefined;
    const key = this.feed === 'threat_actors' && term === 'actor' ? 'id' : camelCase(term);
    const value = Object.hasOwn(this.raw, key) ? this.raw[key] : this.#snakeCase(term);
    return datumOf(value);
  }

  #snakeCase(term: string): Json | undefined {
    return Object.hasOwn(this.raw, term) ? this.raw[term] : undefined;
  }

  #country(): Datum {
    const own = [this.#own('country'), this.#own('country_code')].find(
      (value) => value !== undefined && value !== '',
    );
    if (own !== undefined) return own;
    const { metadata } = this.raw;
    const decoded = typeof metadata === 'string' ? decodeMetadata(metadata) : metadata;
    const code = isJsonObject(decoded) ? datumOf(decoded['countryCode']) : undefined;
    return code === '' ? undefined : code;
  }

  #decode(): Decoded {
    this.#decoded ??= this.feed === 'malicious_events' ? decode(this.raw) : {};
    return this.#decoded;
  }
}

/** What is too much to read is found out once. */
interface ReadFields {
  readonly fields?: Fields | undefined;
  readonly error?: WorkBudgetError;
}

interface Decoded {
  readonly exchange?: Exchange;
  readonly terms?: ExchangeTerms;
  readonly error?: string;
}

function decode(raw: JsonObject): Decoded {
  try {
    const exchange = exchangeOf(raw);
    return exchange ? { exchange, terms: new ExchangeTerms(exchange) } : {};
  } catch (error) {
    if (error instanceof PayloadError) return { error: error.message };
    throw error;
  }
}

function exchangeOf(raw: JsonObject): Exchange | undefined {
  const { payload } = raw;
  if (isExchange(raw)) return exchangeFromJson(raw);
  if (isJsonObject(payload)) return exchangeFromJson(payload);
  const isText = typeof payload === 'string' && payload !== 'null' && javaTrim(payload) !== '';
  return isText ? decodePayload(payload) : undefined;
}

/** Terms are words of the vocabulary: few, and asked for of every event. */
const camelCased = new Map<string, string>();
const MOST_KEPT = 1_000;

function camelCase(term: string): string {
  const known = camelCased.get(term);
  if (known !== undefined) return known;
  const written = term.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (camelCased.size < MOST_KEPT) camelCased.set(term, written);
  return written;
}

function asText(datum: Datum): string | undefined {
  if (datum === undefined) return undefined;
  return typeof datum === 'object' ? datum.text : String(datum);
}

/** The upstream API writes `"null"` where it means null: both are no data. */
function datumOf(value: Json | undefined): Datum {
  if (value === null || value === undefined || value === 'null') return undefined;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value !== 'number') return JSON.stringify(value);
  const wide = Number.isInteger(value) ? kindOfInteger(value) : 'double';
  return wide === 'int' ? value : { wide, value, text: String(value) };
}
