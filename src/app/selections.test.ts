import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSetup } from './load.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-selections-'));
  mkdirSync(join(folder, 'rules'));
  write('rules/sql.yaml', ruleOf('sql-injection', 'SQL_INJECTION', 'SQLInjection'));
  write('rules/xss.yaml', ruleOf('cross-site-scripting', 'XSS', 'XSS'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const ruleOf = (id: string, category: string, sub: string): string =>
  `id: ${id}\nfilter: { filter_id: { eq: A } }\ninfo: { name: ${id}, category: { name: ${category} }, subCategory: ${sub} }\n`;

const HEAD = `sources:
  - { name: akto-prod, type: akto, url: "https://akto.example", api_key: key }
  - { name: identity, type: incidents, url: "https://ib.example", token: token }
destinations:
  - { name: oncall, type: webhook, url: "https://soar.example/hook" }
  - { name: siem, type: webhook, url: "https://siem.example/hook" }
`;
/** The line after HEAD. */
const FIRST = 7;

function told(more: string, head = HEAD, env: Record<string, string> = {}) {
  write('config.yaml', head + more);
  return loadSetup({ file: join(folder, 'config.yaml'), cwd: folder, env });
}

const shown = (more: string, head = HEAD, env: Record<string, string> = {}): string[] =>
  told(more, head, env).problems.map(
    ({ severity, code, line, column, message }) => `${line}:${column} ${severity} ${code}: ${message}`,
  );

const routed = (when: string): string =>
  `routes:\n  - { when: ${when}, to: [oncall, siem] }\n  - { to: [oncall, siem] }\n`;
const WHEN = { line: FIRST + 1, column: 13 };

/** Of the only problem of a route's filter: how bad, how far behind the filter's brace, and its sentence. */
function problemOf(when: string): [string, number, string][] {
  return told(routed(when)).problems.map(({ severity, line, column = 0, message }) => {
    expect(line).toBe(WHEN.line);
    return [severity, column - WHEN.column, message];
  });
}

describe('names in a route', () => {
  it.each<[why: string, when: string, severity: string, at: string, sentence: string]>([
    [
      'a misspelt severity',
      '{ severity: { eq: HIHG } }',
      'error',
      'HIHG',
      'no severity is named "HIHG"; did you mean "HIGH"?',
    ],
    ['negated', '{ severity: { neq: HIHG } }', 'error', 'HIHG', 'did you mean "HIGH"?'],
    [
      'in a list',
      '{ severity: { contains_either: [CRITICAL, MEDUIM] } }',
      'error',
      'MEDUIM',
      'did you mean "MEDIUM"?',
    ],
    [
      'in a list of what it is not',
      '{ severity: { not_contains: [INFO, LOWW] } }',
      'error',
      'LOWW',
      'did you mean "LOW"?',
    ],
    [
      'of another tool',
      '{ severity: { eq: warning } }',
      'error',
      'warning',
      'no severity is named "warning"; write one of INFO, LOW',
    ],
    [
      'a number',
      '{ severity: { eq: 3 } }',
      'error',
      '3',
      'eq: no severity passes this, for severity is a text',
    ],
    ['in order', '{ severity: { gte: HIHG } }', 'error', 'HIHG', 'did you mean "HIGH"?'],
    [
      'a pattern in the wrong case',
      '{ severity: { regex: ^high } }',
      'error',
      '^high',
      'patterns look at letter case',
    ],
    [
      'deep inside',
      '{ or: [{ actor: { eq: a } }, { and: { severity: { eq: HIGHH } } }] }',
      'error',
      'HIGHH',
      'did you mean "HIGH"?',
    ],
    [
      'a misspelt source',
      '{ source: { eq: akto-pord } }',
      'error',
      'akto-pord',
      'no source is named "akto-pord"; did you mean "akto-prod"?',
    ],
    [
      'no such source at all',
      '{ source: { neq: staging } }',
      'error',
      'staging',
      'write one of akto-prod, identity, tocsin',
    ],
    [
      'a misspelt feed',
      '{ feed: { eq: malicious_event } }',
      'error',
      'malicious_event',
      'did you mean "malicious_events"?',
    ],
    [
      'a feed of another kind',
      '{ feed: { contains_either: [audit] } }',
      'error',
      'audit',
      'write one of malicious_events, incidents',
    ],
    [
      'a misspelt rule',
      '{ rule: { eq: sql-injecton } }',
      'warning',
      'sql-injecton',
      'no rule here is called "sql-injecton"; did you mean "sql-injection"?',
    ],
    [
      'a rule of operations, misspelt',
      '{ rule: { eq: tocsin-feed-failling } }',
      'warning',
      'tocsin-feed-failling',
      'did you mean "tocsin-feed-failing"?',
    ],
    ['a rule that is not there', '{ rule: { neq: unicorn } }', 'warning', 'unicorn', 'check its id'],
    [
      'a category',
      '{ category: { eq: SQL_INJECTON } }',
      'warning',
      'SQL_INJECTON',
      'no rule here has the category "SQL_INJECTON"; did you mean "SQL_INJECTION"?',
    ],
    [
      'a sub-category',
      '{ sub_category: { eq: SQLInjecton } }',
      'warning',
      'SQLInjecton',
      'did you mean "SQLInjection"?',
    ],
    ['a change', '{ change: { eq: new } }', 'error', 'new', 'write one of first_seen, changed'],
    [
      'no truth value',
      '{ successful_exploit: { eq: yes } }',
      'error',
      'yes',
      'successful_exploit is true or false',
    ],
    [
      'a count: nothing is counted yet',
      '{ count: { gte: 3 } }',
      'error',
      'count',
      'matchCount under aggregation_rules',
    ],
  ])('%s', (_why, when, severity, at, sentence) => {
    const problems = problemOf(when);
    expect(problems).toEqual([[severity, when.indexOf(at), expect.stringContaining(sentence)]]);
  });

  it.each<[why: string, when: string]>([
    ['letter case does not count', '{ severity: { eq: high } }'],
    ['in an order neither', '{ severity: { gte: high } }'],
    ['a part of a name', '{ severity: { contains_either: [crit, hi] } }'],
    ['what Tocsin says of itself', '{ source: { eq: tocsin }, feed: { eq: operations } }'],
    ['its rules', '{ rule: { contains_either: [tocsin-store, tocsin-dead-letters] } }'],
    ['a source in another case', '{ source: { eq: Akto-Prod } }'],
    ['a pattern that some name passes', "{ rule: { regex: '^sql' } }"],
    ['names that attackers choose', '{ actor: { eq: nobody }, country: { eq: ZZ }, host: { eq: x } }'],
    ['a name of a rule as its alerts say it', '{ rule_name: { eq: sql-injection } }'],
  ])('are right: %s', (_why, when) => {
    expect(problemOf(when)).toEqual([]);
  });

  it('are all told at once, with what is wrong elsewhere', () => {
    const more = `routes:
  - { when: { severity: { eq: HIHG }, source: { eq: nobody } }, to: [oncal] }
silences:
  - { name: s, when: { rule: { eq: sql-injektion } }, from: x, until: 2026-12-01T22:00, reason: r }
`;
    expect(shown(more).map((line) => line.split(': ')[0])).toEqual([
      '8:31 error unknown-name',
      '8:53 error unknown-name',
      '8:70 error unknown-destination',
      '10:36 warning unknown-name',
      '10:61 error bad-value',
    ]);
  });

  it('are told beside what keeps the filter from being read', () => {
    const more =
      "routes: [{ when: { count: { gte: 3 }, severity: { eq: HIHG }, feed: { regex: '(' } }, to: [oncall] }]\n";
    expect(shown(more).map((line) => line.split(': ')[0])).toEqual([
      '7:20 error unknown-word',
      '7:55 error unknown-name',
      '7:79 error bad-pattern',
    ]);
  });

  it('come from the environment without being shown', () => {
    const env = { LEAST: 'planted-severity', SOURCE: 'planted-source' };
    const head = HEAD.replace('name: identity', 'name: "${SOURCE}"');
    const problems = shown(
      routed('{ severity: { eq: "${LEAST}" }, source: { eq: planted-sourcf } }'),
      head,
      env,
    );
    expect(problems).toHaveLength(2);
    expect(problems.join()).not.toMatch(/planted-severity|planted-source\b/);
  });

  it('of sources are not looked at where one cannot be read', () => {
    const head = HEAD.replace('name: identity', 'name: "${NOT_SET}"');
    expect(shown(routed('{ source: { eq: elsewhere } }'), head).map((line) => line.split(': ')[0])).toEqual([
      '3:13 error unset-variable',
    ]);
  });

  it('of rules are not looked at where one cannot be read', () => {
    write('rules/broken.yaml', 'id: [\n');
    const problems = shown(routed('{ rule: { eq: elsewhere } }'));
    rmSync(join(folder, 'rules/broken.yaml'));
    expect(problems.join()).not.toContain('unknown-name');
  });
});

describe('a filter that no alert passes', () => {
  it.each<[why: string, when: string, severity: string, sentence: string]>([
    ['of an order that leaves nothing', '{ severity: { gte: HIGH, lt: MEDIUM } }', 'error', 'Never true'],
    ['beyond the highest', '{ severity: { gt: CRITICAL } }', 'error', 'Never true'],
    ['below the lowest', '{ severity: { lt: INFO } }', 'error', 'Never true'],
    [
      'two at once',
      '{ severity: { eq: HIGH }, and: [{ severity: { eq: LOW } }] }',
      'error',
      'Never true together',
    ],
    [
      'all severities left out',
      '{ severity: { not_contains: [INFO, LOW, MEDIUM, HIGH, CRITICAL] } }',
      'error',
      'no severity passes this',
    ],
    [
      'each alternative by itself',
      '{ severity: { eq: HIGH }, or: [{ severity: { eq: LOW } }, { severity: { lte: MEDIUM } }] }',
      'error',
      'Never true',
    ],
    [
      'a source that has no such feed',
      '{ source: { eq: tocsin }, feed: { eq: incidents } }',
      'error',
      'Never true',
    ],
    ['both ways of a flag', '{ successful_exploit: { eq: true, neq: true } }', 'error', 'Never true'],
    ['an empty list', '{ rule: { contains_either: [] } }', 'error', 'Never true'],
    ['a term of another feed', '{ feed: { eq: incidents }, country: { eq: RU } }', 'warning', 'country'],
    [
      'terms of two feeds',
      '{ attack_id: { eq: a }, filter_id: { eq: b } }',
      'warning',
      'attack_id, filter_id',
    ],
    ['a feed that nobody reads', '{ feed: { eq: threat_actors } }', 'warning', 'no source reads a feed'],
    [
      'a term of a feed that nobody reads',
      '{ latest_attack: { eq: SQLInjection } }',
      'warning',
      'no source reads a feed',
    ],
  ])('%s', (_why, when, severity, sentence) => {
    const problems = problemOf(when);
    expect(problems.map(([how]) => how)).toEqual([severity]);
    expect(problems[0]?.[2]).toContain(sentence);
  });

  it.each([
    '{ or: [{ severity: { eq: HIGH } }, { severity: { eq: LOW } }] }',
    '{ severity: { gte: MEDIUM, lt: CRITICAL, neq: HIGH } }',
    '{ or: [{ attack_id: { eq: a } }, { filter_id: { eq: b } }] }',
    "{ request_headers: { for_one: { key: { eq: x-debug }, value: { eq: '1' } } } }",
    '{ source: { eq: identity }, feed: { eq: incidents }, attack_id: { eq: a } }',
  ])('is not %s', (when) => {
    expect(problemOf(when)).toEqual([]);
  });
});

describe('routes that nothing reaches', () => {
  const listed = (...routes: string[]): string[] =>
    shown(`routes:\n${routes.map((route) => `  - { ${route} }\n`).join('')}`).map((line) =>
      line.replace(/;.*/, ''),
    );
  const REST = 'to: [oncall, siem]';

  it.each<[why: string, routes: string[], problems: string[]]>([
    [
      'one that asks for the same',
      [
        'when: { severity: { gte: HIGH } }, to: [oncall]',
        'when: { severity: { gte: HIGH } }, to: [siem]',
        REST,
      ],
      [
        '9:5 warning unreachable-route: no alert reaches this route: route 1 takes every alert that it asks for',
      ],
    ],
    [
      'one that asks for less',
      [
        'when: { severity: { gte: HIGH } }, to: [oncall]',
        'when: { severity: { eq: CRITICAL }, actor: { eq: a } }, to: [siem]',
        REST,
      ],
      [
        '9:5 warning unreachable-route: no alert reaches this route: route 1 takes every alert that it asks for',
      ],
    ],
    [
      'one that two together leave nothing',
      [
        'when: { severity: { gte: HIGH } }, to: [oncall]',
        'when: { severity: { lt: HIGH } }, to: [oncall]',
        'to: [siem]',
      ],
      [
        '10:5 warning unreachable-route: no alert reaches this route: routes before it take every alert that it asks for',
      ],
    ],
    [
      'behind a filter that always holds',
      ['when: { severity: { gte: INFO } }, to: [oncall]', 'to: [siem]'],
      [
        '9:5 warning unreachable-route: no alert reaches this route: route 1 takes every alert that it asks for',
      ],
    ],
    [
      'behind no filter',
      ['to: [oncall]', 'to: [siem]', 'when: { rule: { eq: sql-injection } }, to: [siem]'],
      [
        '9:5 warning unreachable-route: no alert reaches this route: route 1 takes every alert',
        '10:5 warning unreachable-route: no alert reaches this route: route 1 takes every alert',
      ],
    ],
    [
      'one whose destinations are told already',
      ['to: [oncall], continue: true', 'when: { severity: { eq: HIGH } }, to: [oncall]', 'to: [siem]'],
      [
        '9:5 warning unreachable-route: this route tells nobody: routes before it tell its destinations of every alert that reaches it, and each is told once',
      ],
    ],
    [
      'none where one continues',
      [
        'when: { severity: { gte: HIGH } }, to: [oncall], continue: true',
        'when: { severity: { gte: HIGH } }, to: [siem]',
        REST,
      ],
      [],
    ],
    [
      'none where another actor is meant',
      ['when: { actor: { eq: a } }, to: [oncall]', 'when: { actor: { eq: b } }, to: [siem]', REST],
      [],
    ],
    [
      'none where it asks for more',
      [
        'when: { severity: { eq: CRITICAL } }, to: [oncall]',
        'when: { severity: { gte: HIGH } }, to: [siem]',
        REST,
      ],
      [],
    ],
    [
      'none where a rule is one of several',
      [
        'when: { rule: { eq: sql-injection } }, to: [oncall]',
        'when: { category: { eq: SQL_INJECTION } }, to: [siem]',
        REST,
      ],
      [],
    ],
    [
      'none that tells somebody more',
      ['when: { severity: { gte: HIGH } }, to: [oncall], continue: true', REST],
      [],
    ],
  ])('%s', (_why, routes, problems) => {
    expect(listed(...routes)).toEqual(problems);
  });
});

describe('silences and inhibitions', () => {
  const silenced = (when: string): string[] =>
    shown(
      `silences:\n  - { name: s, when: ${when}, from: 2026-12-01T22:00, until: 2026-12-02T22:00, reason: r }\n`,
    );
  const inhibited = (source: string, target: string, equal = '[]'): string[] =>
    shown(`inhibitions:\n  - { name: i, source: ${source}, target: ${target}, equal: ${equal} }\n`).map(
      (line) => line.replace(/;.*/, ''),
    );

  it.each<[when: string, sentence: string]>([
    ['{ severity: { eq: HIHG } }', '8:40 error unknown-name: no severity is named "HIHG"'],
    ['{ source: { eq: akto-pord } }', '8:38 error unknown-name: no source is named "akto-pord"'],
    ['{ count: { lt: 1 } }', '8:22 error never-true: Never true: no alert can pass this filter'],
    ['{ rule: { eq: nothing-there } }', '8:36 warning unknown-name: no rule here is called "nothing-there"'],
  ])('%s in a silence', (when, sentence) => {
    expect(silenced(when)).toEqual([expect.stringContaining(sentence)]);
  });

  it('may ask for a count, which alerts have by then', () => {
    expect(silenced('{ count: { gte: 3 } }')).toEqual([]);
  });

  it.each<[why: string, source: string, target: string, equal: string, problems: string[]]>([
    [
      'both name what is not there',
      '{ severity: { eq: CRITICL } }',
      '{ feed: { eq: audit } }',
      '[]',
      [
        '8:42 error unknown-name: no severity is named "CRITICL"',
        '8:77 error unknown-name: no feed is named "audit"',
      ],
    ],
    [
      'the same twice',
      '{ severity: { eq: HIGH } }',
      '{ severity: { eq: HIGH } }',
      '[]',
      [
        '8:60 error without-effect: this inhibition keeps nothing quiet: every alert that passes its target passes its source too, and such a one is never the target',
      ],
    ],
    [
      'a target inside the source',
      '{ severity: { gte: LOW } }',
      '{ severity: { eq: HIGH }, actor: { eq: a } }',
      '[]',
      [
        '8:60 error without-effect: this inhibition keeps nothing quiet: every alert that passes its target passes its source too, and such a one is never the target',
      ],
    ],
    [
      'a term of a feed that nobody reads is none of these',
      '{ severity: { eq: HIGH } }',
      '{ severity: { lt: HIGH } }',
      '[attack_id, actor]',
      [],
    ],
  ])('%s in an inhibition', (_why, source, target, equal, problems) => {
    expect(inhibited(source, target, equal)).toEqual(problems);
  });

  it('says of a term in equal that no alert here has it', () => {
    const head = HEAD.replace(/ {2}- \{ name: identity.*\n/, '');
    expect(
      shown(
        'inhibitions:\n  - { name: i, source: { severity: { eq: HIGH } }, target: { severity: { lt: HIGH } }, equal: [attack_id] }\n',
        head,
      ),
    ).toEqual([
      expect.stringContaining(
        '7:96 warning without-effect: no source reads a feed whose alerts have attack_id',
      ),
    ]);
  });
});

describe('filters that merge', () => {
  const SHARED = 'x-bad: &bad { severity: { gte: HIGH } }\nx-source: &source { source: { eq: akto-pord } }\n';

  it('select what they merge, and are told of where that stands', () => {
    const problems = shown(routed('{ <<: [*bad, *source], actor: { eq: a } }'), SHARED + HEAD);
    expect(problems).toEqual([
      expect.stringContaining('2:35 error unknown-name: no source is named "akto-pord"'),
    ]);
  });

  it('contradict what they merge only where they do not say it themselves', () => {
    expect(shown(routed('{ <<: *bad, severity: { lt: HIGH } }'), SHARED + HEAD)).toEqual([]);
    expect(shown(routed('{ <<: *bad, and: [{ severity: { lt: HIGH } }] }'), SHARED + HEAD)).toEqual([
      expect.stringContaining('error never-true'),
    ]);
  });
});
