import { Engine, type TopLevelCondition } from 'json-rules-engine';
import type { JsonObject } from '../src/core/json.ts';
import { decodePayload } from '../src/payload/index.ts';
import type { Clause, RuleSpec, TextTerm } from './rule-mix.ts';

/** An event read as somebody would who writes the matching by hand: everything once, small letters beside. */
interface Seen {
  readonly texts: Readonly<Record<TextTerm, string>>;
  readonly folded: Readonly<Record<TextTerm, string>>;
  readonly headers: ReadonlyMap<string, string>;
  readonly leaves: readonly (readonly [string, string])[];
  readonly ip: number;
  readonly code: number;
  readonly method: string;
}

export interface Rival {
  /** The ids of the rules that hold. */
  match(event: JsonObject): readonly string[] | Promise<readonly string[]>;
}

type Test = (seen: Seen) => boolean;

/** A loop over the rules: V8's regular expressions and `includes`, compiled ahead. */
export function handWrittenLoop(rules: readonly RuleSpec[]): Rival {
  const tests = rules.map(({ id, ways }) => ({ id, ways: ways.map((clauses) => clauses.map(testOf)) }));
  return {
    match(event) {
      const seen = read(event);
      return tests
        .filter(({ ways }) => ways.some((clauses) => clauses.every((test) => test(seen))))
        .map(({ id }) => id);
    },
  };
}

/** The same tests as operators of json-rules-engine, an event's parts as its facts. */
export function jsonRulesEngine(rules: readonly RuleSpec[]): Rival {
  const engine = new Engine([], { allowUndefinedFacts: true });
  engine.addOperator('passes', (seen: Seen, test: Test) => test(seen));
  for (const { id, ways } of rules) {
    const conditions: TopLevelCondition = {
      any: ways.map((clauses) => ({
        all: clauses.map((clause) => ({ fact: 'event', operator: 'passes', value: testOf(clause) })),
      })),
    };
    engine.addRule({ conditions, event: { type: id } });
  }
  return {
    async match(event) {
      const { events } = await engine.run({ event: read(event) });
      return events.map(({ type }) => type);
    },
  };
}

function testOf(clause: Clause): Test {
  switch (clause.kind) {
    case 'regex': {
      const pattern = new RegExp(clause.pattern, 'i');
      return ({ texts }) => pattern.test(texts[clause.term]);
    }
    case 'contains':
      return ({ folded }) => hasAny(folded[clause.term], clause.words);
    case 'header':
      return ({ headers }) => hasAny((headers.get(clause.name) ?? '').toLowerCase(), clause.words);
    case 'header-regex': {
      const pattern = new RegExp(clause.pattern, 'i');
      return ({ headers }) => pattern.test(headers.get(clause.name) ?? '');
    }
    case 'leaf':
      return ({ leaves }) => leaves.some(([key, value]) => key === clause.key && hasAny(value, clause.words));
    case 'network': {
      const starts = clause.networks.map((network) => addressOf(network.replace(/\/24$/, '')) >>> 8);
      return ({ ip }) => starts.includes(ip >>> 8);
    }
    case 'code':
      return ({ code }) => code >= clause.from && code < clause.below;
    case 'method':
      return ({ method }) => method === clause.method;
  }
}

function hasAny(text: string, words: readonly string[]): boolean {
  return words.some((word) => text.includes(word));
}

function addressOf(text: string): number {
  return text.split('.').reduce((address, part) => (address << 8) | Number(part), 0) >>> 0;
}

function read({ payload }: JsonObject): Seen {
  const exchange = decodePayload(typeof payload === 'string' ? payload : '');
  const headers = new Map(
    Object.entries(exchange.requestHeaders).map(([name, values]) => [name.toLowerCase(), values.join(';')]),
  );
  const texts: Record<TextTerm, string> = {
    url: exchange.path,
    query_param: exchange.path.split('?')[1] ?? '',
    request_headers: JSON.stringify(Object.fromEntries(headers)),
    request_payload: exchange.requestPayload.trim(),
    response_payload: exchange.responsePayload.trim(),
  };
  return {
    texts,
    folded: {
      url: texts.url.toLowerCase(),
      query_param: texts.query_param.toLowerCase(),
      request_headers: texts.request_headers.toLowerCase(),
      request_payload: texts.request_payload.toLowerCase(),
      response_payload: texts.response_payload.toLowerCase(),
    },
    headers,
    leaves: leavesOf(exchange.requestPayload),
    ip: addressOf(exchange.ip),
    code: exchange.statusCode ?? 0,
    method: exchange.method,
  };
}

function leavesOf(body: string): (readonly [string, string])[] {
  const leaves: (readonly [string, string])[] = [];
  const walk = (key: string, value: unknown): void => {
    if (typeof value === 'string') leaves.push([key, value.toLowerCase()]);
    else if (Array.isArray(value)) for (const item of value) walk(key, item);
    else if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) walk(name, inner);
  };
  walk('', JSON.parse(body));
  return leaves;
}
