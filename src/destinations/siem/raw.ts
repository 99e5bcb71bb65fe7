import type { Notification, NotifiedAlert } from '../../core/alert.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { groupKey } from '../notification-key.ts';
import { rawContext } from './alert-context.ts';
import { rawDigest } from './digest.ts';

/** The source's own JSON in ours, nothing cut; keys in snake_case, our times in epoch seconds. */
export function encodeRaw(delivery: Delivery): JsonObject {
  if (delivery.kind === 'digest') return rawDigest(delivery.id, delivery.digest);
  if (delivery.kind === 'alert') return rawAlert(delivery.id, delivery.notification);
  const { id, event, rules } = delivery;
  return {
    tocsin_id: id,
    kind: 'event',
    source: event.source,
    feed: event.feed,
    rules: rules.map(({ rule, name, severity }) => ({ id: rule, name, severity })),
    event: event.raw,
  };
}

function rawAlert(id: string, notification: Notification): JsonObject {
  return {
    tocsin_id: id,
    kind: 'alert',
    notification_id: notification.id,
    reason: notification.reason,
    route: notification.route,
    severity: notification.severity,
    group: notification.group,
    group_key: groupKey(notification),
    new_count: notification.newCount,
    alerts: notification.alerts.map(rawOneAlert),
    omitted_alerts: notification.omittedAlerts,
  };
}

/** One of a notification's alerts; times in epoch seconds. */
export function rawOneAlert(alert: NotifiedAlert): Json {
  const { fingerprint, rule, severity, source, feed, group, count, state, episode } = alert;
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
    state,
    episode,
    count,
    new_count: alert.newCount,
    first_seen: alert.firstSeenMs / 1_000,
    last_seen: alert.lastSeenMs / 1_000,
    resolved: alert.resolvedAtMs === undefined ? undefined : alert.resolvedAtMs / 1_000,
    acknowledged_by: alert.acknowledged?.by,
    actors: alert.actors.count,
    apis: alert.apis.count,
    event_ids: alert.sample.map((event) => event.id),
    context: alert.context && rawContext(alert.context),
  };
}
