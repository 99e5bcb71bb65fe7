import { describe, expect, it } from 'vitest';
import { passesOf } from '../../test/cpu-time.ts';
import type { JsonObject } from '../core/json.ts';
import { compileRuleSet, parseRule, type Rule, viewOf } from './index.ts';

const VALUE_CONDITIONS = [
  'contains_either: [alpha#, beta#]',
  'regex: "(?i)foo#\\\\s+bar"',
  'eq: gamma#',
  'neq: delta#',
  'gt: 5#',
  'contains_jwt: true',
  'datatype: string',
  'eq_obj: "{}"',
  'not_contains: [q#]',
];

/** A hundred rules of which no two ask the same. */
function hundredRules(): readonly Rule[] {
  return Array.from({ length: 100 }, (_, i) => {
    const condition = VALUE_CONDITIONS[i % VALUE_CONDITIONS.length]?.replaceAll('#', String(i));
    const { rule } = parseRule(
      `id: H${i}\nfilter:\n  or:\n  - request_payload: {for_one: {key: {contains_either: k${i}x}, value: {${condition}}}}\n` +
        `  - query_param: {for_one: {key: {eq: q${i}}, value: {eq: ${i}}}}\n` +
        `  - request_headers: {for_all: {key: {contains_either: h${i}}}}\n` +
        `  - response_payload: {contains_either: [needle${i}]}\n`,
    );
    if (rule === undefined) throw new Error('the rule does not parse');
    return rule;
  });
}

const MB = 1_000_000;
const set = compileRuleSet(hundredRules());

/** About ten times the worst of them. */
const MOST_PASSES = 200;

describe('a megabyte from an attacker', () => {
  const bodies: Record<string, string> = {
    'numbers in a list': `[${'1,'.repeat(MB / 2)}1]`,
    'short texts in a list': `["${'a","'.repeat(MB / 4)}"]`,
    'different keys': `{${Array.from({ length: 70_000 }, (_, i) => `"k${i}":"v${i}"`).join()}}`,
    'one key over and over': `{${'"a":1,'.repeat(MB / 6)}"a":2}`,
    'open brackets': '['.repeat(MB),
    'open objects': '{"a":'.repeat(MB / 5),
    'duplicates at each level': `${'{"a":{"a":'.repeat(400)}1${'},"a":[1,2,3,4,5]}'.repeat(400)}`,
    'line feeds': '\n'.repeat(MB),
    quotes: '"'.repeat(MB),
    escapes: `["${'\\u0041'.repeat(MB / 6)}"]`,
    'single-quoted escapes': `{'a':'${"\\'".repeat(MB / 2)}'}`,
    'words with dots': 'a.b.c '.repeat(MB / 6),
  };
  const exchanges: Record<string, JsonObject> = {
    ...Object.fromEntries(
      Object.entries(bodies).map(([name, text]) => [
        name,
        { path: '/', requestPayload: text, responsePayload: text },
      ]),
    ),
    'question marks': { path: `/${'?'.repeat(MB)}x` },
    ampersands: { path: `/?${'&'.repeat(MB)}` },
    'query pairs': { path: `/?${'a=b&'.repeat(MB / 4)}` },
    'percent signs': { path: `/?a=${'%41'.repeat(MB / 3)}` },
    'equals signs': { path: `/?a${'='.repeat(MB)}b` },
    cookies: { path: '/', requestHeaders: { cookie: 'a=b;'.repeat(MB / 4) } },
    headers: {
      path: '/',
      requestHeaders: Object.fromEntries(Array.from({ length: 40_000 }, (_, i) => [`x-${i}`, 'v'])),
    },
  };

  it.each(Object.entries(exchanges))('%s', (_name, exchange) => {
    const judge = () => set.match(viewOf(exchange, 'malicious_events'));
    expect(passesOf(judge, MOST_PASSES)).toBeLessThan(MOST_PASSES);
    const { matches, failures } = judge();
    expect(matches.length + failures.length).toBeLessThanOrEqual(100);
    for (const { reason } of failures) expect(reason).toContain('more');
  });
});

describe('odd events', () => {
  it.each<[string, JsonObject]>([
    ['an empty object', {}],
    ['nulls', { payload: null, actor: null, metadata: null, country: null }],
    ['numbers for texts', { payload: 5, actor: 5, metadata: 5, url: 5 }],
    ['lists for texts', { payload: [], actor: [1], metadata: [], requestHeaders: [] }],
    [
      'an exchange of wrong types',
      { path: 5, method: {}, requestHeaders: 'not json', statusCode: 'x', requestPayload: [1] },
    ],
    ['prototype keys', JSON.parse('{"__proto__": {"actor": "x"}, "constructor": "y", "path": "/"}')],
  ])('%s break nothing', (_name, event) => {
    expect(() => set.match(viewOf(event))).not.toThrow();
  });
});
