import { describe, expect, it } from 'vitest';
import { at, load, MINIMAL } from '../../test/config/fake-adapters.ts';
import { passesOf } from '../../test/cpu-time.ts';
import { CONFIG_CODES } from './index.ts';

describe('problems', () => {
  it('are all reported at once, one for each slip, each at its place', () => {
    const { config, problems } = load(`sources:
  - name: prod
    type: feed
    url: https://feed.example
    api_kye: \${KEY}
    page_size: lots
destinations:
  - name: oncall
    type: bell
    url: \${NOT_SET}
routes:
  - to: [oncal]
retention:
  events: 5m
`);
    expect(config).toBeUndefined();
    expect(problems.map((problem) => `${at(problem)}: ${problem.message}`)).toEqual([
      '5:5 unknown-key: unknown key "api_kye"; did you mean "api_key"?',
      '6:16 wrong-type: page_size: expected a whole number',
      `10:10 unset-variable: the environment variable NOT_SET is not set: set it, or give a default with \${NOT_SET:-default}`,
      '12:10 unknown-destination: no destination is named "oncal"; did you mean "oncall"?',
      '14:11 bad-value: events: must be at least 1h',
    ]);
  });

  it.each<[why: string, text: string, places: string[]]>([
    ['an empty file', '', ['1:1 missing-key']],
    ['a list instead of a mapping', '- a\n', ['1:1 wrong-type']],
    ['missing sections', 'log: { level: info }\n', ['1:1 missing-key', '1:1 missing-key']],
    ['a missing key: at the mapping', MINIMAL.replace(', api_key: k', ''), ['2:5 missing-key']],
    [
      'an unknown type, checked as the nearest',
      MINIMAL.replace('type: bell', 'type: bel'),
      ['4:22 unknown-type'],
    ],
    [
      'a type like nothing there is',
      MINIMAL.replace('type: bell, token: t', 'type: carrier-pigeon, x: 1'),
      ['4:22 unknown-type'],
    ],
    ['no type', MINIMAL.replace(', type: bell', ''), ['4:5 missing-key']],
    ['a misspelt type key', MINIMAL.replace('type: bell', 'tpye: bell'), ['4:16 unknown-key']],
    ['an entry that is a text', `${MINIMAL}  - oncall\n`, ['5:5 wrong-type']],
    ['a value of the wrong type', `${MINIMAL}log: [info]\n`, ['5:6 wrong-type']],
    ['an empty list', `${MINIMAL}rules: { paths: [] }\n`, ['5:17 empty-list']],
    ['a key without a value', `${MINIMAL}server:\n`, ['5:1 empty-value']],
    ['a name given twice', `${MINIMAL}  - { name: d, type: bell, token: t }\n`, ['5:13 duplicate-name']],
    ['a key given twice', `${MINIMAL}log: { level: info }\nlog: { level: warn }\n`, ['6:1 duplicate-key']],
    [
      'both a secret and its file',
      MINIMAL.replace('token: t', 'token: t, token_file: x'),
      ['4:38 given-twice'],
    ],
    ['a file that is not there', MINIMAL.replace('token: t', 'token_file: gone'), ['4:40 unreadable-file']],
    ['a rule between keys', MINIMAL.replace(', token: t', ''), ['4:5 bad-value']],
    [
      'a key that no name can be: at the key',
      MINIMAL.replace('token: t', 'token: t, headers: { "a b": c }'),
      ['4:49 bad-value'],
    ],
    [
      'neither of two forms',
      MINIMAL.replace('token: t', 'token: t, sounds: [ding, dang]'),
      ['4:53 bad-value'],
    ],
    [
      'a term that nothing has',
      `${MINIMAL}routes: [{ to: [d], group_by: [rule, actr] }]\n`,
      ['5:38 unknown-term'],
    ],
    ['PostgreSQL', `${MINIMAL}store: postgres://u:pw@h/db\n`, ['5:8 unsupported-store']],
    [
      'a route that nothing reaches',
      `${MINIMAL}routes:\n  - to: [d]\n  - to: [d]\n`,
      ['7:5 unreachable-route'],
    ],
    [
      'a destination that takes no alerts',
      `${MINIMAL.replace('token: t', 'token: t, send: [events]')}routes:\n  - to: [d]\n`,
      ['6:10 destination-takes-no-alerts'],
    ],
    ['a destination named twice in a route', `${MINIMAL}routes: [{ to: [d, d] }]\n`, ['5:20 duplicate-name']],
    [
      'a filter that does not compile',
      `${MINIMAL}routes:\n  - { to: [d], when: { a: broken } }\n`,
      ['6:22 bad-operand'],
    ],
    [
      'a destination that no route names',
      `${MINIMAL}  - { name: e, type: bell, token: t }\nroutes: [{ to: [d] }]\n`,
      ['5:13 unused-destination'],
    ],
    [
      'an open listener without a token',
      `${MINIMAL}server: { listen: "0.0.0.0:9464" }\n`,
      ['5:19 open-listener'],
    ],
    ['a bad reference', MINIMAL.replace('token: t', `token: "\${not a name}"`), ['4:35 bad-interpolation']],
    ['tabs', `${MINIMAL}log:\n\tlevel: info\n`, ['6:1 tab-indent']],
    ['a tag', `${MINIMAL}log: !env X\n`, ['5:6 yaml-syntax']],
    ['an alias to nothing', `${MINIMAL}log: *nothing\n`, ['5:6 yaml-syntax']],
    ['a quote never closed', `${MINIMAL}log: { level: "info }\n`, ['6:1 yaml-syntax']],
    ['a reference without quotes in { }', `${MINIMAL}server: { token: \${KEY} }\n`, ['5:19 yaml-syntax']],
    [
      'a syntax error, and a slip before it',
      `${MINIMAL.replace('api_key', 'api_kye')}log: { level: "info }\n`,
      ['2:52 unknown-key', '6:1 yaml-syntax'],
    ],
    ['two syntax errors', `${MINIMAL}log: @x\nstore: %y\n`, ['5:6 yaml-syntax', '6:8 yaml-syntax']],
    ['a prototype as a key', `${MINIMAL}__proto__: { log: 1 }\n`, ['5:1 unknown-key']],
    ['a list as a key', `${MINIMAL}? [a]\n: 1\n`, ['5:3 wrong-type']],
    [
      'aliases that grow without end',
      `${MINIMAL}log: &a [${'*a,'.repeat(9)}*a]\n`,
      ['5:9 wrong-type', '5:10 too-large'],
    ],
  ])('%s', (_why, text, places) => {
    expect(load(text).problems.map(at)).toEqual(places);
  });

  it.each<[why: string, text: string, sentence: string]>([
    ['of a route', 'routes: [{ to: [d], matchers: [a] }]', 'unknown key "matchers"; did you mean "when"?'],
    [
      'of an interval',
      'time_intervals: [{ name: n, times: ["1:00-2:00"], location: Europe/Paris }]',
      'unknown key "location"; did you mean "time_zone"?',
    ],
    ['of the file', 'inhibit_rules: []', 'unknown key "inhibit_rules"; did you mean "inhibitions"?'],
  ])('understand a key of Alertmanager, and do not read it as ours: %s', (_why, text, sentence) => {
    const messages = load(`${MINIMAL}${text}\n`).problems.filter(({ severity }) => severity === 'error');
    expect(messages.map(({ message }) => message)).toEqual([sentence]);
  });

  it('have codes of the closed set', () => {
    const codes: readonly string[] = CONFIG_CODES;
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('warn without refusing', () => {
    const { config, problems } = load(`${MINIMAL}routes:\n  - to: [d]\n  - to: [d]\n`);
    expect(config?.routes).toHaveLength(2);
    expect(problems.map(({ severity }) => severity)).toEqual(['warning']);
  });

  it('blame no route for a destination whose name could not be read', () => {
    const text = `${MINIMAL.replace('name: d', `name: "\${NOT_SET}"`)}routes: [{ to: [d] }]\n`;
    expect(load(text).problems.map(({ code }) => code)).toEqual(['unset-variable']);
  });

  it('are found without delay in the worst files', () => {
    const worst = [
      '['.repeat(20_000),
      '- '.repeat(20_000),
      '{a: '.repeat(20_000),
      `a: ${'x'.repeat(2_000_000)}`,
    ];
    for (const text of worst) {
      expect(load(text).problems.length).toBeGreaterThan(0);
      expect(passesOf(() => load(text), 1_000)).toBeLessThan(1_000);
    }
  });
});
