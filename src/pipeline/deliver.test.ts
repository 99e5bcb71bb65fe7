import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alert, alertDelivery } from '../../test/contract/deliveries.ts';
import {
  type Bench,
  createBench,
  event,
  FEED,
  idOf,
  messages,
  type RecordingDestination,
  recording,
} from '../../test/pipeline/bench.ts';
import type { Outcome } from '../core/delivery.ts';
import { type OutboxRow, type Store, StoreError } from '../core/store.ts';
import { createRedactor } from '../redaction/index.ts';
import { createDeliverer } from './deliver.ts';

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

const never = new AbortController().signal;
const redactor = createRedactor();

async function enqueue(...feedIds: readonly string[]): Promise<void> {
  const nowMs = bench.clock.now();
  await bench.store.transaction(async (tx) => {
    await tx.insertEvents(
      feedIds.map((feedId) => ({ event: event(feedId), rules: [] })),
      nowMs,
    );
    await tx.enqueue(
      feedIds.map((feedId) => ({ destination: 'siem', kind: 'event', deliveryId: idOf(feedId) })),
      nowMs,
    );
  });
}

function deliver(destination: RecordingDestination, store: Store = bench.store) {
  const { clock, telemetry } = bench;
  return createDeliverer({ store, destination, clock, telemetry, random: () => 0.5, redactor });
}

const states = async (): Promise<string[]> =>
  (await bench.store.listDeliveries({ limit: 100 })).map(({ state }) => state);

/** The bench's store, but for `settle`, which fails as often as told. */
function forgetful(failures: number): Store {
  let left = failures;
  return new Proxy(bench.store, {
    get(store, key) {
      if (key !== 'settle' || left === 0) return Reflect.get(store, key).bind(store);
      return async () => {
        left -= 1;
        throw new StoreError('full', 'no space left; free some');
      };
    },
  });
}

describe('a deliverer', () => {
  it('sends the oldest first, in batches that the destination takes', async () => {
    await enqueue('a', 'b');
    await bench.clock.advance(1);
    await enqueue('c');
    const siem = recording('siem', undefined, { maxItems: 2 });
    const { pass } = deliver(siem);
    expect(await pass(never)).toBe(bench.clock.now());
    await pass(never);
    expect(await pass(never)).toBeUndefined();
    expect(siem.batches).toEqual([[idOf('a'), idOf('b')], [idOf('c')]]);
    expect(await states()).toEqual(['done', 'done', 'done']);
  });

  it('masks secrets on the way out where its destination wants that, and nowhere else', async () => {
    const raw = { url: '/a?api_key=planted-7c1e9b2d44', actor: '203.0.113.9' };
    const told = alert({ labels: { url: raw.url, actor: raw.actor, count: 3 } });
    const sent = alertDelivery({ alerts: [told] });
    const nowMs = bench.clock.now();
    await bench.store.transaction(async (tx) => {
      await tx.insertEvents([{ event: event('a', raw), rules: [] }], nowMs);
      if (sent.kind === 'alert') await tx.insertNotification(sent.notification);
      const rows = ['siem', 'soar'].flatMap((destination): OutboxRow[] => [
        { destination, kind: 'event', deliveryId: idOf('a') },
        { destination, kind: 'alert', deliveryId: 'n-1' },
      ]);
      await tx.enqueue(rows, nowMs);
    });
    const [siem, soar] = [recording('siem', undefined, { redact: true }), recording('soar')];
    await deliver(siem).pass(never);
    await deliver(soar).pass(never);
    expect(siem.deliveries.map(({ kind }) => kind)).toEqual(['event', 'alert']);
    expect(JSON.stringify(siem.deliveries)).not.toContain('planted');
    expect(JSON.stringify(siem.deliveries)).toContain(raw.actor);
    expect(JSON.stringify(soar.deliveries).match(/planted/g)).toHaveLength(2);
  });

  it('leaves what is for others', async () => {
    await enqueue('a');
    const soar = recording('soar');
    expect(await deliver(soar).pass(never)).toBeUndefined();
    expect(soar.batches).toEqual([]);
  });

  it('comes again when the earliest retry is due, and then sends it under its old id', async () => {
    await enqueue('a');
    const outcomes: Outcome[] = [{ kind: 'retry', reason: 'busy', afterMs: 7_000 }, { kind: 'done' }];
    const siem = recording('siem', () => outcomes.shift() ?? { kind: 'done' });
    const { pass } = deliver(siem);
    expect(await pass(never)).toBe(bench.clock.now() + 7_000);
    expect(await pass(never)).toBe(bench.clock.now() + 7_000);
    await bench.clock.advance(7_000);
    await pass(never);
    expect(siem.batches).toEqual([[idOf('a')], [idOf('a')]]);
    expect(await states()).toEqual(['done']);
  });

  it('is not silenced by a rest that a clock wrote down which was ahead', async () => {
    await enqueue('a');
    const outcomes: Outcome[] = [{ kind: 'retry', reason: 'busy', afterMs: 60_000 }];
    const siem = recording('siem', () => outcomes.shift() ?? { kind: 'done' });
    const { pass } = deliver(siem);
    await pass(never);
    bench.clock.nowMs -= 86_400_000;
    await enqueue('b');
    await pass(never);
    expect(siem.batches).toEqual([[idOf('a')], [idOf('b')]]);
  });

  it('retries only what was not taken', async () => {
    await enqueue('a', 'b', 'c');
    let first = true;
    const siem = recording('siem', () => {
      if (!first) return { kind: 'done' };
      first = false;
      return {
        kind: 'partial',
        items: [{ kind: 'done' }, { kind: 'retry', reason: 'busy' }, { kind: 'dead', reason: 'too long' }],
      };
    });
    const { pass } = deliver(siem);
    await pass(never);
    expect(await states()).toEqual(['done', 'pending', 'dead']);
    await bench.clock.advance(1_000);
    await pass(never);
    expect(siem.batches[1]).toEqual([idOf('b')]);
    expect(await states()).toEqual(['done', 'done', 'dead']);
    expect(messages(bench.logs)).toContain('delivery went to the dead letters');
  });

  it('does not wait for a retry where others are due', async () => {
    await enqueue('a', 'b', 'c');
    const siem = recording(
      'siem',
      () => ({
        kind: 'partial',
        items: [{ kind: 'retry', reason: 'busy', afterMs: 60_000 }, { kind: 'done' }],
      }),
      { maxItems: 2 },
    );
    const { pass } = deliver(siem);
    expect(await pass(never)).toBe(bench.clock.now());
    await pass(never);
    expect(siem.batches).toEqual([[idOf('a'), idOf('b')], [idOf('c')]]);
  });

  describe('held', () => {
    it('asks with one delivery at a time until one is taken, then with whole batches', async () => {
      await enqueue('a', 'b', 'c');
      const outcomes: Outcome[] = [
        { kind: 'hold', reason: 'the token was revoked' },
        { kind: 'hold', reason: 'the token was revoked' },
      ];
      const siem = recording('siem', () => outcomes.shift() ?? { kind: 'done' });
      const { pass } = deliver(siem);
      expect(await pass(never)).toBe(bench.clock.now() + 30_000);
      await bench.clock.advance(29_999);
      await pass(never);
      expect(siem.batches).toHaveLength(1);
      await bench.clock.advance(1);
      expect(await pass(never)).toBe(bench.clock.now() + 60_000);
      await bench.clock.advance(60_000);
      await pass(never);
      await pass(never);
      expect(siem.batches.map((batch) => batch.length)).toEqual([3, 1, 1, 2]);
      expect(await states()).toEqual(['done', 'done', 'done']);
    });

    it('says so and says when it is over', async () => {
      await enqueue('a');
      const outcomes: Outcome[] = [{ kind: 'hold', reason: 'the token was revoked' }];
      const { pass } = deliver(recording('siem', () => outcomes.shift() ?? { kind: 'done' }));
      await pass(never);
      expect(bench.telemetry.status().problems).toEqual(['destination siem is held: the token was revoked']);
      await bench.clock.advance(30_000);
      await pass(never);
      expect(bench.telemetry.status().problems).toEqual([]);
    });

    it('counts no attempt: nothing is wrong with the delivery', async () => {
      await enqueue('a');
      await deliver(recording('siem', () => ({ kind: 'hold', reason: 'revoked' }))).pass(never);
      expect(await bench.store.listDeliveries({ limit: 1 })).toMatchObject([
        { attempts: 0, state: 'pending', reason: 'revoked' },
      ]);
    });

    it('is over once a reload has mended it: the next delivery that passes says so', async () => {
      await enqueue('a', 'b');
      await deliver(recording('siem', () => ({ kind: 'hold', reason: 'revoked' }))).pass(never);
      // The reload: the same name, a new adapter, a deliverer without memory.
      bench.telemetry.watching([], ['siem']);
      await deliver(recording('siem')).pass(never);
      expect(await states()).toEqual(['done', 'done']);
      expect(bench.telemetry.status().problems).toEqual([]);
    });

    it('is not over because a probe after a reload timed out', async () => {
      await enqueue('a');
      await deliver(recording('siem', () => ({ kind: 'hold', reason: 'revoked' }))).pass(never);
      bench.telemetry.watching([], ['siem']);
      await deliver(recording('siem', () => ({ kind: 'retry', reason: 'timed out' }))).pass(never);
      expect(bench.telemetry.status().problems).toEqual(['destination siem is held: revoked']);
    });
  });

  describe('that cannot record what became of a batch', () => {
    it('sends nothing more until it has, and then does not send that batch again', async () => {
      await enqueue('a', 'b');
      const siem = recording('siem', undefined, { maxItems: 1 });
      const { pass } = deliver(siem, forgetful(3));
      for (let round = 0; round < 3; round += 1) {
        expect(await pass(never)).toBe(bench.clock.now() + 1_000);
        expect(siem.batches).toEqual([[idOf('a')]]);
      }
      await pass(never);
      await pass(never);
      expect(siem.batches).toEqual([[idOf('a')], [idOf('b')]]);
      expect(await states()).toEqual(['done', 'done']);
    });

    it('repeats it under the same id after a crash, as it must', async () => {
      await enqueue('a');
      const siem = recording('siem');
      await deliver(siem, forgetful(1)).pass(never);
      await bench.restart();
      await deliver(siem).pass(never);
      expect(siem.batches).toEqual([[idOf('a')], [idOf('a')]]);
      expect(await states()).toEqual(['done']);
    });

    it('says why, once', async () => {
      await enqueue('a');
      const { pass } = deliver(recording('siem'), forgetful(3));
      for (let round = 0; round < 3; round += 1) await pass(never);
      const errors = bench.logs.filter(({ level }) => level === 'error');
      expect(messages(errors)).toEqual(['store failed: no space left; free some']);
    });
  });

  it('wakes for the retry that is due next, not for the lease of one before it', async () => {
    await enqueue('a', 'b');
    // A reload lost the outcome of `a`, so that its lease still runs.
    await bench.store.claim('siem', bench.clock.now(), 600_000, 1);
    const siem = recording('siem', () => ({ kind: 'retry', reason: 'busy', afterMs: 5_000 }));
    const { pass } = deliver(siem);
    await pass(never);
    expect(siem.batches).toEqual([[idOf('b')]]);
    await bench.clock.advance(5_000);
    expect(await bench.store.nextDeliveryDueMs('siem')).toBe(bench.clock.now());
  });

  it('sends what was enqueued while the clock was ahead, once the clock is right', async () => {
    bench.clock.nowMs += 365 * 86_400_000;
    await enqueue('a');
    bench.clock.nowMs -= 365 * 86_400_000;
    const { clock, store } = bench;
    await store.prune({ eventsMs: 1e12, deadLettersMs: 1e12, maxBytes: 1e12, lookbackMs: 0 }, clock.now());
    const siem = recording('siem');
    await deliver(siem).pass(never);
    expect(siem.batches).toEqual([[idOf('a')]]);
  });

  it('hands on the wish to stop', async () => {
    await enqueue('a');
    const stop = new AbortController();
    stop.abort();
    let seen = false;
    const siem = recording('siem', (_, signal) => {
      seen = signal.aborted;
      return { kind: 'retry', reason: 'stopped' };
    });
    await deliver(siem).pass(stop.signal);
    expect(seen).toBe(true);
    expect(await states()).toEqual(['pending']);
  });

  it('delivers the event as it was committed', async () => {
    await enqueue('a');
    const siem = recording('siem');
    await deliver(siem).pass(never);
    expect(siem.deliveries).toEqual([{ kind: 'event', id: idOf('a'), event: event('a'), rules: [] }]);
    expect(siem.deliveries[0]).toMatchObject({ event: { source: FEED.source } });
  });
});
