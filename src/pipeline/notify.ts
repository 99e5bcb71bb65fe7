import { notify } from '../alerts/group.ts';
import type { Notification } from '../core/alert.ts';
import type { Clock } from '../core/clock.ts';
import type { AlertGroup, Store, StoreTx } from '../core/store.ts';
import { StoreError } from '../core/store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

/** Alerts that one message lists; the rest is counted. */
const LISTED_ALERTS = 10;
/** Groups told of in one transaction. */
const GROUPS_A_PASS = 100;
const STORE_RETRY_MS = 1_000;

export interface NotifyDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Names of destinations that take alerts. */
  readonly alertDestinations: readonly string[];
  /** Deliveries wait. */
  readonly onEnqueued: () => void;
}

/** Turns due groups into notifications: load → decide → write down → enqueue, in one transaction. */
export function createNotifier({ store, clock, telemetry, alertDestinations, onEnqueued }: NotifyDeps) {
  /** Returns when to come again (wall ms), undefined where no group waits. */
  async function pass(): Promise<number | undefined> {
    try {
      const sent = await store.transaction(tellDueGroups);
      for (const notification of sent) telemetry.notified(notification);
      if (sent.length > 0) onEnqueued();
      return await store.nextGroupDueMs();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      telemetry.storeFailed(error.kind, error.message);
      return clock.now() + STORE_RETRY_MS;
    }
  }

  async function tellDueGroups(tx: StoreTx): Promise<readonly Notification[]> {
    const sent: Notification[] = [];
    for (const group of await tx.dueGroups(clock.now(), GROUPS_A_PASS)) sent.push(await tell(tx, group));
    return sent;
  }

  async function tell(tx: StoreTx, group: AlertGroup): Promise<Notification> {
    const nowMs = clock.now();
    const told = notify(group, await tx.readPending(group.id, LISTED_ALERTS), nowMs);
    const { notification } = told;
    await tx.insertNotification(notification);
    const rows = recipients(group, alertDestinations).map((destination) => {
      return { destination, kind: 'alert' as const, deliveryId: notification.id };
    });
    await tx.enqueue(rows, nowMs);
    await tx.clearPending(group.id);
    await tx.writeGroups([told.group], nowMs);
    return notification;
  }

  return { pass };
}

/** Destinations that a reload took away are passed over; if none is left, everybody hears rather than nobody. */
export function recipients(group: AlertGroup, alertDestinations: readonly string[]): readonly string[] {
  const left = group.to.filter((name) => alertDestinations.includes(name));
  return left.length > 0 ? left : alertDestinations;
}
