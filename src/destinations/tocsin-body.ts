import type {
  Acknowledgement,
  AlertState,
  Blindness,
  Distinct,
  EventSummary,
  Notification,
  NotifiedAlert,
  ResolvedBecause,
} from '../core/alert.ts';
import type { Delivery } from '../core/delivery.ts';
import type { JsonObject } from '../core/json.ts';
import { groupKey } from './notification-key.ts';
import { type BodyContext, encodeContext } from './tocsin-body-context.ts';
import { type BodyDigest, encodeDigest } from './tocsin-body-digest.ts';
import { isoTime, present } from './tocsin-body-values.ts';

/** `format: tocsin`, the native body. Times are ISO 8601 in UTC. Receivers must allow for new keys. */
export type TocsinBody = (
  | { type: `alert.${Notification['reason']}`; timestamp: string; data: BodyAlerts }
  | { type: 'event'; timestamp: string; data: BodyEvent }
  | { type: 'digest'; timestamp: string; data: BodyDigest }
) & {
  /** Why this body stands in place of the operator's own template. */
  template_failure?: string;
};

/** One notification. `new_count` counts the matches that no earlier body of this group has counted. */
interface BodyAlerts {
  id: string;
  route: string;
  severity: string;
  group: Readonly<Record<string, string>>;
  /** Names this opening of the group: the same from its first message to the one that says it is over. */
  group_key: string;
  /** Where all alerts do not fit into one body: which of how many this is. Each has its own alerts and an id of its own. */
  part?: { number: number; of: number };
  /** All open alerts of the group are in somebody's hands. */
  acknowledged?: true;
  /** It came back soon after its end and is mild: it should wake nobody. */
  quiet?: true;
  /** It came back soon after its end: which time within a day this is. */
  recurrence?: { times: number };
  /** Of `alert.escalated`: for how long nobody acknowledged it. */
  unacknowledged_seconds?: number;
  new_count: number;
  /** Most severe first. */
  alerts: BodyAlert[];
  /** How many more alerts the group has that no body of this notification names; their matches are in `new_count`. */
  omitted_alerts: number;
}

interface BodyAlert {
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
  state: AlertState;
  /** Matches since the alert opened, of which `new_count` are new. */
  count: number;
  new_count: number;
  first_seen: string;
  last_seen: string;
  /** When this episode of it began, and ended; wall time. */
  opened: string;
  resolved?: string;
  /** `unwatched`: its feed or rule was removed from the configuration, so nobody would see it go on. */
  resolved_because?: ResolvedBecause;
  /** Of an open one: since when, and why, nobody can see whether it goes on. */
  blind?: { since: string; reason: Blindness['reason'] };
  acknowledged?: { by: string; at: string; note?: string };
  /** How many different ones were seen; there may be more where `at_least` is true. */
  actors: BodyDistinct;
  apis: BodyDistinct;
  /** The newest few events. */
  events: BodySample[];
  context?: BodyContext;
}

interface BodyDistinct {
  count: number;
  at_least: boolean;
}

interface BodySample {
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

interface BodyEvent {
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
export function tocsinBody(delivery: Delivery): TocsinBody {
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
      group_key: groupKey(notification),
      ...encodeCircumstances(notification),
      new_count: notification.newCount,
      alerts: notification.alerts.map(encodeAlert),
      omitted_alerts: notification.omittedAlerts,
    },
  };
}

function encodeCircumstances(
  notification: Notification,
): Pick<BodyAlerts, 'part' | 'acknowledged' | 'quiet' | 'recurrence' | 'unacknowledged_seconds'> {
  const { part, isAcknowledged, isQuiet, recurrence, unacknowledgedMs } = notification;
  return {
    ...present('part', part && { number: part.number, of: part.of }),
    ...present('acknowledged', isAcknowledged),
    ...present('quiet', isQuiet),
    ...present('recurrence', recurrence && { times: recurrence.times }),
    ...present(
      'unacknowledged_seconds',
      unacknowledgedMs === undefined ? undefined : Math.round(unacknowledgedMs / 1_000),
    ),
  };
}

function encodeEvent({ event, rules }: Extract<Delivery, { kind: 'event' }>): TocsinBody {
  const time = isoTime(event.timeMs);
  const data: BodyEvent = {
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

function encodeAlert(alert: NotifiedAlert): BodyAlert {
  const { fingerprint, rule, severity, source, feed, group, state, count } = alert;
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
    state,
    count,
    new_count: alert.newCount,
    first_seen: isoTime(alert.firstSeenMs),
    last_seen: isoTime(alert.lastSeenMs),
    opened: isoTime(alert.openedAtMs),
    ...present('resolved', alert.resolvedAtMs === undefined ? undefined : isoTime(alert.resolvedAtMs)),
    ...present('resolved_because', alert.resolvedBecause),
    ...present('blind', alert.blind && { since: isoTime(alert.blind.sinceMs), reason: alert.blind.reason }),
    ...present('acknowledged', alert.acknowledged && encodeAcknowledgement(alert.acknowledged)),
    actors: encodeDistinct(alert.actors),
    apis: encodeDistinct(alert.apis),
    events: alert.sample.map(encodeSample),
    ...present('context', alert.context && encodeContext(alert.context)),
  };
}

function encodeAcknowledgement({ by, atMs, note }: Acknowledgement): NonNullable<BodyAlert['acknowledged']> {
  return { by, at: isoTime(atMs), ...present('note', note) };
}

function encodeDistinct({ count, isAtLeast }: Distinct): BodyDistinct {
  return { count, at_least: isAtLeast === true };
}

function encodeSample(sample: EventSummary): BodySample {
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
