import type { Clock } from '../../core/clock.ts';
import type { Delivery } from '../../core/delivery.ts';

/**
 * Slack takes one message a second on each webhook and tolerates short bursts. Where it does not tolerate one it says how
 * long to wait, which is heeded.
 */
const INTERVAL_MS = 1_000;
const BURST = 6;
/** Ten CRITICAL pages of one minute wait neither for each other nor for what is milder and went before them. */
const URGENT_BURST = 18;
/** A clock set back must not silence a webhook for longer than this. */
const LONGEST_WAIT_MS = 30_000;

export interface Reservation {
  /** When the bucket would be full again, if nothing else were sent. */
  readonly fullAtMs: number;
  readonly waitMs: number;
}

/** Takes the next free slot, whoever else is waiting. `fullAtMs` is the last reservation's. */
export function reserve(fullAtMs: number, nowMs: number, isUrgent = false): Reservation {
  const burst = isUrgent ? URGENT_BURST : BURST;
  const bounded = Math.min(fullAtMs, nowMs + LONGEST_WAIT_MS);
  const next = Math.max(bounded, nowMs) + INTERVAL_MS;
  return { fullAtMs: next, waitMs: Math.max(0, next - nowMs - burst * INTERVAL_MS) };
}

/** Waits for this webhook's turn, which comes sooner for what is urgent; ends early when `signal` aborts. */
export type Throttle = (signal: AbortSignal, isUrgent?: boolean) => Promise<void>;

/** What may use more of the burst. */
export function isUrgent(delivery: Delivery): boolean {
  return delivery.kind === 'alert' && delivery.notification.severity === 'CRITICAL';
}

export function createThrottle(clock: Clock): Throttle {
  let fullAtMs = 0;
  return async (signal, isUrgent) => {
    const reservation = reserve(fullAtMs, clock.now(), isUrgent);
    fullAtMs = reservation.fullAtMs;
    if (reservation.waitMs > 0) await clock.sleep(reservation.waitMs, signal);
  };
}
