import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../core/json.ts';
import { compileRuleSet, groupValues, parseRule, viewOf } from './index.ts';
import type { Rule } from './rule.ts';

function ruleOf(text: string): Rule {
  const { rule, problems } = parseRule(text);
  expect(problems).toEqual([]);
  if (rule === undefined) throw new Error('no rule');
  return rule;
}

const ACTOR = {
  id: '203.0.113.9:57796',
  latestAttack: 'SQLInjection',
  latestApiEndpoint: '/login',
  discoveredAt: 1_780_000_000,
};
const API = {
  api: '/login',
  method: 'POST',
  host: 'shop.example',
  requestsCount: 400,
  actorsCount: 20,
  discoveredAt: 1_780_000_000,
};

describe('rules about objects that change', () => {
  it.each<[string, 'threat_actors' | 'threat_apis', string, JsonObject, 'first_seen' | 'changed', boolean]>([
    [
      'a new actor with the attack',
      'threat_actors',
      '{change: {eq: first_seen}, latest_attack: {eq: SQLInjection}}',
      ACTOR,
      'first_seen',
      true,
    ],
    [
      'a known actor',
      'threat_actors',
      '{change: {eq: first_seen}, latest_attack: {eq: SQLInjection}}',
      ACTOR,
      'changed',
      false,
    ],
    [
      'a new actor with another attack',
      'threat_actors',
      '{change: {eq: first_seen}, latest_attack: {eq: XSS}}',
      ACTOR,
      'first_seen',
      false,
    ],
    ['an API that passed twenty actors', 'threat_apis', '{actors_count: {gte: 20}}', API, 'changed', true],
    [
      'an API with nineteen',
      'threat_apis',
      '{actors_count: {gte: 20}}',
      { ...API, actorsCount: 19 },
      'changed',
      false,
    ],
    [
      'a count that is "null"',
      'threat_apis',
      '{actors_count: {gte: 0}}',
      { ...API, actorsCount: 'null' },
      'changed',
      false,
    ],
  ])('see %s', (_why, feed, filter, raw, change, matches) => {
    const set = compileRuleSet([ruleOf(`id: a\nsource: ${feed}\nfilter: ${filter}`)]);
    expect(set.match(viewOf(raw, feed, change)).matches).toHaveLength(matches ? 1 : 0);
  });

  it.each<[string, 'incidents' | 'threat_actors' | 'threat_apis', string, JsonObject, JsonObject]>([
    [
      'an attack',
      'incidents',
      '{requests: {gte: 1}}',
      { attackId: 'a1', incidentId: 'i1', requests: 3 },
      { attack_id: 'a1' },
    ],
    ['an actor', 'threat_actors', '{change: {eq: changed}}', ACTOR, { actor: '203.0.113.9:57796' }],
    [
      'an API',
      'threat_apis',
      '{actors_count: {gte: 1}}',
      API,
      { host: 'shop.example', api: '/login', method: 'POST' },
    ],
  ])('share one alert for %s unless told otherwise', (_why, feed, filter, raw, group) => {
    const rule = ruleOf(`id: a\nsource: ${feed}\nfilter: ${filter}`);
    expect(groupValues(rule, viewOf(raw, feed, 'changed'))).toEqual(group);
  });

  it('have no say over what an attacker writes into a row', () => {
    const rule = ruleOf('id: a\nsource: threat_actors\nfilter: {change: {eq: first_seen}}');
    const view = viewOf({ ...ACTOR, change: 'first_seen' }, 'threat_actors', 'changed');
    expect(compileRuleSet([rule]).match(view).matches).toEqual([]);
  });

  it('are told that events which never change have no such term', () => {
    const { problems } = parseRule('id: a\nsource: malicious_events\nfilter: {change: {eq: first_seen}}');
    expect(problems.map(({ code }) => code)).toContain('misplaced-word');
  });

  it('leave the word to Akto in its own templates', () => {
    expect(parseRule('id: a\nfilter: {change: {eq: first_seen}}').rule).toBeUndefined();
  });
});
