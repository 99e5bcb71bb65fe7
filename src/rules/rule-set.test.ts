import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../core/json.ts';
import {
  compileRule,
  compileRuleSet,
  compileRules,
  groupValues,
  parseRule,
  type Rule,
  viewOf,
} from './index.ts';

function ruleOf(text: string): Rule {
  const { rule, problems } = parseRule(text);
  if (rule === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  return rule;
}

const PAYLOAD =
  'method: "GET"\npath: "/admin?x=1"\nstatus_code: 403\nrequest_headers {\n key: "Host" value { values: "h" }\n}\n';
const EVENT: JsonObject = {
  id: 'e1',
  actor: '203.0.113.9:57796',
  filterId: 'SQLInjection',
  severity: 'HIGH',
  category: 'SQL_INJECTION',
  subCategory: 'SQL',
  eventType: 'SINGLE',
  type: 'Rule-Based',
  country: 'US',
  host: 'api.example.com',
  status: 'ACTIVE',
  label: 'null',
  successfulExploit: true,
  refId: null,
  url: '/other',
  timestamp: 1_760_000_000,
  metadata: 'country_code: "FR"',
  payload: PAYLOAD,
};
const INCIDENT = {
  incidentId: 'i1',
  attackId: 'a1',
  fingerprint: 'f',
  ipAddress: '2001:db8::1',
  userAgent: 'curl',
  requests: 30,
};
const ACTOR = {
  id: '203.0.113.9',
  latestApiEndpoint: '/x',
  latestApiMethod: 'GET',
  discoveredAt: 1_760_000_000,
  country: 'US',
};
const API = { api: '/x', method: 'GET', requestsCount: 5, actorsCount: 2, discoveredAt: 1_760_000_000 };

describe('terms of events', () => {
  it.each<[string, JsonObject, boolean]>([
    ['{actor: {contains_either_cidr: 203.0.113.0/24}}', EVENT, true],
    ['{actor: {contains_either: "203.0.113.9"}}', EVENT, true],
    ['{filter_id: {eq: sqlinjection}}', EVENT, true],
    ['{severity: {gte: HIGH}}', EVENT, true],
    ['{severity: {gt: HIGH}}', EVENT, false],
    ['{severity: {lt: critical}}', EVENT, true],
    ['{severity: {eq: high}}', EVENT, true],
    ['{severity: {gte: LOW}}', { ...EVENT, severity: 'null' }, false],
    ['{category: {contains_either: injection}, sub_category: {eq: SQL}}', EVENT, true],
    ['{event_type: {eq: SINGLE}, type: {eq: rule-based}, status: {eq: ACTIVE}}', EVENT, true],
    ['{successful_exploit: {eq: true}}', EVENT, true],
    ['{successful_exploit: {eq: "true"}}', EVENT, true],
    ['{label: {neq: x}}', EVENT, false],
    ['{ref_id: {not_contains: x}}', EVENT, false],
    ['{host: {eq: api.example.com}}', EVENT, true],
    ['{country: {eq: us}}', EVENT, true],
    ['{country_code: {eq: us}}', EVENT, true],
    ['{country_code: {eq: fr}}', { ...EVENT, country: 'null' }, true],
    ['{url: {contains_either: /admin}}', EVENT, true],
    ['{response_code: {gte: 400, lt: 500}}', EVENT, true],
    ['{api_collection_id: {eq: "12"}}', { apiCollectionId: 12, payload: '' }, true],
    [
      '{url: {eq: /other}, source_ip: {contains_either_cidr: 1.0.0.0/8}}',
      { url: '/other', ip: '1.2.3.4:80', payload: '' },
      true,
    ],
    ['{__proto__: {eq: x}}', EVENT, false],
  ])('%s', (filter, event, verdict) => {
    const text = `id: A\nsource: malicious_events\nfilter: ${filter}\n`;
    if (filter.includes('__proto__')) expect(() => compileRule(text)).toThrow('is no term');
    else expect(compileRule(text).matches(event)).toBe(verdict);
  });

  it.each<[string, string, JsonObject]>([
    ['incidents', '{requests: {gte: 20}, ip_address: {contains_either_cidr: "2001:db8::/32"}}', INCIDENT],
    [
      'threat_actors',
      '{actor: {contains_either_cidr: 203.0.113.0/24}, latest_api_endpoint: {eq: /x}}',
      ACTOR,
    ],
    [
      'threat_apis',
      '{api: {eq: /x}, method: {eq: get}, requests_count: {gte: 5}, actors_count: {lt: 3}}',
      API,
    ],
  ])('of %s', (feed, filter, event) => {
    const rules = compileRules([
      `id: A\nsource: ${feed}\nfilter: ${filter}\n`,
      'id: B\nfilter: {severity: {gte: LOW}}\n',
    ]);
    expect(rules.match(event)).toEqual([{ rule: 'A' }]);
    expect(rules.match(EVENT)).toEqual([{ rule: 'B' }]);
  });
});

describe('payloads', () => {
  const set = compileRuleSet([
    ruleOf('id: A\nfilter: {or: [{url: {not_contains: zz}}, {request_payload: {contains_all: []}}]}\n'),
    ruleOf('id: B\nfilter: {actor: {contains_either: "."}}\n'),
  ]);

  it('that do not decode hide the exchange, not the event', () => {
    const view = viewOf({ ...EVENT, payload: 'method: "GET' }, 'malicious_events');
    const { matches, failures } = set.match(view);
    expect(view.payloadError).toBeTruthy();
    expect(failures).toEqual([]);
    expect(view.get('url')).toBeUndefined();
    expect(matches.map(({ rule }) => rule.id)).toContain('B');
  });

  it('that no rule asks for are not decoded', () => {
    const raw = { ...EVENT };
    let asked = 0;
    Object.defineProperty(raw, 'payload', {
      enumerable: true,
      get: () => {
        asked += 1;
        return PAYLOAD;
      },
    });
    compileRuleSet([ruleOf('id: B\nfilter: {actor: {contains_either: "."}}\n')]).match(
      viewOf(raw, 'malicious_events'),
    );
    expect(asked).toBe(0);
  });
});

describe('matches', () => {
  const rule = ruleOf(`id: A
filter: {url: {contains_either: /}}
success_filter: {response_code: {gte: 400}}
failure_filter: {response_code: {lt: 400}}
group_by: [actor, host, label]
aggregation_rules:
  - rule: {name: a, condition: {matchCount: 2, windowThreshold: 1, incrementFilter: failure_filter}}
  - rule: {name: b, condition: {matchCount: 2, windowThreshold: 1, thresholdBreachFilter: success_filter}}
  - rule: {name: c, condition: {windowThreshold: 1, distinctIdentifier: {count: 2, source: request_headers, key: host}}}
`);
  const view = viewOf(EVENT, 'malicious_events');

  it('carry what their windows need', () => {
    expect(compileRuleSet([rule]).match(view).matches).toEqual([
      {
        rule,
        severity: 'HIGH',
        successPassed: true,
        failurePassed: false,
        windows: [
          { increment: false, breach: true, identity: undefined },
          { increment: true, breach: true, identity: undefined },
          { increment: true, breach: true, identity: 'h' },
        ],
      },
    ]);
  });

  it('are grouped by terms, absent ones as the empty text', () => {
    expect(groupValues(rule, view)).toEqual({
      actor: '203.0.113.9:57796',
      host: 'api.example.com',
      label: '',
    });
  });

  it.each([
    ['the rule', 'info: {severity: LOW}', EVENT, 'LOW'],
    ['else the event', '', EVENT, 'HIGH'],
    ['else medium', '', { ...EVENT, severity: null }, 'MEDIUM'],
  ])('take their severity from %s', (_from, info, event, severity) => {
    const { matches } = compileRuleSet([
      ruleOf(`id: A\nfilter: {actor: {contains_either: "."}}\n${info}\n`),
    ]).match(viewOf(event));
    expect(matches.map((match) => match.severity)).toEqual([severity]);
  });

  it('need success_filter or failure_filter where there is no filter, and no ignore', () => {
    const text =
      'id: A\nsuccess_filter: {response_code: {gte: 400}}\nfailure_filter: {response_code: {eq: 302}}\nignore: {url: {eq: /i}}\n';
    const { matches } = compileRule(text);
    expect([403, 302, 200].map((statusCode) => matches({ path: '/', statusCode }))).toEqual([
      true,
      true,
      false,
    ]);
    expect(matches({ path: '/i', statusCode: 403 })).toBe(false);
  });
});

describe('a rule without a verdict', () => {
  const many = JSON.stringify({ list: Array.from({ length: 60_000 }, (_, i) => i) });
  const set = compileRuleSet([
    ruleOf('id: Costly\nfilter: {request_payload: {for_one: {value: {eq: 1}}}}\n'),
    ruleOf('id: Decided\nfilter: {or: [{request_payload: {for_one: {value: {eq: 1}}}}, {url: {eq: /}}]}\n'),
    ruleOf('id: Ruled out\nfilter: {url: {eq: /x}, request_payload: {for_one: {value: {eq: 1}}}}\n'),
    ruleOf('id: Ignored\nfilter: {url: {eq: /}}\nignore: {request_payload: {for_one: {value: {eq: 1}}}}\n'),
    ruleOf('id: Other\nfilter: {url: {eq: /}}\n'),
  ]);

  it('is told of, and costs the others nothing', () => {
    const { matches, failures } = set.match(viewOf({ path: '/', requestPayload: many }));
    expect(matches.map(({ rule }) => rule.id)).toEqual(['Decided', 'Other']);
    expect(failures.map(({ rule, reason }) => `${rule.id}: ${reason}`)).toEqual([
      'Costly: the event holds more values in a body than may be looked at',
      'Ignored: the event holds more values in a body than may be looked at',
    ]);
  });
});
