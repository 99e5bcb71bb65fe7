import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/seed.ts';
import type { JsonObject } from '../core/json.ts';
import { decide } from './condition.ts';
import type { Condition, Filter } from './filter-tree.ts';
import { compileRule, compileRuleSet, compileRules, type Rule, viewOf } from './index.ts';
import { buildOperator } from './operators.ts';
import { TRUE } from './outcome.ts';
import { Run } from './run.ts';

/*
 * What many rules look for together is what each condition sees for itself: here every condition is asked directly, operator
 * by operator, without watches, gates or shared scans.
 */
const WORDS = [
  'admin',
  'ab',
  'a',
  '',
  'union select',
  "' or",
  'kelvin',
  'ünder',
  'json',
  '"',
  '\\',
  'x-id',
  'sid',
  '7',
];
const PATTERNS = [
  '(?i)union\\s+select',
  'ad(?=min)',
  '(?i)kelvin',
  '\\d+$',
  '^\\s*<',
  'a.c',
  '(?i)\\bor\\b',
  '"sid"',
  '(\\w)\\1z',
];
const word = fc.constantFrom(...WORDS);
const words = fc.array(word, { minLength: 1, maxLength: 3 });
const asks: fc.Arbitrary<Pick<Condition, 'operator' | 'operands'>> = fc.oneof(
  fc.record({
    operator: fc.constantFrom(
      'contains_either' as const,
      'contains_all' as const,
      'not_contains' as const,
      'not_contains_either' as const,
      'eq' as const,
      'neq' as const,
    ),
    operands: words,
  }),
  fc.record({
    operator: fc.constant('regex' as const),
    operands: fc.array(fc.constantFrom(...PATTERNS), { minLength: 1, maxLength: 3 }),
  }),
);
const places: fc.Arbitrary<Pick<Condition, 'term' | 'aspect' | 'collection'>> = fc.oneof(
  fc.record({
    term: fc.constantFrom(
      'url',
      'method',
      'query_param',
      'request_headers',
      'request_payload',
      'country_code',
    ),
    aspect: fc.constant('whole' as const),
    collection: fc.constant(undefined),
  }),
  fc.record({
    term: fc.constantFrom('query_param', 'request_headers', 'request_payload'),
    aspect: fc.constantFrom('key' as const, 'value' as const),
    collection: fc.constantFrom(undefined, 'for_one' as const, 'for_all' as const),
  }),
);
const comparisons: fc.Arbitrary<Condition> = fc.record({
  kind: fc.constant('condition' as const),
  term: fc.constant('response_code'),
  aspect: fc.constant('whole' as const),
  collection: fc.constant(undefined),
  operator: fc.constantFrom('gt' as const, 'lte' as const, 'eq' as const),
  operands: fc.tuple(fc.constantFrom(200, 400)),
});
const networks: fc.Arbitrary<Condition> = fc.record({
  kind: fc.constant('condition' as const),
  term: fc.constant('source_ip'),
  aspect: fc.constant('whole' as const),
  collection: fc.constant(undefined),
  operator: fc.constantFrom('contains_either_cidr' as const, 'not_contains_cidr' as const),
  operands: fc.array(
    fc.constantFrom('10.0.0.0/8', '10.1.2.0/23', '10.1.2.3/32', '0.0.0.0/0', '2001:db8::/33'),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
});
const conditions: fc.Arbitrary<Condition> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(places, asks)
      .map(([place, ask]): Condition => ({ kind: 'condition', ...place, ...ask })),
  },
  { weight: 1, arbitrary: networks },
  { weight: 2, arbitrary: comparisons },
);

const piece = fc.constantFrom(
  ...WORDS,
  'aac',
  'UNION  SELECT',
  ' OR ',
  '\u212Aelvin',
  'ADMIN',
  '\n',
  '%41',
  '+',
  'zzz',
  ' ',
);
const text = fc.array(piece, { maxLength: 6 }).map((parts) => parts.join(''));
const json = fc.oneof(
  fc.dictionary(word, fc.oneof(text, fc.integer({ min: 0, max: 9 }), fc.boolean(), fc.constant(null)), {
    maxKeys: 4,
  }),
  fc.array(text, { maxLength: 3 }),
);
/** Any letter may be written as an escape: then the body's own text does not hold what its values hold. */
const body = fc.oneof(
  text,
  json.map((value) => JSON.stringify(value)),
  json.map((value) => JSON.stringify(value).replaceAll('a', '\\u0061')),
);
const exchanges: fc.Arbitrary<JsonObject> = fc.record({
  path: fc.tuple(text, text, text).map(([path, key, value]) => `/${path}?${key}=${value}&q=a%64min`),
  method: fc.constantFrom('GET', 'a', 'POST'),
  requestHeaders: fc.dictionary(
    fc.constantFrom('X-Id', 'cookie', 'sid'),
    fc.array(text, { minLength: 1, maxLength: 2 }),
  ),
  requestPayload: body,
  ip: fc.constantFrom('10.1.2.3', '10.9.9.9', '192.0.2.1:80', '2001:db8::1', 'none', ''),
  country: fc.constantFrom('a', 'ab', ''),
  statusCode: fc.constantFrom(200, 400, 500),
});

function ruleOf(filter: Filter, index: number): Rule {
  const nothing = { info: { other: {} }, aggregations: [], groupBy: [], tests: [], other: {} };
  return { id: String(index), feed: 'malicious_events', filter, ...nothing };
}

function holds(condition: Condition, exchange: JsonObject): boolean {
  const run = new Run(viewOf(exchange, 'malicious_events'));
  const operator = buildOperator(condition.operator, condition.operands);
  return decide(condition, operator, run, undefined).verdict === TRUE;
}

function matchedIds(filters: readonly Filter[], exchange: JsonObject): readonly number[] {
  const { matches, failures } = compileRuleSet(filters.map(ruleOf)).match(
    viewOf(exchange, 'malicious_events'),
  );
  expect(failures).toEqual([]);
  return matches.map(({ rule }) => Number(rule.id));
}

describe('what rules look for together', () => {
  it('is what each condition sees for itself', () => {
    fc.assert(
      fc.property(fc.array(conditions, { minLength: 1, maxLength: 30 }), exchanges, (list, exchange) => {
        const expected = list.flatMap((condition, index) => (holds(condition, exchange) ? [index] : []));
        expect(matchedIds(list, exchange)).toEqual(expected);
      }),
      { numRuns: runs(800) },
    );
  });

  it('is so inside AND and OR', () => {
    const terms = conditions.map((condition): Filter => ({ kind: 'term', children: [condition] }));
    const pairs = fc.tuple(fc.constantFrom('and' as const, 'or' as const), conditions, conditions);
    fc.assert(
      fc.property(
        fc.array(pairs, { minLength: 1, maxLength: 15 }),
        terms,
        exchanges,
        (list, other, exchange) => {
          const filters = list.map(
            ([kind, a, b]): Filter => ({
              kind,
              children: [a, b].map((child): Filter => ({ kind: 'term', children: [child] })),
            }),
          );
          const expected = list.flatMap(([kind, a, b], index) => {
            const verdicts = [holds(a, exchange), holds(b, exchange)];
            return (kind === 'and' ? verdicts.every(Boolean) : verdicts.some(Boolean)) ? [index] : [];
          });
          expect(matchedIds([...filters, other], exchange).filter((id) => id < list.length)).toEqual(
            expected,
          );
        },
      ),
      { numRuns: runs(400) },
    );
  });
});

describe('rules with several filters', () => {
  const conditionText = fc.tuple(
    fc.constantFrom('url', 'request_payload'),
    words,
    fc.constantFrom('contains_either', 'eq'),
  );
  const filter = conditionText.map(([term, operands, operator]) => ({ [term]: { [operator]: operands } }));
  const rule = fc.record(
    { filter, ignore: filter, success_filter: filter, failure_filter: filter },
    { requiredKeys: [] },
  );

  it('match together as they do alone', () => {
    const rules = fc.array(
      rule.filter((keys) => 'filter' in keys || 'success_filter' in keys || 'failure_filter' in keys),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(rules, exchanges, (list, exchange) => {
        const texts = list.map((keys, index) => JSON.stringify({ id: `R${index}`, ...keys }));
        const alone = texts.map((each) => compileRule(each)).filter((each) => each.matches(exchange));
        expect(compileRules(texts).match(exchange)).toEqual(alone.map(({ id }) => ({ rule: id })));
      }),
      { numRuns: runs(250) },
    );
  });
});
