import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StoredAlert } from '../../src/core/alert.ts';
import { type Event, eventId } from '../../src/core/event.ts';
import type { AlertGroup, JudgedEvent, Retention, Store, StoreTx } from '../../src/core/store.ts';
import { openSqliteStore, type SqliteOptions } from '../../src/store/sqlite/index.ts';
import { openSqliteThread } from '../../src/store/sqlite/thread/host.ts';

const DAY_MS = 86_400_000;
const RETENTION: Retention = {
  eventsMs: 30 * DAY_MS,
  deadLettersMs: 90 * DAY_MS,
  maxBytes: 1e9,
  lookbackMs: 900_000,
};

let folder: string;
let file: string;
const open: Store[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-store-'));
  file = join(folder, 'data', 'tocsin.db');
});
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Commands open the store where they are; the daemon gives it a thread. It must not be told apart. */
const WAYS = [
  {
    where: 'in this thread',
    open: async (options: SqliteOptions): Promise<Store> => openSqliteStore(options),
  },
  { where: 'on a thread of its own', open: openSqliteThread },
];
let way: (typeof WAYS)[number] = WAYS[0] ?? expect.fail();

async function start(options: { exclusive?: boolean; maxBytes?: number } = {}): Promise<Store> {
  const store = await way.open({ file, exclusive: options.exclusive ?? true, ...options });
  open.push(store);
  return store;
}

async function restart(store: Store): Promise<Store> {
  await store.close();
  open.splice(open.indexOf(store), 1);
  return start();
}

function event(feedId: string, timeMs = 1_000, text = ''): Event {
  const id = eventId('akto', 'malicious_events', feedId);
  return { id, source: 'akto', feed: 'malicious_events', feedId, timeMs, raw: { id: feedId, text } };
}

const judged = (feedId: string, timeMs?: number, text?: string): JudgedEvent => ({
  event: event(feedId, timeMs, text),
  rules: [{ rule: 'R', name: 'A rule', severity: 'HIGH' }],
});

const alert = (fingerprint: string, severity: StoredAlert['severity'], count: number): StoredAlert => ({
  fingerprint,
  rule: 'R',
  ruleName: 'A rule',
  severity,
  source: 'akto',
  feed: 'malicious_events',
  group: { actor: fingerprint },
  count,
  firstSeenMs: 1,
  lastSeenMs: 2,
  openedAtMs: 3,
  sample: [],
  ...{ state: 'open', episode: 1, matchedAtMs: 0, resolveAfterMs: 3_600_000 },
  ...{ actors: { count: 1 }, apis: { count: 1 }, labels: {} },
  seen: { actors: [], apis: [] },
});

const group = (id: string, dueMs?: number): AlertGroup => ({
  id,
  route: 'default',
  labels: {},
  to: ['oncall'],
  openedMs: 0,
  reason: 'opened',
  sequence: 0,
  ...(dueMs === undefined ? {} : { dueMs }),
});

/** Commits events, enqueues them for `destination`, and moves the cursor, as a page does. */
async function commit(store: Store, ids: readonly string[], nowMs = 0, destination = 'siem'): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.insertEvents(
      ids.map((id) => judged(id)),
      nowMs,
    );
    await tx.enqueue(
      ids.map((id) => ({ destination, kind: 'event', deliveryId: event(id).id })),
      nowMs,
    );
    await tx.writeCursor('akto', 'malicious_events', { at: ids.at(-1) ?? '' }, nowMs);
  });
}

const claimedIds = async (store: Store, nowMs = 10, limit = 10): Promise<string[]> =>
  (await store.claim('siem', nowMs, 1_000, limit)).map((claimed) => claimed.delivery.id);

describe.each(WAYS)('a store $where', (given) => {
  beforeEach(() => {
    way = given;
  });

  describe('a page', () => {
    test('is there after a restart: events, deliveries and cursor', async () => {
      const store = await start();
      await commit(store, ['a', 'b']);
      const again = await restart(store);
      expect(await again.unseen([event('a').id, event('c').id])).toEqual(new Set([event('c').id]));
      expect(await again.readCursor('akto', 'malicious_events')).toEqual({ at: 'b' });
      const [claimed] = await again.claim('siem', 10, 1_000, 1);
      expect(claimed?.delivery).toEqual({ kind: 'event', id: event('a').id, ...judged('a') });
    });

    test('leaves nothing when a step of it fails', async () => {
      const store = await start();
      const failing = store.transaction(async (tx) => {
        await tx.insertEvents([judged('a')], 0);
        await tx.enqueue([{ destination: 'siem', kind: 'event', deliveryId: event('a').id }], 0);
        await tx.writeCursor('akto', 'malicious_events', { at: 'a' }, 0);
        throw new Error('the power went');
      });
      await expect(failing).rejects.toThrow('the power went');
      expect(await store.readCursor('akto', 'malicious_events')).toBeUndefined();
      expect(await claimedIds(store)).toEqual([]);
      await commit(store, ['a']);
      expect(await claimedIds(store)).toEqual([event('a').id]);
    });

    test('that somebody else has committed is a conflict, not a second set of deliveries', async () => {
      const store = await start();
      await commit(store, ['a']);
      await expect(commit(store, ['a', 'b'])).rejects.toMatchObject({ kind: 'conflict' });
      expect(await store.unseen([event('b').id])).toEqual(new Set([event('b').id]));
    });

    test('is not seen half by a reader that comes in between', async () => {
      const store = await start();
      const write = store.transaction(async (tx: StoreTx) => {
        await tx.insertEvents([judged('a')], 0);
        await new Promise((resolve) => setTimeout(resolve, 5));
        throw new Error('rolled back');
      });
      const read = store.unseen([event('a').id]);
      await expect(write).rejects.toThrow();
      expect(await read).toEqual(new Set([event('a').id]));
    });
  });

  describe('the outbox', () => {
    test('gives the oldest first and hides what is claimed until its lease ends', async () => {
      const store = await start();
      await commit(store, ['a', 'b', 'c']);
      expect(await claimedIds(store, 10, 2)).toEqual([event('a').id, event('b').id]);
      expect(await claimedIds(store, 20)).toEqual([event('c').id]);
      expect(await claimedIds(store, 30)).toEqual([]);
      expect(await claimedIds(store, 1_010, 2)).toEqual([event('a').id, event('b').id]);
    });

    test('frees what a killed daemon held as soon as the next one starts', async () => {
      const store = await start();
      await commit(store, ['a']);
      await claimedIds(store);
      expect(await claimedIds(await restart(store), 11)).toEqual([event('a').id]);
    });

    test('retries later, counts attempts, and never gives a settled delivery again', async () => {
      const store = await start();
      await commit(store, ['a', 'b']);
      const [a, b] = await store.claim('siem', 10, 1_000, 2);
      await store.settle(
        [
          { seq: a?.seq ?? 0, state: 'done' },
          { seq: b?.seq ?? 0, state: 'pending', reason: '503', dueMs: 500, counted: true },
        ],
        20,
      );
      expect(await claimedIds(store, 499)).toEqual([]);
      expect(await store.nextDeliveryDueMs('siem')).toBe(500);
      expect(await store.claim('siem', 500, 1_000, 9)).toMatchObject([{ seq: b?.seq, attempts: 1 }]);
    });

    test('keeps one row a destination and delivery, however often it is enqueued', async () => {
      const store = await start();
      await commit(store, ['a']);
      await store.transaction((tx) =>
        tx.enqueue([{ destination: 'siem', kind: 'event', deliveryId: event('a').id }], 0),
      );
      expect(await claimedIds(store)).toEqual([event('a').id]);
    });

    test('passes over a delivery whose event is gone, and says so', async () => {
      const store = await start();
      await commit(store, ['a', 'b']);
      const db = new DatabaseSync(file);
      db.exec("DELETE FROM payloads WHERE seq = (SELECT seq FROM events WHERE feed_id = 'a')");
      db.close();
      expect(await claimedIds(store)).toEqual([event('b').id]);
      expect(await store.listDeliveries({ state: 'dead', limit: 9 })).toMatchObject([
        { deliveryId: event('a').id, reason: expect.stringContaining('no longer holds') },
      ]);
    });

    test('keeps dead letters with their reason until they are redriven or discarded', async () => {
      const store = await start();
      await commit(store, ['a', 'b']);
      const claimed = await store.claim('siem', 10, 1_000, 2);
      await store.settle(
        claimed.map(({ seq }) => ({ seq, state: 'dead', reason: 'too large' })),
        20,
      );
      expect(await store.listDeliveries({ state: 'dead', limit: 9 })).toMatchObject([
        { deliveryId: event('a').id, reason: 'too large' },
        { deliveryId: event('b').id, reason: 'too large' },
      ]);
      expect(await store.redrive({ seqs: [claimed[0]?.seq ?? 0] }, 30)).toBe(1);
      expect(await store.discard({ destination: 'siem' }, 30)).toBe(1);
      expect(await claimedIds(store, 40)).toEqual([event('a').id]);
      expect(await store.countDeliveries()).toMatchObject([
        { destination: 'siem', state: 'pending', count: 1 },
      ]);
    });
  });

  describe('alerts and groups', () => {
    test('tells when each rule was last hit, over all its alerts', async () => {
      const store = await start();
      expect(await store.lastHits()).toEqual([]);
      const alerts = [
        { ...alert('x', 'LOW', 1), lastSeenMs: 5_000 },
        { ...alert('y', 'LOW', 1), lastSeenMs: 7_000 },
        { ...alert('z', 'LOW', 1), rule: 'S' },
      ];
      await store.transaction((tx) => tx.writeAlerts(alerts, 0));
      const hits = await (await restart(store)).lastHits();
      expect(hits.toSorted((a, b) => a.lastHitMs - b.lastHitMs)).toEqual([
        { rule: 'S', lastHitMs: 2 },
        { rule: 'R', lastHitMs: 7_000 },
      ]);
    });

    test('pending counts add up whatever is listed, worst first', async () => {
      const store = await start();
      const pending = await store.transaction(async (tx) => {
        await tx.writeAlerts([alert('x', 'LOW', 9), alert('y', 'CRITICAL', 1), alert('z', 'LOW', 3)], 0);
        await tx.addPending([
          { group: 'g', fingerprint: 'x', count: 4 },
          { group: 'g', fingerprint: 'y', count: 1 },
          { group: 'g', fingerprint: 'z', count: 3 },
        ]);
        await tx.addPending([{ group: 'g', fingerprint: 'x', count: 5 }]);
        return { totals: await tx.memberTotals('g', []), members: await tx.readMembers('g', 2) };
      });
      expect(pending.totals).toMatchObject({ alerts: 3, open: 3, newCount: 13, hasNews: true });
      expect(pending.members.map(({ alert: told, newCount }) => [told.fingerprint, newCount])).toEqual([
        ['y', 1],
        ['x', 9],
      ]);
    });

    test('only groups with something to tell come due', async () => {
      const store = await start();
      await store.transaction((tx) =>
        tx.writeGroups([group('late', 200), group('now', 100), group('quiet')], 0),
      );
      expect(await store.nextGroupDueMs()).toBe(100);
      const due = await store.transaction((tx) => tx.dueGroups(150, 9));
      expect(due.map(({ id }) => id)).toEqual(['now']);
    });
  });

  describe('retention', () => {
    async function deliverAll(store: Store, nowMs: number): Promise<void> {
      const claimed = await store.claim('siem', nowMs, 1_000, 10_000);
      await store.settle(
        claimed.map(({ seq }) => ({ seq, state: 'done' })),
        nowMs,
      );
    }

    test('forgets delivered events that are old, but not those that a reader may see again', async () => {
      const store = await start();
      await store.transaction(async (tx) => {
        await tx.insertEvents([judged('old', 0), judged('edge', 2_000_000), judged('newest', 2_500_000)], 0);
        await tx.writeCursor('akto', 'malicious_events', {}, 0);
      });
      const report = await store.prune(RETENTION, 31 * DAY_MS);
      expect(report.deletedEvents).toBe(1);
      expect(await store.unseen(['old', 'edge', 'newest'].map((id) => event(id).id))).toEqual(
        new Set([event('old').id]),
      );
    });

    test('never forgets what is not delivered', async () => {
      const store = await start();
      await commit(store, ['waiting']);
      await store.transaction((tx) => tx.insertEvents([judged('newest', 1e9)], 0));
      await store.prune({ ...RETENTION, maxBytes: 1 }, 300 * DAY_MS);
      const [claimed] = await store.claim('siem', 300 * DAY_MS, 1_000, 1);
      expect(claimed?.delivery).toMatchObject({ event: { raw: { id: 'waiting' } } });
    });

    test('clears delivered payloads when space is short, and says when that is not enough', async () => {
      const store = await start();
      const many = Array.from({ length: 500 }, (_, index) => judged(`e${index}`, index, 'x'.repeat(4_000)));
      await store.transaction(async (tx) => {
        await tx.insertEvents(many, 0);
        await tx.enqueue(
          many.map(({ event: { id } }) => ({ destination: 'siem', kind: 'event', deliveryId: id })),
          0,
        );
      });
      const tight = { ...RETENTION, maxBytes: 1_000_000 };
      expect(await store.prune(tight, 10)).toMatchObject({ clearedPayloads: 0, overBound: true });
      await deliverAll(store, 20);
      expect(await store.prune(tight, 30)).toMatchObject({ clearedPayloads: 500, overBound: false });
      expect((await store.unseen([event('e1').id])).size).toBe(0);
    });

    test('forgets the oldest records before their time when payloads are not what fills it', async () => {
      const store = await start();
      const many = Array.from({ length: 4_000 }, (_, index) => judged(`e${index}`, index));
      await store.transaction(async (tx) => {
        await tx.insertEvents([...many, judged('newest', 1e9)], 0);
        await tx.writeCursor('akto', 'malicious_events', {}, 0);
        await tx.writeAlerts(
          many.map((_, index) => ({ ...alert(`f${index}`, 'LOW', 1), description: 'x'.repeat(500) })),
          0,
        );
        await tx.writeGroups([group('due', 5)], 0);
        await tx.addPending([{ group: 'due', fingerprint: 'f7', count: 3 }]);
      });
      const tight = { ...RETENTION, maxBytes: 600_000 };
      const kept = async (): Promise<number> => (await store.listAlerts({ limit: 9_999 })).length;
      // Within the hour only what no feed shows again: alerts still grow.
      expect(await store.prune(tight, 3_600_000)).toMatchObject({ overBound: true, deletedEvents: 4_000 });
      expect(await kept()).toBe(4_000);
      expect(await store.prune(tight, 3_600_001)).toMatchObject({ overBound: false });
      expect(await kept()).toBeLessThan(4_000);
      expect((await store.unseen([event('newest').id])).size).toBe(0);
      const members = await store.transaction((tx) => tx.readMembers('due', 9));
      expect(members).toMatchObject([{ newCount: 3, alert: { fingerprint: 'f7' } }]);
    });

    test('a full store takes nothing, breaks nothing, and works again once there is room', async () => {
      const store = await start({ maxBytes: 200_000 });
      await commit(store, ['small']);
      const big = judged('big', 1, 'x'.repeat(400_000));
      const refused = store.transaction((tx) => tx.insertEvents([big], 0));
      await expect(refused).rejects.toMatchObject({ kind: 'full' });
      expect(await store.unseen([big.event.id])).toEqual(new Set([big.event.id]));
      await commit(store, ['small too']);
      expect(await claimedIds(store)).toHaveLength(2);
    });
  });

  describe('opening', () => {
    test('a file that a newer version wrote is refused with a sentence', async () => {
      await start({ exclusive: false });
      const db = new DatabaseSync(file);
      db.exec('PRAGMA user_version = 99');
      db.close();
      await expect(start()).rejects.toThrow(/written by a newer Tocsin \(its schema is 99/);
    });

    test('a second daemon on the same file is refused; a command that only looks is not', async () => {
      const first = await start();
      await expect(start()).rejects.toThrow(/in use by another Tocsin/);
      await start({ exclusive: false });
      await restart(first);
    });

    test('nobody else may read the file: it holds captured traffic', async () => {
      await start();
      expect(statSync(file).mode & 0o077).toBe(0);
    });

    test('a folder that cannot be made is one sentence', async () => {
      writeFileSync(join(folder, 'file'), '');
      file = join(folder, 'file', 'tocsin.db');
      await expect(start()).rejects.toThrow(
        /file\/tocsin\.db.*check the owner and mode of the file and its folder/,
      );
    });
  });
});
