import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { isJsonObject } from '../core/json.ts';
import { parseRule, ruleJsonSchema } from './index.ts';

const shape = z.fromJSONSchema(JSON.parse(JSON.stringify(ruleJsonSchema())));
const accepts = (text: string): boolean => shape.safeParse(parse(text, { merge: true })).success;

/** Words that decide nothing and operands that never hold are only warned of; an editor may be stricter. */
function isFaultless(text: string): boolean {
  const { rule, problems } = parseRule(text);
  const odd = problems.some(({ code }) => code === 'unsupported-operator' || code === 'never-true');
  return rule !== undefined && !odd;
}

const files = ['rules/', '../shared/policies/']
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).map((name) => folder + name));

describe('the JSON Schema of rules', () => {
  it.each(files)('takes %s', (file) => {
    const { error } = shape.safeParse(parse(readFileSync(file, 'utf8'), { merge: true }));
    expect(error?.message ?? '').toBe('');
  });

  it.each<[string, string]>([
    ['a misspelt operator', 'id: A\nfilter: {url: {contains_eithr: x}}'],
    ['a misspelt term', 'id: A\nfilter: {ulr: {eq: x}}'],
    ['an operator without a term', 'id: A\nfilter: {eq: x}'],
    ['a term inside a term', 'id: A\nfilter: {url: {method: {eq: x}}}'],
    [
      'a collection inside a collection',
      'id: A\nfilter: {request_payload: {for_one: {for_all: {key: {eq: a}}}}}',
    ],
    ['an operator under a collection', 'id: A\nfilter: {request_payload: {for_one: {eq: a}}}'],
    ['a text operator on a network', 'id: A\nfilter: {source_ip: {eq: 10.0.0.1}}'],
    ['a network operator on a text', 'id: A\nfilter: {url: {contains_either_cidr: 10.0.0.0/8}}'],
    ['a scalar for conditions', 'id: A\nfilter: {url: x}'],
    ['an empty list of conditions', 'id: A\nfilter: {url: []}'],
    ['a nested operand', 'id: A\nfilter: {url: {eq: [[a]]}}'],
    ['no id', 'filter: {url: {eq: x}}'],
    ['an id that is a number', 'id: 5\nfilter: {url: {eq: x}}'],
    ['an unknown feed', 'id: A\nsource: incident\nfilter: {}'],
    ['an unknown severity', 'id: A\nfilter: {}\ninfo: {severity: HIHG}'],
    [
      'a window of no length',
      'id: A\nfilter: {}\naggregation_rules: [{rule: {condition: {windowThreshold: 0}}}]',
    ],
    ['a yielding that is no flag', 'id: A\nfilter: {}\nyields: sometimes'],
    [
      'another rule of a severity that is none',
      'id: A\nfilter: {}\ntests: [{name: n, events: [{also: {b: LOUD}}], expect: match}]',
    ],
    ['a test without events', 'id: A\nfilter: {}\ntests: [{name: n, events: [], expect: match}]'],
  ])('refuses what the parser refuses: %s', (_why, text) => {
    expect(parseRule(text).rule).toBeUndefined();
    expect(accepts(text)).toBe(false);
  });

  it('asks for one of the three filters', () => {
    const wanted = ['filter', 'success_filter', 'failure_filter'].map((key) => ({ required: [key] }));
    expect(ruleJsonSchema()).toMatchObject({ required: ['id'], anyOf: wanted });
  });

  const golden = '../shared/vectors/filters.jsonl';
  it.skipIf(!existsSync(golden))('takes what the parser takes without a warning, but for letter case', () => {
    const templates = readFileSync(golden, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    const texts = templates.flatMap((row) => (isJsonObject(row) ? [String(row['template'])] : []));
    const valid = [...new Set(texts)].filter((text) => isFaultless(text));
    const refused = valid.filter(
      (text) =>
        !accepts(
          text.replace(/^( *(?:- )?)([A-Za-z_]+):/gm, (_, lead, word) => `${lead}${word.toLowerCase()}:`),
        ),
    );
    expect(refused.slice(0, 5)).toEqual([]);
  });
});
