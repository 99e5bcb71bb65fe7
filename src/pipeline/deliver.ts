import type { Clock } from '../core/clock.ts';
import type { Delivery, Destination, Outcome } from '../core/delivery.ts';
import type { Random } from '../core/random.ts';
import { type ClaimedDelivery, type Settlement, type Store, StoreError } from '../core/store.ts';
import type { Redactor } from '../redaction/index.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { decideInFlight, type InFlight, type Observation, ONE_IN_FLIGHT } from './in-flight.ts';
import { afterOverlap, decideSettlement, endsOutage, HEALTHY, type Health, type Settled } from './settle.ts';
import { withShownAnswers } from './shown-answer.ts';
import { tellOutcome } from './tell-outcome.ts';

/** Longer than any destination may take; a crashed owner's deliveries are free again after it. */
const LEASE_MS = 10 * 60_000;
/** Between attempts to reach a store that refuses: deliveries are at-least-once, and unrecorded ones repeat. */
const STORE_RETRY_MS = 1_000;

export interface DeliverDeps {
  readonly store: Store;
  readonly destination: Destination;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** Masks secrets in what goes to a destination that wants them masked, and in whatever is shown of its answers. */
  readonly redactor: Pick<Redactor, 'delivery' | 'text'>;
  /** A batch has ended while no pass waited for it: another may be sent. */
  readonly onEnded?: () => void;
}

/**
 * Sends one destination's queue: claim → redact → send → settle, oldest first, as many batches at once as the destination
 * takes and its answers allow. Passes must not overlap; see loop.ts.
 */
export function createDeliverer(deps: DeliverDeps) {
  const { store, destination, clock, random, telemetry, redactor, onEnded } = deps;
  const most = destination.maxInFlight ?? 1;
  let health: Health = HEALTHY;
  /** When that was found. A clock before it has gone back, and must not make a rest longer. */
  let settledAtMs = 0;
  /** How often it was told to rest: what was sent before the last time knows nothing of it. */
  let rests = 0;
  let inFlight: InFlight = ONE_IN_FLIGHT;
  /** By when each was claimed. */
  const underWay = new Map<Promise<void>, number>();
  /** Outcomes that the store did not take yet. Nothing more is sent until it has. */
  let unrecorded: readonly Settlement[] = [];
  const unexpected: unknown[] = [];
  /** An outage is over, and what was put off in it has not got its place back. */
  let isOver = false;

  /** Sends what is due, and waits while no more may be under way. Returns when to come again (wall ms), undefined where nothing waits. */
  async function pass(signal: AbortSignal): Promise<number | undefined> {
    try {
      return await sendDue(signal);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      telemetry.storeFailed(error.kind, error.message);
      return clock.now() + STORE_RETRY_MS;
    }
  }

  async function sendDue(signal: AbortSignal): Promise<number | undefined> {
    await recordOutcomes();
    if (isOver) await store.restorePlaces(destination.name, clock.now());
    isOver = false;
    let free = 1;
    while (underWay.size < allowed()) {
      const nowMs = clock.now();
      // By a clock that went ahead their leases are over, and they would be sent beside themselves.
      if (underWay.values().some((claimedMs) => nowMs - claimedMs >= LEASE_MS)) break;
      if (settledAtMs <= nowMs && nowMs < health.restUntilMs) return health.restUntilMs;
      const size = batchSize();
      const claimed = await claimBatches(free, size, nowMs);
      for (const batch of claimed) start(batch, nowMs, signal);
      if (claimed.length === 0) return await store.nextDeliveryDueMs(destination.name);
      await recordOutcomes();
      // The store has other things to do between two questions: where much waits, it is asked for several batches at once.
      const isMore = claimed.length === free && claimed.every((batch) => batch.length === size);
      free = isMore ? Math.max(1, allowed() - underWay.size) : 1;
    }
    await Promise.race(underWay.keys());
    await recordOutcomes();
    return Math.max(clock.now(), health.restUntilMs);
  }

  /** Batches that were claimed are sent though another could not be. */
  async function claimBatches(
    count: number,
    size: number,
    nowMs: number,
  ): Promise<readonly (readonly ClaimedDelivery[])[]> {
    const asked = Array.from({ length: count }, () => store.claim(destination.name, nowMs, LEASE_MS, size));
    const answers = await Promise.allSettled(asked);
    const claimed = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    if (claimed.length === 0) await Promise.all(asked);
    return claimed.filter((batch) => batch.length > 0);
  }

  /** One that took nothing is tried with one batch: an outage is not met with many requests at a time. */
  function allowed(): number {
    return health.failures > 0 ? 1 : inFlight.limit;
  }

  /** A held destination is asked with one delivery, not with a batch that it will refuse. */
  function batchSize(): number {
    if (health.heldBecause !== undefined) return 1;
    return Math.min(destination.batch.maxItems, health.batchLimit ?? Number.POSITIVE_INFINITY);
  }

  function start(batch: readonly ClaimedDelivery[], claimedMs: number, signal: AbortSignal): void {
    const attempt = send(batch, signal)
      .catch((error: unknown) => void unexpected.push(error))
      .finally(() => {
        underWay.delete(attempt);
        onEnded?.();
      });
    underWay.set(attempt, claimedMs);
  }

  async function send(batch: readonly ClaimedDelivery[], signal: AbortSignal): Promise<void> {
    const sent = { rests, round: inFlight.round, atMs: clock.now() };
    const outcome = await destination.deliver(batch.map(outgoing), signal);
    settle(batch, withShownAnswers(outcome, redactor.text), sent);
  }

  /** The one way out: whatever a destination is given has passed here. */
  function outgoing({ delivery }: ClaimedDelivery): Delivery {
    return destination.redact ? redactor.delivery(delivery) : delivery;
  }

  function settle(batch: readonly ClaimedDelivery[], outcome: Outcome, sent: Sent): void {
    const nowMs = clock.now();
    const settled = decideSettlement(batch, outcome, health, nowMs, random);
    const wasHeld = health.heldBecause !== undefined;
    const isOverlapped = sent.rests !== rests;
    isOver ||= !isOverlapped && endsOutage(health, settled, destination.batch.maxItems);
    health = isOverlapped ? afterOverlap(health, settled) : settled.health;
    settledAtMs = nowMs;
    unrecorded = [...unrecorded, ...settled.settlements];
    if (settled.reason === 'retry' || settled.reason === 'held') rests += 1;
    learn(settled, outcome, {
      ...sent,
      tookMs: nowMs - sent.atMs,
      isFull: batch.length >= destination.batch.maxItems,
    });
    const isHeld = settled.reason === 'held';
    if (isHeld && !(isOverlapped && wasHeld))
      telemetry.destinationHeld(destination.name, health.heldBecause ?? '', health.restUntilMs - nowMs);
    if (!isHeld && settled.reason !== 'retry' && health.heldBecause === undefined)
      telemetry.destinationWorks(destination.name);
    // Held or not, what was given up in this attempt is told.
    tellOutcome(telemetry, destination.name, batch, settled.settlements, {
      nowMs,
      restUntilMs: health.restUntilMs,
    });
  }

  /** A hold says nothing of how much it could take. */
  function learn({ reason }: Settled, outcome: Outcome, measured: Omit<Observation, 'kind'>): void {
    if (most === 1 || reason === 'held') return;
    const kind = reason === 'retry' || asksForTime(outcome) ? 'pressed' : 'answered';
    inFlight = decideInFlight(inFlight, { ...measured, kind }, most, clock.now()).state;
    telemetry.inFlight(destination.name, inFlight.limit);
  }

  /** What comes meanwhile is added behind. */
  async function recordOutcomes(): Promise<void> {
    if (unexpected.length > 0) throw unexpected.shift();
    const settlements = unrecorded;
    if (settlements.length === 0) return;
    await store.settle(settlements, clock.now());
    unrecorded = unrecorded.slice(settlements.length);
  }

  /** Once no pass is to come: until everything under way has ended, and is written down as far as that can be. */
  async function ended(): Promise<void> {
    await Promise.all(underWay.keys());
    try {
      await recordOutcomes();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      telemetry.storeFailed(error.kind, error.message);
    }
  }

  return {
    pass,
    ended,
    /** Undefined until something was sent. */
    health: (): Health | undefined => (settledAtMs === 0 ? undefined : health),
  };
}

interface Sent {
  readonly rests: number;
  readonly round: number;
  readonly atMs: number;
}

/** It took some and wants the rest later. */
function asksForTime(outcome: Outcome): boolean {
  return (
    outcome.kind === 'partial' &&
    outcome.items.some((item) => item.kind === 'retry' && (item.afterMs ?? 0) > 0)
  );
}

export type Deliverer = ReturnType<typeof createDeliverer>;
