import { expect, it } from 'vitest';
import { coverRule, parseRule } from './index.ts';

/** `operator held/failed/decided` for each condition of a rule. */
function covered(rule: string, events: readonly string[]): readonly string[] {
  const tests = events.map((event) => `  - {name: n, events: [${event}], expect: match}`).join('\n');
  const { rule: parsed, problems } = parseRule(`id: A\n${rule}\ntests:\n${tests}\n`);
  if (parsed === undefined) return expect.fail(problems.map(({ message }) => message).join());
  return coverRule(parsed).map(({ condition, held, failed, decided }) =>
    [condition.operator, `${held}/${failed}/${decided}`].join(' '),
  );
}

const A = '{exchange: {path: /a}}';
const AB = '{exchange: {path: /ab, statusCode: 500}}';
const NONE = '{exchange: {path: /x}}';

it.each<[string, string, readonly string[], readonly string[]]>([
  [
    'a part of an AND decides where the others hold',
    'filter: {url: {contains_either: a, contains_all: b}}',
    [A],
    ['contains_either 1/0/0', 'contains_all 0/1/1'],
  ],
  [
    'each part of an AND that holds decides',
    'filter: {url: {contains_either: a, contains_all: b}}',
    [AB],
    ['contains_either 1/0/1', 'contains_all 1/0/1'],
  ],
  [
    'of two alternatives that both hold, neither decides',
    'filter: {or: [{url: {contains_either: a}}, {response_code: {gte: 500}}]}',
    [AB],
    ['contains_either 1/0/0', 'gte 1/0/0'],
  ],
  [
    'where no alternative holds, each decides',
    'filter: {or: [{url: {contains_either: a}}, {response_code: {gte: 500}}]}',
    [NONE],
    ['contains_either 0/1/1', 'gte 0/1/1'],
  ],
  [
    'ignore decides of what would match, and hides the filter where it holds',
    'filter: {url: {contains_either: a}}\nignore: {url: {contains_all: b}}',
    [AB, NONE],
    ['contains_either 1/1/1', 'contains_all 1/1/1'],
  ],
  [
    'success_filter decides where a window counts by it',
    'filter: {url: {contains_either: a}}\nsuccess_filter: {response_code: {gte: 500}}\naggregation_rules: [{rule: {condition: {matchCount: 1, windowThreshold: 1, incrementFilter: success_filter}}}]',
    [AB, NONE],
    ['contains_either 1/1/2', 'gte 1/1/1'],
  ],
  ['a rule without tests decides nothing', 'filter: {url: {eq: /}}', [], ['eq 0/0/0']],
])('%s', (_why, rule, events, expected) => {
  expect(covered(rule, events)).toEqual(expected);
});
