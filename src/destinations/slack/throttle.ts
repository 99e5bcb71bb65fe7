import type { Clock } from '../../core/clock.ts';

/**
 * Slack takes one message a second on each webhook and tolerates short bursts: ten CRITICAL pages of one minute must not wait ten
 * seconds for each other. Where it does not tolerate one it says how long to wait, which is heeded.
 */
const INTERVAL_MS = 1_000;
const BURST = 8;
/** A clock set back must not silence a webhook for longer than this. */
const LONGEST_WAIT_MS = 30_000;

export interface Reservation {
  /** When the bucket would be full again, if nothing else were sent. */
  readonly fullAtMs: number;
  readonly waitMs: number;
}

/** Takes the next free slot, whoever else is waiting. `fullAtMs` is the last reservation's. */
export function reserve(fullAtMs: number, nowMs: number): Reservation {
  const bounded = Math.min(fullAtMs, nowMs + LONGEST_WAIT_MS);
  const next = Math.max(bounded, nowMs) + INTERVAL_MS;
  return { fullAtMs: next, waitMs: Math.max(0, next - nowMs - BURST * INTERVAL_MS) };
}

/** Waits for this webhook's turn; ends early when `signal` aborts. */
export type Throttle = (signal: AbortSignal) => Promise<void>;

export function createThrottle(clock: Clock): Throttle {
  let fullAtMs = 0;
  return async (signal) => {
    const reservation = reserve(fullAtMs, clock.now());
    fullAtMs = reservation.fullAtMs;
    if (reservation.waitMs > 0) await clock.sleep(reservation.waitMs, signal);
  };
}
