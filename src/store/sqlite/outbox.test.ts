import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alert, notification } from '../../../test/contract/deliveries.ts';
import type { Store } from '../../core/store.ts';
import { openSqliteStore } from './index.ts';

const LEASE_MS = 600_000;
const MINUTE_MS = 60_000;
const RETENTION = { eventsMs: 1e9, deadLettersMs: 1e9, maxBytes: 1e9, lookbackMs: 0 };

let store: Store;
beforeEach(() => {
  store = openSqliteStore({ file: ':memory:', exclusive: false });
});
afterEach(() => store.close());

/** Makes notifications for `oncall`, numbered from 1 in this order. */
async function tell(ids: readonly string[], nowMs = 0): Promise<void> {
  await store.transaction(async (tx) => {
    for (const id of ids) await tx.insertNotification(notification({ id }));
    const rows = ids.map((deliveryId) => ({ destination: 'oncall', kind: 'alert' as const, deliveryId }));
    await tx.enqueue(rows, nowMs);
  });
}

const claim = async (nowMs: number, limit = 10): Promise<readonly string[]> =>
  (await store.claim('oncall', nowMs, LEASE_MS, limit)).map(({ delivery }) => delivery.id);
const retry = (seq: number, nowMs: number, waitMs: number): Promise<void> =>
  store.settle([{ seq, state: 'pending', reason: 'r', dueMs: nowMs + waitMs, counted: true }], nowMs);

describe('notifications of one group', () => {
  it('wait behind one that waits for its next attempt; those of other groups do not', async () => {
    await tell(['alert/a/x/1', 'alert/a/x/2', 'alert/b/x/1', 'alert/a/y/1']);
    expect(await claim(0, 1)).toEqual(['alert/a/x/1']);
    await retry(1, 0, 500);
    expect(await claim(100)).toEqual(['alert/b/x/1']);
    expect(await store.nextDeliveryDueMs('oncall'), 'or the loop would turn without a rest').toBe(500);
    expect(await claim(500, 1)).toEqual(['alert/a/x/1']);
    await store.settle([{ seq: 1, state: 'done' }], 500);
    expect(await claim(500)).toEqual(['alert/a/x/2', 'alert/a/y/1']);
  });

  it('that were put off together leave one by one, and none that is newer comes between', async () => {
    await tell(['alert/a/x/1', 'alert/a/x/2']);
    expect(await claim(0)).toEqual(['alert/a/x/1', 'alert/a/x/2']);
    await retry(1, 0, 900);
    await retry(2, 0, 300);
    await tell(['alert/a/x/3'], 1_000);
    for (const number of [1, 2, 3]) {
      expect(await claim(1_000)).toEqual([`alert/a/x/${number}`]);
      await store.settle([{ seq: number, state: 'done' }], 1_000);
    }
  });

  it('wait behind one that is under way', async () => {
    await tell(['alert/a/x/1', 'alert/a/x/2']);
    expect(await claim(0, 1)).toEqual(['alert/a/x/1']);
    expect(await claim(0)).toEqual([]);
    expect(await store.nextDeliveryDueMs('oncall')).toBe(LEASE_MS);
  });

  it('wait for no dead letter; redriven, it goes first', async () => {
    await tell(['alert/a/x/1', 'alert/a/x/2']);
    await store.settle([{ seq: 1, state: 'dead', reason: 'too long' }], 0);
    expect(await claim(0, 1)).toEqual(['alert/a/x/2']);
    await retry(2, 0, 500);
    expect(await store.redrive({ seqs: [1] }, 100)).toBe(1);
    expect(await store.redrive({ seqs: [1] }, 100), 'asked twice, it goes back once').toBe(0);
    expect(await claim(500)).toEqual(['alert/a/x/1']);
  });
});

describe('answers that nobody understood', () => {
  const settle = (seq: number, reason: string, unclear?: true) =>
    store.settle(
      [{ seq, state: 'pending', reason, dueMs: 0, counted: true, ...(unclear && { unclear }) }],
      0,
    );
  const counts = async () =>
    (await store.claim('oncall', 0, 0, 10)).map(({ unclear, attempts }) => [unclear, attempts]);

  it('are counted by the delivery, through restarts and whatever comes between', async () => {
    await tell(['alert/a/x/1']);
    expect(await counts()).toEqual([[undefined, 0]]);
    await settle(1, 'what?', true);
    for (let attempt = 0; attempt < 30; attempt += 1) await settle(1, `time-out ${attempt % 9}`);
    await settle(1, 'huh?', true);
    for (let attempt = 0; attempt < 30; attempt += 1) await settle(1, `time-out ${attempt % 9}`);
    expect(await counts()).toEqual([[2, 62]]);
  });

  it('are counted anew once it is redriven, however often', async () => {
    await tell(['alert/a/x/1']);
    for (let round = 0; round < 12; round += 1) {
      await settle(1, 'what?', true);
      await settle(1, 'what?', true);
      expect(await counts()).toEqual([[2, 2]]);
      await store.settle([{ seq: 1, state: 'dead', reason: 'what?' }], 0);
      await store.redrive({}, 0);
      expect(await counts()).toEqual([[undefined, 0]]);
    }
  });

  it('send the delivery alone: others are not given up for it', async () => {
    await tell(['alert/a/x/1', 'alert/b/x/1', 'alert/c/x/1', 'alert/d/x/1']);
    await settle(2, 'what?', true);
    await settle(3, 'what?', true);
    for (const ids of [['alert/a/x/1'], ['alert/b/x/1'], ['alert/c/x/1'], ['alert/d/x/1']])
      expect(await claim(0)).toEqual(ids);
  });
});

describe('a clock that has gone back', () => {
  const AHEAD_MS = 15 * MINUTE_MS;

  it('leaves nothing waiting that was enqueued under the time before', async () => {
    await tell(['alert/a/x/1'], AHEAD_MS);
    expect(await claim(0)).toEqual([]);
    await store.prune(RETENTION, 0);
    expect(await claim(0)).toEqual(['alert/a/x/1']);
  });

  it('leaves nothing waiting that was put off under the time before', async () => {
    await tell(['alert/a/x/1']);
    await claim(AHEAD_MS);
    await retry(1, AHEAD_MS, 1_000);
    await store.prune(RETENTION, 10);
    expect(await claim(10)).toEqual(['alert/a/x/1']);
  });

  it('is not seen where none went back: what waits goes on waiting', async () => {
    await tell(['alert/a/x/1']);
    await claim(0);
    await retry(1, 10, MINUTE_MS);
    await store.prune(RETENTION, 10);
    expect(await claim(11)).toEqual([]);
  });
});

describe('what is under way while a clock goes ahead of its lease, and is shed', () => {
  const AHEAD_MS = LEASE_MS + MINUTE_MS;
  const shedAll = (nowMs: number) =>
    store.shed({ destination: 'oncall', reason: 'shed', limit: 10, beforeMs: nowMs }, nowMs);

  it.each([
    ['is delivered where it arrived', 'done', undefined],
    ['is a dead letter where it did not', 'dead', 'shed'],
  ] as const)('%s', async (_, state, reason) => {
    await tell(['alert/a/x/1']);
    await claim(0);
    await shedAll(AHEAD_MS);
    if (state === 'done') await store.settle([{ seq: 1, state }], AHEAD_MS);
    else await retry(1, AHEAD_MS, 1_000);
    const [record] = await store.listDeliveries({ limit: 1 });
    expect([record?.state, record?.reason]).toEqual([state, reason]);
  });
});

it('takes no more than a megabyte of notifications at once, and at least one', async () => {
  const alerts = [alert({ description: 'x'.repeat(300_000) })];
  const ids = Array.from({ length: 9 }, (_, i) => `alert/a/x/1${i === 0 ? '' : `.${i + 1}`}`);
  await store.transaction(async (tx) => {
    for (const id of ids) await tx.insertNotification(notification({ id, alerts }));
    await tx.enqueue(
      ids.map((deliveryId) => ({ destination: 'oncall', kind: 'alert', deliveryId, urgency: 1 })),
      0,
    );
  });
  const batches: (readonly string[])[] = [];
  for (let batch = await store.claim('oncall', 0, LEASE_MS, 500); batch.length > 0; ) {
    batches.push(batch.map(({ delivery }) => delivery.id));
    await store.settle(
      batch.map(({ seq }) => ({ seq, state: 'done' })),
      0,
    );
    batch = await store.claim('oncall', 0, LEASE_MS, 500);
  }
  expect(batches.map(({ length }) => length)).toEqual([4, 4, 1]);
  expect(batches.flat()).toEqual(ids);
});

describe('what is urgent', () => {
  /** Notifications, events and digests with how urgent they are, in this order. */
  async function wait(
    rows: readonly (readonly [string, number])[],
    nowMs = 0,
    destination = 'oncall',
  ): Promise<void> {
    await store.transaction(async (tx) => {
      for (const [id] of rows) await tx.insertNotification(notification({ id }));
      await tx.enqueue(
        rows.map(([deliveryId, urgency]) => ({ destination, kind: 'alert' as const, deliveryId, urgency })),
        nowMs,
      );
    });
  }
  const alertOf = (group: string, number = 1, opening = 'x'): string => `alert/${group}/${opening}/${number}`;

  it('leaves first, and what is as urgent in the order in which it is due', async () => {
    await wait([
      [alertOf('mild'), 1],
      [alertOf('worst'), 10],
      [alertOf('bad'), 7],
      [alertOf('none'), 0],
      [alertOf('bad2'), 7],
    ]);
    expect(await claim(0, 3)).toEqual([alertOf('worst'), alertOf('bad'), alertOf('bad2')]);
    expect(await claim(0)).toEqual([alertOf('mild'), alertOf('none')]);
  });

  it('pulls along what waits before it in its group, be it of an opening before', async () => {
    await wait([
      [alertOf('other'), 5],
      [alertOf('a', 1, 'w'), 1],
      [alertOf('a', 2), 3],
    ]);
    await wait([[alertOf('a', 3), 9]], 1);
    expect(await claim(1, 3)).toEqual([alertOf('a', 1, 'w'), alertOf('a', 2), alertOf('a', 3)]);
    expect(await claim(1)).toEqual([alertOf('other')]);
  });

  it('pulls along nothing of another group, though its name begins alike, nor of another destination', async () => {
    await wait([
      [alertOf('ab'), 1],
      [alertOf('middle'), 5],
    ]);
    await wait([[alertOf('a'), 1]], 0, 'siem');
    await wait([[alertOf('more'), 5]], 0, 'siem');
    await wait([[alertOf('a', 2), 9]], 1);
    expect(await claim(1)).toEqual([alertOf('a', 2), alertOf('middle'), alertOf('ab')]);
    expect((await store.claim('siem', 1, LEASE_MS, 9)).map(({ delivery }) => delivery.id)).toEqual([
      alertOf('more'),
      alertOf('a'),
    ]);
  });

  it('waits for what is before it in its group, and for nothing else', async () => {
    await wait([[alertOf('a'), 3]]);
    expect(await claim(0)).toEqual([alertOf('a')]);
    await retry(1, 0, 500);
    await wait([
      [alertOf('a', 2), 9],
      [alertOf('b'), 1],
    ]);
    expect(await claim(100)).toEqual([alertOf('b')]);
    expect(await claim(500, 2)).toEqual([alertOf('a')]);
  });

  it('is not overtaken by its own end, which wakes nobody', async () => {
    await wait([
      [alertOf('a'), 9],
      [alertOf('a', 2), 1],
      [alertOf('b'), 5],
    ]);
    expect(await claim(0)).toEqual([alertOf('a'), alertOf('b'), alertOf('a', 2)]);
  });

  it('is due when the first in its turn is, leased or not', async () => {
    await wait([
      [alertOf('a'), 9],
      [alertOf('b'), 1],
    ]);
    expect(await claim(0, 1)).toEqual([alertOf('a')]);
    expect(await store.nextDeliveryDueMs('oncall')).toBe(0);
    expect(await claim(0)).toEqual([alertOf('b')]);
    expect(await store.nextDeliveryDueMs('oncall')).toBe(LEASE_MS);
    await retry(2, 0, LEASE_MS + 5);
    expect(await store.nextDeliveryDueMs('oncall')).toBe(LEASE_MS);
    await retry(1, 0, LEASE_MS + 9);
    expect(await store.nextDeliveryDueMs('oncall')).toBe(LEASE_MS + 5);
  });
});
