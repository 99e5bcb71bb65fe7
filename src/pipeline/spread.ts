import { refill, take } from '../alerts/bucket.ts';
import type { Notification, NotifiedAlert } from '../core/alert.ts';
import type { MessageRate } from '../core/delivery.ts';
import type { OverflowCount, StoreTx } from '../core/store.ts';

/** A destination that takes alerts, as far as how much it is told goes. */
export interface Listener {
  readonly name: string;
  /** People read it; absent where every notification is sent. */
  readonly rate?: MessageRate;
}

/**
 * - `sent`: a message of its own
 * - `too_many`: the destination has had its share of messages for now
 * - `history`: everything in it is long past: Tocsin, or the source, was away
 */
export type SpreadReason = 'sent' | 'too_many' | 'history';

/** What is older wakes nobody: it is summarised. */
const HISTORY_MS = 3_600_000;

/** Gives one listener a notification: as a message, or as part of the one that sums up. */
export async function spread(
  tx: StoreTx,
  notification: Notification,
  { name, rate }: Listener,
  nowMs: number,
): Promise<SpreadReason> {
  const reason = rate === undefined ? 'sent' : await admit(tx, notification, name, rate, nowMs);
  if (reason === 'sent')
    await tx.enqueue([{ destination: name, kind: 'alert', deliveryId: notification.id }], nowMs);
  else await tx.addOverflow(name, overflowOf(notification), nowMs);
  return reason;
}

async function admit(
  tx: StoreTx,
  notification: Notification,
  name: string,
  rate: MessageRate,
  nowMs: number,
): Promise<SpreadReason> {
  if (isHistory(notification, nowMs)) return 'history';
  const { bucket, reason } = take(refill(await tx.readBucket(name), rate, nowMs));
  await tx.writeBucket(name, bucket);
  return reason;
}

/** A group that is told of for the first time, and of which all is long past. */
function isHistory({ alerts, reason, omittedAlerts }: Notification, nowMs: number): boolean {
  if (reason !== 'opened' || omittedAlerts > 0 || alerts.length === 0) return false;
  return alerts.every(({ lastSeenMs, feed }) => feed !== 'operations' && lastSeenMs < nowMs - HISTORY_MS);
}

/** What a notification counts, by name. Each kind's counts add up to its new matches. */
export function overflowOf(notification: Notification): readonly OverflowCount[] {
  const { alerts, newCount, reason } = notification;
  const listed = alerts.reduce((sum, alert) => sum + alert.newCount, 0);
  const names = alerts.flatMap((alert): OverflowCount[] => [
    { kind: 'rule', name: alert.ruleName, count: alert.newCount },
    { kind: 'severity', name: alert.severity, count: alert.newCount },
    { kind: 'actor', name: text(alert.labels['actor']), count: alert.newCount },
    { kind: 'api', name: apiOf(alert), count: alert.newCount },
  ]);
  const rest = newCount - listed;
  const others = (['rule', 'severity', 'actor', 'api'] as const).map((kind) => ({
    kind,
    name: '',
    count: rest,
  }));
  return [
    ...names.filter(({ count }) => count > 0),
    ...(rest > 0 ? others : []),
    { kind: 'match', name: '', count: newCount },
    { kind: 'notification', name: reason, count: 1 },
  ];
}

function apiOf({ sample: [newest] }: NotifiedAlert): string {
  if (newest?.url === undefined) return '';
  return `${newest.method ?? ''} ${newest.host ?? ''}${newest.url.split('?', 1)[0]}`.trim();
}

function text(value: string | number | boolean | undefined): string {
  return value === undefined ? '' : String(value);
}
