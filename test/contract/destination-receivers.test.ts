import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Delivery, Destination, Outcome } from '../../src/core/delivery.ts';
import {
  type HecReceiverOptions,
  startHecReceiver,
  startSlackReceiver,
  startWebhookReceiver,
} from '../../src/demo/receivers/index.ts';
import { slackConfig } from '../../src/destinations/slack/config.ts';
import { slackDestination } from '../../src/destinations/slack/index.ts';
import { splunkHecConfig } from '../../src/destinations/splunk_hec/config.ts';
import { splunkHecDestination } from '../../src/destinations/splunk_hec/index.ts';
import { webhookConfig } from '../../src/destinations/webhook/config.ts';
import { webhookDestination } from '../../src/destinations/webhook/index.ts';
import { alert, alertDelivery, eventDelivery, HOSTILE, NOW_MS, RAW_EVENT } from './deliveries.ts';

const open: { close(): unknown }[] = [];
const running = new AbortController().signal;

afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

function opened<T extends { close(): unknown }>(thing: T): T {
  open.push(thing);
  return thing;
}

/** Sleeps by moving its time. */
function fastClock(): Clock & { slept: number[] } {
  const slept: number[] = [];
  let nowMs = NOW_MS;
  const sleep = async (ms: number): Promise<void> => {
    slept.push(ms);
    nowMs += ms;
  };
  return { now: () => nowMs, sleep, slept };
}

const random = (): number => 0.5;

async function hec(receiverOptions: HecReceiverOptions, more: Record<string, unknown> = {}) {
  const clock = fastClock();
  const receiver = opened(await startHecReceiver({ clock, ...receiverOptions }));
  const input = { name: 'siem', type: 'splunk_hec', url: receiver.url, token: receiver.token, ...more };
  const destination = opened(splunkHecDestination.create(splunkHecConfig.parse(input), { clock, random }));
  return { receiver, destination, clock };
}

const events = (count: number, from = 0): Delivery[] =>
  Array.from({ length: count }, (_, i) => eventDelivery(`e${from + i}`));
const kinds = (outcome: Outcome): string =>
  outcome.kind === 'partial' ? outcome.items.map((item) => item.kind).join(' ') : outcome.kind;

/** Delivers as the pipeline would, until nothing is left to retry. Gives the dead. */
async function deliverAll(destination: Destination, batch: readonly Delivery[]): Promise<string[]> {
  const dead: string[] = [];
  let left = [...batch];
  for (let rounds = 0; left.length > 0 && rounds < 1_000; rounds += 1) {
    const outcome = await destination.deliver(left, running);
    const items = outcome.kind === 'partial' ? outcome.items : left.map(() => outcome);
    dead.push(...left.filter((_, i) => items[i]?.kind === 'dead').map((each) => each.id));
    left = left.filter((_, i) => items[i]?.kind === 'retry' || items[i]?.kind === 'hold');
  }
  expect(left).toEqual([]);
  return dead;
}

describe('splunk_hec', () => {
  it('sends every event once, in requests under the bound, with time and id', async () => {
    const { receiver, destination } = await hec({}, { batch: { max_bytes: '10kB' } });
    expect(await destination.deliver(events(100), running)).toEqual({ kind: 'done' });
    expect(receiver.counts.size).toBe(100);
    expect(receiver.requests.length).toBeGreaterThan(3);
    for (const request of receiver.requests) expect(request.body.length).toBeLessThanOrEqual(10_000);
    expect(receiver.events[0]?.envelope).toMatchObject({ time: '1795293845.250', source: 'tocsin' });
  });

  it.each([6, 12, 13, 15])('buries the event that code %i names and sends no other twice', async (code) => {
    const poison = new Set(['e0', 'e3', 'e7', 'e9'].map((id) => eventDelivery(id).id));
    const sent: string[][] = [];
    const { receiver, destination } = await hec({
      faults: (number) => {
        const ids = [
          ...(receiver.requests[number - 1]?.body.toString().matchAll(/"tocsin_id":"([^"]+)"/g) ?? []),
        ];
        const at = ids.findIndex(([, id]) => poison.has(id ?? ''));
        sent.push(ids.slice(0, at === -1 ? ids.length : at).map(([, id]) => id ?? ''));
        const body = JSON.stringify({ text: 'x', code, 'invalid-event-number': at });
        return at === -1 ? undefined : { kind: 'status', status: 400, body };
      },
    });
    expect(new Set(await deliverAll(destination, events(10)))).toEqual(poison);
    const indexed = sent.flat();
    expect(indexed.toSorted()).toEqual(
      ['e1', 'e2', 'e4', 'e5', 'e6', 'e8'].map((id) => eventDelivery(id).id),
    );
  });

  it('splits what is too large, and buries the one that is so alone', async () => {
    const { receiver, destination } = await hec({ maxBodyBytes: 5_000 });
    const big = eventDelivery('big', { ...RAW_EVENT, blob: 'x'.repeat(6_000) });
    const outcome = await destination.deliver([...events(9), big, ...events(3, 20)], running);
    expect(kinds(outcome)).toBe(`${'done '.repeat(9)}dead done done done`);
    expect([...receiver.counts.values()].every((count) => count === 1)).toBe(true);
  });

  it('holds everything where the index is not allowed', async () => {
    const { receiver, destination } = await hec({ indexes: ['main'] }, { index: 'secret' });
    const outcome = await destination.deliver(events(3), running);
    expect(outcome).toMatchObject({ kind: 'hold', reason: expect.stringContaining('index') });
    expect(receiver.events).toHaveLength(0);
  });

  it.each([{ token: 'another' }, { tokenDisabled: true }])(
    'holds everything where the token is refused',
    async (far) => {
      const { destination } = await hec(far, { token: 'mine' });
      expect(await destination.deliver(events(3), running)).toMatchObject({ kind: 'hold' });
    },
  );

  it('keeps what went before a failure apart from what did not', async () => {
    const busy = {
      kind: 'status',
      status: 503,
      body: '{"code":9}',
      headers: { 'retry-after': '3' },
    } as const;
    const { receiver, destination } = await hec(
      { faults: (number) => (number === 2 ? busy : undefined) },
      { batch: { max_bytes: '10kB' } },
    );
    const outcome = await destination.deliver(events(60), running);
    if (outcome.kind !== 'partial') throw new Error(outcome.kind);
    expect(receiver.requests).toHaveLength(2);
    expect(outcome.items.filter((item) => item.kind === 'done')).toHaveLength(receiver.events.length);
    expect(outcome.items.at(-1)).toMatchObject({ kind: 'retry', afterMs: 3_000 });
  });

  it('does not mix batches that are delivered at the same time', async () => {
    const { receiver, destination } = await hec({});
    const batches = Array.from({ length: 5 }, (_, i) => events(20, i * 20));
    const outcomes = await Promise.all(batches.map((batch) => destination.deliver(batch, running)));
    expect(outcomes).toEqual(batches.map(() => ({ kind: 'done' })));
    expect([receiver.counts.size, receiver.requests.length]).toEqual([100, 5]);
  });

  it('sends hostile texts as they are', async () => {
    const { receiver, destination } = await hec({});
    const batch = HOSTILE.map(([, text], i) => eventDelivery(`h${i}`, { text: text.toWellFormed() }));
    expect(await destination.deliver(batch, running)).toEqual({ kind: 'done' });
    expect(receiver.events.map(({ event }) => event)).toMatchObject(
      HOSTILE.map(([, text]) => ({ event: { text: text.toWellFormed() } })),
    );
  });

  describe('with acknowledgement', () => {
    const acknowledge = { acknowledge: true, ack_timeout: '20s' };

    it('is done once Splunk has indexed, not once it has received', async () => {
      const { destination, clock, receiver } = await hec(
        { acknowledge: true, ackDelayMs: 3_000 },
        acknowledge,
      );
      expect(await destination.deliver(events(5), running)).toEqual({ kind: 'done' });
      expect(clock.now() - NOW_MS).toBeGreaterThanOrEqual(3_000);
      expect(receiver.requests.filter((request) => request.path.endsWith('/ack')).length).toBeLessThan(8);
    });

    it('asks for all requests of a batch together', async () => {
      const more = { ...acknowledge, batch: { max_bytes: '10kB' } };
      const { destination, receiver } = await hec({ acknowledge: true }, more);
      expect(await destination.deliver(events(60), running)).toEqual({ kind: 'done' });
      expect(receiver.requests.filter((request) => request.path.endsWith('/ack'))).toHaveLength(1);
    });

    it('sends again, under the same ids, what was received and lost', async () => {
      const lost = { acknowledge: true, loses: (request: number) => request === 1 };
      const { destination, receiver } = await hec(lost, acknowledge);
      expect(await destination.deliver(events(2), running)).toMatchObject({ kind: 'retry' });
      expect(await destination.deliver(events(2), running)).toEqual({ kind: 'done' });
      expect([...receiver.counts.values()]).toEqual([1, 1]);
    });

    it.each([
      ['an error', { kind: 'status', status: 503 }],
      ['a page', { kind: 'html' }],
      ['nothing', { kind: 'reset-before' }],
    ] as const)('takes %s from the ack endpoint for no proof', async (_, fault) => {
      const faults = (__: number, path: string) => (path.endsWith('/ack') ? fault : undefined);
      const { destination } = await hec({ acknowledge: true, faults }, acknowledge);
      expect(await destination.deliver(events(2), running)).toMatchObject({ kind: 'retry' });
    });

    it('holds where the token has none', async () => {
      const { destination } = await hec({ acknowledge: false }, acknowledge);
      expect(await destination.deliver(events(2), running)).toMatchObject({ kind: 'hold' });
    });

    it('holds where the token wants it and the configuration does not', async () => {
      const { destination } = await hec({ acknowledge: true });
      expect(await destination.deliver(events(2), running)).toMatchObject({ kind: 'hold' });
    });
  });
});

describe('slack', () => {
  async function slack(options: Parameters<typeof startSlackReceiver>[0]) {
    const clock = fastClock();
    const receiver = opened(await startSlackReceiver({ clock, ...options }));
    const config = slackConfig.parse({ name: 'oncall', type: 'slack', url: receiver.url });
    return { receiver, clock, destination: opened(slackDestination.create(config, { clock, random })) };
  }

  it('posts one message for one notification, and every hostile text is taken', async () => {
    const { receiver, destination } = await slack({});
    for (const [, text] of HOSTILE) {
      const alerts = Array.from({ length: 20 }, () =>
        alert({ ruleName: text, group: { actor: text }, description: text }),
      );
      expect(await destination.deliver([alertDelivery({ alerts })], running)).toEqual({ kind: 'done' });
    }
    expect(receiver.messages).toHaveLength(HOSTILE.length);
  });

  it('keeps to one message a second after a short burst', async () => {
    const { destination, clock } = await slack({});
    const deliver = () => destination.deliver([alertDelivery()], running);
    await Promise.all(Array.from({ length: 9 }, deliver));
    expect(clock.slept.length).toBe(3);
    expect(Math.max(...clock.slept)).toBeLessThanOrEqual(3_000);
  });

  it('sends plain words where Slack refuses the message, and only then gives it up', async () => {
    const refused = { kind: 'status', status: 400, body: 'invalid_blocks' } as const;
    const once = await slack({ faults: (number) => (number === 1 ? refused : undefined) });
    expect(await once.destination.deliver([alertDelivery()], running)).toEqual({ kind: 'done' });
    expect(once.receiver.messages[0]?.text).toContain('12 new matches (57 in all)');
    expect(once.receiver.messages[0]?.payload).not.toHaveProperty('attachments');
    const always = await slack({ faults: () => refused });
    const outcome = await always.destination.deliver([alertDelivery()], running);
    expect(outcome).toMatchObject({ kind: 'dead', reason: expect.stringContaining('invalid_blocks') });
    expect(always.receiver.requests).toHaveLength(2);
  });

  it('does not lose the plain message to a rate limit', async () => {
    const faults = (number: number) =>
      number === 1
        ? ({ kind: 'status', status: 400, body: 'invalid_blocks' } as const)
        : ({ kind: 'status', status: 429, headers: { 'retry-after': '30' } } as const);
    const { destination } = await slack({ faults });
    const outcome = await destination.deliver([alertDelivery()], running);
    expect(outcome).toMatchObject({ kind: 'retry', afterMs: 30_000 });
  });
});

describe('webhook', () => {
  it('signs so that the far side verifies, under one id on every attempt', async () => {
    const secret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
    const clock = fastClock();
    const receiver = opened(
      await startWebhookReceiver({
        clock,
        secrets: [secret],
        faults: (number) => (number === 1 ? { kind: 'reset-after' } : undefined),
      }),
    );
    const config = webhookConfig.parse({ name: 'soar', type: 'webhook', url: receiver.url, secret });
    const destination = opened(webhookDestination.create(config, { clock, random }));
    const delivery = alertDelivery({}, 'n-1/soar');
    expect(await destination.deliver([delivery], running)).toMatchObject({ kind: 'retry' });
    expect(await destination.deliver([delivery], running)).toEqual({ kind: 'done' });
    expect([...receiver.counts]).toEqual([['n-1/soar', 2]]);
    expect(receiver.webhooks[0]).toMatchObject({
      type: 'alert.opened',
      payload: { data: { new_count: 12 } },
    });
    const [first, second] = receiver.requests;
    expect(first?.body.equals(second?.body ?? Buffer.alloc(0))).toBe(true);
  });
});
