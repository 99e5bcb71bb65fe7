import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock, settled } from '../../test/pipeline/manual-clock.ts';
import { createLoop, type Loop } from './loop.ts';

/** A loop whose passes end when the test says so. */
function stage(answers: (number | undefined)[] = []) {
  const clock = new ManualClock();
  const open: ((next?: number) => void)[] = [];
  let passes = 0;
  let most = 0;
  const loop = createLoop(clock, async () => {
    passes += 1;
    const next = await new Promise<number | undefined>((resolve) => {
      open.push(resolve);
      most = Math.max(most, open.length);
      if (answers.length > 0) resolve(answers.shift());
    });
    open.splice(0, 1);
    return next;
  });
  loops.push(loop, { ...loop, stop: async () => open[0]?.() });
  const end = async (next?: number): Promise<void> => {
    open[0]?.(next);
    await settled();
  };
  return { clock, loop, end, passes: () => passes, together: () => most };
}

const loops: Loop[] = [];
afterEach(async () => {
  await Promise.all(loops.splice(0).map((loop) => loop.stop()));
});

describe('a loop', () => {
  it('passes at once and then at the time that the pass named', async () => {
    const { clock, loop, end, passes } = stage();
    loop.start();
    await end(clock.now() + 5_000);
    expect(clock.naps).toEqual([5_000]);
    await clock.advance(4_999);
    expect(passes()).toBe(1);
    await clock.advance(1);
    expect(passes()).toBe(2);
  });

  it.each<[string, number | undefined]>([
    ['names no time', undefined],
    ['names a time far away', 3_600_000],
  ])('looks again after a minute where the pass %s: others write to the store too', async (_, inMs) => {
    const { clock, loop, end, passes } = stage();
    loop.start();
    await end(inMs === undefined ? undefined : clock.now() + inMs);
    expect(clock.naps).toEqual([60_000]);
    await clock.advance(60_000);
    expect(passes()).toBe(2);
  });

  it('goes on at once where the pass names a time that is over', async () => {
    const { clock, loop, end, passes } = stage();
    loop.start();
    await end(clock.now() - 10_000);
    await settled();
    expect(passes()).toBe(2);
  });

  it('wakes from its nap', async () => {
    const { clock, loop, end, passes } = stage();
    loop.start();
    await end();
    loop.wake();
    await settled();
    expect(passes()).toBe(2);
    expect(clock.naps).toEqual([]);
  });

  it('woken during a pass, it passes again without a nap, and only once', async () => {
    const { clock, loop, end, passes } = stage();
    loop.start();
    loop.wake();
    loop.wake();
    await end(clock.now() + 5_000);
    expect(passes()).toBe(2);
    await end(clock.now() + 5_000);
    expect(passes()).toBe(2);
    expect(clock.naps).toEqual([5_000]);
  });

  it('never has two passes under way', async () => {
    const { loop, end, together } = stage();
    loop.start();
    loop.start();
    for (let round = 0; round < 20; round += 1) {
      loop.wake();
      await end();
      loop.start();
    }
    expect(together()).toBe(1);
  });

  it('stops out of its nap', async () => {
    const { loop, end, passes, clock } = stage();
    loop.start();
    await end();
    await loop.stop();
    expect(clock.naps).toEqual([]);
    expect(passes()).toBe(1);
  });

  it('stops when the pass under way has ended, and starts no further one', async () => {
    const { loop, end, passes } = stage();
    loop.start();
    let stopped = false;
    const stopping = loop.stop().then(() => {
      stopped = true;
    });
    await settled();
    expect(stopped).toBe(false);
    await end();
    await stopping;
    loop.wake();
    loop.start();
    await settled();
    expect(passes()).toBe(1);
  });

  it('that was never started stops, and stays so', async () => {
    const { loop, passes } = stage();
    await loop.stop();
    loop.start();
    await settled();
    expect(passes()).toBe(0);
  });
});
