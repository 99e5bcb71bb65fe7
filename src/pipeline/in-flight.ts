/** How many batches a destination may be sent at once, and what its answers have taught of that. */
export interface InFlight {
  readonly limit: number;
  /** One more each time that the limit changed: what was sent before says nothing of what it is now. */
  readonly round: number;
  /** Answer times so far of this round. */
  readonly answers: number;
  readonly totalMs: number;
  /** The best that a round's answers took on average, and when a round ended last; undefined while nothing is known. */
  readonly best?: { readonly ms: number; readonly atMs: number };
}

/** What became of one batch, as far as it tells of the far side's strength. */
export interface Observation {
  /** The round in which it was sent. */
  readonly round: number;
  /** It has taken some of it; or it has taken nothing, or has asked for time. */
  readonly kind: 'answered' | 'pressed';
  readonly tookMs: number;
  /** A small one is quick whatever the far side is doing. */
  readonly isFull: boolean;
}

/**
 * - `pressed`: the far side took nothing or asked for time: half as many
 * - `slower`: answers take longer than they did: one less
 * - `quick`: they do not: one more
 * - `steady`: neither
 * - `counting`: too few answers yet; `small`, `stale`: this one tells nothing
 */
export type InFlightReason = 'pressed' | 'slower' | 'quick' | 'steady' | 'counting' | 'small' | 'stale';

export const ONE_IN_FLIGHT: InFlight = { limit: 1, round: 0, answers: 0, totalMs: 0 };

/** What is slower than the best has ever been by less than this is as quick as ever; by more than that, slower. */
const AS_QUICK = 1.25;
const SLOWER = 2;
/** No far side is blamed for a few milliseconds. */
const UNNOTICED_MS = 5;
/**
 * How far the best goes up towards what is, each round with one alone: a far side that has become slower for good is not
 * held to its past. With several it would be learned that what they make of it is its best, and then more are sent.
 */
const FORGETTING = 0.05;
/** After so long the far side may have become another. */
const FORGET_MS = 10 * 60_000;

/**
 * Additive increase, multiplicative decrease: one more while answers come as quickly as before, fewer as soon as they do
 * not. Pure.
 * @param max of the configuration; at 1 nothing is ever to decide
 */
export function decideInFlight(
  state: InFlight,
  observation: Observation,
  max: number,
  nowMs: number,
): { readonly state: InFlight; readonly reason: InFlightReason } {
  if (observation.round !== state.round) return { state, reason: 'stale' };
  if (observation.kind === 'pressed')
    return { state: changed(state, Math.floor(state.limit / 2), max), reason: 'pressed' };
  if (!observation.isFull) return { state, reason: 'small' };
  const answers = state.answers + 1;
  const totalMs = state.totalMs + Math.max(0, observation.tookMs);
  if (answers < state.limit) return { state: { ...state, answers, totalMs }, reason: 'counting' };
  return endRound(state, totalMs / answers, max, nowMs);
}

function endRound(state: InFlight, meanMs: number, max: number, nowMs: number) {
  const known = state.best !== undefined && isRecent(state.best.atMs, nowMs) ? state.best.ms : undefined;
  const reason = known === undefined ? 'steady' : compare(meanMs, known);
  const step = { slower: -1, steady: 0, quick: 1 }[reason];
  const forgetting = state.limit === 1 ? FORGETTING : 0;
  const ms = known === undefined ? meanMs : Math.min(meanMs, known + forgetting * (meanMs - known));
  return { state: changed({ ...state, best: { ms, atMs: nowMs } }, state.limit + step, max), reason };
}

/** A clock that went back makes nothing more recent. */
function isRecent(atMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - atMs) <= FORGET_MS;
}

function compare(meanMs: number, bestMs: number): 'slower' | 'steady' | 'quick' {
  if (meanMs <= bestMs * AS_QUICK + UNNOTICED_MS) return 'quick';
  return meanMs > bestMs * SLOWER + UNNOTICED_MS ? 'slower' : 'steady';
}

function changed(state: InFlight, wanted: number, max: number): InFlight {
  const limit = Math.min(Math.max(1, wanted), Math.max(1, max));
  return { ...state, limit, round: state.round + (limit === state.limit ? 0 : 1), answers: 0, totalMs: 0 };
}
