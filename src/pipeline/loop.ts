import type { Clock } from '../core/clock.ts';

/** A loop that tests drive one awaitable pass at a time, and the daemon by start, wake and stop. */
export interface Loop {
  start(): void;
  /** There is something to do: do not wait for the time that the last pass named. */
  wake(): void;
  /** Starts no further pass and resolves when the one under way has ended. */
  stop(): Promise<void>;
}

export interface LoopOptions {
  readonly maxIdleMs?: number;
  /** Told of what a pass did not expect. The loop goes on: one bad record must not end the daemon. */
  readonly onUnexpected?: (error: unknown) => void;
}

const AFTER_UNEXPECTED_MS = 10_000;

/** Runs `pass` again and again. A pass returns when it wants to run next (wall time, ms; undefined: only when woken). */
export function createLoop(
  clock: Clock,
  pass: () => Promise<number | undefined>,
  options: LoopOptions = {},
): Loop {
  const { maxIdleMs = 60_000, onUnexpected } = options;
  let stopped = false;
  let woken = false;
  let nap: AbortController | undefined;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (!stopped) {
      woken = false;
      const nextMs = await guarded();
      if (stopped || woken) continue;
      nap = new AbortController();
      const waitMs = nextMs === undefined ? maxIdleMs : Math.min(nextMs - clock.now(), maxIdleMs);
      await clock.sleep(waitMs, nap.signal);
      nap = undefined;
    }
  }

  async function guarded(): Promise<number | undefined> {
    try {
      return await pass();
    } catch (error) {
      if (onUnexpected === undefined) throw error;
      onUnexpected(error);
      return clock.now() + AFTER_UNEXPECTED_MS;
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
