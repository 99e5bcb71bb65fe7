import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/seed.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { formatProblem } from '../core/problem.ts';
import { compileRule, parseRule } from './index.ts';

function told(text: string): string {
  return parseRule(text).problems.map(formatProblem).join('\n');
}

describe('warnings', () => {
  // [why, filter in flow style from column 9 of line 2, what is told]
  it.each<[string, string, string]>([
    ['a severity that there is not', '{severity: {eq: HIHG}}', '2:21: warning never-true'],
    ['an empty range', '{response_code: {gte: 500, lt: 400}}', '2:36: warning never-true'],
    ['a range of no integer', '{response_code: {gt: 4, lt: 5}}', 'never-true'],
    ['a range of no severity', '{severity: {gt: HIGH, lt: CRITICAL}}', 'never-true'],
    ['a value outside its range', '{response_code: {eq: 200, gte: 300}}', 'never-true'],
    ['two values at once', '{and: [{url: {eq: /a}}, {url: {eq: /b}}]}', 'together with eq in line 2'],
    ['a value and not that value', '{url: {eq: /a, neq: /A}}', 'never-true'],
    ['a value without its part', '{url: {eq: /abc, contains_all: [x]}}', 'never-true'],
    ['a part that is forbidden', '{url: {contains_all: [foobar], not_contains: [foo]}}', 'never-true'],
    [
      'a network that is forbidden',
      '{source_ip: {contains_either_cidr: 10.1.0.0/16, not_contains_cidr: 10.0.0.0/8}}',
      'never-true',
    ],
    ['an empty list', '{url: {contains_either: []}}', '2:16: warning never-true'],
    ['an empty list that forbids nothing', '{url: {not_contains: []}}', 'always-true'],
    ['the empty text', '{url: {contains_either: ["", a]}}', 'always-true'],
    ['a term without conditions', '{url: {}}', '2:10: warning never-true'],
    ['a filter without conditions', '{}', '2:1: warning unmatchable-rule'],
    ['a word that is no method', '{method: {eq: FETCH}}', 'never-true'],
    ['a text operator on a number', '{response_code: {regex: "2.."}}', 'misfit-operator'],
    ['a text operator on a length', '{request_payload: {length: {contains_either: "1"}}}', 'misfit-operator'],
    ['an order of texts', '{request_headers: {gt: 5}}', 'misfit-operator'],
    ['a number for a text', '{query_param: {eq: 5}}', 'quote the value'],
    ['a text for a number', '{response_code: {eq: 2xx}}', 'misfit-operator'],
    ['a part of what has none', '{url: {key: {eq: a}}}', 'never-true'],
    ['a length of what has none', '{url: {length: {gt: 5}}}', 'misfit-operator'],
    ['a payload pattern outside for_one', '{request_payload: {key: {regex: x}}}', 'under for_one only'],
    ['a quoted true', '{request_headers: {contains_jwt: "true"}}', 'without quotes'],
    ['a second value of eq', '{method: {eq: [GET, POST]}}', 'ignored-operand'],
    [
      'value before key',
      '{request_headers: {for_one: {value: {eq: a}, key: {eq: b}}}}',
      'unlinked-value: value stands before key',
    ],
    [
      'the whole before value',
      '{request_payload: {contains_either: x, key: {eq: a}, value: {eq: b}}}',
      'leaves it no key',
    ],
    ['a pattern that finds nothing', '{url: {regex: "a*"}}', '2:23: warning matches-empty'],
    ['a pattern with a reference', "{url: {regex: '(a+)\\1'}}", 'slow-pattern'],
    ['all values of a payload', '{request_payload: {for_all: {value: {eq: a}}}}', 'differs-from-original'],
    ['parts of a query', '{query_param: {key: {eq: a}}}', 'differs-from-original'],
    ['an IPv6 network', '{source_ip: {contains_either_cidr: "2001:db8::/32"}}', 'differs-from-original'],
    ['bits of the host', '{source_ip: {contains_either_cidr: 10.1.2.3/8}}', 'differs-from-original'],
  ])('%s', (_why, filter, expected) => {
    const { rule, problems } = parseRule(`id: A\nfilter: ${filter}\n`);
    expect(rule).toBeDefined();
    expect(problems.map(formatProblem).join('\n')).toContain(expected);
  });

  it.each<[string, string]>([
    ['a name bound by extract', '{and: [{method: {extract: m}}, {method: {eq: "${m}"}}]}'],
    ['an ordinary range', '{response_code: {gte: 400, lt: 500}}'],
    ['ranges side by side', '{or: [{response_code: {lt: 400}}, {response_code: {gte: 500}}]}'],
    ['different keys', '{request_headers: {for_one: {and: [{key: {eq: a}}, {key: {eq: b}}]}}}'],
    ['an empty text on purpose', '{request_payload: {regex: "^$"}}'],
    ['an address as a text', '{actor: {contains_either: "203.0.113."}}'],
    ['a numeric text', '{request_payload: {gt: 5}}'],
    ['an exact network', '{source_ip: {contains_either_cidr: 10.1.2.3/32}}'],
    ['a linked value', '{request_headers: {for_one: {key: {eq: a}, value: {gt: 5}}}}'],
  ])('none for %s', (_why, filter) => {
    expect(told(`id: A\nfilter: ${filter}\n`)).toBe('');
  });

  it('tell of a rule that nothing of its feed can match, and why', () => {
    expect(told('id: A\nsource: incidents\nfilter:\n  or:\n  - url: {eq: /}\n  - host: {eq: x}\n')).toContain(
      '3:1: warning unmatchable-rule: No event of incidents can match this rule: its filter can never hold.',
    );
    expect(
      told('id: A\nsource: incidents\nfilter:\n  or:\n  - url: {eq: /}\n  - requests: {gt: 5}\n'),
    ).not.toContain('unmatchable-rule');
    expect(told('id: A\nfilter: {url: {eq: /}}\nignore: {url: {contains_all: []}}\n')).toContain(
      '3:1: warning unmatchable-rule',
    );
  });

  it('tell of ids whose YAML the original never reads, unless the file was written for Tocsin', () => {
    const text = 'id: SSRF\nfilter: {url: {eq: /}}\n';
    expect(told(text)).toContain('1:5: warning differs-from-original');
    expect(told(`${text}runbook: x\n`)).toBe('');
  });
});

const VECTORS = '../shared/vectors/filters.jsonl';

it.skipIf(!existsSync(VECTORS))('no rule of the golden vectors that matches is said to match nothing', () => {
  const rows = readFileSync(VECTORS, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  const wrong = rows.filter(isJsonObject).filter(({ template, message, countryCode }) => {
    const { rule, problems } = parseRule(String(template));
    if (rule === undefined || !problems.some(({ code }) => code === 'unmatchable-rule')) return false;
    const event = isJsonObject(message) ? { ...message, country: countryCode ?? '' } : {};
    return compileRule(String(template)).matches(event);
  });
  expect(wrong.map(({ name }) => name)).toEqual([]);
});

const word = fc.constantFrom('a', 'b', 'ab', '', 'GET', '5');
const operands = fc.array(fc.oneof(word, fc.integer({ min: 0, max: 6 }), fc.boolean()), { maxLength: 2 });
const operator = fc.constantFrom(
  ...[
    'contains_either',
    'contains_all',
    'not_contains',
    'not_contains_either',
    'eq',
    'gt',
    'lte',
    'datatype',
  ],
);
const operation = fc
  .tuple(operator, operands)
  .map(([name, list]) => ({ [name]: name === 'datatype' ? ['string', 'number'][list.length % 2] : list }));
const inTerm = fc.oneof(
  operation,
  fc.array(operation, { minLength: 1, maxLength: 3 }),
  fc.constant({}),
  fc.record({ length: operation }),
  fc.record({ key: operation, value: operation }),
  fc.record({ for_one: fc.record({ value: operation, key: operation }) }),
  fc.tuple(operation, operation).map(([whole, value]) => [whole, { value }]),
);
const term = fc.constantFrom(
  'url',
  'method',
  'response_code',
  'request_payload',
  'query_param',
  'successful_exploit',
);
const condition = fc.tuple(term, inTerm).map(([name, inner]) => ({ [name]: inner }));
const list = fc.array(condition, { minLength: 1, maxLength: 3 });
const filter = fc.oneof(condition, fc.record({ and: list }), fc.record({ or: list }));
const event: fc.Arbitrary<JsonObject> = fc.record({
  successfulExploit: fc.boolean(),
  payload: fc.record(
    {
      path: fc.constantFrom('/a', '/b?a=b', '/ab?5'),
      method: fc.constantFrom('GET', 'PUT'),
      statusCode: fc.integer({ min: 0, max: 6 }),
      requestPayload: fc.constantFrom('', 'a', '5', '{"a":"b"}', '{"a":5,"b":true}'),
    },
    { requiredKeys: ['path'] },
  ),
});

describe('what is said of a rule before any event', () => {
  it('holds of every event', () => {
    fc.assert(
      fc.property(filter, fc.array(event, { minLength: 1, maxLength: 6 }), (tree, events) => {
        const asFilter = JSON.stringify({ id: 'P', source: 'malicious_events', filter: tree });
        const { rule, problems } = parseRule(asFilter);
        if (rule === undefined || !problems.some(({ code }) => code === 'unmatchable-rule')) return;
        const { matches } = compileRule(asFilter);
        for (const one of events) expect(matches(one)).toBe(false);
      }),
      { numRuns: runs(5_000) },
    );
  });
});
