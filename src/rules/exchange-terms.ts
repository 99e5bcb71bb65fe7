import type { Exchange } from '../core/exchange.ts';
import type { Datum } from './datum.ts';
import { type Fields, headerFields, joinedHeaders, payloadFields, queryFields } from './fields.ts';
import { javaTrim } from './text.ts';

/** The template language's own terms, of one captured exchange. */
export class ExchangeTerms {
  readonly #exchange: Exchange;
  #requestHeaders: ReadonlyMap<string, string> | undefined;
  #responseHeaders: ReadonlyMap<string, string> | undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  get(term: string): Datum {
    const exchange = this.#exchange;
    if (term === 'url') return exchange.path;
    if (term === 'method') return methodOf(exchange.method);
    if (term === 'api_collection_id') return exchange.aktoVxlanId;
    if (term === 'response_code') return exchange.statusCode;
    if (term === 'query_param') return queryOf(exchange.path);
    if (term === 'request_headers') return headerText(this.#sent());
    if (term === 'response_headers') return headerText(this.#received());
    if (term === 'request_payload') return javaTrim(exchange.requestPayload);
    if (term === 'response_payload') return javaTrim(exchange.responsePayload);
    if (term === 'source_ip') return sourceAddress(exchange, this.#sent());
    return term === 'destination_ip' ? exchange.destIp : undefined;
  }

  fields(term: string): Fields | undefined {
    if (term === 'request_payload' || term === 'response_payload') {
      const body = this.get(term);
      return typeof body === 'string' ? payloadFields(body) : undefined;
    }
    if (term === 'request_headers') return headerFields(this.#sent());
    if (term === 'response_headers') return headerFields(this.#received());
    const query = term === 'query_param' ? queryOf(this.#exchange.path) : undefined;
    return query === undefined ? undefined : queryFields(query);
  }

  isEmpty(term: string): boolean {
    if (term === 'request_payload') return this.#exchange.requestPayload === '';
    return term === 'response_payload' && this.#exchange.responsePayload === '';
  }

  #sent(): ReadonlyMap<string, string> {
    this.#requestHeaders ??= joinedHeaders(this.#exchange.requestHeaders);
    return this.#requestHeaders;
  }

  #received(): ReadonlyMap<string, string> {
    this.#responseHeaders ??= joinedHeaders(this.#exchange.responseHeaders);
    return this.#responseHeaders;
  }
}

const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'TRACK',
  'WS',
]);

/** Upper case; words that no method is become `OTHER`. */
export function methodOf(text: string): string {
  const upper = text.toUpperCase();
  return METHODS.has(upper) ? upper : 'OTHER';
}

/** The raw text between the first and the second `?`; undefined where there is none. */
function queryOf(path: string): string | undefined {
  let end = path.length;
  while (end > 0 && path[end - 1] === '?') end -= 1;
  return path.slice(0, end).split('?', 2)[1];
}

function headerText(headers: ReadonlyMap<string, string>): string {
  const members = [...headers].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return `{${members.join(',')}}`;
}

const FORWARDING_HEADERS = [
  'x-forwarded-for',
  'x-real-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'x-original-forwarded-for',
  'x-client-ip',
  'client-ip',
];

function sourceAddress(exchange: Exchange, headers: ReadonlyMap<string, string>): string {
  const header = FORWARDING_HEADERS.find((name) => headers.has(name));
  if (header === undefined) return exchange.ip;
  return (headers.get(header) ?? '').split(/[,;]/, 1)[0] ?? '';
}
