import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Stream } from '../core/delivery.ts';
import type { Problem } from '../core/problem.ts';
import { Secret } from '../core/secret.ts';
import type { DestinationType, SourceType } from '../schema/adapter.ts';
import { baseUrl, cronExpression, duration, integer, name, secret, secretUrl } from '../schema/values.ts';
import { CONFIG_CODES, type Config, formatProblems, loadConfig, type Registry } from './index.ts';

const feedShape = z.strictObject({
  name: name(),
  type: z.literal('feed'),
  url: baseUrl(),
  api_key: secret(),
  feeds: z
    .array(z.enum(['malicious_events', 'threat_actors']))
    .min(1)
    .default(['malicious_events']),
  schedule: cronExpression().default('*/30 * * * * *'),
  page_size: integer({ min: 1, max: 1_000 }).default(500),
  lookback: duration({ min: '1m' }).prefault('15m'),
  verify: z.boolean().default(true),
});

const bellShape = z
  .strictObject({
    name: name(),
    type: z.literal('bell'),
    url: secretUrl().optional(),
    token: secret().optional(),
    send: z.array(z.enum(['events', 'matches', 'alerts'])).default(['alerts']),
    headers: z.record(z.string(), secret()).optional(),
  })
  .superRefine((value, context) => {
    if (value.url === undefined && value.token === undefined) {
      context.addIssue({ code: 'custom', message: 'give url or token', path: [] });
    }
  });

const feed: SourceType<z.output<typeof feedShape>> = {
  type: 'feed',
  config: feedShape,
  create: ({ name: source, type, schedule }) => ({
    name: source,
    type,
    schedule,
    deadlineMs: 1,
    readers: [],
    close: () => Promise.resolve(),
  }),
};

const bell: DestinationType<z.output<typeof bellShape>> = {
  type: 'bell',
  config: bellShape,
  create: ({ name: destination, type, send }) => ({
    name: destination,
    type,
    send: new Set<Stream>(send),
    batch: { maxItems: 1 },
    deliver: () => Promise.resolve({ kind: 'done' }),
    close: () => Promise.resolve(),
  }),
};

const registry: Registry<string> = {
  sources: [feed],
  destinations: [bell],
  compileWhen: (node, { lineCounter, file }) => {
    const text = String(node);
    if (!text.includes('broken')) return { filter: text, problems: [] };
    const { line, col } = lineCounter.linePos(node.range?.[0] ?? 0);
    const message = `cannot compile ${text}`;
    return { problems: [{ code: 'bad-operand', severity: 'error', message, file, line, column: col }] };
  },
};

const env = {
  KEY: 'planted-secret-4f9a',
  HOOK: 'https://hooks.example/T0/planted-secret-4f9a',
  N: '250',
  EMPTY: '',
};

const GOOD = `sources:
  - name: prod
    type: feed
    url: https://feed.example
    api_key: \${KEY}
    page_size: \${N}
rules: { paths: [rules/, ../more.yaml] }
destinations:
  - { name: oncall, type: bell, url: "\${HOOK}" }
  - name: siem
    type: bell
    token_file: secrets/token
    headers: { X-Key: "\${KEY}" }
    send: [events, alerts]
routes:
  - when: { severity: { gte: HIGH } }
    to: [oncall, siem]
    group_by: [rule]
    group_wait: 1s
  - to: [siem]
store: sqlite:./data/t.db
server: { listen: "[::1]:0", token: literal-secret-77aa }
`;

const files: Readonly<Record<string, string>> = { '/etc/tocsin/secrets/token': 'file-secret-31c0\n' };

function readFile(path: string): string {
  const text = files[path];
  if (text === undefined) throw Object.assign(new Error(`ENOENT ${path}`), { code: 'ENOENT' });
  return text;
}

function load(text: string, more: Record<string, string> = {}) {
  return loadConfig({
    file: 'tocsin/c.yaml',
    cwd: '/etc',
    text,
    env: { ...env, ...more },
    readFile,
    registry,
  });
}

function good(text: string, more: Record<string, string> = {}): Config<string> {
  const { config, problems } = load(text, more);
  if (config === undefined) throw new Error(formatProblems(problems, { colour: false }));
  return config;
}

const at = ({ line, column, code }: Problem): string => `${line}:${column} ${code}`;

const MINIMAL = `sources:
  - { name: s, type: feed, url: https://x.example, api_key: k }
destinations:
  - { name: d, type: bell, token: t }
`;

describe('a good file', () => {
  const config = good(GOOD);

  it('resolves every path against its own folder', () => {
    expect(config.rules.paths).toEqual(['/etc/tocsin/rules', '/etc/more.yaml']);
    expect(config.store).toEqual({ kind: 'sqlite', path: '/etc/tocsin/data/t.db' });
  });

  it('fills in variables and files, typed as the schema wants them', () => {
    const [source] = config.sources;
    expect(source?.settings).toMatchObject({ name: 'prod', page_size: 250, lookback: 900_000 });
    const [, siem] = config.destinations;
    const token = siem !== undefined && 'token' in siem.settings ? siem.settings.token : undefined;
    expect(token instanceof Secret && token.reveal()).toBe('file-secret-31c0');
  });

  it('gives routes with their defaults and compiled filters', () => {
    expect(config.routes).toMatchObject([
      {
        name: 'route-1',
        to: ['oncall', 'siem'],
        continue: false,
        groupBy: ['rule'],
        timing: { groupWaitMs: 1_000, groupIntervalMs: 300_000, repeatIntervalMs: 14_400_000 },
      },
      { name: 'route-2', to: ['siem'], groupBy: ['rule', 'actor'] },
    ]);
    expect(config.routes[0]?.when).toContain('HIGH');
    expect(config.routes[1]).not.toHaveProperty('when');
  });

  it('is frozen all the way down, and shows no secret', () => {
    const seen = new Set<unknown>();
    const thawed = (value: unknown): boolean => {
      if (typeof value !== 'object' || value === null || seen.has(value)) return false;
      seen.add(value);
      return !Object.isFrozen(value) || Object.values(value).some(thawed);
    };
    expect(thawed(config)).toBe(false);
    expect(JSON.stringify(config)).not.toMatch(/planted-secret|file-secret|literal-secret/);
  });

  it('makes the adapters from their own settings', () => {
    const deps = { clock: { now: () => 0, sleep: () => Promise.resolve() }, random: () => 0 };
    expect(config.sources[0]?.create(deps)).toMatchObject({ name: 'prod', schedule: '*/30 * * * * *' });
    expect(config.destinations[1]?.create(deps).send).toEqual(new Set(['events', 'alerts']));
  });
});

describe('defaults', () => {
  it('take one source and one destination to a whole configuration', () => {
    const { file, routes, ...config } = good(MINIMAL);
    expect(file).toBe('tocsin/c.yaml');
    expect(routes).toMatchObject([{ name: 'default', to: ['d'], groupBy: ['rule', 'actor'] }]);
    expect(config).toMatchObject({
      rules: { paths: ['/etc/tocsin/rules'] },
      store: { path: '/etc/tocsin/data/tocsin.db' },
      retention: { eventsMs: 30 * 86_400_000, deadLettersMs: 90 * 86_400_000, maxBytes: 4 * 2 ** 30 },
      server: { host: '127.0.0.1', port: 9_464 },
      log: { level: 'info' },
    });
  });
});

describe('variables', () => {
  const token = (value: string, more: Record<string, string> = {}): string => {
    const { settings } =
      good(
        MINIMAL.replace('token: t', () => `token: ${value}`),
        more,
      ).destinations[0] ?? {};
    return settings !== undefined && 'token' in settings && settings.token instanceof Secret
      ? settings.token.reveal()
      : '';
  };

  it.each<[value: string, more: Record<string, string>, expected: string, why: string]>([
    [`"\${A}-\${B}"`, { A: '1', B: '2' }, '1-2', 'several in one value'],
    [`"\${NONE:-fallback}"`, {}, 'fallback', 'a default'],
    [`"\${EMPTY:-fallback}"`, {}, 'fallback', 'a default where the variable is empty, as shells do'],
    [`"$\${A}"`, { A: '1' }, `\${A}`, 'an escape'],
    [`"\${A}"`, { A: `\${KEY}` }, `\${KEY}`, 'what a variable holds is not read again'],
    [
      `"\${A}"`,
      { A: 'x, url: https://evil.example }' },
      'x, url: https://evil.example }',
      'no YAML is injected',
    ],
    [`"\${A}"`, { A: '0123' }, '0123', 'an all-digits secret stays as it is'],
  ])('%s with %j is %s: %s', (value, more, expected) => {
    expect(token(value, more)).toBe(expected);
  });

  it('are not filled in twice where an alias repeats them', () => {
    const text = MINIMAL.replace('api_key: k', `api_key: &k "\${A}"`).replace('token: t', 'token: *k');
    expect(load(text, { A: `x\${NOT_SET}` }).problems).toEqual([]);
  });

  it.each([
    [`page_size: \${NUM}`, { NUM: '7' }, { page_size: 7 }],
    [`page_size: "\${NUM}"`, { NUM: '7' }, { page_size: 7 }],
    [`verify: \${FLAG}`, { FLAG: 'false' }, { verify: false }],
  ])('%s becomes what the schema wants', (line, more, expected) => {
    const text = GOOD.replace(`page_size: \${N}`, line);
    expect(good(text, more).sources[0]?.settings).toMatchObject(expected);
  });
});

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

  it('are read within a second from the worst files', () => {
    const worst = [
      '['.repeat(50_000),
      '- '.repeat(50_000),
      '{a: '.repeat(50_000),
      `a: ${'x'.repeat(2_000_000)}`,
    ];
    const begin = performance.now();
    for (const text of worst) expect(load(text).problems.length).toBeGreaterThan(0);
    expect(performance.now() - begin).toBeLessThan(4_000);
  });
});

describe('secrets', () => {
  it.each<[why: string, text: string]>([
    ['a variable under an ordinary key', MINIMAL.replace('https://x.example', `"\${KEY}"`)],
    ['a variable as a name that nothing has', `${MINIMAL}routes: [{ to: ["\${KEY}"] }]\n`],
    [
      'a variable as a name given twice',
      `${MINIMAL.replace('name: d', `name: "\${KEY}"`)}  - { name: "\${KEY}", type: bell, token: t }\n`,
    ],
    [
      'a name from a variable, near the one written',
      `${MINIMAL.replace('name: d', `name: "\${KEY}"`)}routes: [{ to: [planted-secret-4f9b] }]\n`,
    ],
    ['a variable as a type', MINIMAL.replace('type: bell', `type: "\${KEY}"`)],
    ['a variable as a file', MINIMAL.replace('token: t', `token_file: "\${KEY}"`)],
    ['a variable in a filter', `${MINIMAL}routes: [{ to: [d], when: { a: "\${KEY}", b: broken } }]\n`],
    ['a literal where a key belongs', MINIMAL.replace('token: t', 'planted-secret-4f9a')],
    ['a literal as an alias', MINIMAL.replace('token: t', 'token: *planted-secret-4f9a')],
    ['a literal in a bad secret URL', MINIMAL.replace('token: t', 'url: planted-secret-4f9a')],
    ['a literal in a store', `${MINIMAL}store: postgres://u:planted-secret-4f9a@h/db\n`],
    ['a literal under a misspelt key', MINIMAL.replace('token: t', 'tokken: planted-secret-4f9a')],
    ['a literal under an unknown key', MINIMAL.replace('token: t', 'whatever: planted-secret-4f9a')],
    [
      'a literal in a comment',
      `${MINIMAL.replace('token: t', 'tokken: x')}`.replace('x }', 'x } # planted-secret-4f9a'),
    ],
  ])('%s is not repeated', (_why, text) => {
    const { problems } = load(text);
    expect(problems.length).toBeGreaterThan(0);
    const shown = formatProblems(problems, { colour: true, text, registry });
    expect(shown + formatProblems(problems, { colour: false, text })).not.toContain('planted-secret');
  });
});

describe('formatProblems', () => {
  it('shows each line with a caret', () => {
    const text = GOOD.replace(`page_size: \${N}`, 'page_size: lots').replace(
      `url: "\${HOOK}"`,
      `utl: "\${HOOK}"`,
    );
    expect(formatProblems(load(text).problems, { colour: false, text, registry })).toBe(`\
tocsin/c.yaml:6:16: error wrong-type: page_size: expected a whole number
  6 |     page_size: lots
    |                ^
tocsin/c.yaml:9:33: error unknown-key: unknown key "utl"; did you mean "url"?
  9 |   - { name: oncall, type: bell, utl: "\${HOOK}" }
    |                                 ^`);
  });

  it('keeps the caret at its place behind a masked value', () => {
    const text = MINIMAL.replace('token: t', 'token: abcdefghijklmnop, send: [smoke]');
    expect(
      formatProblems(load(text).problems, { colour: false, text, registry }).split('\n').slice(1),
    ).toEqual([
      '  4 |   - { name: d, type: bell, token: …, send: [smoke] }',
      '    |                                             ^',
    ]);
  });

  it('is bounded', () => {
    const text = `${MINIMAL}${Array.from({ length: 80 }, (_, i) => `zz${i}zzzz: 1\n`).join('')}`;
    const lines = formatProblems(load(text).problems, { colour: false, text, registry }).split('\n');
    expect(lines).toHaveLength(151);
    expect(lines.at(-1)).toBe('and 30 more');
  });

  it('lets no control character reach the terminal', () => {
    const text = MINIMAL.replace('name: d', 'name: "d\\e[2J\u009b"');
    const shown = formatProblems(load(text).problems, { colour: false, text, registry });
    expect(shown.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});

describe('whatever is done to a file', () => {
  const mutation = fc.oneof(
    fc.record({ at: fc.nat(), cut: fc.nat(40), put: fc.constant('') }),
    fc.record({
      at: fc.nat(),
      cut: fc.nat(3),
      put: fc.constantFrom(
        '\n',
        '\t',
        ':',
        ': ',
        '- ',
        '"',
        "'",
        '{',
        '}',
        '[',
        ']',
        '&a ',
        '*a',
        '!x ',
        '|',
        '#',
        `\${`,
        '}',
        '? ',
        '%',
        '@',
        '\u0000',
      ),
    }),
    fc.record({ at: fc.nat(), cut: fc.nat(12), put: fc.string({ maxLength: 8 }) }),
  );

  it('loading never throws, decides, and repeats no secret', () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        const text = mutations.reduce((before, { at: place, cut, put }) => {
          const start = place % before.length;
          return before.slice(0, start) + put + before.slice(start + cut);
        }, GOOD);
        const { config, problems } = load(text);
        expect((config === undefined) === problems.some(({ severity }) => severity === 'error')).toBe(true);
        for (const { line, column } of problems) expect(Math.min(line ?? 0, column ?? 0)).toBeGreaterThan(0);
        const shown = formatProblems(problems, { colour: false, text, registry });
        expect(shown).not.toMatch(/planted-secret|file-secret|literal-secret/);
      }),
      { numRuns: 600 },
    );
  });
});
