import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, createBench, event, idOf, messages, openTight } from '../../test/pipeline/bench.ts';
import type { PruneReport } from '../core/store.ts';
import { StoreError } from '../core/store.ts';
import { createMaintenance } from './maintain.ts';

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

const retention = { eventsMs: 86_400_000, deadLettersMs: 86_400_000, maxBytes: 1e9, lookbackMs: 0 };

function maintenance(prune?: () => Promise<PruneReport>) {
  const { store, clock, telemetry } = bench;
  const over = new Proxy(store, {
    get: (target, key) => {
      return key === 'prune' && prune !== undefined ? prune : Reflect.get(target, key).bind(target);
    },
  });
  return createMaintenance({ store: over, clock, telemetry, retention });
}

async function enqueue(feedId: string): Promise<void> {
  await bench.store.transaction(async (tx) => {
    await tx.insertEvents([{ event: event(feedId), rules: [] }], bench.clock.now());
    const row = { destination: 'siem', kind: 'event', deliveryId: idOf(feedId) } as const;
    await tx.enqueue([row], bench.clock.now());
  });
}

describe('maintenance', () => {
  it('comes again in a quarter of a minute', async () => {
    expect(await maintenance().pass()).toBe(bench.clock.now() + 15_000);
  });

  it('measures what waits and what was given up', async () => {
    await enqueue('a');
    await enqueue('b');
    const [claimed] = await bench.store.claim('siem', bench.clock.now(), 0, 1);
    await bench.store.settle(
      [{ seq: claimed?.seq ?? 0, state: 'dead', reason: 'too long' }],
      bench.clock.now(),
    );
    await maintenance().pass();
    const text = await bench.telemetry.metrics.registry.metrics();
    expect(text).toContain('tocsin_outbox_deliveries{destination="siem",state="dead"} 1');
    expect(text).toContain('tocsin_outbox_deliveries{destination="siem",state="pending"} 1');
    expect(text).toMatch(/tocsin_store_bytes [1-9]/);
  });

  it('keeps what is undelivered, however old, and says while that is too much', async () => {
    const reports = [
      { deletedEvents: 0, clearedPayloads: 0, bytes: 2_000_000_000, overBound: true, isUnfinished: false },
      { deletedEvents: 9, clearedPayloads: 0, bytes: 500, overBound: false, isUnfinished: false },
    ];
    const { pass, storeFull } = maintenance(async () => reports.shift() ?? Promise.reject(new Error('done')));
    expect(storeFull()).toBeUndefined();
    await pass();
    expect(storeFull()).toContain(
      "the store's 2000 MB exceed retention.max_size (1000 MB), so nothing more is read: ",
    );
    await pass();
    expect(storeFull()).toBeUndefined();
  });

  it('outlives a store that fails, and comes again', async () => {
    const { pass } = maintenance(async () => {
      throw new StoreError('read-only', 'tocsin.db cannot be written; check its owner');
    });
    expect(await pass()).toBe(bench.clock.now() + 15_000);
    expect(messages(bench.logs)).toEqual(['store failed: tocsin.db cannot be written; check its owner']);
  });

  it('says that the store works again once it does, though no feed has anything new', async () => {
    bench.telemetry.storeFailed('read-only', 'tocsin.db cannot be written; check its owner');
    await maintenance().pass();
    expect(bench.telemetry.status().problems).toEqual([]);
  });

  it('does not call a full store well because nothing was there to prune', async () => {
    const { clock, telemetry } = bench;
    const tight = openTight(`${bench.file}-tight`);
    const large = { event: event('a', { text: 'x'.repeat(1_000_000) }), rules: [] };
    await tight
      .transaction((tx) => tx.insertEvents([large], clock.now()))
      .catch((error: unknown) => {
        if (error instanceof StoreError) telemetry.storeFailed(error.kind, error.message);
      });
    expect(telemetry.status().ready).toBe(false);
    await createMaintenance({ store: tight, clock, telemetry, retention }).pass();
    await tight.close();
    expect(telemetry.status().ready).toBe(false);
  });

  it('is due at once when the store has grown by a share of its bound, and not before', async () => {
    let due = 0;
    const { store, clock, telemetry } = bench;
    const small = { ...retention, maxBytes: 1_000_000 };
    const upkeep = createMaintenance({
      store,
      clock,
      telemetry,
      retention: small,
      onGrown: () => (due += 1),
    });
    await upkeep.committed();
    await upkeep.pass();
    await upkeep.committed();
    expect(due).toBe(0);
    const large = { event: event('a', { text: 'x'.repeat(100_000) }), rules: [] };
    await store.transaction((tx) => tx.insertEvents([large], clock.now()));
    await upkeep.committed();
    expect(due).toBe(1);
    await upkeep.pass();
    await upkeep.committed();
    expect(due).toBe(1);
  });
});
