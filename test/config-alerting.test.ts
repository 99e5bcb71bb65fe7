import { describe, expect, it } from 'vitest';
import { registry } from '../src/app/registry.ts';
import { loadConfig } from '../src/config/index.ts';

const env = { REDACT: 'off', ZONE: 'Asia/Kathmandu', RULE: 'planted-rule-5521' };

function load(text: string) {
  return loadConfig({ file: 'c.yaml', text, env, cwd: '/etc', registry, readFile: () => '' });
}

const START = `sources: [{ name: s, type: akto, url: "https://a.example", api_key: k }]
destinations:
`;
const SLACK = '  - { name: slack, type: slack, url: "https://hooks.slack.example/x"';
const HOOK = '  - { name: hook, type: webhook, url: "https://hook.example/x"';
const HEC = '  - { name: hec, type: splunk_hec, url: "https://splunk.example", token: t, send: [alerts]';
const base = `${START}${SLACK} }\n`;

function destinationsOf(text: string) {
  const { config, problems } = load(text);
  expect(problems).toEqual([]);
  const made = config?.destinations.map((each) => each.create({ clock, random: () => 0 })) ?? [];
  return made.map(({ name, rate, redact }) => ({ name, rate, redact }));
}

const clock = { now: () => 0, sleep: async () => undefined };

describe('destinations', () => {
  it('bound what people are sent, and mask secrets, unless told otherwise', () => {
    expect(destinationsOf(`${START}${SLACK} }\n${HOOK} }\n${HEC} }\n`)).toEqual([
      { name: 'slack', rate: { perMinute: 4, burst: 5 }, redact: true },
      { name: 'hook', rate: undefined, redact: true },
      { name: 'hec', rate: undefined, redact: true },
    ]);
  });

  it.each(['off', 'false', '"off"', `"\${REDACT}"`])('take redact: %s for off', (written) => {
    const text = `${START}${HOOK}, redact: ${written} }\n${HEC}, redact: ${written} }\n`;
    expect(destinationsOf(text).map(({ redact }) => redact)).toEqual([false, false]);
  });

  it.each(['on', 'true'])('take redact: %s for on', (written) => {
    expect(destinationsOf(`${START}${HOOK}, redact: ${written} }\n`)).toMatchObject([{ redact: true }]);
  });

  it('take a rate of their own', () => {
    const rates = `${SLACK}, rate: { burst: 9 } }\n${HOOK}, rate: { per_minute: 1, burst: 2 } }\n`;
    expect(destinationsOf(`${START}${rates}`).map(({ rate }) => rate)).toEqual([
      { perMinute: 4, burst: 9 },
      { perMinute: 1, burst: 2 },
    ]);
  });

  it.each<[why: string, entry: string, problems: string[]]>([
    ['a message less than one a minute', `${SLACK}, rate: { per_minute: 0 } }\n`, ['bad-value']],
    ['more than anybody reads', `${SLACK}, rate: { per_minute: 601 } }\n`, ['bad-value']],
    ['parts of a message', `${SLACK}, rate: { burst: 1.5 } }\n`, ['wrong-type']],
    [
      'a rate without its burst, where there is no usual one',
      `${HOOK}, rate: { per_minute: 1 } }\n`,
      ['missing-key'],
    ],
    ['neither on nor off', `${HOOK}, redact: maybe }\n`, ['bad-value']],
    ['secrets to Slack', `${SLACK}, redact: off }\n`, ['unknown-key']],
  ])('refuse %s', (_why, entry, problems) => {
    expect(load(`${START}${entry}`).problems.map(({ code }) => code)).toEqual(problems);
  });
});

describe('filters over alerts', () => {
  const silence = (when: string): string =>
    `${base}silences:\n  - name: n\n    when: ${when}\n    from: 2026-12-01T22:00\n    until: 2026-12-02T02:00\n    time_zone: "\${ZONE}"\n    reason: r\n`;

  it('are compiled with the silences and inhibitions that they stand in', () => {
    const { config, problems } = load(
      `${silence(`{ rule: { eq: "\${RULE}" } }`)}inhibitions:\n  - { name: i, source: { severity: { eq: CRITICAL } }, target: { rule: { eq: b } }, equal: [actor] }\n`,
    );
    expect(problems).toEqual([]);
    const rule = (name: string) => ({ get: (term: string) => (term === 'rule' ? name : undefined) });
    const [planned] = config?.silences ?? [];
    expect(planned?.when.matches(rule('planted-rule-5521'))).toBe(true);
    expect(planned?.when.matches(rule('b'))).toBe(false);
    expect(planned?.startsMs).toBe(Date.UTC(2026, 11, 1, 16, 15));
    expect(config?.inhibitions[0]?.target.matches(rule('b'))).toBe(true);
  });

  it.each<[why: string, text: string, line: number, column: number, message: string]>([
    ['a payload', silence('{ request_payload: { contains_either: x } }'), 6, 13, 'alerts have no payload'],
    ['a slip', silence('{ severty: { gte: HIGH } }'), 6, 13, 'did you mean "severity"?'],
    [
      'a payload inside an inhibition',
      `${base}inhibitions:\n  - name: i\n    source: { rule: { eq: a } }\n    target: { request_headers: { contains_either: x } }\n    equal: []\n`,
      ...([7, 15, 'alerts have no payload'] as const),
    ],
    [
      'a term of events in "equal"',
      `${base}inhibitions:\n  - name: i\n    source: { rule: { eq: a } }\n    target: { rule: { eq: b } }\n    equal: [actr]\n`,
      ...([8, 13, 'did you mean "actor"?'] as const),
    ],
  ])('refuse %s at its place', (_why, text, line, column, message) => {
    const errors = load(text).problems.filter(({ severity }) => severity === 'error');
    expect(errors).toMatchObject([{ line, column }]);
    expect(errors[0]?.message).toContain(message);
  });

  it('are not what routes are asked by: those see the event too', () => {
    const route = 'routes: [{ to: [slack], when: { request_payload: { contains_either: x } } }]\n';
    expect(load(`${base}${route}`).problems).toEqual([]);
  });
});
