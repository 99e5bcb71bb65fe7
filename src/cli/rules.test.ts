import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTocsin } from '../../test/pipeline/fake-io.ts';
import { loadSetup } from '../app/load.ts';
import { openDaemonStore } from '../app/store.ts';
import type { StoredAlert } from '../core/alert.ts';

let folder: string;
let rules: readonly string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-rules-'));
  mkdirSync(join(folder, 'rules'));
  write('a.yaml', RULE);
  rules = ['-r', join(folder, 'rules')];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): void => writeFileSync(join(folder, 'rules', name), text);

const RULE = `id: a
filter:
  or:
  - url: { contains_either: /admin }
  - response_code: { gte: 500 }
info: { severity: HIGH }
tests:
  - name: "an admin page # 1"
    events: [{ exchange: { path: /admin } }]
    expect: match
`;
const ALERT: StoredAlert = {
  ...{ fingerprint: 'f', rule: 'a', ruleName: 'A', severity: 'HIGH', source: 's', feed: 'malicious_events' },
  ...{ group: {}, count: 1, firstSeenMs: 0, lastSeenMs: Date.UTC(2026, 7, 1, 12), openedAtMs: 0, sample: [] },
  ...{ state: 'open', episode: 1, matchedAtMs: 0, resolveAfterMs: 3_600_000 },
  ...{ actors: { count: 1 }, apis: { count: 1 }, labels: {} },
  seen: { actors: [], apis: [] },
};
const FAILS = RULE.replace('id: a', 'id: b').replace('expect: match', 'expect: silent');

describe('tocsin test', () => {
  const test = (...more: readonly string[]) => runTocsin(['test', join(folder, 'rules'), ...more]);

  it('tells which conditions never decided anything, with their places', async () => {
    const { code, out } = await test();
    expect(code).toBe(0);
    expect(out).toContain('a: 1 of 2 conditions never decided anything');
    expect(out).toContain('a.yaml:5:22: response_code gte: held never, failed once, decided never');
    expect(out).not.toContain('url contains_either');
    expect(out).toContain('\n1 of 2 conditions decided something\n1 rule, 1 test passed, 0 failed\n');
  });

  it('tells of every condition where asked', async () => {
    const { out } = await test('--coverage');
    expect(out).toContain('a.yaml:4:12: url contains_either: held once, failed never, decided once');
  });

  it('prints TAP', async () => {
    write('b.yaml', FAILS);
    const { code, out } = await test('--tap');
    expect(code).toBe(1);
    expect(out.split('\n').slice(0, 7)).toEqual([
      'TAP version 14',
      '1..2',
      'ok 1 - a: an admin page \\# 1',
      'not ok 2 - b: an admin page \\# 1',
      '  ---',
      '  message: "expected the rule to fire never, but it fired once"',
      '  ...',
    ]);
    for (const line of out.trimEnd().split('\n').slice(7)) expect(line).toMatch(/^# /);
  });

  it('prints JSON', async () => {
    write('b.yaml', FAILS);
    const { code, out } = await test('--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ...{
        passed: 1,
        failed: 1,
        results: [
          { rule: 'a', passed: true },
          { rule: 'b', passed: false },
        ],
      },
      coverage: [
        {
          rule: 'a',
          total: 2,
          decided: 1,
          conditions: [
            { line: 4, decided: 1 },
            { line: 5, decided: 0 },
          ],
        },
        {},
      ],
    });
  });

  it('runs nothing where a rule is broken: the line, a caret, and 2', async () => {
    write('b.yaml', 'id: b\nfilter:\n  urll: { eq: / }\n');
    const { code, out, err } = await test('--tap');
    expect([code, out]).toEqual([2, 'TAP version 14\nBail out! the rules are not valid\n']);
    expect(err).toContain('b.yaml:3:3: error unknown-word');
    expect(err).toContain('  3 |   urll: { eq: / }\n    |   ^');
  });
});

describe('tocsin rules', () => {
  it('lists them', async () => {
    const { code, out } = await runTocsin(['rules', 'list', ...rules]);
    expect([code, out.split('\n')]).toEqual([
      0,
      [
        `ID  SEVERITY  SOURCE            FILE`,
        `a   HIGH      malicious_events  ${join(folder, 'rules', 'a.yaml')}`,
        '',
      ],
    ]);
    const json = await runTocsin(['rules', 'list', '--json', ...rules]);
    expect(JSON.parse(json.out)).toMatchObject({
      id: 'a',
      severity: 'HIGH',
      source: 'malicious_events',
      tests: 1,
    });
  });

  it('lists those of the configuration, with their last hits once there is a store', async () => {
    const config = join(folder, 'config.yaml');
    const file = join(folder, 'tocsin.db');
    writeFileSync(
      config,
      `sources: [{ name: s, type: akto, url: "https://a.example", api_key: k }]
destinations: [{ name: d, type: slack, url: "https://hooks.slack.example/x" }]
routes: [{ to: [d] }]
store: "sqlite:${file}"\n`,
    );
    const list = async (...more: readonly string[]) =>
      (await runTocsin(['rules', 'list', '-c', config, ...more], { cwd: folder })).out;
    expect(JSON.parse(await list('--json'))).not.toHaveProperty('last_hit');
    const { setup } = loadSetup({ file: config, cwd: folder, env: {} });
    const store = await openDaemonStore(setup ?? expect.fail());
    expect(JSON.parse(await list('--json'))).toMatchObject({ id: 'a', last_hit: null });
    await store.transaction((tx) => tx.writeAlerts([ALERT], 0));
    await store.close();
    expect(JSON.parse(await list('--json'))).toMatchObject({ id: 'a', last_hit: '2026-08-01T12:00:00.000Z' });
    expect(await list()).toMatch(/LAST HIT +FILE\na .* 2026-08-01T12:00:00\.000Z +\S+a\.yaml\n/);
  });

  it('lets no control character of a rule reach the terminal', async () => {
    write('a.yaml', RULE.replace('id: a', 'id: "a\\e[2J"'));
    const id = 'a\u001b[2J';
    const outputs = [
      await runTocsin(['rules', 'list', ...rules]),
      await runTocsin(['rules', 'explain', id, ...rules], { stdin: '{}' }),
      await runTocsin(['test', '--coverage', join(folder, 'rules')]),
      await runTocsin(['test', '--tap', join(folder, 'rules')]),
    ];
    for (const { code, out, err } of outputs) {
      expect(code).toBe(0);
      expect((out + err).replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
      expect(out).toContain('a [2J');
    }
  });

  it('explains one', async () => {
    const stdin = JSON.stringify({ path: '/x\u001b[2J', statusCode: 500 });
    const { code, out } = await runTocsin(['rules', 'explain', 'a', ...rules], { stdin });
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'a matches this event',
      '',
      'true     :2    filter',
      'true     :3      or',
      'false    :4        url',
      'false    :4          contains_either "/admin"   saw "/x\\u{1b}[2J"',
      'true     :5        response_code',
      'true     :5          gte 500   saw 500',
      '',
    ]);
    const json = await runTocsin(['rules', 'explain', 'a', '--json', ...rules], { stdin });
    expect(JSON.parse(json.out)).toMatchObject({ rule: 'a', verdict: 'true', filters: [{ word: 'filter' }] });
  });

  it.each([
    ['JSON', JSON.stringify({ exchange: { path: '/admin' }, repeat: 3 })],
    ['YAML, as it stands in the rule file', '    events: [{ exchange: { path: /admin } }]\n'],
  ])('explains an event that was copied out of a test: %s', async (_why, stdin) => {
    const { code, out } = await runTocsin(['rules', 'explain', 'a', ...rules], { stdin });
    expect([code, out.split('\n')[0]]).toEqual([0, 'a matches this event']);
  });

  it.each([
    ['event.json', '{\n  "exchange": { "path": "/admin" },\n  "repeat": 2\n}\n', 1],
    [
      'event.yaml',
      '- { exchange: { path: /admin } }\n- { exchange: { path: /b } }\n- { exchange: { path: /admin } }\n',
      2,
    ],
    ['events.jsonl', '{"exchange":{"path":"/admin"}}\n{"exchange":{"path":"/b"}}\n', 1],
    ['lines.json', '{"exchange":{"path":"/admin"}}\n{"exchange":{"path":"/admin"}}\n', 2],
  ])('matches events that were copied out of a test: %s', async (name, text, matches) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    const { code, out, err } = await runTocsin(['match', ...rules, file]);
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n').filter((line) => line.includes('"rule":"a"'))).toHaveLength(matches);
  });

  it.each<[string, readonly string[], string, string]>([
    ['a rule that is not there', ['b'], '{}', 'there is no rule "b"'],
    ['no event', ['a'], '', 'expected one event as JSON or YAML'],
    ['an event that is none', ['a'], '[1]', 'expected one event as JSON or YAML'],
    ['a file that is not there', ['a', '/no/such/file'], '', '/no/such/file cannot be read'],
  ])('cannot explain: %s', async (_why, args, stdin, told) => {
    const { code, out, err } = await runTocsin(['rules', 'explain', ...args, ...rules], { stdin });
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(told);
  });
});
