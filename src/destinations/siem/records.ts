import type { Delivery } from '../../core/delivery.ts';
import { type AlertDelivery, isOver, sliceOf } from '../alert-slices.ts';

/**
 * What is written of one delivery: a record for each alert of a notification, since a record has room for one actor and
 * one state; otherwise the delivery itself. The first keeps the delivery's id, the n-th has `#n` behind it, on every
 * attempt.
 */
export function recordsOf(delivery: Delivery): readonly Delivery[] {
  if (delivery.kind !== 'alert' || delivery.notification.alerts.length === 0) return [delivery];
  return delivery.notification.alerts.map((_, at) => recordOf(delivery, at));
}

/** A record has its own alert's severity and, where that alert is over, says that it is, whatever became of the others. */
function recordOf(delivery: AlertDelivery, at: number): AlertDelivery {
  const own = sliceOf(delivery, at, at + 1, at === 0 ? delivery.id : `${delivery.id}#${at + 1}`);
  const { id } = delivery.notification;
  const [alert] = own.notification.alerts;
  if (alert === undefined) return own;
  const reason = isOver(own.notification, alert) ? 'resolved' : own.notification.reason;
  return { ...own, notification: { ...own.notification, id, reason, severity: alert.severity } };
}
