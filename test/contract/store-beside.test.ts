import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../src/core/store.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { openSqliteThread } from '../../src/store/sqlite/thread/host.ts';
import { event, FEED, idOf } from '../pipeline/bench.ts';
import { START_MS } from '../pipeline/manual-clock.ts';
import { notification } from './deliveries.ts';

const LEASE_MS = 600_000;
const ALL = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };

let folder: string;
let file: string;
const open: Store[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-beside-'));
  file = join(folder, 'data', 'tocsin.db');
});
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function commit(store: Store, ids: readonly string[]): Promise<void> {
  await store.transaction(async (tx) => {
    const events = ids.map((id) => ({ event: event(id), rules: [] }));
    await tx.insertEvents(events, START_MS);
    const rows = ids.map((id) => ({ destination: 'siem', kind: 'event' as const, deliveryId: idOf(id) }));
    await tx.enqueue(rows, 0);
  });
}

const claimed = async (store: Store, nowMs = 0, limit = 10): Promise<readonly string[]> =>
  (await store.claim('siem', nowMs, LEASE_MS, limit)).map(({ delivery }) => delivery.id);
const buried = async (store: Store) =>
  (await store.listDeliveries({ state: 'dead', limit: 10 })).map(({ deliveryId }) => deliveryId);

/** Damages the file behind the store's back. */
function damage(...statements: readonly string[]): void {
  const db = new DatabaseSync(file);
  for (const statement of statements) db.exec(statement);
  db.close();
}
const payloadOf = (id: string) =>
  `UPDATE payloads SET raw = '{"id":' WHERE seq = (SELECT seq FROM events WHERE feed_id = '${id}')`;

describe.each([
  { where: 'in this thread', openAt: async (at: string) => openSqliteStore({ file: at, exclusive: true }) },
  {
    where: 'on a thread of its own',
    openAt: (at: string) => openSqliteThread({ file: at, exclusive: true }),
  },
])('a store $where', ({ openAt }) => {
  async function start(at = file): Promise<Store> {
    const store = await openAt(at);
    open.push(store);
    return store;
  }

  describe('while a transaction is open', () => {
    test('answers from what is committed, and does not wait for its end', async () => {
      const store = await start();
      await commit(store, ['a']);
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const { promise: inserted, resolve: insert } = Promise.withResolvers<void>();
      const writing = store.transaction(async (tx) => {
        await tx.insertEvents([{ event: event('b'), rules: [] }], START_MS);
        // Its answer comes once the insert before it is done.
        await tx.readWindows([]);
        insert();
        await released;
      });
      await inserted;
      const ids = ['a', 'b', 'c'].map(idOf);
      expect(await store.unseen(ids)).toEqual(new Set([idOf('b'), idOf('c')]));
      expect(await store.countEvents(FEED, ALL)).toBe(1);
      release();
      await writing;
      expect(await store.unseen(ids)).toEqual(new Set([idOf('c')]));
      expect(await store.countEvents(FEED, ALL)).toBe(2);
    });

    test('shows nothing of what is rolled back', async () => {
      const store = await start();
      const failing = store.transaction(async (tx) => {
        await tx.insertEvents([{ event: event('a'), rules: [] }], START_MS);
        await tx.readWindows([]);
        expect(await store.unseen([idOf('a')])).toEqual(new Set([idOf('a')]));
        throw new Error('the power went');
      });
      await expect(failing).rejects.toThrow('the power went');
      expect(await store.unseen([idOf('a')])).toEqual(new Set([idOf('a')]));
    });

    test('tells of what it remembers of an object only once that ends: it may be news', async () => {
      const store = await start();
      const order: string[] = [];
      const changing = { ...event('a'), revision: 'r1' };
      const rules = [{ rule: 'stuffing', name: 'Stuffing', severity: 'HIGH' as const }];
      const writing = store.transaction(async (tx) => {
        await tx.insertEvents([{ event: changing, rules }], START_MS);
        await tx.readWindows([]);
        order.push('written');
      });
      const before = await store.readMatchedBefore(FEED, ['a']);
      order.push('read');
      await writing;
      expect(order).toEqual(['written', 'read']);
      expect(before).toEqual(new Map([['a', new Set(['stuffing'])]]));
    });
  });

  test('sees at once what another process commits', async () => {
    const store = await start();
    expect(await store.unseen([idOf('a')])).toEqual(new Set([idOf('a')]));
    const other = openSqliteStore({ file, exclusive: false });
    await commit(other, ['a']);
    await other.close();
    expect(await store.unseen([idOf('a')])).toEqual(new Set());
  });

  describe('whose file is damaged', () => {
    test.each([
      ['a payload that is no JSON', payloadOf('b')],
      [
        'a payload that is gone',
        "DELETE FROM payloads WHERE seq = (SELECT seq FROM events WHERE feed_id = 'b')",
      ],
      ['rules that are no JSON', "UPDATE events SET rules = '[{' WHERE feed_id = 'b'"],
      ['a feed that nobody knows', "UPDATE events SET feed = 'malicious_evemts' WHERE feed_id = 'b'"],
      ['an event that is gone', "DELETE FROM events WHERE feed_id = 'b'"],
    ])('buries one delivery, and gives its neighbours: %s', async (_, statement) => {
      const store = await start();
      await commit(store, ['a', 'b', 'c']);
      damage('PRAGMA foreign_keys = OFF', statement);
      expect(await claimed(store)).toEqual([idOf('a'), idOf('c')]);
      expect(await store.listDeliveries({ state: 'dead', limit: 10 })).toMatchObject([
        { deliveryId: idOf('b'), reason: expect.stringContaining('may have been damaged') },
      ]);
      expect(await claimed(store), 'the others are under way').toEqual([]);
      expect(await claimed(store, LEASE_MS)).toEqual([idOf('a'), idOf('c')]);
    });

    test('gives what is behind a whole batch of them', async () => {
      const store = await start();
      await commit(store, ['a', 'b', 'c']);
      damage(payloadOf('a'), payloadOf('b'));
      expect(await claimed(store, 0, 2)).toEqual([]);
      expect(await store.nextDeliveryDueMs('siem'), 'there is more to ask for at once').toBe(0);
      expect(await claimed(store, 0, 2)).toEqual([idOf('c')]);
    });

    test('gives the later notifications of a group whose first one it buried', async () => {
      const store = await start();
      const ids = ['alert/a/x/1', 'alert/a/x/2', 'alert/a/x/3'];
      await store.transaction(async (tx) => {
        for (const id of ids) await tx.insertNotification(notification({ id }));
        await tx.enqueue(
          ids.map((deliveryId) => ({ destination: 'siem', kind: 'alert' as const, deliveryId })),
          0,
        );
      });
      damage("UPDATE notifications SET body = '{' WHERE id = 'alert/a/x/1'");
      expect(await claimed(store, 0, 2)).toEqual(['alert/a/x/2']);
      await store.settle([{ seq: 2, state: 'done' }], 0);
      expect(await claimed(store, 0, 2)).toEqual(['alert/a/x/3']);
      expect(await buried(store)).toEqual(['alert/a/x/1']);
    });

    test('gives the neighbours of what it cannot bury now, and buries that when its lease is over', async () => {
      const store = await start();
      await commit(store, ['a', 'b']);
      damage(
        payloadOf('a'),
        `CREATE TRIGGER no_graves BEFORE UPDATE OF state ON outbox WHEN new.state = 'dead'
         BEGIN SELECT RAISE(ABORT, 'no graves today'); END`,
      );
      expect(await claimed(store)).toEqual([idOf('b')]);
      await store.settle([{ seq: 2, state: 'done' }], 1);
      await expect(claimed(store, LEASE_MS), 'nobody is kept waiting by saying so').rejects.toThrow(
        'no graves today',
      );
      damage('DROP TRIGGER no_graves');
      expect(await claimed(store, 2 * LEASE_MS)).toEqual([]);
      expect(await buried(store)).toEqual([idOf('a')]);
    });
  });

  describe('whose power is cut', () => {
    /** The files as they are now, as the next process would find them. */
    async function copied(store: Store, logBytes?: number): Promise<Store> {
      const copy = join(folder, `copy-${open.length}`, 'tocsin.db');
      mkdirSync(dirname(copy));
      for (const end of ['', '-wal']) copyFileSync(`${file}${end}`, `${copy}${end}`);
      if (logBytes !== undefined) truncateSync(`${copy}-wal`, logBytes);
      expect(await claimed(store, 1), 'the first one goes on').toEqual([]);
      return start(copy);
    }

    test('gives what was under a lease to the next process, whether the lease had reached the disk or not', async () => {
      const store = await start();
      await commit(store, ['a', 'b']);
      const logBytes = statSync(`${file}-wal`).size;
      expect(await claimed(store)).toEqual([idOf('a'), idOf('b')]);
      expect(statSync(`${file}-wal`).size, 'a lease is written down').toBeGreaterThan(logBytes);
      for (const size of [undefined, logBytes]) {
        const next = await copied(store, size);
        expect(await claimed(next, 2)).toEqual([idOf('a'), idOf('b')]);
        expect(await next.unseen([idOf('a'), idOf('b')])).toEqual(new Set());
      }
    });
  });
});
