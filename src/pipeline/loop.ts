import type { Clock } from '../core/clock.ts';

/** A loop that tests drive one awaitable pass at a time, and the daemon by start, wake and stop. */
export interface Loop {
  start(): void;
  /** There is something to do: do not wait for the time that the last pass named. */
  wake(): void;
  /** Starts no further pass and resolves when the one under way has ended. */
  stop(): Promise<void>;
}

/**
 * Runs `pass` again and again. A pass returns when it wants to run next (wall time, ms; undefined:
 * only when woken) and never throws: what can go wrong in it, it handles.
 */
export function createLoop(clock: Clock, pass: () => Promise<number | undefined>, maxIdleMs = 60_000): Loop {
  let stopped = false;
  let woken = false;
  let nap: AbortController | undefined;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (!stopped) {
      woken = false;
      const nextMs = await pass();
      if (stopped || woken) continue;
      nap = new AbortController();
      const waitMs = nextMs === undefined ? maxIdleMs : Math.min(nextMs - clock.now(), maxIdleMs);
      await clock.sleep(waitMs, nap.signal);
      nap = undefined;
    }
  }

  function interrupt(): void {
    woken = true;
    nap?.abort();
  }

  return {
    start: () => {
      running ??= run();
    },
    wake: interrupt,
    stop: async () => {
      stopped = true;
      interrupt();
      await running;
    },
  };
}
