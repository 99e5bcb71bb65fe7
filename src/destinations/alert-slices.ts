import type { Notification, NotificationReason, NotifiedAlert } from '../core/alert.ts';
import type { Delivery, Hearing, MessageRate } from '../core/delivery.ts';

export type AlertDelivery = Extract<Delivery, { kind: 'alert' }>;

/** A destination that keeps a list is sent every alert. One with a `rate` is read by people: it is sent summaries. */
export function listUnlessPaced(rate: MessageRate | undefined): { readonly hearing?: Hearing } {
  return rate === undefined ? { hearing: 'list' } : {};
}

/** They tell a list of what changed; what did not, it knows already. */
const OF_CHANGES: ReadonlySet<NotificationReason> = new Set(['grew', 'shrank', 'acknowledged']);

/**
 * A notification as its destination understands it. What one part of a list lacks stands in the others, or was told
 * before, so nothing is omitted. Everybody else is sent the first part alone, and counts what that one lacks.
 */
export function heardAs(delivery: Delivery, hearing: Hearing | undefined): Delivery {
  if (delivery.kind !== 'alert') return delivery;
  const { part, ...whole } = delivery.notification;
  if (hearing !== 'list') return { ...delivery, notification: whole };
  // An earlier version left out what it did not tell.
  const isWhole = part !== undefined || (whole.key !== undefined && OF_CHANGES.has(whole.reason));
  if (!isWhole) return delivery;
  const newCount = Math.min(whole.newCount, matchesIn(whole.alerts));
  const told = { ...delivery.notification, newCount, omittedAlerts: 0 };
  return { ...delivery, notification: told };
}

/** The notification's last message: after it the alert is over for whoever hears it, whatever its own state says. */
export function isOver({ reason }: Notification, { state }: NotifiedAlert): boolean {
  return reason === 'resolved' || state === 'resolved';
}

/**
 * Some of a notification's alerts as a delivery of their own. Whatever the notification counts beyond its alerts goes
 * with the first one, so that the counts of all slices add up.
 */
export function sliceOf(delivery: AlertDelivery, from: number, to: number, id: string): AlertDelivery {
  const { notification } = delivery;
  const alerts = notification.alerts.slice(from, to);
  const isFirst = from === 0;
  const elsewhere = isFirst ? matchesIn(notification.alerts.slice(to)) : 0;
  const newCount = isFirst
    ? Math.max(0, notification.newCount - elsewhere)
    : Math.min(notification.newCount, matchesIn(alerts));
  const omittedAlerts = isFirst ? notification.omittedAlerts : 0;
  return { ...delivery, id, notification: { ...notification, id, alerts, newCount, omittedAlerts } };
}

/** Two deliveries where one is too large for its receiver; undefined where it holds a single alert or none. */
export function halvesOf(delivery: Delivery): readonly [AlertDelivery, AlertDelivery] | undefined {
  if (delivery.kind !== 'alert' || delivery.notification.alerts.length < 2) return undefined;
  const { length } = delivery.notification.alerts;
  const middle = Math.ceil(length / 2);
  return [
    sliceOf(delivery, 0, middle, `${delivery.id}#1`),
    sliceOf(delivery, middle, length, `${delivery.id}#2`),
  ];
}

function matchesIn(alerts: readonly NotifiedAlert[]): number {
  return alerts.reduce((sum, { newCount }) => sum + newCount, 0);
}
