import type { Notification, NotificationReason } from '../../core/alert.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { VERSION } from '../../telemetry/version.ts';
import { boundedJson, epochMs, tidy } from './bounds.ts';
import { rawDigest } from './digest.ts';
import { type Facts, factsOfAlerts, factsOfEvent } from './facts.ts';
import { alertMessage, eventMessage } from './message.ts';
import {
  type Activity,
  AUTHENTICATION,
  BASE_EVENT,
  CLOSE,
  CREATE,
  classification,
  DETECTION_FINDING,
  DIGEST,
  LOGON,
  UPDATE,
} from './ocsf-classes.ts';
import { findingInfo, relatedEvents, remediation } from './ocsf-finding.ts';
import { evidence, httpRequest, observables, srcEndpoint } from './ocsf-objects.ts';
import { rawOneAlert } from './raw.ts';
import { OCSF_SEVERITY } from './severity.ts';

type EventDelivery = Extract<Delivery, { kind: 'event' }>;

const OCSF_VERSION = '1.8.0';
const LONGEST_TEXT = 4_096;
/** Whoever is told since nobody acknowledged it hears of it for the first time. */
const ACTIVITIES: Readonly<Record<NotificationReason, Activity>> = {
  ...{ opened: CREATE, escalated: CREATE, resolved: CLOSE },
  ...{ grew: UPDATE, repeat: UPDATE, shrank: UPDATE, acknowledged: UPDATE },
};
const NEW = { status_id: 1, status: 'New' };
const IN_PROGRESS = { status_id: 2, status: 'In Progress' };
const RESOLVED = { status_id: 4, status: 'Resolved' };

/**
 * OCSF 1.8: an alert or a detection is a Detection Finding, an incident is Authentication, a digest is a Base Event. No
 * key stands there that its class does not have; what finds no place in it is in `unmapped`.
 */
export function encodeOcsf(delivery: Delivery): JsonObject {
  if (delivery.kind === 'digest') return digest(delivery);
  if (delivery.kind === 'alert') return alertFinding(delivery.id, delivery.notification);
  return delivery.event.feed === 'incidents' ? authentication(delivery) : eventFinding(delivery);
}

function eventFinding(delivery: EventDelivery): JsonObject {
  const facts = factsOfEvent(delivery);
  const document = {
    // A revision may also be the first that was seen: no feed says which.
    ...classification(DETECTION_FINDING, delivery.event.revision === undefined ? CREATE : UPDATE),
    ...occurrence(facts),
    message: eventMessage(facts),
    is_alert: delivery.rules.length > 0,
    ...NEW,
    ...findingParts(facts),
    finding_info: findingInfo(facts),
    metadata: metadata(facts),
  };
  return withUnmapped(document, eventUnmapped(delivery, facts));
}

function alertFinding(id: string, notification: Notification): JsonObject {
  const facts = factsOfAlerts(id, notification);
  const [first] = notification.alerts;
  const { reason, alerts } = notification;
  const document = {
    ...classification(DETECTION_FINDING, activityOf(notification)),
    ...occurrence(facts),
    message: alertMessage(facts, notification),
    is_alert: reason !== 'resolved',
    ...statusOf(notification),
    ...findingParts(facts),
    finding_info: { ...findingInfo(facts), desc: first?.description, ...relatedEvents(alerts) },
    remediation: remediation(first),
    metadata: { ...metadata(facts), correlation_uid: facts.groupKey },
  };
  return withUnmapped(document, alertUnmapped(notification));
}

/** One of which all matches are news joined a group that was open before: for its finding it is the beginning. */
function activityOf({ reason, alerts }: Notification): Activity {
  const [alert] = alerts;
  const isNew = alert !== undefined && alert.count > 0 && alert.newCount === alert.count;
  return reason === 'grew' && isNew ? CREATE : ACTIVITIES[reason];
}

function authentication(delivery: EventDelivery): JsonObject {
  const facts = factsOfEvent(delivery);
  const [observed] = facts.requests;
  const document = {
    ...classification(AUTHENTICATION, LOGON),
    ...occurrence(facts),
    message: eventMessage(facts),
    ...{ status_id: 2, status: 'Failure', status_detail: 'INVALID_CREDENTIALS' },
    // Required, and an incident knows none.
    user: { name: 'Unknown', type_id: 0, type: 'Unknown' },
    service: { name: delivery.event.source },
    is_remote: true,
    src_endpoint: observed && srcEndpoint(observed),
    http_request: observed && httpRequest(observed),
    observables: observables(facts.requests, ''),
    metadata: { ...metadata(facts), correlation_uid: facts.attackId },
  };
  return withUnmapped(document, eventUnmapped(delivery, facts));
}

function digest({ id, digest: summary }: Extract<Delivery, { kind: 'digest' }>): JsonObject {
  const { title, createdAtMs, fromMs, toMs } = summary;
  const document = {
    ...classification(BASE_EVENT, DIGEST),
    ...{ severity_id: 1, severity: 'Informational' },
    ...{ time: epochMs(createdAtMs), start_time: epochMs(fromMs), end_time: epochMs(toMs) },
    message: title,
    metadata: { version: OCSF_VERSION, uid: id, product: product(), log_name: 'digest' },
  };
  return withUnmapped(document, rawDigest(id, summary));
}

function occurrence({ timeMs, startMs, endMs, count, severity, otherSeverity }: Facts): JsonObject {
  return {
    time: epochMs(timeMs),
    start_time: startMs === undefined ? undefined : epochMs(startMs),
    end_time: endMs === undefined ? undefined : epochMs(endMs),
    count: count === 0 ? undefined : count,
    ...severityAttributes(severity, otherSeverity),
  };
}

function severityAttributes(severity: Facts['severity'], other: string | undefined): JsonObject {
  if (severity !== undefined) {
    const { id, caption } = OCSF_SEVERITY[severity];
    return { severity_id: id, severity: caption };
  }
  if (other === undefined) return { severity_id: 0, severity: 'Unknown' };
  return { severity_id: 99, severity: other };
}

function findingParts({ requests }: Facts): JsonObject {
  return {
    evidences: requests.map(evidence).filter((artifacts) => artifacts !== undefined),
    observables: observables(requests, 'evidences[].'),
  };
}

function statusOf({ reason, alerts }: Notification): JsonObject {
  if (reason === 'resolved') return RESOLVED;
  return alerts.some((alert) => alert.state === 'acknowledged') ? IN_PROGRESS : NEW;
}

function metadata({ id, source, feed, rule, originalTime }: Facts): JsonObject {
  return {
    ...{ version: OCSF_VERSION, uid: id, product: product() },
    ...{ log_name: feed, log_provider: source, event_code: rule?.id, original_time: originalTime },
  };
}

function product(): JsonObject {
  return { name: 'Tocsin', vendor_name: 'Tocsin', version: VERSION };
}

function eventUnmapped({ id, event, rules }: EventDelivery, { action }: Facts): JsonObject {
  return { tocsin_id: id, kind: 'event', action, rules: rules.map((each) => each.rule), event: event.raw };
}

function alertUnmapped(notification: Notification): JsonObject {
  const { id, reason, route, group, newCount, alerts, omittedAlerts } = notification;
  return {
    ...{ kind: 'alert', notification_id: id, reason, route, group, new_count: newCount },
    ...{ alerts: alerts.map(rawOneAlert), omitted_alerts: omittedAlerts },
  };
}

/** Ids stay whole: what is cut may be another's. */
function withUnmapped(
  document: JsonObject & { readonly metadata: { readonly [key: string]: Json | undefined } },
  unmapped: JsonObject,
): JsonObject {
  const { json, isWhole } = boundedJson(unmapped);
  const id = document.metadata['uid'];
  return {
    ...tidy(document, LONGEST_TEXT),
    unmapped: { ...json, tocsin_id: id, ...(isWhole ? {} : { is_truncated: true }) },
  };
}
