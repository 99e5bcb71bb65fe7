import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import type { Hazard } from '../../src/demo/akto-simulator/index.ts';
import { stageForEach } from './pull-stage.ts';

const on = stageForEach();

const EVENT: JsonObject = {
  ...{ id: 'e1', actor: '203.0.113.1', ip: '203.0.113.1', timestamp: 1_780_000_000, url: '/', method: 'GET' },
  ...{
    filterId: 'SQLInjection',
    subCategory: 'SQL_INJECTION',
    category: 'SQL',
    country: 'FR',
    host: 'api.example',
  },
};

const check = (...args: readonly string[]) => on.stage.run(['check', '--online', ...args]);

/** `rules/r.yaml:3:5 unknown-name` for each problem. */
async function places(): Promise<{ code: number; places: string[]; messages: string[] }> {
  const { code, out } = await check('--json');
  const answer: unknown = JSON.parse(out);
  const listed = isJsonObject(answer) && Array.isArray(answer['problems']) ? answer['problems'] : [];
  const problems = listed.filter(isJsonObject);
  const nameOf = ({ file, line, column, code: what }: JsonObject): string =>
    `${String(file).split('/').at(-1)}:${line}:${column} ${what}`;
  return { code, places: problems.map(nameOf), messages: problems.map(({ message }) => String(message)) };
}

it('asks the source for its names, each list once', async () => {
  on.stage.server.add([EVENT]);
  on.stage.write('r.yaml', 'id: r\nfilter: { filter_id: { eq: SQLInjection } }\n');
  await places();
  const asked = on.stage.server.requests.map(({ path }) => path.replace('/api/', '')).sort();
  expect(asked).toEqual([
    'fetchFiltersForThreatActors',
    'fetchFiltersThreatTable',
    'fetchThreatCategoryCount',
  ]);
});

describe('rules', () => {
  it.each<[why: string, filter: string, unknown: string[]]>([
    ['a name that events have', 'filter_id: { eq: SQLInjection }', []],
    ['whatever its case, and with blanks around it', 'filter_id: { eq: " sqlinjection " }', []],
    ['part of a name', 'filter_id: { contains_either: [inject] }', []],
    ['a slip', 'filter_id: { eq: SQLInjektion }', ['SQLInjektion']],
    ['a part of no name', 'filter_id: { contains_either: [inject, xss] }', ['xss']],
    ['a negation', 'filter_id: { neq: XSS }', ['XSS']],
    ['negated containment', 'host: { not_contains: [example, other] }', ['other']],
    ['the first of eq only, as events are judged', 'country: { eq: [FR, DE] }', []],
    ['a country', 'country_code: { eq: DE }', ['DE']],
    ['a sub-category', 'sub_category: { eq: SQL_INJECTON }', ['SQL_INJECTON']],
    [
      'inside or and and',
      'or: [{ host: { eq: nowhere } }, { and: [{ country: { eq: XX } }] }]',
      ['nowhere', 'XX'],
    ],
    ['patterns are not names', 'filter_id: { regex: "^Nothing$" }', []],
    ['other terms neither', 'actor: { eq: 198.51.100.1 }', []],
    ['nor an empty text', 'country: { eq: "" }', []],
    ['nor a variable', 'filter_id: { eq: "${x}" }', []],
  ])('%s', async (_, filter, unknown) => {
    on.stage.server.add([EVENT]);
    on.stage.write('r.yaml', `id: r\nsource: malicious_events\nfilter: { ${filter} }\n`);
    const found = await places();
    expect(found.code).toBe(0);
    expect(found.messages.flatMap((message) => /"([^"]*)" so far/.exec(message)?.[1] ?? [])).toEqual(unknown);
  });

  it('are warned of with the place of the value and the nearest name, and the check passes', async () => {
    on.stage.server.add([EVENT]);
    on.stage.write('r.yaml', 'id: r\nfilter:\n  filter_id:\n    contains_either:\n      - SQLInjektion\n');
    const { code, out, err } = await check();
    expect(code).toBe(0);
    expect(err).toContain(
      'rules/r.yaml:5:9: warning unknown-name: no event of akto0 has carried the attack "SQLInjektion" so far; did you mean "SQLInjection"?\n  5 |       - SQLInjektion\n    |         ^\n',
    );
    expect(err).toContain('0 errors, 1 warning');
    expect(out).toContain('is valid');
  });

  it('that look at feeds nobody was asked about are left alone', async () => {
    on.stage.server.add([EVENT]);
    on.stage.write('r.yaml', 'id: r\nsource: incidents\nfilter: { attack_id: { eq: X } }\n');
    expect(await places()).toMatchObject({ code: 0, places: [] });
  });

  it('may name what is not known where nothing is: said once', async () => {
    on.stage.server.add([{ ...EVENT, country: '' }]);
    on.stage.write('r.yaml', 'id: r\nfilter: { country: { eq: FR }, country_code: { eq: XX } }\n');
    const { code, messages } = await places();
    expect([code, messages]).toEqual([
      0,
      ['akto0 told no countries, so those that rules and routes name are not checked'],
    ]);
  });
});

describe('routes', () => {
  const routes = (when: string): string => `routes:\n  - when: ${when}\n    to: [sink]\n`;

  it('are warned of at their line, known sub-categories of our own rules aside', async () => {
    on.stage.server.add([EVENT]);
    on.stage.write('r.yaml', 'id: r\nfilter: { url: { eq: / } }\ninfo: { subCategory: OURS }\n');
    on.stage.configure(
      [on.stage.server.url],
      routes('{ sub_category: { contains_either: [OURS, THEIRS] } }'),
    );
    const found = await places();
    // No rule here has it, which is told without asking anybody; nor has an event of the source.
    expect(found.places).toEqual(['config.yaml:6:53 unknown-name', 'config.yaml:6:53 unknown-name']);
    for (const message of found.messages) expect(message).toContain('"THEIRS"');
  });

  it('do not show what came from the environment', async () => {
    on.stage.server.add([EVENT]);
    on.stage.write('r.yaml', 'id: r\nfilter: { url: { eq: / } }\n');
    on.stage.configure([on.stage.server.url], routes('{ host: { eq: "${HOST}" } }'));
    const args = ['check', '--online'];
    for (const more of [[], ['--json']]) {
      const { code, out, err } = await on.stage.run([...args, ...more], { env: { HOST: 'api.exemple' } });
      expect(code).toBe(0);
      expect(out + err).toContain('has carried this host so far');
      expect(out + err).not.toContain('api.ex');
    }
  });
});

describe('sources', () => {
  const broken: [why: string, answer: Hazard][] = [
    ['no list', { kind: 'null_list', spelled: 'missing' }],
    ['the text null', { kind: 'null_list', spelled: 'string' }],
    ['a login page', { kind: 'login_page' }],
    ['a revoked key', { kind: 'forbidden', body: 'html' }],
  ];
  it.each(broken)('that cannot be asked end it with 2 and one sentence: %s', async (_, answer) => {
    on.stage.write('r.yaml', 'id: r\nfilter: { country: { eq: x } }\nunknown: 1\n');
    on.stage.server.setHazards({ answer });
    const { code, out, err } = await check();
    expect(code).toBe(2);
    // What was found without them is told all the same.
    expect(err).toContain('warning unknown-key');
    expect(err.match(/error unreachable-source: source "akto0": /g)).toHaveLength(1);
    expect(err).not.toContain('unknown-name');
    // One verdict: nothing says that all is well.
    expect(out).toBe('');
    expect(err).toMatch(/config\.yaml could not be checked against its sources\n$/);
    expect(await places()).toMatchObject({ code: 2 });
  });

  it('each may know a name: what one has seen is known', async () => {
    on.stage.server.add([EVENT]);
    on.stage.write('r.yaml', 'id: r\nfilter: { country: { eq: DE } }\n');
    on.stage.configure([on.stage.server.url, on.stage.server.url]);
    expect((await places()).messages[0]).toContain('no event of akto0 or akto1 has carried the country "DE"');
  });

  it('are not asked about a broken configuration, nor about rules alone', async () => {
    on.stage.write('r.yaml', 'id: r\n');
    expect(await check()).toMatchObject({ code: 2, err: expect.stringContaining('not asked') });
    expect(await check('-r', 'rules')).toMatchObject({ code: 2, err: expect.stringContaining('--rules') });
    expect(on.stage.server.requests).toEqual([]);
  });
});
