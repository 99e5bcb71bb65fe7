import { afterEach, describe, expect, it, vi } from 'vitest';
import { settled } from '../../test/pipeline/manual-clock.ts';
import type { PollResult } from './poll.ts';
import { createSchedule, type Schedule } from './schedule.ts';

/** Never due while a test runs. */
const RARELY = '0 0 1 1 *';

let schedule: Schedule | undefined;
afterEach(() => schedule?.stop());

/** A poller whose passes end when the test says so, or at once with `answers`. */
function poller(answers: PollResult[] = []) {
  const open: ((result: PollResult) => void)[] = [];
  const signals: AbortSignal[] = [];
  let most = 0;
  const pass = async (signal: AbortSignal): Promise<readonly PollResult[]> => {
    signals.push(signal);
    const result = await new Promise<PollResult>((resolve) => {
      open.push(resolve);
      most = Math.max(most, open.length);
      const [answer] = answers.splice(0, 1);
      if (answer !== undefined) resolve(answer);
    });
    open.splice(0, 1);
    return [result];
  };
  return { pass, signals, most: () => most, end: (result: PollResult) => open[0]?.(result) };
}

describe('a schedule', () => {
  it('polls at once: nobody waits for the first tick', async () => {
    const polls = poller(['read']);
    schedule = createSchedule('akto', RARELY, polls);
    await schedule.start();
    expect(polls.signals).toHaveLength(1);
  });

  it('polls again at once while a feed is behind, and not after that', async () => {
    const polls = poller(['behind', 'behind', 'read', 'behind']);
    schedule = createSchedule('akto', RARELY, polls);
    await schedule.start();
    await settled();
    expect(polls.signals).toHaveLength(3);
  });

  it.each<PollResult>(['failed', 'resting', 'stopped'])(
    'leaves a poll that is %s to the next tick',
    async (end) => {
      const polls = poller([end]);
      schedule = createSchedule('akto', RARELY, polls);
      await schedule.start();
      await settled();
      expect(polls.signals).toHaveLength(1);
    },
  );

  it('stops when the page under way is committed, and starts no further poll', async () => {
    const polls = poller();
    schedule = createSchedule('akto', RARELY, polls);
    await schedule.start();
    let stopped = false;
    const stopping = schedule.stop().then(() => {
      stopped = true;
    });
    await settled();
    expect(polls.signals[0]?.aborted).toBe(true);
    expect(stopped).toBe(false);
    polls.end('behind');
    await stopping;
    expect(polls.signals).toHaveLength(1);
  });

  it('ticks by the clock, and a tick that finds a poll under way does nothing', async () => {
    const polls = poller();
    schedule = createSchedule('akto', '* * * * * *', polls);
    await schedule.start();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(polls.signals).toHaveLength(1);
    polls.end('read');
    await vi.waitFor(() => expect(polls.signals).toHaveLength(2), { timeout: 60_000 });
    polls.end('read');
    expect(polls.most()).toBe(1);
  });
});
