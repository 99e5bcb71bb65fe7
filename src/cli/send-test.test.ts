import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runTocsin } from '../../test/pipeline/fake-io.ts';
import {
  type HecReceiver,
  type SlackReceiver,
  startHecReceiver,
  startSlackReceiver,
} from '../demo/receivers/index.ts';

let folder: string;
let slack: SlackReceiver;
let siem: HecReceiver;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-send-test-'));
  slack = await startSlackReceiver();
  siem = await startHecReceiver();
  writeFileSync(
    join(folder, 'config.yaml'),
    `
sources: [{ name: akto, type: akto, url: "https://akto.example", api_key: k }]
destinations:
  - { name: oncall, type: slack, url: "${slack.url}" }
  - { name: bot, type: slack, token: "${slack.token}", channel: "${slack.channel}", api_url: "${slack.apiUrl}", send: [alerts, events] }
  - { name: siem, type: splunk_hec, url: "${siem.url}", token: "${siem.token}", send: [events] }
  - { name: wrong, type: splunk_hec, url: "${siem.url}", token: nonsense, send: [events] }
  - { name: away, type: webhook, url: "http://127.0.0.1:1/x" }
`,
  );
});
afterEach(async () => {
  await Promise.all([slack.close(), siem.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const send = (...args: readonly string[]) =>
  runTocsin(['send-test', ...args, '-c', join(folder, 'config.yaml')], { cwd: folder });

it.each(['alert', 'escalated', 'resolved', 'digest', 'event'])(
  'sends a marked %s through the real destination',
  async (kind) => {
    const { code, out } = await send('oncall', '--kind', kind, '--json');
    expect(JSON.parse(out)).toMatchObject({ destination: 'oncall', kind, outcome: 'done' });
    expect(code).toBe(0);
    expect(JSON.stringify(slack.messages[0]?.payload)).toContain('TEST:');
    expect(existsSync(join(folder, 'data'))).toBe(false);
  },
);

it.each(['alert', 'escalated', 'digest', 'event'])('sends a marked %s as a bot', async (kind) => {
  expect((await send('bot', '--kind', kind)).code).toBe(0);
  expect(slack.posted().map(({ payload }) => JSON.stringify(payload))).toEqual([
    expect.stringContaining('TEST:'),
  ]);
});

it('shows how a bot ends what it has told: the message turns green, and its thread says so', async () => {
  const { code, out } = await send('bot', '--kind', 'resolved', '--json');
  expect(JSON.parse(out)).toMatchObject({ destination: 'bot', kind: 'resolved', outcome: 'done' });
  expect(code).toBe(0);
  const [root, answer] = slack.posted();
  expect(root).toMatchObject({ edits: 1, payload: { text: expect.stringMatching(/^✅ .*TEST:/) } });
  expect(answer).toMatchObject({ threadTs: root?.ts, isBroadcast: false });
});

it.each([
  ['acknowledged', 2, 'acknowledged by tocsin send-test'],
  ['shrank', 1, '"color":"#2b8a3e"'],
])('shows how a bot changes what it has told: %s', async (kind, messages, words) => {
  expect((await send('bot', '--kind', kind)).code).toBe(0);
  expect(slack.posted()).toHaveLength(messages);
  expect(slack.posted()[0]?.edits).toBe(1);
  expect(JSON.stringify(slack.posted()[0]?.payload)).toContain(words);
});

it.each(['acknowledged', 'shrank'])('says that a webhook is never told of what is %s', async (kind) => {
  const { code, out, err } = await send('oncall', '--kind', kind);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('oncall cannot change what it has sent');
  expect(slack.messages).toEqual([]);
});

it('sends an event where no alerts are taken, and masks what is secret', async () => {
  const { code, out } = await send('siem');
  expect({ code, out }).toEqual({
    code: 0,
    out: expect.stringMatching(/^siem took the event tocsin\/test\//),
  });
  const all = JSON.stringify(siem.events);
  expect(all).toContain('TEST:');
  expect(all).not.toContain('not-a-real-token');
});

it.each<[string, readonly string[], number, RegExp]>([
  ['a token that is none', ['wrong'], 1, /wrong did not take the event: .*\nrefused until a person acts/],
  ['nobody who listens', ['away'], 1, /away did not take the alert: .*\nnot taken now/],
  [
    'a destination that is none',
    ['nobody'],
    2,
    /there is no destination "nobody"; there is oncall, bot, siem, wrong, away/,
  ],
  [
    'a kind that it is never sent',
    ['siem', '--kind', 'digest'],
    0,
    /is sent events only, so the daemon would never/,
  ],
])('tells of %s', async (_, args, code, said) => {
  const ran = await send(...args);
  expect(ran.out + ran.err).toMatch(said);
  expect(ran.code).toBe(code);
});
