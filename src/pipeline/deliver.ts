import type { Clock } from '../core/clock.ts';
import type { Delivery, Destination, ItemOutcome, Outcome } from '../core/delivery.ts';
import type { Random } from '../core/random.ts';
import { type ClaimedDelivery, type Settlement, type Store, StoreError } from '../core/store.ts';
import type { Redactor } from '../redaction/index.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { decideSettlement, HEALTHY, type Health } from './settle.ts';

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
  /** Masks secrets in what goes to a destination that wants them masked. */
  readonly redactor: Pick<Redactor, 'delivery'>;
}

/** Sends one destination's queue: claim → redact → send → settle, one batch at a time, oldest first. */
export function createDeliverer({ store, destination, clock, random, telemetry, redactor }: DeliverDeps) {
  let health: Health = HEALTHY;
  /** When that was found. A clock before it has gone back, and must not make a rest longer. */
  let settledAtMs = 0;
  /** Outcomes that the store did not take. Nothing more is sent until it has. */
  let unrecorded: readonly Settlement[] = [];

  /** One batch. Returns when to come again (wall ms), undefined where nothing waits. */
  async function pass(signal: AbortSignal): Promise<number | undefined> {
    try {
      await recordOutcomes();
      return await sendBatch(signal);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      telemetry.storeFailed(error.kind, error.message);
      return clock.now() + STORE_RETRY_MS;
    }
  }

  async function sendBatch(signal: AbortSignal): Promise<number | undefined> {
    const nowMs = clock.now();
    if (settledAtMs <= nowMs && nowMs < health.restUntilMs) return health.restUntilMs;
    // A held destination is asked with one delivery, not with a batch that it will refuse.
    const most = Math.min(destination.batch.maxItems, health.batchLimit ?? Number.POSITIVE_INFINITY);
    const limit = health.heldBecause === undefined ? most : 1;
    const batch = await store.claim(destination.name, nowMs, LEASE_MS, limit);
    if (batch.length === 0) return await store.nextDeliveryDueMs(destination.name);
    const outcome = await destination.deliver(batch.map(outgoing), signal);
    settle(batch, outcome);
    await recordOutcomes();
    return Math.max(clock.now(), health.restUntilMs);
  }

  /** The one way out: whatever a destination is given has passed here. */
  function outgoing({ delivery }: ClaimedDelivery): Delivery {
    return destination.redact ? redactor.delivery(delivery) : delivery;
  }

  function settle(batch: readonly ClaimedDelivery[], outcome: Outcome): void {
    const nowMs = clock.now();
    const before = health;
    const settled = decideSettlement(batch, outcome, before, nowMs, random);
    health = settled.health;
    settledAtMs = nowMs;
    unrecorded = settled.settlements;
    if (settled.reason === 'held') {
      telemetry.destinationHeld(destination.name, health.heldBecause ?? '', health.restUntilMs - nowMs);
      return;
    }
    if (settled.reason !== 'retry') telemetry.destinationWorks(destination.name);
    tell(batch, settled.settlements, nowMs);
  }

  function tell(batch: readonly ClaimedDelivery[], settlements: readonly Settlement[], nowMs: number): void {
    const retried = settlements.filter((settlement) => settlement.state === 'pending');
    const count = (kind: ItemOutcome['kind'], number: number): void => {
      if (number > 0) telemetry.delivered(destination.name, kind, number);
    };
    count('done', settlements.filter((settlement) => settlement.state === 'done').length);
    count('retry', retried.length);
    const [first] = retried;
    if (first !== undefined) {
      telemetry.deliveryFailed(
        destination.name,
        retried.length,
        first.reason,
        Math.max(first.dueMs, health.restUntilMs) - nowMs,
      );
    }
    for (const [index, settlement] of settlements.entries()) {
      const delivery: Delivery | undefined = batch[index]?.delivery;
      if (settlement.state !== 'dead' || delivery === undefined) continue;
      count('dead', 1);
      telemetry.deadLettered(destination.name, delivery.kind, delivery.id, settlement.reason);
    }
  }

  async function recordOutcomes(): Promise<void> {
    if (unrecorded.length === 0) return;
    await store.settle(unrecorded, clock.now());
    unrecorded = [];
  }

  return { pass, health: () => health };
}

export type Deliverer = ReturnType<typeof createDeliverer>;
