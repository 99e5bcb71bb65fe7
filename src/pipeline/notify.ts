import { notify } from '../alerts/group.ts';
import type { Notification, NotifiedAlert } from '../core/alert.ts';
import type { Clock } from '../core/clock.ts';
import { highestSeverity, severityRank } from '../core/severity.ts';
import { type AlertGroup, type Store, StoreError, type StoreTx } from '../core/store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Contexts, Enricher } from './enrich.ts';

/** Alerts that one message lists; the rest is counted. */
const LISTED_ALERTS = 10;
/** Groups told of in one transaction, or asked about at a time. */
const GROUPS_A_PASS = 100;
const STORE_RETRY_MS = 1_000;
/** While sources are asked about some groups, others come due: nobody waits for somebody else's source. */
const LOOK_AGAIN_MS = 250;

const NO_CONTEXTS: Contexts = new Map();
const NOBODY_STOPS = new AbortController().signal;

export interface NotifyDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Asks sources about what is told; nobody is asked where it is absent. */
  readonly enricher?: Enricher;
  /** Names of destinations that take alerts. */
  readonly alertDestinations: readonly string[];
  /** Deliveries wait. */
  readonly onEnqueued: () => void;
}

/** A due group and its worst alerts, as they were when somebody looked. */
interface DueGroup {
  readonly id: string;
  readonly alerts: readonly NotifiedAlert[];
}

/**
 * Turns due groups into notifications: look → ask sources → load → decide → write down → enqueue. From loading
 * on it is one transaction, in which nobody is asked anything; a crash before it has told nobody anything.
 */
export function createNotifier(deps: NotifyDeps) {
  const { store, clock, telemetry, enricher, alertDestinations, onEnqueued } = deps;

  /**
   * Returns when to come again (wall ms), undefined where no group waits.
   * @param stop ends the asking: what is due is told without an answer
   */
  async function pass(stop: AbortSignal = NOBODY_STOPS): Promise<number | undefined> {
    try {
      await tellWhileDue(stop);
      return await store.nextGroupDueMs();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      telemetry.storeFailed(error.kind, error.message);
      return clock.now() + STORE_RETRY_MS;
    }
  }

  async function tellWhileDue(stop: AbortSignal): Promise<void> {
    const asking = new Asking();
    try {
      do {
        const due = await lookForDue(asking.ids);
        const asked = due.filter(
          ({ alerts }) => enricher !== undefined && enricher.select(alerts).length > 0,
        );
        const unasked = due.filter((group) => !asked.includes(group));
        await tell(unasked, NO_CONTEXTS);
        for (const group of asked) asking.add(group.id, askAndTell(group, stop));
        await asking.someEnd(clock);
      } while (asking.ids.size > 0 && !stop.aborted);
    } finally {
      await asking.allEnd();
    }
  }

  /** Only looks. The worst first, so that they are the first to be asked about. */
  async function lookForDue(besides: ReadonlySet<string>): Promise<readonly DueGroup[]> {
    const due = await store.transaction(async (tx) => {
      const groups = await tx.dueGroups(clock.now(), GROUPS_A_PASS + besides.size);
      const fresh = groups.filter(({ id }) => !besides.has(id));
      return Promise.all(
        fresh.map(async ({ id }) => ({ id, alerts: (await tx.readPending(id, LISTED_ALERTS)).alerts })),
      );
    });
    return due.toSorted((a, b) => rank(b) - rank(a));
  }

  async function askAndTell(group: DueGroup, stop: AbortSignal): Promise<void> {
    await tell([group], (await enricher?.enrich(group.alerts, stop)) ?? NO_CONTEXTS);
  }

  async function tell(groups: readonly DueGroup[], contexts: Contexts): Promise<void> {
    if (groups.length === 0) return;
    const ids = groups.map(({ id }) => id);
    const sent = await store.transaction(async (tx) => {
      const notifications: Notification[] = [];
      for (const group of await tx.readGroups(ids)) {
        // Between the look and now, somebody else may have told of it.
        const isDue = group.dueMs !== undefined && group.dueMs <= clock.now();
        if (isDue) notifications.push(await decide(tx, group, contexts));
      }
      return notifications;
    });
    for (const notification of sent) telemetry.notified(notification);
    if (sent.length > 0) onEnqueued();
  }

  async function decide(tx: StoreTx, group: AlertGroup, contexts: Contexts): Promise<Notification> {
    const nowMs = clock.now();
    const pending = await tx.readPending(group.id, LISTED_ALERTS);
    const alerts = pending.alerts.map((alert) => withContext(alert, contexts));
    const told = notify(group, { ...pending, alerts }, nowMs);
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

/** Groups that sources are being asked about. */
class Asking {
  readonly #groups = new Map<string, Promise<void>>();
  readonly #failures: unknown[] = [];

  get ids(): ReadonlySet<string> {
    return new Set(this.#groups.keys());
  }

  add(id: string, told: Promise<void>): void {
    const end = told
      .catch((error: unknown) => void this.#failures.push(error))
      .finally(() => this.#groups.delete(id));
    this.#groups.set(id, end);
  }

  /** Waits until one has ended, or for a moment. Throws what one of them threw. */
  async someEnd(clock: Clock): Promise<void> {
    if (this.#groups.size > 0) {
      const ended = new AbortController();
      await Promise.race([...this.#groups.values(), clock.sleep(LOOK_AGAIN_MS, ended.signal)]);
      ended.abort();
    }
    for (const failure of this.#failures.splice(0)) throw failure;
  }

  async allEnd(): Promise<void> {
    await Promise.all(this.#groups.values());
  }
}

function rank({ alerts }: DueGroup): number {
  return severityRank(alerts.map(({ severity }) => severity).reduce(highestSeverity, 'INFO'));
}

/** An alert that came in after the look was never asked about. */
function withContext(alert: NotifiedAlert, contexts: Contexts): NotifiedAlert {
  const context = contexts.get(alert.fingerprint);
  return context === undefined ? alert : { ...alert, context };
}

/** Destinations that a reload took away are passed over; if none is left, everybody hears rather than nobody. */
export function recipients(group: AlertGroup, alertDestinations: readonly string[]): readonly string[] {
  const left = group.to.filter((name) => alertDestinations.includes(name));
  return left.length > 0 ? left : alertDestinations;
}
