import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventId } from '../../../core/event.ts';
import type { JudgedEvent, Store } from '../../../core/store.ts';
import { openSqliteThread } from './host.ts';

let store: Store;
beforeEach(async () => {
  store = await openSqliteThread({ file: ':memory:', exclusive: false });
});
afterEach(() => store.close());

function judged(feedId: string): JudgedEvent {
  const id = eventId('akto', 'malicious_events', feedId);
  const event = { id, source: 'akto', feed: 'malicious_events' as const, feedId, timeMs: 1, raw: {} };
  return { event, rules: [] };
}

const isUnseen = async (feedId: string): Promise<boolean> =>
  (await store.unseen([judged(feedId).event.id])).size === 1;

describe('a transaction on the thread', () => {
  it('fails as a whole where one of its writes does, at the next question', async () => {
    await store.transaction((tx) => tx.insertEvents([judged('a')], 0));
    let reached = false;
    const failing = store.transaction(async (tx) => {
      await tx.insertEvents([judged('b')], 0);
      await tx.insertEvents([judged('a')], 0);
      await tx.writeCursor('akto', 'malicious_events', { at: 'b' }, 0);
      await tx.readWindows([]);
      reached = true;
    });
    await expect(failing).rejects.toMatchObject({ name: 'StoreError', kind: 'conflict' });
    expect(reached).toBe(false);
    expect(await isUnseen('b')).toBe(true);
    expect(await store.readCursor('akto', 'malicious_events')).toBeUndefined();
  });

  it('fails at its end where nothing is asked before', async () => {
    await store.transaction((tx) => tx.insertEvents([judged('a')], 0));
    const failing = store.transaction((tx) => tx.insertEvents([judged('a')], 0));
    await expect(failing).rejects.toMatchObject({ kind: 'conflict' });
    await store.transaction((tx) => tx.insertEvents([judged('b')], 0));
    expect(await isUnseen('b')).toBe(false);
  });

  it('begins when the one before has ended, and calls wait for both', async () => {
    const order: string[] = [];
    const first = store.transaction(async (tx) => {
      order.push('first begins');
      await tx.readWindows([]);
      await tx.insertEvents([judged('a')], 0);
      order.push('first ends');
    });
    const second = store.transaction(async () => void order.push('second begins'));
    const seen = isUnseen('a').then((unseen) => void order.push(`unseen: ${unseen}`));
    await Promise.all([first, second, seen]);
    expect(order).toEqual(['first begins', 'first ends', 'second begins', 'unseen: false']);
  });

  it('that is given what is no data is refused there and then, and holds up nobody', async () => {
    const cursor = { at: '' };
    Reflect.set(cursor, 'at', () => undefined);
    const failing = store.transaction((tx) => tx.writeCursor('akto', 'malicious_events', cursor, 0));
    await expect(failing).rejects.toThrow(/could not be cloned/);
    expect(await isUnseen('a')).toBe(true);
  });
});

it('answers nobody once it is closed, and says so', async () => {
  await store.close();
  await expect(store.unseen([])).rejects.toMatchObject({ kind: 'broken' });
  await expect(store.transaction(async () => 1)).rejects.toMatchObject({ kind: 'broken' });
});

it('is no promise: it can be handed on by one', async () => {
  expect(await Promise.resolve(store)).toBe(store);
});

it('tells of a method that it lacks, under its name', async () => {
  const name: string = 'fly';
  await expect(Reflect.get(store, name)()).rejects.toThrow('the store does not know how to fly');
});
