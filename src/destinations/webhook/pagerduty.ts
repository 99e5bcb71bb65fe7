import { groupId } from '../../alerts/fingerprint.ts';
import type { Notification } from '../../core/alert.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { Severity } from '../../core/severity.ts';
import { titleOf } from '../template-context.ts';
import { type TocsinBody, tocsinBody } from '../tocsin-body.ts';
import { firstFitting, within } from './bounded.ts';
import { webhookId } from './sign.ts';

/** Events API v2. */
export const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';
/** PagerDuty takes 512 KB. */
const MAX_BYTES = 500_000;
const MAX_SUMMARY = 1_024;
const MAX_LINKS = 5;

const SEVERITIES: Readonly<Record<Severity, string>> = {
  ...{ CRITICAL: 'critical', HIGH: 'error', MEDIUM: 'warning', LOW: 'info', INFO: 'info' },
};

type Paged = Exclude<Delivery, { kind: 'event' }>;

/**
 * One event: a group of alerts is one incident, found again by its `dedup_key`, which what grows updates and what is over
 * resolves. A digest opens one of its own. What is too large loses its context, then its alerts, and says so.
 */
export function pagerdutyEvent(delivery: Paged, routingKey: string, clientUrl: string): string {
  const event = {
    routing_key: routingKey,
    event_action: actionOf(delivery),
    dedup_key: dedupKeyOf(delivery),
    client: 'Tocsin',
    ...(clientUrl === '' ? {} : { client_url: clientUrl }),
    links: linksOf(delivery),
  };
  const payload = payloadOf(delivery);
  const bodies = detailsOf(tocsinBody(delivery)).map((custom_details) =>
    JSON.stringify({ ...event, payload: { ...payload, custom_details } }),
  );
  return firstFitting(MAX_BYTES, bodies);
}

function actionOf(delivery: Paged): 'trigger' | 'acknowledge' | 'resolve' {
  if (delivery.kind === 'digest') return 'trigger';
  const { reason } = delivery.notification;
  if (reason === 'resolved') return 'resolve';
  return reason === 'repeat' && isInHand(delivery.notification) ? 'acknowledge' : 'trigger';
}

/** Somebody who has all of it in hand need not be paged for its going on. */
function isInHand({ alerts, omittedAlerts }: Notification): boolean {
  return (
    omittedAlerts === 0 && alerts.length > 0 && alerts.every(({ acknowledged }) => acknowledged !== undefined)
  );
}

function dedupKeyOf(delivery: Paged): string {
  if (delivery.kind === 'digest') return webhookId(delivery.digest.id).slice(0, 255);
  return groupId(delivery.notification.route, delivery.notification.group);
}

function payloadOf(delivery: Paged) {
  const { timestamp } = tocsinBody(delivery);
  const summary = within(titleOf(delivery), MAX_SUMMARY) || 'Tocsin';
  if (delivery.kind === 'digest') {
    const severity = delivery.digest.kind === 'storm' ? 'error' : 'info';
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
function detailsOf({ type, data }: TocsinBody): object[] {
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
