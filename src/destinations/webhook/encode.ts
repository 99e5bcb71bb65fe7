import type { EventSummary, Notification, NotifiedAlert } from '../../core/alert.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { JsonObject } from '../../core/json.ts';
import { encodeContext, type WebhookContext } from './alert-context.ts';
import { encodeDigest, type WebhookDigest } from './digest.ts';
import { isoTime, present } from './values.ts';

/** `format: tocsin`, the native body. Times are ISO 8601 in UTC. Receivers must allow for new keys. */
export type WebhookBody =
  | { type: `alert.${Notification['reason']}`; timestamp: string; data: WebhookAlerts }
  | { type: 'event'; timestamp: string; data: WebhookEvent }
  | { type: 'digest'; timestamp: string; data: WebhookDigest };

/** One notification. `new_count` counts the matches that no earlier body of this group has counted. */
interface WebhookAlerts {
  id: string;
  route: string;
  severity: string;
  group: Readonly<Record<string, string>>;
  new_count: number;
  /** Most severe first. */
  alerts: WebhookAlert[];
  /** How many more alerts there are; their matches are in `new_count`. */
  omitted_alerts: number;
}

interface WebhookAlert {
  fingerprint: string;
  rule: string;
  rule_name: string;
  description?: string;
  runbook?: string;
  severity: string;
  category?: string;
  source: string;
  feed: string;
  group: Readonly<Record<string, string>>;
  /** Matches since the alert opened, of which `new_count` are new. */
  count: number;
  new_count: number;
  first_seen: string;
  last_seen: string;
  /** The newest few events. */
  events: WebhookSample[];
  context?: WebhookContext;
}

interface WebhookSample {
  id: string;
  time: string;
  actor?: string;
  method?: string;
  host?: string;
  url?: string;
  country?: string;
  status_code?: number;
  filter_id?: string;
  successful_exploit?: boolean;
}

interface WebhookEvent {
  id: string;
  source: string;
  feed: string;
  feed_id: string;
  time: string;
  /** The rules that matched; may be empty where every event is sent. */
  rules: { id: string; name: string; severity: string }[];
  /** The source's own JSON. */
  event: JsonObject;
}

/** The body of a delivery: the same on every attempt, so that a receiver may compare. */
export function encodeWebhook(delivery: Delivery): WebhookBody {
  if (delivery.kind === 'event') return encodeEvent(delivery);
  if (delivery.kind === 'digest') {
    const { digest } = delivery;
    return { type: 'digest', timestamp: isoTime(digest.createdAtMs), data: encodeDigest(digest, isoTime) };
  }
  const { notification } = delivery;
  return {
    type: `alert.${notification.reason}`,
    timestamp: isoTime(notification.createdAtMs),
    data: {
      id: notification.id,
      route: notification.route,
      severity: notification.severity,
      group: notification.group,
      new_count: notification.newCount,
      alerts: notification.alerts.map(encodeAlert),
      omitted_alerts: notification.omittedAlerts,
    },
  };
}

function encodeEvent({ event, rules }: Extract<Delivery, { kind: 'event' }>): WebhookBody {
  const time = isoTime(event.timeMs);
  const data: WebhookEvent = {
    id: event.id,
    source: event.source,
    feed: event.feed,
    feed_id: event.feedId,
    time,
    rules: rules.map(({ rule, name, severity }) => ({ id: rule, name, severity })),
    event: event.raw,
  };
  return { type: 'event', timestamp: time, data };
}

function encodeAlert(alert: NotifiedAlert): WebhookAlert {
  const { fingerprint, rule, severity, source, feed, group, count } = alert;
  return {
    fingerprint,
    rule,
    rule_name: alert.ruleName,
    ...present('description', alert.description),
    ...present('runbook', alert.runbook),
    severity,
    ...present('category', alert.category),
    source,
    feed,
    group,
    count,
    new_count: alert.newCount,
    first_seen: isoTime(alert.firstSeenMs),
    last_seen: isoTime(alert.lastSeenMs),
    events: alert.sample.map(encodeSample),
    ...present('context', alert.context && encodeContext(alert.context)),
  };
}

function encodeSample(sample: EventSummary): WebhookSample {
  return {
    id: sample.id,
    time: isoTime(sample.timeMs),
    ...present('actor', sample.actor),
    ...present('method', sample.method),
    ...present('host', sample.host),
    ...present('url', sample.url),
    ...present('country', sample.country),
    ...present('status_code', sample.statusCode),
    ...present('filter_id', sample.filterId),
    ...present('successful_exploit', sample.successfulExploit),
  };
}
