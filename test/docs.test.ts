import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { loadSetup } from '../src/app/load.ts';
import { registry } from '../src/app/registry.ts';
import { runCli } from '../src/cli/program.ts';
import { CONFIG_CODES, loadConfig } from '../src/config/index.ts';
import {
  ALERT_TERMS,
  ALL_TERMS,
  FEED_TERMS,
  parseRule,
  ROUTE_TERMS,
  RULE_PROBLEM_CODES,
  runRuleTests,
} from '../src/rules/index.ts';
import { OPERATORS } from '../src/rules/vocabulary.ts';
import { createMetrics } from '../src/telemetry/metrics.ts';
import { createAuthority } from './contract/certificates.ts';

const read = (file: string): string => readFileSync(file, 'utf8');
const under = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...under('docs').filter((name) => /\.md$/.test(name)),
];

/** What stands between the fences of a language, in order. */
function blocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, body]) => body ?? '',
  );
}

function block(file: string, language: string, beginsWith: string): string {
  const [found, ...more] = blocks(read(file), language).filter((body) => body.startsWith(beginsWith));
  expect(more).toEqual([]);
  return found ?? expect.fail(`${file} has no ${language} block that begins with ${beginsWith}`);
}

/** The names in code style that begin the rows of the table below a heading. */
function rowsBelow(file: string, heading: string): string[] {
  const [, section = ''] = read(file).split(`## ${heading}\n`);
  const [own = ''] = section.split(/^## /m);
  return [...own.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name ?? '');
}

/** As GitHub makes them of headings. */
function anchors(file: string): string[] {
  return [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

it.each(pages)('%s has no dead link', (page) => {
  const targets = [...read(page).matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, target]) => target ?? '');
  const dead = targets.filter((target) => {
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : resolve(dirname(page), path);
    return !existsSync(file) || (anchor !== undefined && !anchors(file).includes(anchor));
  });
  expect(dead).toEqual([]);
});

it('docs/dependencies.md has a line for each direct dependency, and no other', () => {
  const manifest: unknown = JSON.parse(read('package.json'));
  expect(manifest).toMatchObject({ dependencies: {}, devDependencies: {} });
  const names = (key: string): string[] => Object.keys(Object(Object(manifest)[key]));
  expect(rowsBelow('docs/dependencies.md', 'Runtime')).toEqual(names('dependencies'));
  expect(rowsBelow('docs/dependencies.md', 'Development')).toEqual(names('devDependencies'));
});

it("the README's least configuration is valid with its variables set", () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-docs-'));
  try {
    const file = join(folder, 'config.yaml');
    writeFileSync(file, block('README.md', 'yaml', 'sources:'));
    symlinkSync(resolve('rules'), join(folder, 'rules'));
    const env = { AKTO_API_KEY: 'key', SLACK_WEBHOOK_URL: 'https://hooks.slack.example/services/x' };
    const { setup, problems } = loadSetup({ file, cwd: folder, env });
    expect(problems).toEqual([]);
    expect(setup?.config.routes.map(({ to }) => to)).toEqual([['oncall']]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("the README's rule is valid and passes its own tests", () => {
  const { rule, problems } = parseRule(block('README.md', 'yaml', 'id:'));
  expect(problems).toEqual([]);
  const results = rule ? runRuleTests(rule) : [];
  expect(results.map(({ passed }) => passed)).toEqual([true, true]);
});

it.each(blocks(read('docs/rules.md'), 'yaml'))('the fragment in docs/rules.md is valid:\n%s', (fragment) => {
  const filter = fragment.startsWith('filter:') ? '' : 'filter: { response_code: { gte: 400 } }\n';
  const { rule, problems } = parseRule(`id: example\n${filter}${fragment}`);
  expect(problems).toEqual([]);
  expect(rule && runRuleTests(rule).filter(({ passed }) => !passed)).toEqual([]);
});

it.each([
  ['docs/splunk.md', 'destinations:'],
  ['docs/webhooks.md', 'name: soar'],
])('the destination in %s is valid with its variables and files', (page, beginsWith) => {
  const fragment = block(page, 'yaml', beginsWith);
  const item = fragment.startsWith('destinations:')
    ? fragment
    : `destinations:\n  - ${fragment.trim().replaceAll('\n', '\n    ')}\n`;
  const secret = (byte: number): string => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;
  const pem = createAuthority('docs');
  const { problems, config } = loadConfig({
    file: page,
    text: `sources: [{ name: s, type: akto, url: "https://a.example", api_key: k }]\n${item}`,
    env: {
      ...{ SPLUNK_HEC_TOKEN: 't', SOAR_WEBHOOK_URL: 'https://soar.example/x', SOAR_API_KEY: 'k' },
      ...{ SOAR_NEW_SECRET: secret(1), SOAR_OLD_SECRET: secret(2) },
    },
    cwd: '/etc',
    registry,
    readFile: (path) => (path.endsWith('.key') ? pem.key : pem.cert),
  });
  expect(problems).toEqual([]);
  expect(config?.destinations).toHaveLength(1);
});

async function help(...args: readonly string[]): Promise<string[]> {
  let text = '';
  const write = (piece: string): void => {
    text += piece;
  };
  const code = await runCli([...args, '--help'], {
    ...{ stdin: Readable.from([]), out: write, err: write, env: {}, cwd: '.', columns: 120 },
    ...{
      colour: { out: false, err: false },
      terminal: false,
      stop: new AbortController().signal,
      onHangup: () => {},
    },
  });
  expect(code).toBe(0);
  const [, below = ''] = text.split('\nCommands:\n');
  const [commands = ''] = below.split('\n\n');
  return [...commands.matchAll(/^ {2}([a-z-]+)/gm)]
    .map(([, name]) => name ?? '')
    .filter((name) => name !== 'help');
}

it("the README's table has every command", async () => {
  const table = rowsBelow('README.md', 'Commands').map(
    (row) => /^tocsin ([a-z-]+(?: [a-z]+)*)/.exec(row)?.[1],
  );
  const groups = ['deliveries', 'routes', 'rules', 'silence'];
  const outer = (await help()).filter((name) => !groups.includes(name));
  const inner = await Promise.all(
    groups.map(async (group) => (await help(group)).map((name) => `${group} ${name}`)),
  );
  expect(table.toSorted()).toEqual([...outer, ...inner.flat()].toSorted());
});

it('the README names no metric that does not exist', () => {
  const known = createMetrics(
    () => [],
    () => [],
  )
    .registry.getMetricsAsArray()
    .map(({ name }) => name);
  const named = [...read('README.md').matchAll(/\btocsin_[a-z_]+/g)].map(([name]) => name);
  expect(named.filter((name) => name !== 'tocsin_id' && !known.includes(name))).toEqual([]);
});

it.each([
  { file: 'docs/rules.md', codes: RULE_PROBLEM_CODES },
  { file: 'docs/configuration.md', codes: CONFIG_CODES },
])('$file explains every problem code', ({ file, codes }) => {
  expect(rowsBelow(file, 'Problem codes')).toEqual(codes);
});

it('docs/sources.md names a test for each endpoint, and the test asks that endpoint', () => {
  const rows = [...read('docs/sources.md').matchAll(/^\| (`.+?) \| .+? \| \[`.+?`\]\(\.\.\/(.+?)\) \|$/gm)];
  const endpoints = rows.flatMap(([, names = '', file = '']) =>
    [...names.matchAll(/`(?:[A-Z]+ )?([^`]+)`/g)].map(([, name = '']) => ({ name, file })),
  );
  expect(endpoints.length).toBe(16);
  const unproved = endpoints.filter(({ name, file }) => !read(file).includes(name.replace(/\{.*/, '')));
  expect(unproved).toEqual([]);
});

it('docs/rules.md names every term and operator', () => {
  const text = read('docs/rules.md');
  const names = [...ALL_TERMS.keys(), ...ALERT_TERMS.keys(), ...OPERATORS];
  expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

it("the image's own configuration is valid with its variables set", () => {
  const file = 'config.container.yaml';
  const env = {
    AKTO_API_KEY: 'key',
    SLACK_WEBHOOK_URL: 'https://hooks.slack.example/x',
    TOCSIN_TOKEN: 'token',
  };
  const { config, problems } = loadConfig({
    file,
    text: read(file),
    env,
    cwd: '/etc',
    registry,
    readFile: () => '',
  });
  expect(problems).toEqual([]);
  expect(config?.server).toMatchObject({ host: '0.0.0.0', port: 9464 });
  expect(config?.store.path).toBe('/data/tocsin.db');
});

/** The terms that a row of the table of terms names. */
function termsOf(row: string): readonly string[] {
  const line =
    read('docs/rules.md')
      .split('\n')
      .find((each) => each.startsWith(`| ${row} | `)) ?? '';
  return [...line.slice(row.length).matchAll(/`([a-z_]+)`/g)].map(([, name = '']) => name);
}

describe('the terms that the docs list are those that there are', () => {
  it.each<[row: string, terms: readonly string[]]>([
    ['`incidents`', [...FEED_TERMS.incidents.keys()]],
    ['`threat_actors`', [...FEED_TERMS.threat_actors.keys()]],
    ['`threat_apis`', [...FEED_TERMS.threat_apis.keys()]],
    ['alerts, in silences and inhibitions', [...ALERT_TERMS.keys()]],
    ['alerts, in routes', [...ROUTE_TERMS.keys()].filter((term) => !ALL_TERMS.has(term))],
  ])('docs/rules.md: %s', (row, terms) => {
    expect(termsOf(row).toSorted()).toEqual(terms.toSorted());
  });

  it('docs/rules.md: of events and their exchanges', () => {
    const named = [...termsOf('the captured exchange'), ...termsOf('the event (`malicious_events`)')];
    expect(named.filter((term) => term !== 'malicious_events').toSorted()).toEqual(
      [...FEED_TERMS.malicious_events.keys()].toSorted(),
    );
  });

  it('docs/configuration.md: of silences and inhibitions', () => {
    const [, list = ''] =
      /over what an alert keeps: ([\s\S]+?)\. Alerts have no payload/.exec(read('docs/configuration.md')) ??
      [];
    const named = [...list.matchAll(/`([a-z_]+)`/g)].map(([, name = '']) => name);
    expect(named.toSorted()).toEqual([...ALERT_TERMS.keys()].toSorted());
  });
});
