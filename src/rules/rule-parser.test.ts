import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { passesOf } from '../../test/cpu-time.ts';
import { formatProblem } from '../core/problem.ts';
import {
  compileRule,
  compileRuleSet,
  parseRule,
  parseRules,
  RULE_PROBLEM_CODES,
  RuleError,
  viewOf,
} from './index.ts';

const RULE = `id: CredentialStuffing
source: incidents
filter:
  requests: { gte: 20 }
info:
  name: Credential stuffing
  severity: high
  category: { name: AUTH, displayName: Authentication }
  subCategory: CREDENTIAL_STUFFING
aggregation_rules:
  - rule: { name: burst, condition: { matchCount: 50, windowThreshold: 5 } }
group_by: [attack_id]
resolve_after: 90m
runbook: https://runbooks.example/credential-stuffing
`;

describe('a whole rule', () => {
  it('is read with everything that the daemon needs', () => {
    const { rule, problems } = parseRule(RULE, 'rules/x.yaml');
    expect(problems).toEqual([]);
    expect(rule).toMatchObject({
      id: 'CredentialStuffing',
      file: 'rules/x.yaml',
      feed: 'incidents',
      severity: 'HIGH',
      info: { name: 'Credential stuffing', category: 'AUTH', subCategory: 'CREDENTIAL_STUFFING' },
      aggregations: [{ name: 'burst', condition: { matchCount: 50, windowThreshold: 5 } }],
      groupBy: ['attack_id'],
      resolveAfterMs: 90 * 60_000,
      runbook: 'https://runbooks.example/credential-stuffing',
    });
  });

  it('defaults to the event feed, grouped by actor, without windows', () => {
    const { rule } = parseRule('id: A\nfilter: {url: {eq: /}}\n');
    expect(rule).toMatchObject({ feed: 'malicious_events', groupBy: ['actor'], aggregations: [], tests: [] });
    expect(rule?.severity).toBeUndefined();
    expect(rule?.resolveAfterMs).toBeUndefined();
  });

  it('is not aggregated where its sub-category is API_LEVEL_RATE_LIMITING', () => {
    const text = RULE.replace('CREDENTIAL_STUFFING', 'API_LEVEL_RATE_LIMITING');
    expect(parseRule(text).rule?.aggregations).toEqual([]);
  });

  it('resolves aliases and merges, its own keys first', () => {
    const text =
      'id: A\nwordLists:\n  base: &base {url: {eq: /a}, method: {eq: GET}}\nfilter:\n  <<: *base\n  url: {eq: /b}\n';
    const rule = compileRule(text);
    expect(rule.matches({ path: '/b', method: 'GET' })).toBe(true);
    expect(rule.matches({ path: '/b', method: 'POST' })).toBe(false);
    expect(rule.matches({ path: '/a', method: 'GET' })).toBe(false);
  });
});

describe('problems', () => {
  // [what is wrong, text, the problems as an editor reads them]
  it.each<[string, string, readonly string[]]>([
    ['an unknown word', 'id: A\nfilter:\n  urls: {eq: /}\n', ['3:3: error unknown-word: "urls" is no term']],
    [
      'an operator misspelt',
      'id: A\nfilter:\n  url:\n    contains_eithr: x\n',
      [
        '4:5: error unknown-word: "contains_eithr" is no term, operator or predicate; did you mean "contains_either"?',
      ],
    ],
    ['no id', 'filter: {url: {eq: /}}\n', ['1:1: error missing-key: A rule needs an id']],
    ['an id that is a number', 'id: 5\nfilter: {url: {eq: /}}\n', ['1:5: error wrong-type: id takes a text']],
    ['no filter', 'id: A\n', ['1:1: error missing-key: A rule needs a filter']],
    ['a duplicate key', 'id: A\nid: B\nfilter: {}\n', ['2:1: error duplicate-key']],
    ['a tab for indentation', 'id: A\nfilter:\n\turl: {eq: /}\n', ['error yaml-syntax']],
    ['no map', '- a\n', ['1:1: error wrong-type: A rule file is a map']],
    [
      'an unknown feed',
      'id: A\nsource: incident\nfilter: {}\n',
      ['2:9: error bad-value: source takes one of'],
    ],
    ['a bad severity', 'id: A\ninfo: {severity: HIHG}\nfilter: {}\n', ['did you mean "HIGH"?']],
    [
      'a severity operand',
      'id: A\nfilter: {severity: {gte: HGH}}\n',
      ['2:26: error bad-operand: gte takes a severity'],
    ],
    [
      'an unknown top-level key',
      'id: A\nfilter: {}\nrunbok: x\n',
      ['3:1: warning unknown-key: "runbok" is no key of a rule and is ignored; did you mean "runbook"?'],
    ],
    [
      'host in a plain template',
      'id: A\nfilter: {host: {eq: x}}\n',
      [
        '2:10: error unknown-word: "host" is no term, operator or predicate of Akto templates; add source: malicious_events',
      ],
    ],
    [
      'a bad pattern',
      'id: A\nfilter:\n  url:\n    regex: ab(c\n',
      ['error bad-pattern: The pattern "ab(c" cannot be compiled'],
    ],
    [
      'a term that the feed has not',
      'id: A\nsource: incidents\nfilter: {url: {eq: /}}\n',
      ['3:10: warning misplaced-word: Events of incidents have no url', '3:1: warning unmatchable-rule'],
    ],
    [
      'a window without a length',
      'id: A\nfilter: {}\naggregation_rules: [{rule: {condition: {matchCount: 5}}}]\n',
      ['3:40: error bad-window: windowThreshold takes a whole number'],
    ],
    [
      'a window filter misspelt',
      'id: A\nfilter: {}\naggregation_rules: [{rule: {condition: {matchCount: 5, windowThreshold: 1, incrementFilter: succes_filter}}}]\n',
      ['did you mean "success_filter"?'],
    ],
    [
      'a group that the feed has not',
      'id: A\nfilter: {}\ngroup_by: [actr]\n',
      [
        '3:12: error bad-value: group_by takes terms of malicious_events; "actr" is none; did you mean "actor"?',
      ],
    ],
    ...['59s', '8d', '30', '30 m', ''].map((text): [string, string, string[]] => [
      `a quiet of "${text}"`,
      `id: A\nfilter: {}\nresolve_after: "${text}"\n`,
      ['3:16: error bad-value: resolve_after takes a duration of 1m to 7d with its unit, such as 30m.'],
    ]),
    ['a quiet without a unit', 'id: A\nfilter: {}\nresolve_after: 1800\n', ['3:16: error bad-value']],
    [
      'a test without events',
      'id: A\nfilter: {}\ntests: [{name: x, expect: silent}]\n',
      ['error bad-test: A test needs events'],
    ],
    [
      'an expectation misspelt',
      'id: A\nfilter: {}\ntests: [{name: x, events: [{}], expect: silnt}]\n',
      ['did you mean "silent"?'],
    ],
    [
      'a yielding that is no flag',
      'id: A\nfilter: {}\nyields: sometimes\n',
      ['3:9: error wrong-type: yields takes true or false'],
    ],
    [
      'other rules without a severity',
      'id: A\nfilter: {}\ntests: [{name: x, events: [{also: {b: LOUD}}], expect: silent}]\n',
      ['error bad-test: also takes other rules with the severity'],
    ],
    [
      'other rules that are a list',
      'id: A\nfilter: {}\ntests: [{name: x, events: [{also: [b]}], expect: silent}]\n',
      ['not a list'],
    ],
    [
      'an unsupported operator',
      'id: A\nfilter: {url: {magic_validate: x}}\n',
      ['2:16: error unsupported-operator: magic_validate needs'],
    ],
    [
      'a part of an address',
      'id: A\nfilter: {source_ip: {key: {contains_either_cidr: 10.0.0.0/8}}}\n',
      ['2:22: error misplaced-word'],
    ],
    ['a name for an address', 'id: A\nfilter: {source_ip: {extract: a}}\n', ['2:22: error misplaced-word']],
    [
      'mixed decimals',
      'id: A\nfilter: {url: {eq: [1.5, a]}}\n',
      ['2:20: error bad-operand: eq mixes decimal numbers'],
    ],
    [
      'two mistakes at once',
      'filter:\n  url: {eq: null}\n  urk: {}\n',
      ['2:13: error bad-operand', '3:3: error unknown-word', '1:1: error missing-key'],
    ],
  ])('%s', (_what, text, expected) => {
    const lines = parseRule(text, 'r.yaml').problems.map(formatProblem);
    for (const part of expected) expect(lines.join('\n')).toContain(part);
  });

  // [what is wrong, text, the places and codes of all that is told]
  it.each<[string, string, readonly string[]]>([
    [
      'a duplicate key hides no other mistake',
      'id: 5\nfilter:\n  url: {eq: a}\n  url: {eqq: b}\n',
      ['1:5 wrong-type', '4:3 duplicate-key', '4:9 unknown-word'],
    ],
    [
      'broken YAML hides what stands in it and behind it, and nothing before it',
      'id: 5\nignore: {urll: {eq: 1}}\nfilter: {ulr: {eq: [x}\ninfo: {severity: NO}\n',
      ['1:5 wrong-type', '2:10 unknown-word', '3:22 yaml-syntax', '3:23 yaml-syntax'],
    ],
    ['broken YAML from the first line on', 'id: "A\nfilter: {}\n', ['3:1 yaml-syntax']],
    ['nothing at all', '', ['1:1 wrong-type']],
    ['two documents', 'id: A\nfilter: {url: {eq: /}}\n---\nid: B\n', ['3:1 yaml-syntax']],
    [
      'a byte-order mark does not shift columns',
      '\uFEFFidd: A\nfilter: {url: {eq: /}}\n',
      ['1:1 unknown-key', '1:1 missing-key'],
    ],
    ['carriage returns do not either', 'id: A\r\nfilter:\r\n  ulr: {eq: /}\r\n', ['3:3 unknown-word']],
    [
      'an unread key of a window',
      'id: A\nfilter: {url: {eq: /}}\naggregation_rules: [{rule: {nme: x, condition: {matchCount: 1, windowThreshold: 1}}}]\n',
      ['3:29 unknown-key'],
    ],
    [
      'a window that counts by a filter which is not there',
      'id: A\nfilter: {url: {eq: /}}\naggregation_rules: [{rule: {condition: {matchCount: 1, windowThreshold: 1, incrementFilter: success_filter}}}]\n',
      ['3:1 unmatchable-rule'],
    ],
  ])('%s', (_what, text, expected) => {
    const told = parseRule(text).problems.map(({ line, column, code }) => `${line}:${column} ${code}`);
    expect(told).toEqual(expected);
  });

  it.each<[string, string, string]>([
    ['at the top', 'filter: {zzzzzzzz: {eq: 1}}', 'a term is expected here'],
    ['in a term', 'filter: {url: {zzzzzzzz: 1}}', 'expected here: contains_either, contains_all'],
    ['in a collection', 'filter: {url: {for_one: {zzzzzzzz: 1}}}', 'expected here: key, value, length'],
    ['the nearest of those that fit', 'filter: {url: {for_one: {keyy: {eq: 1}}}}', 'did you mean "key"?'],
  ])('say what is expected %s', (_where, text, expected) => {
    expect(
      parseRule(`id: A\n${text}\n`)
        .problems.map(({ message }) => message)
        .join(),
    ).toContain(expected);
  });

  it('have codes of the closed set only', () => {
    const texts = ['a: [', 'id: 5', 'id: A\nfilter: {x: {y: z}}', 'id: A\nfilter: {url: {eq: }}'];
    for (const text of texts)
      for (const { code } of parseRule(text).problems) expect(RULE_PROBLEM_CODES).toContain(code);
  });

  it('are thrown as one RuleError that carries all of them and the place of the first', () => {
    const thrown = (): unknown => compileRule('id: A\nfilter:\n  urk: {}\n  ulr: {}\n');
    expect(thrown).toThrow(RuleError);
    try {
      thrown();
    } catch (error) {
      expect(error).toMatchObject({ code: 'unknown-word', line: 3, column: 3 });
      expect(error).toHaveProperty('problems.length', 2);
    }
  });

  it('an id used twice is an error in the second file', () => {
    const text = 'id: A\nfilter: {url: {eq: /}}\n';
    const { rules, problems } = parseRules([
      { file: 'a.yaml', text },
      { file: 'b.yaml', text: `# a comment\n${text}` },
    ]);
    expect(rules).toHaveLength(1);
    expect(problems.map(formatProblem)).toEqual([
      'b.yaml:2:5: error duplicate-id: The id "A" is already used in a.yaml; give each rule its own.',
    ]);
  });
});

describe('files that attack the reader', () => {
  const nested = (levels: number): string =>
    `id: A\nfilter: ${'{and: '.repeat(levels)}{}${'}'.repeat(levels)}\n`;
  it.each<[string, string, string]>([
    ['10 MB', `id: A\n#${'x'.repeat(10_000_000)}`, 'too-large'],
    ['2,000 levels', nested(2_000), 'too-deep'],
    ['100,000 levels', `id: A\nfilter: ${'['.repeat(100_000)}`, ''],
    [
      'an alias bomb',
      `id: A\na: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefg'
        .split('')
        .map((n, i) => `${n}: &${n} [${Array(9).fill(`*${'abcdefg'[i]}`).join()}]`)
        .join('\n')}\nfilter: {url: {eq: *g}}\n`,
      'too-large',
    ],
    ['an alias of itself', 'id: A\nfilter: &f {and: [*f]}\n', 'too-deep'],
    ['an alias of nothing', `id: A\nfilter: {url: {eq: *a}}\nx: ${'['.repeat(5_000)}`, 'yaml-syntax'],
    ['a thousand aliases', `id: A\nx: &a 1\nfilter: {url: {eq: [${'*a ,'.repeat(1_000)}]}}\n`, 'too-large'],
    ['a number for a list of conditions', 'id: A\nfilter: {and: 5}\n', 'empty-node'],
    ['a number for a list of tests', 'id: A\nfilter: {url: {eq: /}}\ntests: 5\n', 'bad-test'],
    ['a number for a list of windows', 'id: A\nfilter: {url: {eq: /}}\naggregation_rules: 5\n', 'wrong-type'],
    [
      'a pattern of a megabyte',
      `id: A\nfilter: {url: {regex: "${'(a|b)'.repeat(200_000)}"}}\n`,
      'bad-pattern',
    ],
  ])('%s', (_what, text, code) => {
    const { rule, problems } = parseRule(text);
    expect(rule).toBeUndefined();
    expect(problems.map((problem) => problem.code).join()).toContain(code);
  });

  it.each<[string, string]>([
    ['nothing but keys', `id: 5\n${Array.from({ length: 40_000 }, (_, i) => `k${i}: 1\n`).join('')}`],
    ['nothing but merges', `id: 5\nx: &a {b: 1}\ny:\n${' - <<: *a\n'.repeat(30_000)}`],
    ['nothing but mistakes', `id: 5\n${'@a: 1\n'.repeat(40_000)}`],
  ])('%s is read in bounded time, and told of in few words', (_what, text) => {
    expect(parseRule(text).problems.length).toBeLessThanOrEqual(250);
    expect(passesOf(() => parseRule(text), 2_500)).toBeLessThan(2_500);
  });

  it.each([
    ['CRLF and a BOM', '\uFEFFid: A\r\nfilter:\r\n  url:\r\n    eq: /\r\n'],
    ['an id in a foreign script', 'id: 脅威\nfilter: {url: {eq: /}}\n'],
    ['prototype keys', 'id: A\nfilter: {url: {eq: /}}\n__proto__: {a: 1}\nconstructor: x\n'],
  ])('%s is read', (_what, text) => {
    const { rule } = parseRule(text);
    expect(rule?.id).toBeTruthy();
    expect(Object.getPrototypeOf(rule?.other ?? {})).toBe(Object.prototype);
  });
});

const ATTACKS: Record<string, string> = {
  'LocalFileInclusion.yml': '../../etc/passwd',
  'NoSqlInjection.yml': '{"user":{"$ne":null}}',
  'OsCommandInjection.yml': '; cat /etc/hosts',
  'SQLInjection.yml': 'x; drop table users;',
  'SSRF.yml': 'http://169.254.169.254/admin',
  'SecurityMisconfig.yml': 'Traceback (most recent call last):',
  'WindowsCommandInjection.yml': 'a|net user admin',
  'XSS.yml': '<iframe src=javascript:alert(1)>',
};
const POLICIES = '../shared/policies/';
if (!existsSync(POLICIES)) process.stdout.write(`SKIPPED published policies: ${POLICIES} not found\n`);

describe.skipIf(!existsSync(POLICIES))('the published policies', () => {
  const files = existsSync(POLICIES) ? readdirSync(POLICIES) : [];
  it.each(files)('%s runs as it stands', (file) => {
    const { rule, problems } = parseRule(readFileSync(POLICIES + file, 'utf8'));
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    const set = compileRuleSet(rule ? [rule] : []);
    // No header at all: `{` and `}` alone are enough for the policy that looks for shell characters.
    expect(set.match(viewOf({ path: '/', requestPayload: 'plain', statusCode: 200 })).failures).toEqual([]);
    expect(
      set.match(
        viewOf({
          path: `/?q=${ATTACKS[file]}`,
          requestPayload: ATTACKS[file],
          responsePayload: ATTACKS[file],
        }),
      ).matches,
    ).toHaveLength(1);
  });
});
