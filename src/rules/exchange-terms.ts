import type { Exchange } from '../core/exchange.ts';
import { WorkBudgetError } from './budget.ts';
import type { Datum } from './datum.ts';
import { type Fields, headerFields, joinedHeaders, payloadFields, queryFields } from './fields.ts';
import { headerName } from './header-names.ts';
import { javaTrim } from './text.ts';
import { METHODS } from './vocabulary.ts';

/** The template language's own terms, of one captured exchange. */
export class ExchangeTerms {
  readonly #exchange: Exchange;
  #requestHeaders: HeaderMap | 'too many' | undefined;
  #responseHeaders: HeaderMap | 'too many' | undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** @throws WorkBudgetError */
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

  /** @throws WorkBudgetError */
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

  #sent(): HeaderMap {
    this.#requestHeaders ??= boundedHeaders(this.#exchange.requestHeaders);
    return usable(this.#requestHeaders);
  }

  #received(): HeaderMap {
    this.#responseHeaders ??= boundedHeaders(this.#exchange.responseHeaders);
    return usable(this.#responseHeaders);
  }
}

type HeaderMap = ReadonlyMap<string, string>;

/** Far above what any server accepts. */
const MAX_HEADERS = 5_000;

function boundedHeaders(headers: Exchange['requestHeaders']): HeaderMap | 'too many' {
  return Object.keys(headers).length > MAX_HEADERS ? 'too many' : joinedHeaders(headers);
}

function usable(headers: HeaderMap | 'too many'): HeaderMap {
  if (headers === 'too many') throw new WorkBudgetError('headers');
  return headers;
}

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

function headerText(headers: HeaderMap): string {
  let text = '';
  for (const [name, value] of headers) {
    text += `${text === '' ? '{' : ','}${headerName(name).quoted}:${quoted(value)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

/** What may need an escape in JSON. */
const ESCAPED = /[^ !#-[\]-~]/;

function quoted(value: string): string {
  return ESCAPED.test(value) ? JSON.stringify(value) : `"${value}"`;
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

function sourceAddress(exchange: Exchange, headers: HeaderMap): string {
  const header = FORWARDING_HEADERS.find((name) => headers.has(name));
  if (header === undefined) return exchange.ip;
  return (headers.get(header) ?? '').split(/[,;]/, 1)[0] ?? '';
}
