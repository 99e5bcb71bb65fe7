import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { Delivery, DestinationMemory } from '../../src/core/delivery.ts';
import { startWebhookReceiver } from '../../src/demo/receivers/index.ts';
import { startReceiver } from '../../src/demo/receivers/server.ts';
import { webhookConfig } from '../../src/destinations/webhook/config.ts';
import { webhookDestination } from '../../src/destinations/webhook/index.ts';
import { createAuthority } from './certificates.ts';
import { alert, alertDelivery, eventDelivery, HOSTILE } from './deliveries.ts';
import { digestDelivery } from './digests.ts';
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
  const kept = new Map<string, string>();
  const memory: DestinationMemory = {
    get: async (key) => kept.get(key),
    set: async (key, value) => void kept.set(key, value),
  };
  return opened(webhookDestination.create(config, { clock: systemClock, random: () => 0.5, memory }));
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
      { reason: 'acknowledged', alerts: [inHand], isAcknowledged: true },
      { reason: 'repeat', alerts: [inHand], isAcknowledged: true },
      { reason: 'resolved' },
    ] as const) {
      expect(await deliver(pager(far.origin), alertDelivery(over))).toEqual({ kind: 'done' });
      states.push([...far.incidents.values()].join());
    }
    expect(states).toEqual(['triggered', 'triggered', 'acknowledged', 'acknowledged', 'resolved']);
  });

  it('has no incident left open by a summary, also where its end is not taken at once', async () => {
    const busy = { kind: 'status', status: 503 } as const;
    const faults = (number: number) => (number === 2 ? busy : undefined);
    const far = opened(await startPagerDuty(ROUTING_KEY, { faults }));
    const to = pager(far.origin);
    const summary = digestDelivery();
    expect(await deliver(to, summary)).toMatchObject({ kind: 'retry' });
    expect([...far.incidents.values()]).toEqual(['triggered']);
    expect(await deliver(to, summary)).toEqual({ kind: 'done' });
    expect([...far.incidents.values()]).toEqual(['resolved']);
    // What was opened once is not opened again.
    expect(far.events.map((event) => event['event_action'])).toEqual(['trigger', 'resolve']);
  });

  it('opens a further incident for news after an acknowledgement, and ends both', async () => {
    const far = opened(await startPagerDuty(ROUTING_KEY));
    for (const over of [
      { isAcknowledged: true, reason: 'acknowledged' },
      { incident: 2, reason: 'grew' },
      { incident: 2, reason: 'resolved' },
      { reason: 'resolved' },
    ] as const)
      await deliver(pager(far.origin), alertDelivery({ key: 'k-1', ...over }));
    expect(Object.fromEntries(far.incidents)).toEqual({ 'k-1': 'resolved', 'k-1-2': 'resolved' });
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

describe('a receiver that takes no more than a few kilobytes', () => {
  const alerts = Array.from({ length: 40 }, (_, i) => alert({ fingerprint: `f${i}`, newCount: 1 }));
  const long = alertDelivery({ id: 'n-1', alerts, newCount: 40 }, 'n-1');

  async function small(most: number, refuseOnce: { at: number }) {
    const taken = new Map<string, unknown[]>();
    const far = await startReceiver({}, ({ body, headers }) => {
      if (body.length > most) return { status: 413, body: '' };
      refuseOnce.at -= 1;
      if (refuseOnce.at === 0) return { status: 503, body: '' };
      const id = headers['webhook-id'] ?? '';
      expect(taken.has(id)).toBe(false);
      const parsed: unknown = JSON.parse(body.toString());
      taken.set(id, Array.isArray(parsed) ? parsed : [parsed]);
      return { status: 200, body: '' };
    });
    return { far: opened(far), taken };
  }

  it.each([
    ['tocsin', {}],
    ['tocsin in batches', { batch: { max_items: 5 } }],
    ['alertmanager', { format: 'alertmanager' }],
  ])('is told of all alerts of a group in several requests, each once: %s', async (_, more) => {
    const { far, taken } = await small(9_000, { at: 2 });
    const to = destination(far.origin, more);
    expect(await deliver(to, long)).toMatchObject({ kind: 'retry' });
    expect(await deliver(to, long)).toEqual({ kind: 'done' });
    const bodies = [...taken.values()].flat();
    const names = bodies.flatMap((body) => JSON.stringify(body).match(/"fingerprint":"f\d+"/g) ?? []);
    expect(names).toHaveLength(40);
    expect(new Set(names).size).toBe(40);
    expect(taken.size).toBeGreaterThan(1);
  });

  it('buries what is too much by itself, and tells the rest', async () => {
    const big = alert({ fingerprint: 'big', description: 'x'.repeat(10_000) });
    const { far, taken } = await small(9_000, { at: 0 });
    const to = destination(far.origin, {});
    expect(await deliver(to, alertDelivery({ alerts: [big, ...alerts.slice(0, 3)] }))).toMatchObject({
      kind: 'dead',
      reason: 'the receiver refused this message (413)',
    });
    expect(JSON.stringify([...taken.values()]).match(/"fingerprint":"f\d+"/g)).toHaveLength(3);
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
