import type { Clock } from '../../core/clock.ts';

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/** How slowly a collector is sent to that takes what it is sent and says that it is nearly full. */
export interface Pace {
  /** It said so: the next request waits, longer each time in a row. @returns how long */
  slowDown(askedMs: number | undefined): number;
  /** It is well again. */
  speedUp(): void;
  /** Until the next request may go, or the caller stops. */
  wait(signal: AbortSignal): Promise<void>;
}

export function createPace(clock: Clock): Pace {
  let pauseMs = 0;
  let sinceMs = 0;
  return {
    slowDown(askedMs) {
      const growing = Math.max(FIRST_MS, pauseMs * 2);
      pauseMs = Math.min(askedMs ?? growing, LONGEST_MS);
      sinceMs = clock.now();
      return pauseMs;
    },
    speedUp() {
      pauseMs = 0;
    },
    async wait(signal) {
      // A clock that went back makes no wait longer.
      const passedMs = Math.max(0, clock.now() - sinceMs);
      if (passedMs < pauseMs) await clock.sleep(pauseMs - passedMs, signal);
    },
  };
}
