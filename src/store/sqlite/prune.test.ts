import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, createBench, event, FEED } from '../../../test/pipeline/bench.ts';
import { START_MS } from '../../../test/pipeline/manual-clock.ts';
import { record } from '../../alerts/lifecycle.ts';
import type { Notification, StoredAlert } from '../../core/alert.ts';
import type { AlertGroup, StoreTx } from '../../core/store.ts';

const HOUR_MS = 3_600_000;
const MIB = 1_048_576;
const MAX_BYTES = 4 * MIB;
const retention = {
  eventsMs: 30 * 24 * HOUR_MS,
  deadLettersMs: 90 * 24 * HOUR_MS,
  maxBytes: MAX_BYTES,
  lookbackMs: 0,
};

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

const write = (work: (tx: StoreTx) => Promise<void>): Promise<void> => bench.store.transaction(work);

/** Delivered events of 2 KB each. */
async function fill(first: number, count: number, atMs: number): Promise<void> {
  const events = Array.from({ length: count }, (_, index) =>
    event(`e${first + index}`, { text: 'x'.repeat(2_000) }, first + index),
  );
  await write(async (tx) => {
    await tx.insertEvents(
      events.map((each) => ({ event: each, rules: [] })),
      atMs,
    );
    await tx.enqueue(
      events.map(({ id }) => ({ destination: 'siem', kind: 'event', deliveryId: id })),
      atMs,
    );
    await tx.writeCursor(FEED.source, FEED.feed, {}, atMs);
  });
  await deliver(atMs);
}

async function deliver(atMs: number): Promise<void> {
  const claimed = await bench.store.claim('siem', atMs, 1_000, 10_000);
  await bench.store.settle(
    claimed.map(({ seq }) => ({ seq, state: 'done' })),
    atMs,
  );
}

/** Until nothing more can be cleared. */
async function pruneAll(nowMs: number): Promise<number> {
  for (;;) {
    const { bytes, isUnfinished } = await bench.store.prune(retention, nowMs);
    if (!isUnfinished) return bytes;
  }
}

function alert(fingerprint: string, state: 'open' | 'resolved'): StoredAlert {
  const firing = {
    ...({
      fingerprint,
      rule: 'r',
      ruleName: 'R',
      severity: 'HIGH',
      source: 'akto',
      feed: 'malicious_events',
    } as const),
    ...{ group: {}, labels: {}, resolveAfterMs: HOUR_MS, description: 'x'.repeat(2_000) },
    event: { id: 'e', timeMs: START_MS },
  };
  const opened = record(undefined, firing, START_MS).alert;
  return state === 'open' ? opened : { ...opened, state, resolvedAtMs: START_MS };
}

const group = (id: string, over: Partial<AlertGroup> = {}): AlertGroup => {
  return {
    id,
    route: 'all',
    labels: {},
    to: ['siem'],
    openedMs: START_MS,
    reason: 'opened',
    sequence: 1,
    ...over,
  };
};

const notification = (id: string): Notification => ({
  ...{
    id,
    route: 'all',
    reason: 'opened',
    group: { text: 'x'.repeat(3_000) },
    severity: 'HIGH',
    newCount: 1,
  },
  ...{ alerts: [], omittedAlerts: 0, createdAtMs: START_MS },
});

describe('a store that was filled and has come to rest', () => {
  it('is less than half full after an hour, whatever filled it', async () => {
    await fill(0, 900, START_MS);
    expect(await pruneAll(START_MS + HOUR_MS / 2)).toBeGreaterThan(MAX_BYTES / 2);
    expect(await pruneAll(START_MS + HOUR_MS + 1)).toBeLessThan(MAX_BYTES / 2);
  });

  it('keeps what is young as long as there is room for it', async () => {
    await fill(0, 900, START_MS);
    const report = await bench.store.prune(retention, START_MS + 1_000);
    expect(report).toMatchObject({ clearedPayloads: 0, deletedEvents: 0, isUnfinished: false });
  });

  it('keeps what is not delivered, and says that this is all', async () => {
    const events = Array.from({ length: 1_200 }, (_, index) =>
      event(`w${index}`, { text: 'x'.repeat(4_000) }),
    );
    await write(async (tx) => {
      await tx.insertEvents(
        events.map((each) => ({ event: each, rules: [] })),
        START_MS,
      );
      await tx.enqueue(
        events.map(({ id }) => ({ destination: 'siem', kind: 'event', deliveryId: id })),
        START_MS,
      );
    });
    const report = await bench.store.prune(retention, START_MS + 9 * HOUR_MS);
    expect(report).toMatchObject({ clearedPayloads: 0, overBound: true, isUnfinished: false });
    await deliver(START_MS + 9 * HOUR_MS);
    expect(await pruneAll(START_MS + 11 * HOUR_MS)).toBeLessThan(MAX_BYTES / 2);
  });
});

describe('where space is short within the hour', () => {
  it('what is over and told goes, what is open or untold stays', async () => {
    const some = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, index) => `${prefix}${index}`);
    await write(async (tx) => {
      await tx.writeAlerts(
        [
          ...some('over', 600).map((id) => alert(id, 'resolved')),
          ...some('open', 100).map((id) => alert(id, 'open')),
        ],
        START_MS,
      );
      await tx.writeAlerts([alert('untold', 'resolved')], START_MS);
      await tx.writeGroups(
        [group('waits', { dueMs: START_MS }), ...some('closed', 300).map((id) => group(id))],
        START_MS,
      );
      await tx.addPending([{ group: 'waits', fingerprint: 'untold', count: 7 }]);
      for (const id of some('told', 600)) await tx.insertNotification(notification(id));
      await tx.insertNotification(notification('sent-later'));
      await tx.enqueue([{ destination: 'siem', kind: 'alert', deliveryId: 'sent-later' }], START_MS);
    });
    const before = await bench.store.usedBytes();
    expect(before).toBeGreaterThan(MAX_BYTES * 0.8);
    expect(await pruneAll(START_MS + 1_000)).toBeLessThan(MAX_BYTES * 0.8);
    const left = await bench.store.listAlerts({ limit: 9_999 });
    expect(left.filter(({ state }) => state === 'open')).toHaveLength(100);
    expect(left.map(({ fingerprint }) => fingerprint)).toContain('untold');
    const [claimed] = await bench.store.claim('siem', START_MS, 1_000, 9);
    expect(claimed?.delivery.id).toBe('sent-later');
    const due = await bench.store.transaction((tx) => tx.dueGroups(START_MS, 9));
    expect(due.map(({ id }) => id)).toEqual(['waits']);
  });
});

it('which message an incident is, is known as long as it is open, however old and short of space', async () => {
  const [open, closed] = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb'];
  await write((tx) => tx.writeGroups([group(open, { dueMs: START_MS }), group(closed)], START_MS));
  for (const id of [open, closed]) await bench.store.writeMemory('oncall', `thread/C1/${id}`, 'ts', START_MS);
  await bench.store.prune(retention, START_MS + 31 * 24 * HOUR_MS);
  expect(await bench.store.readMemory('oncall', `thread/C1/${open}`)).toBe('ts');
  expect(await bench.store.readMemory('oncall', `thread/C1/${closed}`)).toBeUndefined();
});

it('windows that have expired go at once, however many an attacker made', async () => {
  const windows = Array.from({ length: 9_000 }, (_, index) => ({
    ...{
      rule: 'r',
      condition: 0,
      group: JSON.stringify(['akto', `${index}`]),
      state: { counts: [1, 1], seen: [] },
    },
    expiresMs: START_MS,
  }));
  await write((tx) => tx.writeWindows(windows));
  await bench.store.prune(retention, START_MS + 1);
  expect(await bench.store.transaction((tx) => tx.countWindows(0))).toEqual([]);
});
