import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Delivery, DestinationMemory, Outcome } from '../../src/core/delivery.ts';
import type { Fault } from '../../src/demo/receivers/faults.ts';
import {
  type HecReceiver,
  type HecReceiverOptions,
  startHecReceiver,
} from '../../src/demo/receivers/index.ts';
import { splunkHecConfig } from '../../src/destinations/splunk_hec/config.ts';
import { splunkHecDestination } from '../../src/destinations/splunk_hec/index.ts';
import { type Bench, createBench } from '../pipeline/bench.ts';
import { eventDelivery, NOW_MS } from './deliveries.ts';

const open: { close(): unknown }[] = [];
let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
  await bench.close();
});

/** Sleeps by moving its time. */
function fastClock(): Clock & { advance(ms: number): void } {
  let nowMs = NOW_MS;
  const advance = (ms: number): void => {
    nowMs += ms;
  };
  return { now: () => nowMs, sleep: async (ms) => advance(ms), advance };
}

const storeMemory = (): DestinationMemory => ({
  get: (key) => bench.store.readMemory('siem', key),
  set: (key, value) => bench.store.writeMemory('siem', key, value, NOW_MS),
});

interface Stage {
  readonly clock: ReturnType<typeof fastClock>;
  readonly receiver: HecReceiver;
  /** What the next process would have. */
  start(memory?: DestinationMemory): { deliver(batch: readonly Delivery[]): Promise<Outcome> };
  /** Ends the process when Splunk is next asked for an acknowledgement, before it answers. */
  dieAtAck(): void;
  /** How the ack endpoint fails from now on. */
  fail(fault: Fault | undefined): void;
}

async function stage(options: HecReceiverOptions = {}, more: Record<string, unknown> = {}): Promise<Stage> {
  const clock = fastClock();
  let dying = false;
  let fault: Fault | undefined;
  let process = new AbortController();
  const faults = (_: number, path: string): Fault | undefined => {
    if (!path.endsWith('/ack')) return undefined;
    if (!dying) return fault;
    process.abort();
    return { kind: 'reset-before' };
  };
  const receiver = await startHecReceiver({ clock, acknowledge: true, faults, ...options });
  open.push(receiver);
  const { url, token } = receiver;
  const input = {
    name: 'siem',
    type: 'splunk_hec',
    url,
    token,
    acknowledge: true,
    ack_timeout: '20s',
    ...more,
  };
  let seed = 0;
  // Each process has chances of its own.
  const random = (): number => {
    seed = (seed * 16_807 + 11) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  return {
    clock,
    receiver,
    start(memory = storeMemory()) {
      process = new AbortController();
      dying = false;
      const destination = splunkHecDestination.create(splunkHecConfig.parse(input), {
        clock,
        random,
        memory,
      });
      open.push(destination);
      return { deliver: (batch) => destination.deliver(batch, process.signal) };
    },
    dieAtAck: () => {
      dying = true;
    },
    fail: (next) => {
      fault = next;
    },
  };
}

const events = (count: number, from = 0): Delivery[] =>
  Array.from({ length: count }, (_, i) => eventDelivery(`e${from + i}`));
const counts = ({ counts: each }: HecReceiver): number[] => [...each.values()];
const asked = ({ requests }: HecReceiver, path: string) =>
  requests.filter((request) => request.path.endsWith(path)).length;

describe('a restart between sending and the acknowledgement', () => {
  it('asks on the old channel and sends nothing twice that is indexed', async () => {
    const { start, dieAtAck, receiver } = await stage({ ackDelayMs: 5_000 });
    const before = start();
    dieAtAck();
    expect(await before.deliver(events(3))).toMatchObject({ kind: 'retry' });
    await bench.restart();
    const after = start();
    expect(await after.deliver([...events(3), ...events(2, 10)])).toEqual({ kind: 'done' });
    expect(counts(receiver)).toEqual([1, 1, 1, 1, 1]);
    expect(asked(receiver, '/event')).toBe(2);
  });

  it('sends again, under the same ids, what was received and never indexed', async () => {
    const { start, dieAtAck, receiver } = await stage({ loses: (request) => request === 1 });
    const before = start();
    dieAtAck();
    await before.deliver(events(3));
    expect(receiver.counts.size).toBe(0);
    await bench.restart();
    expect(await start().deliver(events(3))).toEqual({ kind: 'done' });
    expect(counts(receiver)).toEqual([1, 1, 1]);
  });

  it('knows what was acknowledged though it died before it could settle', async () => {
    const { start, receiver } = await stage();
    expect(await start().deliver(events(3))).toEqual({ kind: 'done' });
    await bench.restart();
    const requests = receiver.requests.length;
    expect(await start().deliver(events(3))).toEqual({ kind: 'done' });
    expect(receiver.requests.length, 'Splunk says true once').toBe(requests);
  });

  it('asks for those of a batch that were sent, and sends the others', async () => {
    const busy: Fault = { kind: 'status', status: 503, body: '{"code":9}' };
    const more = { batch: { max_bytes: '10kB' } };
    let refuses = true;
    const faults = (number: number): Fault | undefined => (refuses && number === 2 ? busy : undefined);
    const { start, receiver } = await stage({ faults, loses: () => false }, more);
    const outcome = await start().deliver(events(60));
    expect(outcome.kind).toBe('partial');
    refuses = false;
    await bench.restart();
    expect(await start().deliver(events(60))).toEqual({ kind: 'done' });
    expect(counts(receiver)).toEqual(Array(60).fill(1));
  });

  it('does so with a batch that was cut otherwise before', async () => {
    const { start, dieAtAck, receiver } = await stage({ ackDelayMs: 1_000 });
    const before = start();
    dieAtAck();
    await before.deliver(events(10));
    await bench.restart();
    const after = start();
    expect(await after.deliver(events(4))).toEqual({ kind: 'done' });
    expect(await after.deliver(events(6, 4))).toEqual({ kind: 'done' });
    expect(counts(receiver)).toEqual(Array(10).fill(1));
  });

  it('asks at least once, however long it was away', async () => {
    const { start, dieAtAck, receiver, clock } = await stage();
    const before = start();
    dieAtAck();
    await before.deliver(events(2));
    clock.advance(86_400_000);
    expect(await start().deliver(events(2))).toEqual({ kind: 'done' });
    expect(counts(receiver)).toEqual([1, 1]);
  });

  it.each<[string, Fault]>([
    ['an error', { kind: 'status', status: 503 }],
    ['a page', { kind: 'html' }],
    ['nothing', { kind: 'reset-before' }],
    ['half an answer', { kind: 'status', status: 200, body: '{"acks":{"0":tr' }],
    ['another answer', { kind: 'status', status: 200, body: '{"acks":[true]}' }],
    ['the word true', { kind: 'status', status: 200, body: '{"acks":{"0":"true"}}' }],
  ])('takes %s from the ack endpoint for no proof: asks to the end, then sends again', async (_, fault) => {
    const { start, dieAtAck, receiver, fail } = await stage();
    const before = start();
    dieAtAck();
    await before.deliver(events(2));
    fail(fault);
    const askedBefore = asked(receiver, '/ack');
    expect(await start().deliver(events(2))).toMatchObject({ kind: 'retry' });
    expect(asked(receiver, '/ack') - askedBefore).toBeGreaterThan(4);
    expect(counts(receiver), 'the same ids again: | dedup tocsin_id').toEqual([2, 2]);
  });

  it('keeps asking where the person in charge must act first, and does not send again meanwhile', async () => {
    const { start, dieAtAck, receiver, fail } = await stage();
    const before = start();
    dieAtAck();
    await before.deliver(events(2));
    fail({ kind: 'status', status: 403, body: '{"text":"Token disabled","code":1}' });
    const after = start();
    expect(await after.deliver(events(1))).toMatchObject({
      kind: 'hold',
      reason: expect.stringContaining('enable'),
    });
    fail(undefined);
    expect(await after.deliver(events(2))).toEqual({ kind: 'done' });
    expect(counts(receiver)).toEqual([1, 1]);
  });
});

describe('a memory', () => {
  it('that cannot be read keeps everything from being sent: it could be the second time', async () => {
    const { start, receiver } = await stage();
    let broken = true;
    const memory: DestinationMemory = {
      get: async () => {
        if (broken) throw new Error('the store does not answer');
        return undefined;
      },
      set: async () => undefined,
    };
    const { deliver } = start(memory);
    expect(await deliver(events(1))).toMatchObject({ kind: 'retry' });
    expect(receiver.requests).toHaveLength(0);
    broken = false;
    expect(await deliver(events(1))).toEqual({ kind: 'done' });
  });

  it('that cannot be written stops nothing', async () => {
    const { start } = await stage();
    const set = async (): Promise<void> => {
      throw new Error('no space left');
    };
    expect(await start({ get: async () => undefined, set }).deliver(events(1))).toEqual({ kind: 'done' });
  });

  it('of nonsense is none', async () => {
    const nonsense = [
      '',
      '{',
      'null',
      '[]',
      '7',
      '{"channel":1}',
      `{"channel":"c","ackId":0,"cookie":"","sentMs":1}`,
    ];
    for (const text of nonsense) {
      const { start, receiver } = await stage();
      const memory = { get: async () => text, set: async () => undefined };
      expect(await start(memory).deliver(events(1))).toEqual({ kind: 'done' });
      expect(counts(receiver)).toEqual([1]);
    }
  });
});

it('does not believe an acknowledgement once Splunk counts anew: it may be of a later request', async () => {
  let number = 0;
  const lost: Fault = { kind: 'status', status: 200, body: '{"text":"Success","code":0,"ackId":0}' };
  const faults = (_: number, path: string): Fault | undefined => {
    if (path.endsWith('/ack')) return undefined;
    number += 1;
    // Splunk restarts behind the first request: it is gone, and the second gets its number again.
    return number === 1 ? lost : undefined;
  };
  const { start, receiver } = await stage({ faults }, { batch: { max_bytes: '10kB' } });
  const { deliver } = start();
  const first = await deliver(events(40));
  expect(first).toMatchObject({ kind: 'retry' });
  expect(await deliver(events(40))).toEqual({ kind: 'done' });
  expect(receiver.counts.size).toBe(40);
});

describe('several batches at once', () => {
  it('each have a channel of their own, so that no count goes back, and all are indexed once', async () => {
    const { start, receiver } = await stage({ ackDelayMs: 1_000 });
    const { deliver } = start();
    const batches = [0, 1, 2, 3].map((number) => events(20, number * 20));
    const outcomes = await Promise.all(batches.map(deliver));
    expect(outcomes).toEqual(batches.map(() => ({ kind: 'done' })));
    expect(receiver.counts.size).toBe(80);
    expect(counts(receiver).every((count) => count === 1)).toBe(true);
    const sent = receiver.requests.filter(({ path }) => path.endsWith('/event'));
    expect(new Set(sent.map(({ headers }) => headers['x-splunk-request-channel'])).size).toBe(4);
  });

  it('that each hold a part of one earlier request learn of its one acknowledgement, and send nothing twice', async () => {
    const { start, dieAtAck, receiver } = await stage({ ackDelayMs: 5_000 });
    const before = start();
    dieAtAck();
    await before.deliver(events(4));
    await bench.restart();
    const { deliver } = start();
    const outcomes = await Promise.all([deliver(events(2)), deliver(events(2, 2))]);
    expect(outcomes).toEqual([{ kind: 'done' }, { kind: 'done' }]);
    expect(counts(receiver)).toEqual([1, 1, 1, 1]);
  });
});
