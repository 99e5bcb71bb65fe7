import type { Notification, NotifiedAlert } from '../../core/alert.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { Json } from '../../core/json.ts';
import { highestSeverity, parseSeverity, type Severity } from '../../core/severity.ts';
import { alertAttachment, alertLine, COLOURS, ICONS } from './alert.ts';
import { context, type SlackAttachment, type SlackMessage, section, textLength } from './block.ts';
import { digestBlocks, digestHeadline } from './digest.ts';
import { redactUrl } from './redact.ts';
import { code, plain, utcTime } from './text.ts';

/** Alerts shown whole: more of them would pass the 13,200 characters that Slack takes in all. */
const MAX_DETAILED = 3;
/** Of all blocks together, with something to spare. */
const MAX_TEXT = 13_000;
/** Alerts shown in one line each, after those. */
const MAX_LISTED = 10;

const REASONS: Readonly<Record<Notification['reason'], string>> = {
  opened: '',
  grew: ', still growing',
  repeat: ', back after a quiet spell',
  resolved: ', over now',
};

/** One message for one delivery. Every text an attacker wrote is escaped and bounded. */
export function encodeSlack(delivery: Delivery): SlackMessage {
  const base = { text: headline(delivery), unfurl_links: false, unfurl_media: false };
  if (delivery.kind === 'digest') return { ...base, blocks: digestBlocks(delivery.digest) };
  if (delivery.kind !== 'alert') return base;
  return { ...base, attachments: attachments(delivery.notification) };
}

/** What is sent where Slack refuses the designed message: the headline alone. */
export function encodeSlackPlainly(delivery: Delivery): SlackMessage {
  const text = `${headline(delivery)}\n(Slack refused the full message.)`;
  return { text, unfurl_links: false, unfurl_media: false };
}

function headline(delivery: Delivery): string {
  if (delivery.kind === 'digest') return digestHeadline(delivery.digest);
  return delivery.kind === 'alert' ? alertsHeadline(delivery.notification) : eventLine(delivery);
}

/**
 * `🟠 *HIGH* SQL injection \`203.0.113.9\` — 12 new (57 in all)`. The numbers are the notification's:
 * new matches, and all since its alerts opened, of which the omitted alerts' are those that are new.
 */
function alertsHeadline(notification: Notification): string {
  const { alerts, newCount, severity, reason, omittedAlerts } = notification;
  const [first, ...others] = alerts;
  const more = others.length + omittedAlerts;
  const name = first === undefined ? 'Alerts' : plain(first.ruleName, 150);
  const who = more === 0 && first !== undefined ? groupValues(first) : ` and ${counted(more, 'more alert')}`;
  const total = sum(alerts, (alert) => alert.count) + newInRest(notification, alerts);
  return `${badge(severity)} ${name}${who} — ${newCount} new (${total} in all)${REASONS[reason]}`;
}

function groupValues(alert: NotifiedAlert): string {
  const values = Object.values(alert.group).filter((value) => value !== '');
  return values
    .slice(0, 3)
    .map((value) => ` ${code(value, 80)}`)
    .join('');
}

function attachments(notification: Notification): SlackAttachment[] {
  const detailed = notification.alerts.slice(0, MAX_DETAILED);
  const listed = notification.alerts.slice(MAX_DETAILED, MAX_DETAILED + MAX_LISTED);
  const shown = [...detailed, ...listed];
  const omitted = notification.alerts.length - shown.length + notification.omittedAlerts;
  const rest = restAttachment(listed, omitted, newInRest(notification, shown));
  const bare = detailed.map((alert) => alertAttachment(alert, notification.id));
  const room = Math.floor((MAX_TEXT - textLength([bare, rest])) / detailed.length);
  const shownWhole = detailed.map((alert) => alertAttachment(alert, notification.id, room));
  return rest === undefined ? shownWhole : [...shownWhole, rest];
}

/** The alerts that are not shown whole: every new match is counted somewhere in the message. */
function restAttachment(
  listed: readonly NotifiedAlert[],
  omitted: number,
  newInOmitted: number,
): SlackAttachment | undefined {
  if (listed.length === 0 && omitted === 0) return undefined;
  const severity = listed.map((alert) => alert.severity).reduce(highestSeverity, 'INFO');
  const note = `${counted(omitted, 'more alert')} omitted, with ${newInOmitted} new`;
  return {
    color: COLOURS[severity],
    fallback: note,
    blocks: [
      ...(listed.length === 0 ? [] : [section(listed.map(alertLine).join('\n'))]),
      ...(omitted === 0 ? [] : [context(note)]),
    ],
  };
}

function eventLine({ event, rules }: Extract<Delivery, { kind: 'event' }>): string {
  const severities: Severity[] = rules.map((rule) => rule.severity);
  const severity =
    severities.length > 0 ? severities.reduce(highestSeverity) : parseSeverity(event.raw['severity']);
  const names = rules.map((rule) => rule.name).join(', ');
  const request = [event.raw['method'], `${text(event.raw['host'])}${redactUrl(text(event.raw['url']))}`];
  return [
    badge(severity ?? 'INFO'),
    plain(names === '' ? event.feed : names, 200),
    code(request.map(text).join(' '), 300),
    `by ${code(text(event.raw['actor']), 100)}`,
    code(text(event.raw['country']), 20),
    utcTime(event.timeMs),
  ].join(' ');
}

function badge(severity: Severity): string {
  return `${ICONS[severity]} *${severity}*`;
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function newInRest(notification: Notification, shown: readonly NotifiedAlert[]): number {
  return Math.max(0, notification.newCount - sum(shown, (alert) => alert.newCount));
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
