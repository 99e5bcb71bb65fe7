import { blindText, isUnwatched, UNWATCHED } from '../../alerts/blind.ts';
import type { EventSummary, NotifiedAlert } from '../../core/alert.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { Digest, DigestRow, DigestTable } from '../../core/digest.ts';
import { highestSeverity, type Severity } from '../../core/severity.ts';
import { groupKey } from '../notification-key.ts';
import { titleOf } from '../template-context.ts';
import { isoTime } from '../tocsin-body-values.ts';
import { moreText } from './bounded.ts';

/** What a chat shows of a delivery, in no chat's own language. All texts but ours are somebody's, unbounded and raw. */
export interface Summary {
  readonly title: string;
  readonly tone: Tone;
  readonly timestamp: string;
  readonly parts: readonly SummaryPart[];
  /** How many more there are beside the parts. */
  readonly omitted: number;
  /** One sentence each: what a reader must know. */
  readonly notes: readonly string[];
  /** What there are more of than parts: `alert`. */
  readonly noun: string;
  readonly origin: string;
}

export type Tone = Severity | 'over' | 'operations';

export interface SummaryPart {
  readonly heading: string;
  readonly text?: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Requests, newest first. */
  readonly lines: readonly string[];
  readonly runbook?: string;
}

/** No chat shows more alerts in one message; a notification may hold hundreds. */
const MAX_ALERTS = 10;
const MAX_SAMPLES = 3;
const MAX_ROWS = 10;

export function summarise(delivery: Delivery): Summary {
  if (delivery.kind === 'alert') return ofAlerts(delivery);
  return delivery.kind === 'digest' ? ofDigest(delivery.digest) : ofEvent(delivery);
}

/** More severe first of all that an event's rules say; INFO where none matched. */
function severityOf(delivery: Delivery): Severity {
  if (delivery.kind === 'alert') return delivery.notification.severity;
  if (delivery.kind === 'digest') return 'INFO';
  return delivery.rules.map(({ severity }) => severity).reduce<Severity>(highestSeverity, 'INFO');
}

function ofAlerts(delivery: Extract<Delivery, { kind: 'alert' }>): Summary {
  const { notification } = delivery;
  const { alerts, omittedAlerts, reason, route, id } = notification;
  const isOperational = alerts.length > 0 && alerts.every(({ feed }) => feed === 'operations');
  const tone = isOperational ? 'operations' : notification.severity;
  return {
    title: `${isOperational ? 'Tocsin itself: ' : ''}${titleOf(delivery)}`,
    tone: reason === 'resolved' ? 'over' : tone,
    timestamp: isoTime(notification.createdAtMs),
    parts: alerts.slice(0, MAX_ALERTS).map(ofAlert),
    omitted: omittedAlerts + Math.max(0, alerts.length - MAX_ALERTS),
    notes: [],
    noun: 'alert',
    origin: `${id} · route ${route} · group ${groupKey(notification)}`,
  };
}

function ofAlert(alert: NotifiedAlert): SummaryPart {
  const { group, count, newCount, firstSeenMs, lastSeenMs, sample, description, runbook } = alert;
  const unseen = blindText(alert);
  return {
    heading: `${alert.severity} · ${alert.ruleName}${stateOf(alert)}`,
    ...(description === undefined ? {} : { text: description }),
    facts: [
      ...Object.entries(group).slice(0, 5),
      ['matches', newCount === count ? `${count}` : `${newCount} new, ${count} in all`],
      ['first', isoTime(firstSeenMs)],
      ['last', isoTime(lastSeenMs)],
      ...(unseen === undefined ? [] : [['now', `unknown: ${unseen}`] as const]),
      ['alert', alert.fingerprint],
    ],
    lines: alert.state === 'resolved' ? [] : sample.slice(0, MAX_SAMPLES).map(lineOf),
    ...(runbook === undefined ? {} : { runbook }),
  };
}

function stateOf({ state, acknowledged, ...because }: NotifiedAlert): string {
  if (isUnwatched({ state, ...because })) return `, ${UNWATCHED}`;
  if (state === 'resolved') return ', over';
  return acknowledged === undefined ? '' : `, in the hands of ${acknowledged.by}`;
}

function lineOf(event: EventSummary): string {
  const { timeMs, statusCode, successfulExploit, method = '', host = '', url = '' } = event;
  const outcome = successfulExploit === true ? 'SUCCEEDED' : '';
  const parts = [isoTime(timeMs), statusCode === undefined ? '' : `${statusCode}`, outcome, method];
  return [...parts, `${host.slice(0, 300)}${url.slice(0, 1_000)}`].filter((part) => part !== '').join(' ');
}

function ofDigest(digest: Digest): Summary {
  const { id, title, fromMs, toMs, totals, tables, notes, createdAtMs } = digest;
  const whole = { title: 'Totals', rows: totals, omittedRows: 0, omittedCount: 0 };
  return {
    title: `${title}: ${isoTime(fromMs)} to ${isoTime(toMs)}`,
    tone: 'INFO',
    timestamp: isoTime(createdAtMs),
    parts: [whole, ...tables].filter(({ rows }) => rows.length > 0).map(ofTable),
    omitted: 0,
    notes,
    noun: 'table',
    origin: id,
  };
}

function ofTable({ title, rows, omittedRows, omittedCount }: DigestTable): SummaryPart {
  const cut = rows.slice(MAX_ROWS);
  const hidden = cut.length + omittedRows;
  const count = cut.reduce((sum, row) => sum + row.count, omittedCount);
  return {
    heading: title,
    facts: rows.slice(0, MAX_ROWS).map(ofRow),
    lines: hidden === 0 ? [] : [`${moreText(hidden, 'row')}, ${count} together`],
  };
}

function ofRow({ name, count, before }: DigestRow): readonly [string, string] {
  return [name, before === undefined ? `${count}` : `${count} (before: ${before})`];
}

function ofEvent(delivery: Extract<Delivery, { kind: 'event' }>): Summary {
  const { event, rules } = delivery;
  const time = isoTime(event.timeMs);
  const facts = [
    ['source', event.source],
    ['feed', event.feed],
    ['id', event.id],
    ['time', time],
  ] as const;
  const lines = [lineOf({ id: event.id, timeMs: event.timeMs, ...requestIn(delivery) })];
  const heading = rules.length === 0 ? 'No rule matched' : rules.map(({ name }) => name).join(', ');
  return {
    title: `${severityOf(delivery)}: ${titleOf(delivery)}`,
    tone: severityOf(delivery),
    timestamp: time,
    parts: [{ heading, facts, lines }],
    omitted: 0,
    notes: [],
    noun: 'event',
    origin: event.id,
  };
}

function requestIn({ event: { raw } }: Extract<Delivery, { kind: 'event' }>): Partial<EventSummary> {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return { method: text(raw['method']), host: text(raw['host']), url: text(raw['url']) };
}
