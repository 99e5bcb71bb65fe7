import { describe, expect, it } from 'vitest';
import {
  arriving,
  begin,
  bench,
  commit,
  DAY_2,
  DAY_MS,
  digester,
  feedRead,
  HOUR_MS,
  hit,
  idle,
  only,
  plan,
} from '../../../test/pipeline/digest-bench.ts';
import { type Store, StoreError } from '../../core/store.ts';
import { digestId } from './compose.ts';

describe('when a digest is made', () => {
  it('begins with the period in which the daemon first runs', async () => {
    bench.clock.nowMs = DAY_2 - DAY_MS;
    const loop = digester();
    expect(await loop.pass()).toBe(DAY_2);
    expect(await arriving()).toEqual([]);
    bench.clock.nowMs = DAY_2 - 1;
    expect(await loop.pass()).toBe(DAY_2);
    bench.clock.nowMs = DAY_2;
    expect(await loop.pass()).toBe(DAY_2 + DAY_MS);
    const digest = only(await arriving());
    expect(digest).toMatchObject({
      id: 'digest/daily/2026-03-02T08:00:00.000Z',
      title: 'Daily digest',
      fromMs: DAY_2 - DAY_MS,
      toMs: DAY_2,
    });
  });

  it('is once, however often it is asked for, and through restarts', async () => {
    await begin();
    await digester().pass();
    await digester().pass();
    await bench.restart();
    await digester().pass();
    expect(await arriving()).toHaveLength(1);
    await digester().pass();
    expect(await arriving()).toEqual([]);
  });

  it('is once where the process ends between any two of its steps', async () => {
    await begin();
    await commit([hit('a', 1)]);
    let steps = 0;
    for (let made = false; !made; steps += 1) {
      made = await wentThrough(digester({ store: dying(steps) }));
      await bench.restart();
      const there = await bench.store.hasDigest(digestId('daily', DAY_2 - DAY_MS));
      const rows = await bench.store.listDeliveries({ limit: 10 });
      expect(rows).toHaveLength(there ? 1 : 0);
    }
    expect(steps).toBeGreaterThan(8);
    await digester().pass();
    expect(await arriving()).toHaveLength(1);
  });

  it('is the last one that was missed, and no older ones', async () => {
    await begin();
    bench.clock.nowMs = DAY_2 + 5 * DAY_MS + HOUR_MS;
    await digester().pass();
    expect(only(await arriving()).toMs).toBe(DAY_2 + 5 * DAY_MS);
  });

  it('is not made for an earlier period where the clock goes back', async () => {
    await begin();
    bench.clock.nowMs = DAY_2 + 5 * DAY_MS;
    await digester().pass();
    await arriving();
    bench.clock.nowMs = DAY_2 + 3 * DAY_MS;
    await digester().pass();
    bench.clock.nowMs = DAY_2 + 5 * DAY_MS + 1;
    await digester().pass();
    expect(await arriving()).toEqual([]);
  });

  it('waits until feeds are read to its end, and tells after ten minutes which are not', async () => {
    const sources = [idle()];
    await begin({ sources });
    await feedRead(DAY_2 - HOUR_MS);
    const loop = digester({ sources });
    expect(await loop.pass()).toBe(DAY_2 + 15_000);
    for (let look = 1; look < 40; look += 1) {
      bench.clock.nowMs += 15_000;
      expect(await loop.pass()).toBe(bench.clock.nowMs + 15_000);
    }
    expect(await loop.pass()).toBe(DAY_2 + DAY_MS);
    expect(only(await arriving()).notes).toContain(
      'akto malicious_events has not been read since 2026-03-03 07:00: what it showed later is not in these figures.',
    );
  });

  it('does not wait for feeds that are read to its end', async () => {
    const sources = [idle()];
    await begin({ sources });
    await feedRead(DAY_2 + 60_000, { gaps: [{ fromMs: DAY_2 - HOUR_MS, toMs: DAY_2 - 1, problem: 'p' }] });
    await digester({ sources }).pass();
    expect(only(await arriving()).notes).toContain(
      'akto malicious_events shows less than it has in 1 time range.',
    );
  });

  it('tries again where the store fails, and ends where it is told to', async () => {
    await begin();
    expect(await digester({ store: dying(0, new StoreError('full', 'no space')) }).pass()).toBe(
      DAY_2 + 30_000,
    );
    const loop = digester();
    loop.abandon();
    expect(await loop.pass()).toBeUndefined();
    expect(await arriving()).toEqual([]);
  });

  it('goes to those it names, and each plan has its own', async () => {
    const weekly = plan({
      name: 'for-managers',
      to: ['siem', 'oncall'],
      schedule: { ...plan().schedule, every: 'week', on: 2 },
    });
    const plans = [plan(), weekly];
    bench.clock.nowMs = DAY_2 - DAY_MS;
    await digester({ plans }).pass();
    bench.clock.nowMs = DAY_2;
    await digester({ plans }).pass();
    expect((await arriving('siem')).map(({ title }) => title)).toEqual(['Weekly digest for-managers']);
    expect((await arriving('oncall')).map(({ title }) => title)).toEqual([
      'Daily digest',
      'Weekly digest for-managers',
    ]);
    expect(bench.logs.filter(({ msg }) => msg === 'digest made')).toHaveLength(2);
  });
});

/** The process ends at its n-th use of the store: what it did before is kept. */
function dying(after: number, error: Error = new Error('killed')): Store {
  let uses = 0;
  const store = bench.store;
  return new Proxy(store, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        uses += 1;
        if (uses > after) return Promise.reject(error);
        return Reflect.apply(member, target, args);
      };
    },
  });
}

/** Whether its pass went through. */
async function wentThrough(loop: ReturnType<typeof digester>): Promise<boolean> {
  try {
    await loop.pass();
    return true;
  } catch {
    return false;
  }
}
