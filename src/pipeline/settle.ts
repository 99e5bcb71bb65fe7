import type { Answered, ItemOutcome, Outcome } from '../core/delivery.ts';
import type { Random } from '../core/random.ts';
import type { ClaimedDelivery, Settlement } from '../core/store.ts';
import { fullJitter } from './backoff.ts';

const RETRY_BASE_MS = 1_000;
const RETRY_CAP_MS = 5 * 60_000;
/** How long a destination rests after a batch that failed whole, at most: others wait behind it. */
const REST_CAP_MS = 60_000;
/** No destination takes more at once. */
const LARGEST_BATCH = 10_000;
const PROBE_BASE_MS = 30_000;
const PROBE_CAP_MS = 10 * 60_000;

/** How often a delivery is tried whose answers are unclear: each time it may have been posted. */
const UNCLEAR_ATTEMPTS = 3;
/** Before the second attempt, and before the third. */
const UNCLEAR_WAITS_MS = [10_000, 30_000] as const;
/** What the destination rests after an unclear answer, or two in a row: the next delivery might be posted in vain, too. */
const UNCLEAR_RESTS_MS = [5_000, 20_000] as const;
/** So many in a row, of whichever deliveries, are about the destination: it is held. */
const UNCLEAR_IN_A_ROW = 3;

/** How a destination has been doing. Kept in memory: after a restart the first attempt tells. */
export interface Health {
  /** Batches in a row of which nothing was taken. */
  readonly failures: number;
  /** Nothing is sent before this time. */
  readonly restUntilMs: number;
  /** Why nothing passes until a person acts. */
  readonly heldBecause?: string;
  /** Since when nothing at all was taken, and why the last time; absent while something is. */
  readonly failingSinceMs?: number;
  readonly problem?: string;
  /**
   * How many items the next batch may have; undefined is as many as the destination takes. Halved
   * with every batch that fails whole, so that one bad item soon fails alone and is put off by itself.
   */
  readonly batchLimit?: number;
  /** Unclear answers since anything was last taken or refused. */
  readonly unclear?: number;
}

export const HEALTHY: Health = { failures: 0, restUntilMs: 0 };

export interface Settled {
  readonly settlements: readonly Settlement[];
  readonly health: Health;
  readonly reason: 'delivered' | 'partly-delivered' | 'retry' | 'held';
}

/** What one attempt means for its deliveries and for the destination. Pure; `outcome` never loses an item. */
export function decideSettlement(
  batch: readonly ClaimedDelivery[],
  outcome: Outcome,
  health: Health,
  nowMs: number,
  random: Random,
): Settled {
  if (outcome.kind === 'hold') return hold(batch, outcome, health, nowMs);
  const items = batch.map((_, index) => itemOutcome(outcome, index));
  const settlements = batch.map((claimed, index) => settleItem(claimed, items[index] ?? LOST, nowMs, random));
  const taken = items.filter(({ kind }) => kind === 'done' || kind === 'dead').length;
  if (taken === batch.length) return { settlements, health: afterSuccess(health), reason: 'delivered' };
  if (taken > 0) return { settlements, health: afterSuccess(health), reason: 'partly-delivered' };
  const rested = rest(items, health, nowMs, random);
  const unclear = items.find((item) => item.kind === 'unclear');
  if (unclear === undefined) return { settlements, health: rested, reason: 'retry' };
  const after = afterUnclear(rested, health, unclear.reason, nowMs);
  if (after.heldBecause === undefined) return { settlements, health: after, reason: 'retry' };
  return { settlements: settlements.map((each) => behindProbe(each, after)), health: after, reason: 'held' };
}

/** The next probe is made with another delivery, where there is one: a few that are answered for by a firewall hold up none else. */
function behindProbe(settlement: Settlement, { restUntilMs }: Health): Settlement {
  if (settlement.state !== 'pending') return settlement;
  return { ...settlement, dueMs: Math.max(settlement.dueMs, restUntilMs + 1) };
}

/**
 * What an attempt means for a destination that was told to rest while it was under way. Taken or not, it was sent before
 * that: it ends no rest and no hold, makes none longer than the far side asked, and one outage is one failure.
 */
export function afterOverlap(now: Health, { health, reason }: Settled): Health {
  if (reason === 'held') return now.heldBecause === undefined ? health : now;
  if (reason !== 'retry') return now;
  return { ...now, restUntilMs: Math.max(now.restUntilMs, health.restUntilMs) };
}

/**
 * Whether it was the destination that took nothing until now, and not some of its deliveries: a bad one is alone, and put
 * off by itself, after as many halvings as make one of a batch. Then what was put off meanwhile has its place back.
 */
export function endsOutage(before: Health, { reason }: Settled, maxItems: number): boolean {
  if (reason === 'retry' || reason === 'held') return false;
  return before.heldBecause !== undefined || before.failures > Math.ceil(Math.log2(maxItems)) + 2;
}

/** An adapter that answers for fewer items than it was given has said nothing of the others. */
const LOST = { kind: 'unclear', reason: 'the destination gave no outcome for this delivery' } as const;

function itemOutcome(outcome: Exclude<Outcome, { kind: 'hold' }>, index: number): ItemOutcome {
  return outcome.kind === 'partial' ? (outcome.items[index] ?? LOST) : outcome;
}

function settleItem(claimed: ClaimedDelivery, item: ItemOutcome, nowMs: number, random: Random): Settlement {
  const { seq } = claimed;
  if (item.kind === 'done') return { seq, state: 'done' };
  if (item.kind === 'dead') return { seq, state: 'dead', reason: withAnswer(item.reason, item) };
  if (item.kind === 'unclear') return settleUnclear(claimed, item, nowMs);
  const waitMs = item.afterMs ?? fullJitter(claimed.attempts, RETRY_BASE_MS, RETRY_CAP_MS, random);
  return { seq, state: 'pending', reason: item.reason, dueMs: nowMs + waitMs, counted: true };
}

/** A restart forgets none of them: they are counted where the delivery is kept. */
function settleUnclear(
  { seq, unclear: before = 0 }: ClaimedDelivery,
  item: Extract<ItemOutcome, { kind: 'unclear' }>,
  nowMs: number,
): Settlement {
  const reason = withAnswer(item.reason, item);
  const waitMs = UNCLEAR_WAITS_MS[before];
  if (before + 1 >= UNCLEAR_ATTEMPTS || waitMs === undefined) {
    return {
      seq,
      state: 'dead',
      reason: `given up after ${before + 1} answers that say neither yes nor no: ${reason}`,
    };
  }
  return { seq, state: 'pending', reason, dueMs: nowMs + waitMs, counted: true, unclear: true };
}

/** What was answered stands behind the sentence about it. */
function withAnswer(reason: string, { answer = '' }: Answered): string {
  return answer === '' ? reason : `${reason}; it said: ${answer}`;
}

/**
 * Whatever comes next goes alone and after a rest. Where one answer after the other is unclear, it is not about one
 * delivery, and the queue must not be posted in vain to its end: a person has to look, and one delivery now and then
 * finds out whether somebody has.
 */
function afterUnclear(rested: Health, before: Health, reason: string, nowMs: number): Health {
  const unclear = (before.unclear ?? 0) + 1;
  const alone = { ...rested, unclear, batchLimit: 1 };
  const restMs = UNCLEAR_RESTS_MS[unclear - 1];
  if (before.heldBecause === undefined && unclear < UNCLEAR_IN_A_ROW && restMs !== undefined)
    return { ...alone, restUntilMs: nowMs + restMs };
  const failures = before.heldBecause === undefined ? 0 : before.failures;
  const why = `${unclear} answers in a row say neither that a delivery was taken nor that it was refused; the last: ${reason}`;
  // Held for something else, it stays held for that until it is certain that this came in its place.
  const heldBecause = unclear < UNCLEAR_IN_A_ROW ? (before.heldBecause ?? why) : why;
  return { ...alone, failures: failures + 1, restUntilMs: nowMs + probeMs(failures), heldBecause };
}

/** Batches grow back step by step: what made them fail may still be among what waits. */
function afterSuccess({ batchLimit }: Health): Health {
  const grown = (batchLimit ?? Number.POSITIVE_INFINITY) * 2;
  return grown > LARGEST_BATCH ? HEALTHY : { ...HEALTHY, batchLimit: grown };
}

/** A batch of which nothing was taken says something of the destination, not only of its items. */
function rest(items: readonly ItemOutcome[], health: Health, nowMs: number, random: Random): Health {
  const asked = items.flatMap((item) =>
    item.kind === 'retry' && item.afterMs !== undefined ? [item.afterMs] : [],
  );
  const jitterMs = fullJitter(health.failures, RETRY_BASE_MS, REST_CAP_MS, random);
  const restMs = asked.length > 0 ? Math.max(...asked) : jitterMs;
  // A held destination that times out when probed is still held.
  const batchLimit = Math.max(1, Math.floor(items.length / 2));
  const failed = items.find((item) => item.kind === 'retry' || item.kind === 'unclear');
  const problem = failed?.reason ?? LOST.reason;
  const since = { failingSinceMs: failingSince(health, nowMs), problem };
  return { ...health, ...since, failures: health.failures + 1, restUntilMs: nowMs + restMs, batchLimit };
}

/** A clock that was ahead makes no failure younger than now. */
function failingSince({ failingSinceMs }: Health, nowMs: number): number {
  return Math.min(failingSinceMs ?? nowMs, nowMs);
}

/** The longer it is held, the more rarely it is asked. */
function probeMs(failures: number): number {
  return Math.min(PROBE_CAP_MS, PROBE_BASE_MS * 2 ** Math.min(failures, 10));
}

/** The deliveries wait unchanged and uncounted: nothing is wrong with them. */
function hold(
  batch: readonly ClaimedDelivery[],
  { reason, probeAfterMs = 0 }: Extract<Outcome, { kind: 'hold' }>,
  health: Health,
  nowMs: number,
): Settled {
  const failures = health.heldBecause === undefined ? 0 : health.failures;
  const restUntilMs = nowMs + Math.max(probeMs(failures), probeAfterMs);
  const settlements = batch.map(
    ({ seq }): Settlement => ({ seq, state: 'pending', reason, dueMs: nowMs, counted: false }),
  );
  return {
    settlements,
    health: {
      ...{ failures: failures + 1, restUntilMs, heldBecause: reason },
      failingSinceMs: failingSince(health, nowMs),
    },
    reason: 'held',
  };
}
