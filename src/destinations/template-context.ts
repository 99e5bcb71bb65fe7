import { allBlindText, isUnwatched, UNWATCHED } from '../alerts/blind.ts';
import type { Notification } from '../core/alert.ts';
import type { Delivery } from '../core/delivery.ts';
import { legible } from './legible.ts';
import { type TocsinBody, tocsinBody } from './tocsin-body.ts';

/** What a template sees: the body of `format: tocsin`, every key of it there, and a line that suits each of them. */
export type TemplateContext = Readonly<Record<string, unknown>>;

/**
 * Plain, frozen and whole: a key that the body leaves out is null or empty here, so that a name nobody
 * knows is a mistake in the template and never a matter of which alert comes along.
 */
export function templateContext(delivery: Delivery): TemplateContext {
  const body = tocsinBody(delivery);
  const { type, timestamp } = body;
  return frozenCopy({ type, timestamp, title: titleOf(delivery), data: { ...EMPTY, ...dataOf(body) } });
}

function dataOf(body: TocsinBody): object {
  if (body.type === 'event' || body.type === 'digest') return body.data;
  const alerts = body.data.alerts.map(({ context, events, ...alert }) => ({
    ...{ ...EMPTY_ALERT, ...alert },
    events: events.map((event) => ({ ...EMPTY_SAMPLE, ...event })),
    context: context === undefined ? null : { ...EMPTY_CONTEXT, ...context },
  }));
  return { ...body.data, alerts };
}

const EMPTY = {
  ...{ id: null, severity: null, notes: [] },
  ...{ route: null, group: {}, group_key: null, new_count: null, alerts: [], omitted_alerts: 0 },
  ...{ part: null, acknowledged: null, quiet: null, recurrence: null, unacknowledged_seconds: null },
  ...{ kind: null, title: null, from: null, to: null, time_zone: null, totals: [], tables: [], chart: null },
  ...{ source: null, feed: null, feed_id: null, time: null, rules: [], event: {} },
};
const EMPTY_ALERT = {
  ...{ description: null, runbook: null, category: null },
  ...{ resolved: null, resolved_because: null, blind: null, acknowledged: null },
};
const EMPTY_SAMPLE = {
  ...{ actor: null, method: null, host: null, url: null, country: null },
  ...{ status_code: null, filter_id: null, successful_exploit: null },
};
const EMPTY_CONTEXT = { remediation: null, remediation_text: null, evidence: null, incident: null };

/** One line of plain text that says what it is: of alerts, of a digest, of an event. */
export function titleOf(delivery: Delivery): string {
  if (delivery.kind === 'alert') return alertsTitle(delivery.notification);
  if (delivery.kind === 'digest') return legible(delivery.digest.title);
  const names = delivery.rules.map(({ name }) => name).join(', ');
  return legible(names === '' ? delivery.event.feed : names).slice(0, MAX_TITLE);
}

const MAX_TITLE = 300;

function alertsTitle(notification: Notification): string {
  const { alerts, omittedAlerts, severity } = notification;
  const [first, ...others] = alerts;
  const more = others.length + omittedAlerts;
  const who = more === 0 ? Object.values(first?.group ?? {}).join(' ') : `and ${more} more`;
  const name = [first?.ruleName ?? 'Alerts', who].filter((part) => part !== '').join(' ');
  return `${severity}: ${legible(name).slice(0, MAX_TITLE)} (${stateOf(notification)})`;
}

function stateOf(notification: Notification): string {
  const { reason, newCount, alerts, unacknowledgedMs } = notification;
  switch (reason) {
    case 'resolved':
      return overText(alerts);
    case 'shrank':
      return `${alerts.filter(({ state }) => state === 'resolved').length} over, others go on`;
    case 'acknowledged':
      return notification.isAcknowledged === true ? 'acknowledged' : 'partly acknowledged';
    case 'escalated':
      return `not acknowledged${unacknowledgedMs === undefined ? '' : ` for ${minutesText(unacknowledgedMs)}`}`;
    case 'repeat':
      return [`${newCount} new`, ...[allBlindText(alerts)].filter((text) => text !== undefined)].join(', ');
    default:
      return `${newCount} new`;
  }
}

function minutesText(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  return minutes === 1 ? '1 minute' : `${minutes.toLocaleString('en-US')} minutes`;
}

function overText(alerts: Notification['alerts']): string {
  return alerts.length > 0 && alerts.every(isUnwatched) ? UNWATCHED : 'over';
}

function frozenCopy(value: object): TemplateContext {
  const copy: unknown = JSON.parse(JSON.stringify(value), (_, inner: unknown) => Object.freeze(inner));
  return typeof copy === 'object' && copy !== null ? { ...copy } : {};
}
