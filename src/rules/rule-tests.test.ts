import { describe, expect, it } from 'vitest';
import { parseRule, runRuleTests } from './index.ts';

function results(rule: string, tests: string): readonly string[] {
  const { rule: parsed, problems } = parseRule(`id: A\n${rule}\ntests:\n${tests}\n`);
  if (parsed === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  return runRuleTests(parsed).map(({ name, passed, message }) => `${name}: ${passed ? 'passed' : message}`);
}

const BURST = `source: incidents
filter: { requests: { gte: 20 } }
info: { severity: HIGH }
group_by: [attack_id]
aggregation_rules:
  - rule: { name: burst, condition: { matchCount: 3, windowThreshold: 2 } }`;

const YIELDS = 'source: incidents\nfilter: { requests: { gte: 20 } }\ninfo: { severity: HIGH }\nyields: true';

describe('embedded tests', () => {
  it.each<[string, string, string]>([
    ['{name: n, events: [{requests: 3}], expect: silent}', BURST, 'passed'],
    ['{name: n, events: [{requests: 30, repeat: 2}], expect: silent}', BURST, 'passed'],
    ['{name: n, events: [{requests: 30, repeat: 3}], expect: match}', BURST, 'passed'],
    [
      '{name: n, events: [{requests: 30, repeat: 3}], expect: {alert: {severity: HIGH, count: 1}}}',
      BURST,
      'passed',
    ],
    ['{name: n, events: [{requests: 30, repeat: 6}], expect: {alert: {count: 2}}}', BURST, 'passed'],
    [
      '{name: n, events: [{requests: 30, repeat: 2}, {requests: 30, at: 60s}], expect: match}',
      BURST,
      'passed',
    ],
    [
      '{name: n, events: [{requests: 30, repeat: 2}, {requests: 30, at: 2m}], expect: silent}',
      BURST,
      'passed',
    ],
    [
      '{name: n, events: [{requests: 30, attackId: a, repeat: 2}, {requests: 30, attackId: b}], expect: silent}',
      BURST,
      'passed',
    ],
    [
      '{name: n, events: [{requests: 30}], expect: match}',
      BURST,
      'expected the rule to fire, but it stayed silent',
    ],
    [
      '{name: n, events: [{requests: 30, repeat: 3}], expect: silent}',
      BURST,
      'expected the rule to fire never, but it fired once',
    ],
    [
      '{name: n, events: [{requests: 30, repeat: 3}], expect: {alert: {severity: LOW}}}',
      BURST,
      'expected severity LOW, but an alert is HIGH',
    ],
    [
      '{name: n, events: [{exchange: {path: /a, statusCode: 500}}], expect: match}',
      'filter: {response_code: {gte: 500}}',
      'passed',
    ],
    [
      '{name: n, events: [{payload: "path: \\"/a"}], expect: match}',
      'filter: {url: {eq: /a}}',
      'the payload of an event does not decode',
    ],
    ['{name: n, events: [{requests: 30, also: {x: HIGH}}], expect: silent}', YIELDS, 'passed'],
    ['{name: n, events: [{requests: 30, also: {x: CRITICAL, y: LOW}}], expect: silent}', YIELDS, 'passed'],
    ['{name: n, events: [{requests: 30, also: {x: MEDIUM}}], expect: match}', YIELDS, 'passed'],
    [
      '{name: n, events: [{requests: 30, also: {x: HIGH}, repeat: 2}, {requests: 30, repeat: 2}], expect: silent}',
      `${BURST}\nyields: true`,
      'passed',
    ],
    ['{name: n, events: [{requests: 30, also: {x: HIGH}, repeat: 3}], expect: match}', BURST, 'passed'],
  ])('%s', (test, rule, outcome) => {
    expect(results(rule, `  - ${test}`).join()).toContain(`n: ${outcome}`);
  });
});
