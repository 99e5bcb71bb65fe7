import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createStage, type Stage } from '../../test/pipeline/cli-stage.ts';
import type { JsonObject } from '../core/json.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await createStage({ routes: ROUTES });
});
afterEach(() => stage.close());

const ROUTES = `
time_intervals: [{ name: christmas, months: [december], days_of_month: [24, 25], time_zone: Europe/Paris }]
routes:
  - { name: bank, when: { host: { eq: bank.example } }, to: [oncall], continue: true, group_by: [rule] }
  - { name: urgent, when: { severity: { gte: HIGH }, method: { eq: GET } }, to: [oncall, archive], mute_times: [christmas] }
  - { name: rest, to: [archive], group_wait: 30s, escalate: { after: 15m, to: [oncall] } }`;

const SQLI = {
  filterId: 'SQLInjection',
  host: 'bank.example',
  method: 'GET',
  severity: 'LOW',
  actor: '203.0.113.9',
};
const test = (event: JsonObject | string, ...args: readonly string[]) =>
  stage.tocsin(['routes', 'test', ...args], {
    stdin: typeof event === 'string' ? event : JSON.stringify(event),
  });

it('goes through the routes in order, and says of each what it does and why', async () => {
  const { code, out } = await test(SQLI);
  expect(code).toBe(0);
  const about = (rule: string) => out.slice(out.indexOf(`${rule} (`)).split(/\n(?=\S)/)[0];
  expect(about('sqli')?.trim()).toMatchInlineSnapshot(`
    "sqli (HIGH) matches
      alert f5365461 actor=203.0.113.9 would be opened
      route bank: yes, its "when" holds
        tells oncall
        after 10s (group_wait), together with rule=sqli
        continue: true, so later routes are asked too
      route urgent: yes, its "when" holds
        tells archive (earlier routes tell oncall)
        after 10s (group_wait), together with source=akto actor=203.0.113.9
      route rest: not asked, a route before it has no "continue: true""
  `);
});

it('says which condition of a route does not hold', async () => {
  const { out } = await test({ ...SQLI, host: 'a.example', method: 'POST' });
  expect(out).toContain(
    'route bank: no, its "when" does not hold\n    host eq "bank.example" saw "a.example"\n',
  );
  expect(out).toContain('    method eq "GET" saw "POST"\n');
  expect(out).toContain('route rest: yes, it takes every alert\n    tells archive\n');
});

it('tells programs the same', async () => {
  const { out } = await test(SQLI, '--json', '--at', '2026-12-24T23:30');
  const report = JSON.parse(out);
  expect(report).toMatchObject({
    at: '2026-12-24T23:30:00.000Z',
    source: 'akto',
    feed: 'malicious_events',
    failures: [],
  });
  const sqli = report.matches.find(({ rule }: { rule: string }) => rule === 'sqli');
  expect(sqli).toMatchObject({ severity: 'HIGH', windows: 0, alert: 'new' });
  expect(sqli.routes).toMatchObject([
    {
      route: 'bank',
      outcome: 'taken',
      to: ['oncall'],
      continue: true,
      group: { labels: { rule: 'sqli' }, tellsAs: 'opened' },
    },
    {
      route: 'urgent',
      outcome: 'taken',
      to: ['archive'],
      toldByEarlierRoutes: ['oncall'],
      group: { mutedUntil: '2026-12-25T23:00:00.000Z' },
    },
    { route: 'rest', outcome: 'not-asked', to: [] },
  ]);
});

it('knows what is there: an open alert, a group that was told, a silence', async () => {
  await stage.ingest({ a: SQLI });
  await stage.notify(60_000);
  await stage.tocsin(['silence', 'add', '{ rule: { eq: sqli } }', '--for', '2h', '--reason', 'known']);
  const { out } = await test(SQLI);
  expect(out).toContain(
    'alert f5365461 actor=203.0.113.9 is open, 1 match so far\n  kept quiet: silenced by ',
  );
  expect(out).toContain('as more of what was told: at ');
  expect(out).toContain('(repeat_interval)');
});

it('says who is told besides where nobody acknowledges', async () => {
  const { out } = await test({ ...SQLI, host: 'shop.example', method: 'POST' });
  expect(out).toContain('tells oncall too, 15m later, if nobody has acknowledged it (escalate)');
});

it('tells of a route what stands in the file, and nothing that came into it from elsewhere', async () => {
  const text = readFileSync(stage.config, 'utf8').replace('eq: bank.example', 'eq: "${PLACE}"');
  stage.write('config.yaml', text);
  const stdin = JSON.stringify({ ...SQLI, host: 'a.example' });
  const ran = await stage.tocsin(['routes', 'test'], { stdin, env: { PLACE: 'hunter2.example' } });
  expect(ran.out).toContain('host eq a text from elsewhere saw "a.example"');
  expect(ran.out + ran.err).not.toContain('hunter2');
});

it('counts no windows, and says so', async () => {
  expect((await test({ filterId: 'Probe' })).out).toContain(
    'probe (LOW) matches; its windows, which decide whether it fires, are not counted here',
  );
});

it.each<[string, JsonObject | string, readonly string[], number, string]>([
  ['an event that no rule matches', { filterId: 'Other' }, [], 1, 'no rule matches: nobody is told'],
  ['what is no JSON', '{', [], 2, 'stdin cannot be read: expected one event as JSON or YAML'],
  ['a list', '[]', [], 2, 'expected one event as JSON or YAML'],
  ['a file that is not there', SQLI, ['nowhere.json'], 2, 'nowhere.json cannot be read'],
  ['a time that is none', SQLI, ['--at', 'noon'], 2, '--at: "noon" is no time'],
  ['a source that is none', SQLI, ['--source', 'x'], 2, 'there is akto'],
])('answers %s', async (_, event, args, code, said) => {
  const ran = await test(event, ...args);
  expect(ran.code).toBe(code);
  expect(ran.out + ran.err).toContain(said);
});

it('lets no text speak to the terminal', async () => {
  const { out } = await test({ ...SQLI, host: '\u001b[2J\u202e', actor: 'a\nb' });
  expect(out).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
  expect(out).toContain(String.raw`actor=a\u{a}b`);
});
