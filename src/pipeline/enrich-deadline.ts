import type { Clock } from '../core/clock.ts';

/** How long one notification waits for what sources know. */
export interface Deadline {
  /** Aborts shortly before the end: what a source has by then can still be told. */
  readonly windUp: AbortSignal;
  /** Resolves at the end, with what then did not happen. Never rejects. */
  readonly over: Promise<string>;
  /** Nobody waits any more. */
  end(): void;
}

const DEADLINE_MS = 5_000;
const WIND_UP_MS = 4_500;

/** @param stop ends it early: whoever stops the daemon waits for it */
export function startDeadline(clock: Clock, stop: AbortSignal): Deadline {
  const done = new AbortController();
  const windUp = new AbortController();
  return { windUp: windUp.signal, over: pass(), end: () => done.abort() };

  async function pass(): Promise<string> {
    const startedMs = clock.now();
    await clock.sleep(WIND_UP_MS, AbortSignal.any([done.signal, stop]));
    windUp.abort();
    const leftMs = stop.aborted ? 0 : DEADLINE_MS - (clock.now() - startedMs);
    await clock.sleep(Math.min(leftMs, DEADLINE_MS - WIND_UP_MS), done.signal);
    return stop.aborted ? 'Tocsin was stopped before it answered' : 'it did not answer within 5 s';
  }
}
