/** What is known of a rule that gave no verdict in its bounds. */
export interface Overruns {
  /** When the latest ones were, oldest first; at most as many as quarantine a rule. */
  readonly atMs: readonly number[];
  /** Quarantines so far, each twice as long as the one before. */
  readonly quarantines: number;
  /** The rule is not asked before this time. */
  readonly untilMs: number;
  /** When the latest quarantine began; absent before the first. */
  readonly sinceMs?: number;
}

export const NO_OVERRUNS: Overruns = { atMs: [], quarantines: 0, untilMs: 0 };

const OVERRUNS = 5;
const WITHIN_MS = 60_000;
const FIRST_MS = 5 * 60_000;
const LONGEST_MS = 60 * 60_000;
/** A rule that kept to its bounds this long after a quarantine begins anew. */
const FORGIVEN_MS = 24 * 60 * 60_000;

/**
 * One more overrun of a rule. Five within a minute put it in quarantine: every further one would
 * cost all other rules' events their time, and whoever writes the events chooses how many there are.
 */
export function countOverrun(
  before: Overruns,
  nowMs: number,
): { readonly overruns: Overruns; readonly reason: 'counted' | 'quarantined' } {
  const isForgiven = before.untilMs > 0 && nowMs - before.untilMs > FORGIVEN_MS;
  const quarantines = isForgiven ? 0 : before.quarantines;
  const atMs = [...before.atMs.filter((at) => at <= nowMs && nowMs - at < WITHIN_MS), nowMs];
  // Out of quarantine a rule is on probation: its next overrun sends it back.
  const limit = quarantines > 0 ? 1 : OVERRUNS;
  if (atMs.length < limit) return { overruns: { ...before, atMs, quarantines }, reason: 'counted' };
  const lastsMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(quarantines, 10));
  return {
    overruns: { atMs: [], quarantines: quarantines + 1, untilMs: nowMs + lastsMs, sinceMs: nowMs },
    reason: 'quarantined',
  };
}

/** No quarantine is longer than the longest: what seems so began under a clock that was ahead. */
export function isQuarantined({ untilMs }: Overruns, nowMs: number): boolean {
  return nowMs < untilMs && untilMs - nowMs <= LONGEST_MS;
}
