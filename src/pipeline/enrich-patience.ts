/** How a source has answered about alerts lately. Wall times, milliseconds. */
export interface Patience {
  readonly lastSlowMs?: number;
  readonly skippedFromMs?: number;
}

/** A source that was slow twice is not asked for this long: in an outage not every notification waits for it. */
const SKIP_MS = 60_000;
/** What was slow at the same moment counts once. */
const MOMENT_MS = 1_000;
/** Longer than a skip, so that one slow answer after it is enough for the next. */
const REMEMBER_MS = 3 * 60_000;

/** A source as patient people see it after it kept them waiting. */
export function afterSlow({ lastSlowMs, skippedFromMs }: Patience, nowMs: number): Patience {
  if (lastSlowMs === undefined) return { lastSlowMs: nowMs };
  const sinceMs = nowMs - lastSlowMs;
  if (sinceMs >= 0 && sinceMs < MOMENT_MS) {
    return { lastSlowMs, ...(skippedFromMs === undefined ? {} : { skippedFromMs }) };
  }
  const isAgain = sinceMs >= MOMENT_MS && sinceMs <= REMEMBER_MS;
  return isAgain ? { lastSlowMs: nowMs, skippedFromMs: nowMs } : { lastSlowMs: nowMs };
}

/** A clock that went back must not make a minute longer. */
export function isSkipped({ skippedFromMs }: Patience, nowMs: number): boolean {
  if (skippedFromMs === undefined) return false;
  const sinceMs = nowMs - skippedFromMs;
  return sinceMs >= 0 && sinceMs < SKIP_MS;
}
