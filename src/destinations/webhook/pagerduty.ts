import type { Notification } from '../../core/alert.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { Severity } from '../../core/severity.ts';
import { groupKey } from '../notification-key.ts';
import { titleOf } from '../template-context.ts';
import { type TocsinBody, tocsinBody } from '../tocsin-body.ts';
import { firstFitting, within } from './bounded.ts';
import { digestKey } from './digest-key.ts';

/** Events API v2. */
export const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';
/** PagerDuty takes 512 KB. */
const MAX_BYTES = 500_000;
const MAX_SUMMARY = 1_024;
const MAX_KEY = 255;
const MAX_LINKS = 5;
/** Alerts in an incident's details. More are counted. */
const MAX_ALERTS = 50;

const SEVERITIES: Readonly<Record<Severity, string>> = {
  ...{ CRITICAL: 'critical', HIGH: 'error', MEDIUM: 'warning', LOW: 'info', INFO: 'info' },
};

type Paged = Exclude<Delivery, { kind: 'event' }>;
type Action = 'trigger' | 'acknowledge' | 'resolve';

export interface PagerOptions {
  readonly routingKey: string;
  readonly clientUrl: string;
  readonly instance?: string | undefined;
}

/**
 * The events of one delivery, in their order. A group of alerts is one incident, found again by its `dedup_key`: what
 * grows updates it, what somebody took in hand acknowledges it, what is over resolves it. News after an acknowledgement
 * is a further incident of the group, since PagerDuty pages nobody again for an acknowledged one. A digest pages and is
 * over at once: nothing else would ever end its incident. What wakes nobody there has no event.
 */
export function pagerdutyEvents(delivery: Paged, options: PagerOptions): readonly string[] {
  if (delivery.kind === 'digest') {
    const key = digestKey(delivery.digest, options.instance).slice(0, MAX_KEY);
    return [triggerEvent(delivery, key, options), endEvent(delivery, 'resolve', key, options)];
  }
  const { notification } = delivery;
  const action = actionOf(notification);
  if (action === undefined) return [];
  const key = incidentKey(notification);
  if (action === 'trigger') return [triggerEvent(delivery, key, options)];
  return [endEvent(delivery, action, key, options)];
}

/** Somebody who has all of it in hand is not paged for its going on. */
function actionOf(notification: Notification): Action | undefined {
  const { reason } = notification;
  switch (reason) {
    case 'resolved':
      return 'resolve';
    case 'acknowledged':
      return notification.isAcknowledged === true ? 'acknowledge' : undefined;
    case 'repeat':
      return isInHand(notification) ? undefined : 'trigger';
    case 'shrank':
      return undefined;
    case 'opened':
    case 'grew':
    case 'escalated':
      return 'trigger';
  }
}

/** What an earlier version wrote says so of its alerts alone. */
function isInHand({ isAcknowledged, alerts, omittedAlerts }: Notification): boolean {
  if (isAcknowledged === true) return true;
  return omittedAlerts === 0 && alerts.length > 0 && alerts.every(({ acknowledged }) => acknowledged);
}

/** Each incident of an opening has a notification of its own that ends it. */
function incidentKey(notification: Notification): string {
  const { incident = 1 } = notification;
  const suffix = incident === 1 ? '' : `-${incident}`;
  return `${groupKey(notification).slice(0, MAX_KEY - suffix.length)}${suffix}`;
}

function triggerEvent(delivery: Paged, key: string, { routingKey, clientUrl }: PagerOptions): string {
  const event = {
    routing_key: routingKey,
    event_action: 'trigger',
    dedup_key: key,
    client: 'Tocsin',
    ...(clientUrl === '' ? {} : { client_url: clientUrl }),
    links: linksOf(delivery),
  };
  const payload = payloadOf(delivery);
  const bodies = detailsOf(delivery).map((custom_details) =>
    JSON.stringify({ ...event, payload: { ...payload, custom_details } }),
  );
  return firstFitting(MAX_BYTES, bodies);
}

/** Of these PagerDuty reads the key alone; the payload says in its log what it is about. */
function endEvent(
  delivery: Paged,
  action: Action,
  key: string,
  { routingKey: routing_key }: PagerOptions,
): string {
  return JSON.stringify({ routing_key, event_action: action, dedup_key: key, payload: payloadOf(delivery) });
}

function payloadOf(delivery: Paged) {
  const { timestamp } = tocsinBody(delivery);
  const summary = within(titleOf(delivery), MAX_SUMMARY) || 'Tocsin';
  if (delivery.kind === 'digest') {
    const severity = SEVERITIES[delivery.digest.severity ?? 'INFO'];
    return { summary, source: 'tocsin', severity, timestamp, class: 'digest' };
  }
  const { severity, alerts, route } = delivery.notification;
  const [first] = alerts;
  return {
    summary,
    source: within(first?.source ?? '', 255) || 'tocsin',
    severity: SEVERITIES[severity],
    timestamp,
    ...{ group: within(route, 255), class: within(first?.category ?? first?.rule ?? 'alert', 255) },
  };
}

function linksOf(delivery: Paged): { href: string; text: string }[] {
  const alerts = delivery.kind === 'alert' ? delivery.notification.alerts : [];
  const runbooks = new Map(
    alerts.flatMap(({ runbook, ruleName }) => (isWebAddress(runbook) ? [[runbook, ruleName] as const] : [])),
  );
  return [...runbooks]
    .slice(0, MAX_LINKS)
    .map(([href, name]) => ({ href, text: `Runbook: ${within(name, 200)}` }));
}

function isWebAddress(text: string | undefined): text is string {
  return text !== undefined && text.length <= 2_000 && /^https?:$/.test(URL.parse(text)?.protocol ?? '');
}

/** From all there is to what always fits. */
function detailsOf(delivery: Paged): object[] {
  const { type, data } = bodyForPeople(delivery);
  const cut = 'This was cut to what PagerDuty takes; the log and `tocsin alerts` know the rest.';
  if (!('alerts' in data))
    return [
      { type, ...data },
      { type, id: 'id' in data ? data.id : '', cut },
    ];
  const { alerts, ...rest } = data;
  const bare = alerts.map(({ context: _context, events: _events, ...alert }) => alert);
  const few = bare
    .slice(0, 3)
    .map(({ fingerprint, rule, severity, count }) => ({ fingerprint, rule, severity, count }));
  return [
    { type, ...data },
    { type, ...rest, alerts: bare, cut },
    { type, id: rest.id, group_key: rest.group_key, alerts: few, cut },
  ];
}

/** Who is paged reads the worst few; the others are counted. */
function bodyForPeople(delivery: Paged): TocsinBody {
  if (delivery.kind === 'digest') return tocsinBody(delivery);
  const { notification } = delivery;
  const alerts = notification.alerts.slice(0, MAX_ALERTS);
  const omittedAlerts = notification.omittedAlerts + notification.alerts.length - alerts.length;
  return tocsinBody({ ...delivery, notification: { ...notification, alerts, omittedAlerts } });
}
