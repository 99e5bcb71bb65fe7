import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MatchedRule } from '../../src/core/delivery.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import {
  type HecReceiver,
  type HecReceiverOptions,
  startHecReceiver,
} from '../../src/demo/receivers/index.ts';
import { splunkHecConfig } from '../../src/destinations/splunk_hec/config.ts';
import { splunkHecDestination } from '../../src/destinations/splunk_hec/index.ts';
import { createDeliverer } from '../../src/pipeline/deliver.ts';
import { createRedactor } from '../../src/redaction/index.ts';
import { type Bench, createBench, event, idOf } from '../pipeline/bench.ts';
import { runs } from '../seed.ts';

type Code = 6 | 12 | 13 | 15;

const random = (): number => 0.5;
const running = new AbortController().signal;
const open: { close(): unknown }[] = [];
let bench: Bench;

beforeEach(() => {
  bench = createBench();
});
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
  await bench.close();
});

function idIn({ event: sent }: JsonObject): string {
  const id = isJsonObject(sent) ? sent['tocsin_id'] : undefined;
  return typeof id === 'string' ? id : '';
}

/** The queue of a destination, its receiver, and the loop between them. */
async function stage(
  poison: Map<string, Code>,
  more: Record<string, unknown> = {},
  far: HecReceiverOptions = {},
) {
  const receiver = await startHecReceiver({ ...far, poison: (envelope) => poison.get(idIn(envelope)) });
  const { url, token } = receiver;
  const config = { name: 'siem', type: 'splunk_hec', url, token, batch: { max_items: 1_000 }, ...more };
  const { clock, store, telemetry } = bench;
  const destination = splunkHecDestination.create(splunkHecConfig.parse(config), { clock, random });
  open.push(receiver, destination);
  const redactor = createRedactor();
  const deliverer = createDeliverer({ store, destination, clock, random, telemetry, redactor });
  const drain = async (most = 5_000): Promise<void> => {
    for (let passes = 0; passes < most; passes += 1) {
      const nextMs = await deliverer.pass(running);
      if (nextMs === undefined) return;
      await clock.advance(Math.max(0, nextMs - clock.now()));
    }
    throw new Error('the queue does not empty');
  };
  return { receiver, drain };
}

async function enqueue(feedIds: readonly string[], rules: readonly MatchedRule[] = []): Promise<void> {
  const nowMs = bench.clock.now();
  const events = feedIds.map((feedId) => ({ event: event(feedId), rules }));
  await bench.store.transaction(async (tx) => {
    await tx.insertEvents(events, nowMs);
    await tx.enqueue(
      feedIds.map((feedId) => ({ destination: 'siem', kind: 'event', deliveryId: idOf(feedId) })),
      nowMs,
    );
  });
}

const names = (count: number): string[] => Array.from({ length: count }, (_, number) => `e${number}`);
const dead = async () =>
  (await bench.store.listDeliveries({ state: 'dead', limit: 2_000 })).map(({ deliveryId, reason }) => ({
    id: deliveryId,
    why: reason,
  }));
const eventRequests = ({ requests }: HecReceiver) => requests.length;

describe('a batch of 1,000 with three poison events', () => {
  const poison = new Map<string, Code>([
    [idOf('e17'), 6],
    [idOf('e500'), 12],
    [idOf('e999'), 15],
  ]);

  it('is indexed but for those, each once; they are dead with the reason, and redriven once mended', async () => {
    const bad = new Map(poison);
    const { receiver, drain } = await stage(bad);
    await enqueue(names(1_000));
    await drain();
    expect(receiver.counts.size).toBe(997);
    expect([...receiver.counts.values()].every((count) => count === 1)).toBe(true);
    expect((await dead()).toSorted((a, b) => a.id.length - b.id.length || (a.id < b.id ? -1 : 1))).toEqual([
      { id: idOf('e17'), why: 'Splunk rejected the event (code 6): invalid data format' },
      { id: idOf('e500'), why: 'Splunk rejected the event (code 12): the event field is missing' },
      { id: idOf('e999'), why: 'Splunk rejected the event (code 15): an indexed field is wrong' },
    ]);
    expect(eventRequests(receiver), 'a rejection costs one request, not a search').toBe(3);

    bad.clear();
    expect(await bench.store.redrive({ destination: 'siem' }, bench.clock.now())).toBe(3);
    await drain();
    expect(await dead()).toEqual([]);
    expect(receiver.counts.size).toBe(1_000);
    expect([...receiver.counts.values()].every((count) => count === 1)).toBe(true);
  });

  it('loses no other to a redrive before the mending', async () => {
    const { receiver, drain } = await stage(new Map(poison));
    await enqueue(names(1_000));
    await drain();
    await bench.store.redrive({ destination: 'siem' }, bench.clock.now());
    await drain();
    expect((await dead()).length).toBe(3);
    expect(receiver.counts.size).toBe(997);
  });

  it('comes to the same in several requests', async () => {
    const { receiver, drain } = await stage(new Map(poison), {
      batch: { max_items: 1_000, max_bytes: '20kB' },
    });
    await enqueue(names(1_000));
    await drain();
    expect(receiver.counts.size).toBe(997);
    expect([...receiver.counts.values()].every((count) => count === 1)).toBe(true);
    expect((await dead()).length).toBe(3);
  });
});

it('holds at the event whose index is not allowed, and indexes those before it at most twice', async () => {
  const { receiver, drain } = await stage(new Map(), { index: '{{ severity }}' }, { indexes: ['none'] });
  await enqueue(names(20));
  const rules = [{ rule: 'r', name: 'R', severity: 'HIGH' }] as const;
  await enqueue(['forbidden'], rules);
  await enqueue(names(40).slice(20));
  await expect(drain(40)).rejects.toThrow('does not empty');
  expect(receiver.counts.size).toBeGreaterThanOrEqual(20);
  expect(Math.max(...receiver.counts.values())).toBeLessThanOrEqual(2);
  expect(await dead()).toEqual([]);
  expect(JSON.stringify(bench.logs)).toMatch(/held.*may not write to the index/);
  const waiting = await bench.store.listDeliveries({ state: 'pending', limit: 100 });
  expect(waiting.map(({ deliveryId }) => deliveryId)).toContain(idOf('forbidden'));
});

it('whichever events are poison, and however: all others are indexed once, and each of those is dead', async () => {
  const places = fc.oneof(
    fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { maxLength: 12 }),
    fc.integer({ min: 0, max: 990 }).map((first) => Array.from({ length: 10 }, (_, next) => first + next)),
    fc.constant([0, 999]),
  );
  const codes = fc.array(fc.constantFrom<Code>(6, 12, 13, 15), { minLength: 12, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(places, codes, async (at, kinds) => {
      await bench.close();
      bench = createBench();
      const poison = new Map(at.map((place, index) => [idOf(`e${place}`), kinds[index] ?? 6] as const));
      const { receiver, drain } = await stage(poison);
      await enqueue(names(1_000));
      await drain();
      expect(receiver.counts.size).toBe(1_000 - at.length);
      expect([...receiver.counts.values()].every((count) => count === 1)).toBe(true);
      expect(
        new Map((await dead()).map(({ id, why }) => [id, Number(/code (\d+)/.exec(why ?? '')?.[1])])),
      ).toEqual(poison);
    }),
    { numRuns: runs(5) },
  );
});
