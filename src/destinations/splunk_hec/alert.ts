import type { Notification, NotifiedAlert } from '../../core/alert.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { rawContext } from './alert-context.ts';

/** A notification as one event, whole; keys in snake_case, times in epoch seconds. */
export function rawAlert(id: string, notification: Notification): JsonObject {
  return {
    tocsin_id: id,
    kind: 'alert',
    notification_id: notification.id,
    reason: notification.reason,
    route: notification.route,
    severity: notification.severity,
    group: notification.group,
    new_count: notification.newCount,
    alerts: notification.alerts.map(oneAlert),
    omitted_alerts: notification.omittedAlerts,
  };
}

function oneAlert(alert: NotifiedAlert): Json {
  const { fingerprint, rule, severity, source, feed, group, count } = alert;
  return {
    fingerprint,
    rule,
    rule_name: alert.ruleName,
    description: alert.description,
    runbook: alert.runbook,
    severity,
    category: alert.category,
    source,
    feed,
    group,
    count,
    new_count: alert.newCount,
    first_seen: alert.firstSeenMs / 1_000,
    last_seen: alert.lastSeenMs / 1_000,
    event_ids: alert.sample.map((event) => event.id),
    context: alert.context && rawContext(alert.context),
  };
}
