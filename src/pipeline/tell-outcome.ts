import type { Delivery, ItemOutcome } from '../core/delivery.ts';
import type { ClaimedDelivery, Settlement } from '../core/store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

/** What one attempt came to, for metrics and the log. `restUntilMs`: nothing is sent before. */
export function tellOutcome(
  telemetry: Telemetry,
  destination: string,
  batch: readonly ClaimedDelivery[],
  settlements: readonly Settlement[],
  { nowMs, restUntilMs }: { readonly nowMs: number; readonly restUntilMs: number },
): void {
  const count = (kind: ItemOutcome['kind'], number: number): void => {
    if (number > 0) telemetry.delivered(destination, kind, number);
  };
  const retried = settlements.filter(isRetried);
  count('done', settlements.filter(({ state }) => state === 'done').length);
  count('retry', retried.filter(({ unclear }) => !unclear).length);
  count('unclear', retried.filter(({ unclear }) => unclear).length);
  for (const [index, { state }] of settlements.entries()) {
    const delivery = batch[index]?.delivery;
    if (state !== 'done' || delivery?.kind !== 'alert') continue;
    const { shownMs, severity, part } = delivery.notification;
    if (shownMs !== undefined && (part?.number ?? 1) === 1)
      telemetry.heard(destination, severity, shownMs, nowMs);
  }
  tellRetried(telemetry, destination, settlements, { nowMs, restUntilMs });
  for (const [index, settlement] of settlements.entries()) {
    const delivery: Delivery | undefined = batch[index]?.delivery;
    if (settlement.state !== 'dead' || delivery === undefined) continue;
    count('dead', 1);
    telemetry.deadLettered(destination, delivery.kind, delivery.id, settlement.reason);
  }
}

type Retried = Extract<Settlement, { state: 'pending' }>;

/** What waits only since its destination is held has failed in nothing. */
function isRetried(settlement: Settlement): settlement is Retried {
  return settlement.state === 'pending' && settlement.counted;
}

/** One line, however many there are. */
function tellRetried(
  telemetry: Telemetry,
  destination: string,
  settlements: readonly Settlement[],
  { nowMs, restUntilMs }: { readonly nowMs: number; readonly restUntilMs: number },
): void {
  const retried = settlements.filter(isRetried);
  const [first] = retried;
  if (first === undefined) return;
  const inMs = Math.max(first.dueMs, restUntilMs) - nowMs;
  telemetry.deliveryFailed(destination, retried.length, first.reason, inMs);
}
