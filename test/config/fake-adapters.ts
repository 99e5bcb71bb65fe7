import { z } from 'zod';
import {
  type Config,
  formatProblems,
  type Loaded,
  loadConfig,
  type Registry,
} from '../../src/config/index.ts';
import type { CompileFilter } from '../../src/config/types.ts';
import type { Stream } from '../../src/core/delivery.ts';
import type { Problem } from '../../src/core/problem.ts';
import type { DestinationType, SourceType } from '../../src/schema/adapter.ts';
import {
  baseUrl,
  cronExpression,
  duration,
  integer,
  name,
  secret,
  secretUrl,
} from '../../src/schema/values.ts';

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
    headers: z
      .record(z.string().regex(/^[A-Za-z-]+$/, { error: 'expected the name of a header' }), secret())
      .optional(),
    sounds: z.union([z.enum(['ding', 'dong']), z.array(z.enum(['ding', 'dong'])).min(1)]).optional(),
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
    lookbackMs: 0,
    staleAfterMs: 1,
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
    redact: true,
    batch: { maxItems: 1 },
    deliver: () => Promise.resolve({ kind: 'done' }),
    close: () => Promise.resolve(),
  }),
};

const compile: CompileFilter<string> = (node, _owner, { yaml, file }) => {
  const text = String(node);
  if (!text.includes('broken')) return { filter: text, problems: [] };
  const { line, col } = yaml.lines.linePos(node.range?.[0] ?? 0);
  const message = `cannot compile ${text}`;
  return { problems: [{ code: 'bad-operand', severity: 'error', message, file, line, column: col }] };
};

export const registry: Registry<string> = {
  sources: [feed],
  destinations: [bell],
  groupTerms: ['rule', 'actor', 'severity'],
  alertTerms: ['rule', 'actor'],
  compileWhen: compile,
  compileQuiet: compile,
};

const env = {
  KEY: 'planted-secret-4f9a',
  HOOK: 'https://hooks.example/T0/planted-secret-4f9a',
  N: '250',
  EMPTY: '',
};

export const GOOD = `sources:
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

export function load(text: string, more: Record<string, string> = {}): Loaded<string> {
  return loadConfig({
    file: 'tocsin/c.yaml',
    cwd: '/etc',
    text,
    env: { ...env, ...more },
    readFile,
    registry,
  });
}

export function good(text: string, more: Record<string, string> = {}): Config<string> {
  const { config, problems } = load(text, more);
  if (config === undefined) throw new Error(formatProblems(problems, { colour: false }));
  return config;
}

export const at = ({ line, column, code }: Problem): string => `${line}:${column} ${code}`;

export const MINIMAL = `sources:
  - { name: s, type: feed, url: https://x.example, api_key: k }
destinations:
  - { name: d, type: bell, token: t }
`;
