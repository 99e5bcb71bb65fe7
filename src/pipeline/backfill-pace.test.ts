import { beforeEach, describe, expect, it } from 'vitest';
import { openInMemory } from '../../test/pipeline/bench.ts';
import { ManualClock, settled } from '../../test/pipeline/manual-clock.ts';
import type { Store } from '../core/store.ts';
import { BackfillError } from './backfill.ts';
import { createPace, MOST_PENDING } from './backfill-pace.ts';

let clock: ManualClock;
let told: string[];
let pending: number;
let full: string | undefined;
let upkeeps: number;
beforeEach(() => {
  clock = new ManualClock();
  [told, pending, full, upkeeps] = [[], 0, undefined, 0];
});

const store: Store = Object.assign(openInMemory(), {
  countDeliveries: async () => [
    { destination: 'siem', state: 'pending' as const, count: pending },
    { destination: 'siem', state: 'dead' as const, count: 1_000_000 },
  ],
});

function paceFor({ rate = 2, isDaemonRunning = true } = {}) {
  const maintenance = {
    pass: async () => {
      upkeeps += 1;
    },
    storeFull: () => full,
  };
  const room = { store, maintenance, isDaemonRunning: () => isDaemonRunning };
  return createPace({ clock, rate, room, onPause: (reason) => told.push(reason) });
}

const never = new AbortController().signal;

describe('the pace of a backfill', () => {
  it('lets the first page go at once and the next ones by the rate', async () => {
    const ready = paceFor({ rate: 4 });
    await ready(never);
    const second = ready(never);
    await settled();
    expect(clock.naps).toEqual([250]);
    await clock.advance(250);
    await second;
    expect(clock.naps).toEqual([]);
  });

  it.each([
    [
      'too much waits for delivery',
      () => (pending = MOST_PENDING + 1),
      /50001 deliveries wait, most of them for siem/,
    ],
    ['the store is full', () => (full = 'the store is full'), /the store is full/],
  ])('pauses while %s, says so once, and goes on by itself', async (_, fill, sentence) => {
    fill();
    const ready = paceFor()(never);
    await settled();
    await clock.advance(5_000);
    [pending, full] = [0, undefined];
    await clock.advance(5_000);
    await ready;
    expect(told).toEqual([expect.stringMatching(sentence)]);
  });

  it('does not wait for a daemon that does not run', async () => {
    pending = MOST_PENDING + 1;
    await expect(paceFor({ isDaemonRunning: false })(never)).rejects.toThrow(BackfillError);
  });

  it('ends a pause when it is stopped', async () => {
    pending = MOST_PENDING + 1;
    const stop = new AbortController();
    const ready = paceFor()(stop.signal);
    await settled();
    stop.abort();
    await ready;
  });

  it('clears the store four times a minute, not for every page', async () => {
    const ready = paceFor({ rate: 1_000 });
    for (let second = 0; second < 60; second += 1) {
      await ready(never);
      await clock.advance(1_000);
    }
    expect(upkeeps).toBe(4);
  });
});
