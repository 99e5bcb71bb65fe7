import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { startAktoSimulator } from '../../src/demo/akto-simulator/index.ts';
import {
  startHecReceiver,
  startSlackReceiver,
  startWebhookReceiver,
} from '../../src/demo/receivers/index.ts';
import { runTocsin } from '../pipeline/fake-io.ts';
import { DaemonProcess } from './daemon-process.ts';

/** What an attacker's, or a customer's, request carried. No piece of one may be read by people. */
const PLANTED = {
  bearer: 'pl4nted-bearer-5d1f77c0aa',
  cookie: 'pl4nted-cookie-90b1ee24f3',
  query: 'pl4nted-query-77aa01bc9e',
  body: 'pl4nted-body-c0ffee1234aa',
  key: 'pl4nted-key-3b9d2f6a71c0',
  answer: 'pl4nted-answer-ab12cd34ef',
};
const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 'planted').toString('base64')}`;
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const exchange = {
  method: 'POST',
  path: `/login?password=${PLANTED.query}&next=/home`,
  requestHeaders: JSON.stringify({
    authorization: `Bearer ${PLANTED.bearer}`,
    cookie: `session=${PLANTED.cookie}`,
    'x-api-key': PLANTED.key,
  }),
  requestPayload: JSON.stringify({ user: 'anna', password: PLANTED.body }),
  responseHeaders: JSON.stringify({ 'set-cookie': `id=${PLANTED.answer}; HttpOnly` }),
  responsePayload: '{}',
  statusCode: '200',
};
const event = (timestamp: number): JsonObject => ({
  ...{ id: 'planted', actor: '203.0.113.9', ip: '203.0.113.9', filterId: 'SQLInjection', timestamp },
  ...{ url: exchange.path, method: 'POST', host: 'api.example', country: 'FR', severity: 'CRITICAL' },
  ...{ eventType: 'SINGLE', payload: JSON.stringify(exchange), metadata: `token="${PLANTED.bearer}"` },
});

it('a planted secret reaches no person, no log, no metric, no page; a SIEM only where it is told to', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-planted-'));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const feed = await startAktoSimulator({ apiKey: 'k', events: [event(Math.floor(Date.now() / 1_000) - 5)] });
  const slack = await startSlackReceiver({});
  const webhook = await startWebhookReceiver({ secrets: [WEBHOOK_SECRET] });
  const [masked, whole] = [await startHecReceiver({}), await startHecReceiver({})];
  closing.push(...[feed, slack, webhook, masked, whole].map((each) => () => each.close()));
  mkdirSync(join(folder, 'rules'));
  writeFileSync(
    join(folder, 'rules', 'r.yaml'),
    'id: planted\nfilter: { filter_id: { eq: SQLInjection } }\ninfo: { name: Planted, severity: HIGH }\ngroup_by: [actor, url]\n',
  );
  writeFileSync(
    join(folder, 'config.yaml'),
    `
sources: [{ name: akto, type: akto, url: "${feed.url}", api_key: k, schedule: "* * * * * *" }]
destinations:
  - { name: oncall, type: slack, url: "${slack.url}" }
  - { name: soar, type: webhook, url: "${webhook.url}", secret: ${WEBHOOK_SECRET}, send: [events, alerts] }
  - { name: siem, type: splunk_hec, url: "${masked.url}", token: "${masked.token}", send: [events, alerts] }
  - { name: vault, type: splunk_hec, url: "${whole.url}", token: "${whole.token}", send: [events], redact: off }
routes: [{ to: [oncall, soar, siem], group_by: [rule, actor, url], group_wait: 0s }]
store: sqlite:./tocsin.db
server: { listen: "127.0.0.1:0" }
log: { level: trace }
`,
  );
  const config = join(folder, 'config.yaml');
  const daemon = new DaemonProcess(config);
  closing.push(() => daemon.kill());
  await vi.waitFor(
    () => {
      expect(slack.messages.length).toBeGreaterThan(0);
      expect(webhook.webhooks.length).toBeGreaterThan(1);
      expect(masked.events.length).toBeGreaterThan(1);
      expect(whole.events.length).toBeGreaterThan(0);
    },
    { timeout: 60_000, interval: 50 },
  );
  const port = await daemon.port();
  const page = async (path: string): Promise<string> =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  const told: Record<string, string> = {
    slack: JSON.stringify(slack.messages),
    webhook: JSON.stringify(webhook.webhooks),
    siem: JSON.stringify(masked.events),
    metrics: await page('/metrics'),
    readyz: await page('/readyz'),
    log: daemon.log,
  };
  for (const args of [
    ['alerts', '--json'],
    ['alerts'],
    ['why', 'akto/malicious_events/planted'],
    ['why', '--json', 'akto/malicious_events/planted'],
    ['deliveries', 'list', '--json'],
    ['sources'],
  ]) {
    const { out, err } = await runTocsin([...args, '-c', config], { cwd: folder });
    told[args.join(' ')] = out + err;
  }
  const leaks = Object.entries(told).flatMap(([where, text]) =>
    Object.entries(PLANTED).flatMap(([what, secret]) =>
      text.includes(secret) || text.includes(secret.slice(0, 16)) ? [`${what} in ${where}`] : [],
    ),
  );
  expect(leaks).toEqual([]);
  expect(told['siem']).toContain('[redacted:');
  for (const secret of Object.values(PLANTED)) expect(JSON.stringify(whole.events)).toContain(secret);
});
