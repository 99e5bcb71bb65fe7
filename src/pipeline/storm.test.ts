import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openInMemory } from '../../test/pipeline/bench.ts';
import type { Store } from '../core/store.ts';
import { type SummedUp, sumUp } from './storm.ts';

const MINUTE_MS = 60_000;
const NOON_MS = 1_780_000_000_000;
const LISTENER = { name: 'oncall', rate: { perMinute: 6, burst: 6 } };

let store: Store;
beforeEach(() => {
  store = openInMemory();
});
afterEach(() => store.close());

async function overflow(nowMs: number): Promise<void> {
  const match = { kind: 'match', name: '', count: 1 } as const;
  await store.transaction((tx) => tx.addOverflow(LISTENER.name, [match], nowMs));
}

const lookAt = (nowMs: number): Promise<SummedUp> => store.transaction((tx) => sumUp(tx, LISTENER, nowMs));

/** What its destination has taken is followed by the next. */
async function deliver(nowMs: number): Promise<void> {
  const claimed = await store.claim(LISTENER.name, nowMs, MINUTE_MS, 10);
  await store.settle(
    claimed.map(({ seq }) => ({ seq, state: 'done' })),
    nowMs,
  );
}

describe('what overflowed', () => {
  it.each([
    ['at once, where nothing was summed up before', undefined, 0],
    ['a minute after the last', 0, MINUTE_MS],
    ['at once, where the last was written by a clock that has gone back since', 12 * MINUTE_MS, 0],
  ])('is summed up %s', async (_, lastMs, dueMs) => {
    if (lastMs !== undefined) {
      await overflow(NOON_MS + lastMs);
      expect((await lookAt(NOON_MS + lastMs)).digests).toHaveLength(1);
      await deliver(NOON_MS + lastMs);
    }
    await overflow(NOON_MS);
    if (dueMs > 0)
      expect(await lookAt(NOON_MS + dueMs - 1)).toEqual({ digests: [], againMs: NOON_MS + dueMs });
    expect((await lookAt(NOON_MS + dueMs)).digests[0]?.totals[0]).toEqual({ name: 'Matches', count: 1 });
  });
});
