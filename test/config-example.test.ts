import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { registry } from '../src/app/registry.ts';
import { configJsonSchema, formatProblems, type JsonSchema, loadConfig } from '../src/config/index.ts';
import { UNTRUSTED_CERTIFICATE, UNTRUSTED_KEY } from './contract/untrusted-certificate.ts';

const file = 'config.example.yaml';
const text = readFileSync(file, 'utf8');
const env = {
  AKTO_API_KEY: 'akto-key',
  IDENTITY_CLIENT_SECRET: 'identity-secret',
  IDENTITY_TOKEN: 'identity-token',
  SLACK_WEBHOOK_URL: 'https://hooks.slack.example/services/T/B/x',
  SLACK_BOT_TOKEN: 'xoxb-bot-token',
  SPLUNK_HEC_TOKEN: '00000000-0000-0000-0000-000000000000',
  SOAR_WEBHOOK_URL: 'https://soar.example/hook',
  SOAR_SIGNING_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
  TICKETS_WEBHOOK_URL: 'https://tickets.example/hook',
  SOAR_TOKEN: 'soar-token',
  TOCSIN_TOKEN: 'api-token',
  PAGERDUTY_ROUTING_KEY: 'R'.repeat(32),
  BUS_WEBHOOK_URL: 'https://bus.example/hook',
  SOAR_CA: UNTRUSTED_CERTIFICATE,
  SOAR_CERT: UNTRUSTED_CERTIFICATE,
  SOAR_KEY: UNTRUSTED_KEY,
  SPLUNK_CA: UNTRUSTED_CERTIFICATE,
  SYSLOG_CA: UNTRUSTED_CERTIFICATE,
  SYSLOG_CERT: UNTRUSTED_CERTIFICATE,
  SYSLOG_KEY: UNTRUSTED_KEY,
};

interface DocumentedKey {
  readonly key: string;
  /** Its key under a list's entry, such as `sources[akto]`. */
  readonly path: string;
  readonly schema: JsonSchema;
}

const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null;

/** Every key of the schema, with the alternatives of a list told apart by their `type`. */
function keysOf(schema: JsonSchema, path = ''): DocumentedKey[] {
  const { items, properties = {} } = schema;
  const parts = [
    ...(schema.anyOf ?? []),
    ...(isSchema(items) && !Array.isArray(items) ? [items] : []),
  ].filter(isSchema);
  const { type } = properties;
  const here = isSchema(type) && typeof type.const === 'string' ? `${path}[${type.const}]` : path;
  const own = Object.entries(properties).flatMap(([key, value]) => {
    if (!isSchema(value)) return [];
    const inner = `${here}.${key}`;
    return [{ key, path: inner, schema: value }, ...keysOf(value, inner)];
  });
  return [...own, ...parts.flatMap((part) => keysOf(part, here))];
}

/** The example's values, with the same paths. */
function valuesOf(value: unknown, path = ''): [path: string, value: unknown][] {
  if (Array.isArray(value)) return value.flatMap((item) => valuesOf(item, path));
  if (typeof value !== 'object' || value === null) return [];
  const here = 'type' in value ? `${path}[${String(value.type)}]` : path;
  return Object.entries(value).flatMap(([key, inner]): [string, unknown][] => [
    [`${here}.${key}`, inner],
    ...valuesOf(inner, `${here}.${key}`),
  ]);
}

const values = valuesOf(parse(text));
const keys = keysOf(configJsonSchema(registry));
const isSecretFile = ({ key }: DocumentedKey): boolean => key.endsWith('_file');

describe('config.example.yaml', () => {
  it('passes the check with its variables set', () => {
    const { config, problems } = loadConfig({ file, text, env, cwd: '/etc', registry, readFile: () => '' });
    expect(formatProblems(problems, { colour: false, text, registry })).toBe('');
    expect(config?.destinations.map(({ name }) => name)).toEqual([
      'oncall',
      'triage',
      'siem',
      'soar',
      'pager',
      'bus',
      'tickets',
      'collector',
      'archive',
    ]);
  });

  it('has a filter that is judged where it stands, its variables filled in', () => {
    const when = text.replace('gte: HIGH', `gte: "\${LEAST}"`);
    const load = (level: string) =>
      loadConfig({
        file,
        text: when,
        env: { ...env, LEAST: level },
        cwd: '/etc',
        registry,
        readFile: () => '',
      });
    expect(load('LOW').problems).toEqual([]);
    const { problems } = load('planted-level');
    const line = 1 + text.split('\n').findIndex((row) => row.includes('when:'));
    expect(problems.map(({ severity, line: at }) => ({ severity, at }))).toEqual([
      { severity: 'error', at: line },
    ]);
    expect(problems[0]?.message).not.toContain('planted');
  });

  it('names each variable that is missing, at its place', () => {
    const { problems } = loadConfig({ file, text, env: {}, cwd: '/etc', registry, readFile: () => '' });
    expect(problems.map(({ code, line }) => ({ code, line }))).toEqual(
      text
        .split('\n')
        .flatMap((line, i) =>
          /^ *\w+: (Bearer )?\$\{\w+\}/.test(line) ? [{ code: 'unset-variable', line: i + 1 }] : [],
        ),
    );
  });

  it.each(keys.filter((key) => !isSecretFile(key)).map(({ path }) => path))('shows %s', (path) => {
    expect(values.map(([shown]) => shown)).toContain(path);
  });

  it.each(keys.filter(({ schema }) => schema.default !== undefined && typeof schema.default !== 'object'))(
    'shows and names the default of $path',
    ({ key, path, schema }) => {
      expect(values.filter(([shown]) => shown === path).map(([, value]) => value)).toContain(schema.default);
      const comments = text
        .split('\n')
        .filter((line) => line.trimStart().replace(/^- /, '').startsWith(`${key}:`));
      expect(
        comments.some(
          (line) =>
            line.includes(`default ${String(schema.default)}`) ||
            line.includes(`default "${String(schema.default)}"`),
        ),
      ).toBe(true);
    },
  );

  it.each(keys.filter(({ schema }) => Array.isArray(schema.default)))(
    'shows the default list of $path',
    ({ path, schema }) => {
      expect(values.filter(([shown]) => shown === path).map(([, value]) => value)).toContainEqual(
        schema.default,
      );
    },
  );

  it('mentions each key that takes a file', () => {
    const secretFiles = new Set(keys.filter(isSecretFile).map(({ key }) => key));
    expect(secretFiles).toEqual(
      new Set([
        'api_key_file',
        'client_id_file',
        'client_secret_file',
        'url_file',
        'token_file',
        'secret_file',
        'routing_key_file',
        'ca_file',
        'cert_file',
        'key_file',
      ]),
    );
    for (const key of secretFiles) expect(text).toContain(key);
  });
});
