import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { startSlackReceiver } from '../../src/demo/receivers/index.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { type Running, ruleFor, startRunning } from '../pipeline/running.ts';
import { startFaultyServer } from './faulty-server.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

it('a whole daemon posts as a bot, and its store remembers which message the group is', async () => {
  const slack = await startSlackReceiver();
  const running: Running = await startRunning();
  open.push(slack.close, running.stop);
  const bot = `{ name: oncall, type: slack, token: ${slack.token}, channel: "#oncall", api_url: "${slack.apiUrl}" }`;
  const more = 'routes:\n  - { name: page, to: [oncall], group_wait: 0s }\n';
  running.write(
    'config.yaml',
    running.config({ more }).replace('destinations:', `destinations:\n  - ${bot}`),
  );
  running.write('rules/a.yaml', ruleFor('First'));
  expect(await running.daemon.reload()).toEqual([]);
  running.show('e1', 'First');
  await vi.waitFor(() => expect(slack.posted()).toHaveLength(1), { timeout: 60_000, interval: 20 });
  const [root] = slack.posted();
  expect(root?.payload['text']).toMatch(/^🟠 \*HIGH\* · \*rule-First\*/);
  const { event_payload: carried } = Object(root?.payload['metadata']);
  const group = String(carried.id).replace(/\/\d+$/, '');
  const store = openSqliteStore({ file: join(running.folder, 'tocsin.db'), exclusive: false });
  open.push(() => store.close());
  const thread = { channel: slack.channel, ts: root?.ts, root: carried.id, sequence: 1 };
  await vi.waitFor(
    async () => {
      const page = await store.readMemory('oncall', `thread/#oncall/${group}`);
      expect(JSON.parse(page ?? '{}')).toEqual(thread);
    },
    { timeout: 60_000, interval: 20 },
  );
  expect(JSON.stringify(running.logs)).not.toContain(slack.token);
});

it("a whole daemon takes Rocket.Chat's answer for what it is, and posts once", async () => {
  let posts = 0;
  const chat = await startFaultyServer((_, response) => {
    posts += 1;
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"success":true}');
  });
  const running: Running = await startRunning();
  open.push(async () => chat.close(), running.stop);
  const webhook = `{ name: oncall, type: slack, url: "http://127.0.0.1:${chat.port}/hooks/a/b" }`;
  const more = 'routes:\n  - { name: page, to: [oncall], group_wait: 0s }\n';
  running.write(
    'config.yaml',
    running.config({ more }).replace('destinations:', `destinations:\n  - ${webhook}`),
  );
  running.write('rules/a.yaml', ruleFor('First'));
  expect(await running.daemon.reload()).toEqual([]);
  running.show('e1', 'First');
  const store = openSqliteStore({ file: join(running.folder, 'tocsin.db'), exclusive: false });
  open.push(() => store.close());
  await vi.waitFor(
    async () => {
      const [record] = await store.listDeliveries({ destination: 'oncall', limit: 1 });
      expect(record).toMatchObject({ state: 'done', attempts: 1 });
    },
    { timeout: 60_000, interval: 20 },
  );
  expect(posts).toBe(1);
});
