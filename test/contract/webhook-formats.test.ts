import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { Delivery } from '../../src/core/delivery.ts';
import { startWebhookReceiver } from '../../src/demo/receivers/index.ts';
import { webhookConfig } from '../../src/destinations/webhook/config.ts';
import { webhookDestination } from '../../src/destinations/webhook/index.ts';
import { createAuthority } from './certificates.ts';
import { alert, alertDelivery, eventDelivery, HOSTILE } from './deliveries.ts';
import { startDiscord, startPagerDuty, startTeams } from './webhook-stands.ts';

const ROUTING_KEY = 'R'.repeat(32);
const SECRETS = [7, 9].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`);
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

function opened<T extends { close(): unknown }>(thing: T): T {
  open.push(thing);
  return thing;
}

function destination(url: string, more: object) {
  const config = webhookConfig.parse({ name: 'soar', type: 'webhook', url, ...more });
  return opened(webhookDestination.create(config, { clock: systemClock, random: () => 0.5 }));
}

const deliver = (to: ReturnType<typeof destination>, ...batch: Delivery[]) =>
  to.deliver(batch, new AbortController().signal);
const hostile: readonly Delivery[] = HOSTILE.map(([, text], i) => {
  const alerts = Array.from({ length: 20 }, () =>
    alert({ ruleName: text, description: text, group: { actor: text } }),
  );
  return alertDelivery({ alerts }, `n-${i}`);
});

describe('pagerduty', () => {
  const pager = (origin: string, key = ROUTING_KEY) =>
    destination(origin, { format: 'pagerduty', routing_key: key });

  it('opens, updates, acknowledges and resolves one incident for a group', async () => {
    const far = opened(await startPagerDuty(ROUTING_KEY));
    const inHand = alert({ state: 'acknowledged', acknowledged: { atMs: 0, by: 'ann' } });
    const states: (string | undefined)[] = [];
    for (const over of [
      {},
      { reason: 'grew' },
      { reason: 'repeat', alerts: [inHand] },
      { reason: 'resolved' },
    ] as const) {
      expect(await deliver(pager(far.origin), alertDelivery(over))).toEqual({ kind: 'done' });
      states.push([...far.incidents.values()].join());
    }
    expect(states).toEqual(['triggered', 'triggered', 'acknowledged', 'resolved']);
  });

  it('takes whatever anybody writes', async () => {
    const far = opened(await startPagerDuty(ROUTING_KEY));
    for (const delivery of hostile)
      expect(await deliver(pager(far.origin), delivery)).toEqual({ kind: 'done' });
  });

  it('holds where the key is wrong, and loses no alert', async () => {
    const far = opened(await startPagerDuty('S'.repeat(32)));
    expect(await deliver(pager(far.origin), alertDelivery())).toMatchObject({
      kind: 'hold',
      reason: expect.stringContaining('routing_key'),
    });
  });

  it('buries what PagerDuty refuses with its reason', async () => {
    const body = JSON.stringify({
      status: 'invalid event',
      message: 'Event object is invalid',
      errors: ['odd'],
    });
    const far = opened(
      await startPagerDuty(ROUTING_KEY, { faults: () => ({ kind: 'status', status: 400, body }) }),
    );
    const reason = 'PagerDuty refused this event (400): Event object is invalid; odd';
    expect(await deliver(pager(far.origin), alertDelivery())).toEqual({ kind: 'dead', reason });
  });
});

describe('chats', () => {
  it('Discord takes whatever anybody writes, and says that it has', async () => {
    const far = opened(await startDiscord());
    const chat = destination(`${far.origin}/api/webhooks/1/t?thread_id=5`, { format: 'discord' });
    for (const delivery of [...hostile, eventDelivery()])
      expect(await deliver(chat, delivery)).toEqual({ kind: 'done' });
    expect(far.requests[0]?.query.toString()).toBe('thread_id=5&wait=true');
  });

  it('Discord is waited for as long as its body says', async () => {
    const limited = { kind: 'status', status: 429, body: '{"retry_after":0.65,"global":false}' } as const;
    const far = opened(await startDiscord({ faults: () => limited }));
    expect(await deliver(destination(far.origin, { format: 'discord' }), alertDelivery())).toMatchObject({
      kind: 'retry',
      afterMs: 650,
    });
  });

  it('Teams takes whatever anybody writes', async () => {
    const far = opened(await startTeams());
    const chat = destination(far.origin, { format: 'teams' });
    for (const delivery of [...hostile, eventDelivery()])
      expect(await deliver(chat, delivery)).toEqual({ kind: 'done' });
  });
});

describe('cloudevents', () => {
  it.each([
    ['structured', 'application/cloudevents+json'],
    ['binary', 'application/json'],
  ])('in %s mode are signed and come as %s', async (mode, type) => {
    const far = opened(await startWebhookReceiver({ secrets: SECRETS.slice(0, 1) }));
    const to = destination(far.url, { format: 'cloudevents', mode, secret: SECRETS });
    expect(await deliver(to, eventDelivery())).toEqual({ kind: 'done' });
    const { headers, payload } = far.webhooks[0] ?? {};
    expect(headers?.['content-type']).toBe(type);
    const id = 'akto-prod/malicious_events/e1';
    if (mode === 'binary') expect(headers).toMatchObject({ 'ce-id': id, 'ce-type': 'tocsin.event' });
    else expect(payload).toMatchObject({ specversion: '1.0', id, source: '/tocsin', type: 'tocsin.event' });
  });
});

describe('batches', () => {
  const batch = { max_items: 3 };
  it.each([
    ['tocsin', 'application/json'],
    ['cloudevents', 'application/cloudevents-batch+json'],
  ])('of %s are arrays, even of one, under an id of just these', async (format, type) => {
    const far = opened(await startWebhookReceiver({ secrets: SECRETS.slice(1) }));
    const to = destination(far.url, { format, batch, secret: SECRETS, send: ['events'] });
    expect(to.batch).toEqual({ maxItems: 3 });
    const three = [1, 2, 3].map((i) => eventDelivery(`e${i}`));
    expect(await deliver(to, ...three)).toEqual({ kind: 'done' });
    expect(await deliver(to, ...three)).toEqual({ kind: 'done' });
    expect(await deliver(to, eventDelivery())).toEqual({ kind: 'done' });
    expect(far.webhooks.map(({ payload }) => (Array.isArray(payload) ? payload.length : 0))).toEqual([3, 1]);
    expect([...far.counts.values()]).toEqual([2, 1]);
    expect(far.webhooks[0]?.headers['content-type']).toBe(type);
  });

  it('of which one is refused are tried again, fewer at a time, until it is alone', async () => {
    const refused = { kind: 'status', status: 422 } as const;
    const far = opened(await startWebhookReceiver({ faults: () => refused }));
    const to = destination(far.url, { batch });
    expect(await deliver(to, alertDelivery(), alertDelivery())).toMatchObject({ kind: 'retry' });
    expect(await deliver(to, alertDelivery())).toMatchObject({ kind: 'dead' });
  });
});

describe('TLS', () => {
  const authority = createAuthority('our own CA');
  const server = authority.issue({ commonName: 'hook', names: ['127.0.0.1'] });
  const client = authority.issue({ commonName: 'tocsin' });

  async function serve(certificate = server): Promise<string> {
    const options = { ...certificate, ca: authority.cert, requestCert: true };
    const far = createServer(options, (request, response) =>
      response.writeHead(204).end(request.resume() && ''),
    );
    far.listen(0, '127.0.0.1');
    await once(far, 'listening');
    opened({ close: () => far.closeAllConnections() });
    far.unref();
    return `https://127.0.0.1:${(far.address() as AddressInfo).port}`;
  }

  it('trusts a private CA, and shows who we are', async () => {
    const to = destination(await serve(), { ca: authority.cert, ...client });
    expect(await deliver(to, alertDelivery())).toEqual({ kind: 'done' });
  });

  it.each<[string, object, string]>([
    ['a CA that nobody named', { ...client }, 'no trusted TLS connection'],
    ['no certificate of ours', { ca: authority.cert }, 'closed the connection'],
  ])('sends nothing with %s', async (_, more, reason) => {
    const outcome = await deliver(destination(await serve(), more), alertDelivery());
    expect(outcome.kind).toBe('retry');
    expect(JSON.stringify(outcome)).toMatch(new RegExp(`${reason}|no trusted TLS|failed`));
  });

  it('sends nothing to a certificate of another name', async () => {
    const other = authority.issue({ commonName: 'other', names: ['other.example'] });
    const outcome = await deliver(
      destination(await serve(other), { ca: authority.cert, ...client }),
      alertDelivery(),
    );
    expect(outcome).toMatchObject({ kind: 'retry', reason: expect.stringContaining('trusted TLS') });
  });
});
