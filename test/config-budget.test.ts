import { describe, expect, it } from 'vitest';
import { registry } from '../src/app/registry.ts';
import { loadConfig } from '../src/config/index.ts';

const load = (text: string) =>
  loadConfig({ file: 'c.yaml', text, env: { AGE: '2d' }, cwd: '/etc', registry, readFile: () => '' });

const START = `sources: [{ name: s, type: akto, url: "https://a.example", api_key: k }]
destinations:
`;
const KINDS = {
  slack: '{ name: d, type: slack, url: "https://hooks.slack.example/x"',
  splunk_hec: '{ name: d, type: splunk_hec, url: "https://splunk.example", token: t',
  webhook: '{ name: d, type: webhook, url: "https://hook.example/x"',
  syslog: '{ name: d, type: syslog, host: siem.example',
  file: '{ name: d, type: file, path: out.jsonl',
} as const;
const kinds = Object.entries(KINDS);
const withKeys = (kind: string, keys: string): string => `${START}  - ${kind}, ${keys} }\n`;

const clock = { now: () => 0, sleep: async () => undefined };

describe('budget', () => {
  it.each(kinds)(
    'of a %s destination: none unless asked for, else it blocks unless told otherwise',
    (_, kind) => {
      const budgetOf = (keys: string) => load(withKeys(kind, keys)).config?.destinations[0]?.budget;
      expect(budgetOf('timeout: 20s')).toBeUndefined();
      expect(budgetOf('budget: { max_age: 2d }')).toEqual({ maxAgeMs: 172_800_000, policy: 'block' });
      expect(budgetOf(`budget: { max_age: "\${AGE}", max_bytes: 1GiB, policy: shed }`)).toEqual({
        ...{ maxAgeMs: 172_800_000, maxBytes: 1_073_741_824, policy: 'shed' },
      });
    },
  );

  it.each<[why: string, keys: string, place: string, message: string]>([
    ['no bound', 'budget: { policy: shed }', '3', 'budget: expected "max_age", "max_bytes" or both'],
    [
      'an unknown policy',
      'budget: { max_age: 1d, policy: drop }',
      '3',
      'policy: expected one of block, shed',
    ],
    ['no unit', 'budget: { max_age: 30 }', '3', 'max_age: expected a duration with its unit, such as 30s'],
    ['too short', 'budget: { max_age: 10s }', '3', 'max_age: must be at least 1m'],
    ['too small', 'budget: { max_bytes: 10kB }', '3', 'max_bytes: must be at least 1MB'],
    [
      'a slip of the key',
      'budget: { max_age: 1d, max_byte: 1GB }',
      '3',
      'unknown key "max_byte"; did you mean "max_bytes"?',
    ],
  ])('is refused with its place: %s', (_, keys, line, message) => {
    const { config, problems } = load(withKeys(KINDS.webhook, keys));
    expect(config).toBeUndefined();
    expect(problems.map((problem) => [String(problem.line), problem.message])).toEqual([[line, message]]);
  });
});

describe('in_flight', () => {
  const most = (kind: string, keys = 'timeout: 20s') =>
    load(withKeys(kind, keys)).config?.destinations[0]?.create({ clock, random: () => 0 }).maxInFlight ?? 1;

  it.each<[keyof typeof KINDS, number]>([
    ['splunk_hec', 4],
    ['webhook', 1],
    ['slack', 1],
    ['syslog', 1],
    ['file', 1],
  ])('of a %s destination is %d unless told otherwise', (kind, expected) => {
    expect(most(KINDS[kind])).toBe(expected);
  });

  it('may be more where order does not matter, and within bounds', () => {
    expect(most(KINDS.webhook, 'in_flight: { max: 8 }')).toBe(8);
    expect(load(withKeys(KINDS.webhook, 'in_flight: { max: 17 }')).problems[0]?.message).toBe(
      'max: must be at most 16',
    );
    expect(load(withKeys(KINDS.syslog, 'in_flight: { max: 2 }')).problems[0]?.code).toBe('unknown-key');
  });
});
