import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { compileRuleSet, type ExplainedPart, explainRule, parseRule, type Rule, viewOf } from './index.ts';

interface Case {
  readonly template: string;
  readonly event: JsonObject;
}

function rowsOf(file: string): readonly JsonObject[] {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  return lines.map((line): unknown => JSON.parse(line)).filter(isJsonObject);
}

const own = rowsOf('test/fixtures/rules/filters.jsonl').map(
  ({ filter, exchange }): Case => ({
    ...{ template: `id: Case\nfilter:\n  ${filter}\n`, event: isJsonObject(exchange) ? exchange : {} },
  }),
);
const golden = rowsOf('../shared/vectors/filters.jsonl')
  .filter((_, index) => index % 4 === 0)
  .map(
    ({ template, message, countryCode = '' }): Case => ({
      ...{
        template: String(template),
        event: { ...(isJsonObject(message) ? message : {}), country: countryCode },
      },
    }),
  );

function ruleOf(text: string): Rule {
  const { rule, problems } = parseRule(text);
  return rule ?? expect.fail(problems.map(({ message }) => message).join());
}

describe('an explanation', () => {
  it('comes to the verdict that matching comes to', () => {
    const cases = [...own, ...golden].flatMap(({ template, event }) => {
      const { rule, origins } = parseRule(template);
      return rule ? [{ rule, origins, event }] : [];
    });
    expect(cases.length).toBeGreaterThan(200);
    const different = cases.filter(({ rule, origins, event }) => {
      const { matches, failures } = compileRuleSet([rule]).match(viewOf(event));
      const matched = failures.length > 0 ? 'unknown' : String(matches.length > 0);
      return explainRule(rule, viewOf(event), origins).verdict !== matched;
    });
    expect(different.map(({ rule }) => rule.id)).toEqual([]);
  });

  const text = `id: A
filter:
  or:
  - url: { regex: "^/admin" }
  - request_headers:
      for_one:
        key: { eq: x-debug }
        value: { contains_either: on }
  - and: [{ response_code: { gte: 500 } }, { method: { eq: PUT } }]
ignore:
  source_ip: { contains_either_cidr: 10.0.0.0/8 }
`;
  const event = {
    payload: {
      path: '/\u001b[2J\u202e',
      statusCode: 500,
      method: 'PUT',
      ip: '10.0.0.9',
      requestHeaders: { 'X-Debug': 'on', accept: '*/*' },
    },
  };

  it('says of every part what it decided and what it saw, later alternatives too', () => {
    const { rule, origins } = parseRule(text);
    if (rule === undefined) return expect.fail();
    const { verdict, filters } = explainRule(rule, viewOf(event), origins);
    expect(verdict).toBe('false');
    expect(filters.flatMap((part) => outline(part))).toEqual([
      'true 2 filter',
      'true 3 or',
      'false 4 url',
      'false 4 regex "^/admin" saw "/\\u{1b}[2J\\u{202e}"',
      'true 5 request_headers',
      'true 6 for_one',
      'true 7 key',
      'true 7 eq "x-debug" saw x-debug, accept',
      'true 8 value',
      'true 8 contains_either "on" saw x-debug: "on"',
      'true 9 and',
      'true 9 response_code',
      'true 9 gte 500 saw 500',
      'true 9 method',
      'true 9 eq "PUT" saw "PUT"',
      'true 10 ignore',
      'true 11 source_ip',
      'true 11 contains_either_cidr "10.0.0.0/8" saw "10.0.0.9"',
    ]);
  });

  it('tells of a payload that does not decode', () => {
    const { rule, origins } = parseRule('id: A\nfilter: { url: { eq: / } }\n');
    if (rule === undefined) return expect.fail();
    const explained = explainRule(rule, viewOf({ payload: 'path: "/a' }), origins);
    expect(explained).toMatchObject({ verdict: 'false', payloadError: expect.any(String) });
  });

  it('is bounded, whatever the event holds', () => {
    const rule = ruleOf(
      'id: A\nfilter: { request_payload: { contains_either: x, for_one: { key: { eq: a }, value: { eq: b } } } }\n',
    );
    const many = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, i) => [`k${i}`.repeat(50), 'v'.repeat(500)]),
    );
    const explained = explainRule(
      rule,
      viewOf({ path: '/', requestPayload: JSON.stringify(many) }),
      new Map(),
    );
    expect(JSON.stringify(explained).length).toBeLessThan(4_000);
    expect(JSON.stringify(explained)).toContain('and 4990 more');
  });
});

function outline({ verdict, line, word, operands, saw, parts }: ExplainedPart): readonly string[] {
  const said = [verdict, line, word, operands, saw && `saw ${saw}`].filter((part) => part !== undefined);
  return [said.join(' '), ...parts.flatMap((part) => outline(part))];
}
