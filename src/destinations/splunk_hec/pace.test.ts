import { expect, it } from 'vitest';
import { createChannels } from './channel.ts';
import { createPace } from './pace.ts';

const running = new AbortController().signal;

function testClock() {
  const slept: number[] = [];
  const clock = {
    nowMs: 1_000_000,
    slept,
    now: () => clock.nowMs,
    sleep: async (ms: number) => {
      slept.push(ms);
      clock.nowMs += ms;
    },
  };
  return clock;
}

it('waits longer the longer Splunk is nearly full, within reason, and not once it is well', async () => {
  const clock = testClock();
  const pace = createPace(clock);
  for (const asked of [undefined, undefined, undefined, 5_000, 31_536_000_000]) {
    pace.slowDown(asked);
    await pace.wait(running);
  }
  expect(clock.slept).toEqual([1_000, 2_000, 4_000, 5_000, 30_000]);
  await pace.wait(running);
  pace.slowDown(undefined);
  pace.speedUp();
  await pace.wait(running);
  expect(clock.slept).toHaveLength(5);
});

it('waits no longer because a clock went back', async () => {
  const clock = testClock();
  const pace = createPace(clock);
  pace.slowDown(undefined);
  clock.nowMs -= 3_600_000;
  await pace.wait(running);
  expect(clock.slept).toEqual([1_000]);
});

it('opens another channel after a quiet time, and where the count does not go up', () => {
  const clock = testClock();
  const channels = createChannels(clock, Math.random);
  const first = channels.current();
  channels.count(first, 0);
  channels.count(first, 1);
  expect(channels.current()).toBe(first);
  clock.nowMs += 301_000;
  const second = channels.current();
  expect(second.id).not.toBe(first.id);
  channels.count(second, 0);
  channels.count(second, 0);
  expect(second.trusted).toBe(false);
  expect(channels.current().id).not.toBe(second.id);
  expect(first.trusted).toBe(true);
});
