import { blindText } from '../../alerts/blind.ts';
import type { Notification, NotifiedAlert } from '../../core/alert.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { Digest } from '../../core/digest.ts';
import { isOver } from '../alert-slices.ts';
import { groupKey } from '../notification-key.ts';
import { titleOf } from '../template-context.ts';
import { isoTime } from '../tocsin-body-values.ts';
import { digestKey } from './digest-key.ts';

type Labels = Readonly<Record<string, string>>;

/** The payload of Alertmanager's webhooks, version 4. */
export interface AlertmanagerPayload {
  readonly version: '4';
  readonly groupKey: string;
  /** How many more alerts the group has. */
  readonly truncatedAlerts: number;
  readonly status: 'firing' | 'resolved';
  readonly receiver: string;
  readonly groupLabels: Labels;
  readonly commonLabels: Labels;
  readonly commonAnnotations: Labels;
  readonly externalURL: string;
  readonly alerts: readonly AlertmanagerAlert[];
}

interface AlertmanagerAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: string;
  /** `0001-01-01T00:00:00Z` while it goes on, as Alertmanager writes it. */
  readonly endsAt: string;
  readonly generatorURL: string;
  readonly fingerprint: string;
}

const NO_TIME = '0001-01-01T00:00:00Z';

/**
 * A group of which some alerts are over while others go on is firing. Which alerts exist is told by `fingerprint`: a
 * payload holds those that changed, or one part of all.
 * @param receiver the destination's name
 */
export function alertmanagerPayload(
  delivery: Exclude<Delivery, { kind: 'event' }>,
  receiver: string,
  externalURL: string,
  instance?: string,
): AlertmanagerPayload {
  const group =
    delivery.kind === 'alert'
      ? ofNotification(delivery.notification, titleOf(delivery))
      : ofDigest(delivery.digest, instance);
  const common = (of: (alert: AlertmanagerAlert) => Labels): Labels => shared(group.alerts.map(of));
  return {
    version: '4',
    groupKey: group.groupKey,
    truncatedAlerts: group.truncatedAlerts,
    status: group.status,
    receiver,
    groupLabels: group.groupLabels,
    commonLabels: common(({ labels }) => labels),
    commonAnnotations: common(({ annotations }) => annotations),
    externalURL,
    alerts: group.alerts,
  };
}

type Group = Pick<AlertmanagerPayload, 'groupKey' | 'truncatedAlerts' | 'status' | 'groupLabels' | 'alerts'>;

function ofNotification(notification: Notification, summary: string): Group {
  const { group, alerts, omittedAlerts, reason } = notification;
  return {
    groupKey: groupKey(notification),
    truncatedAlerts: omittedAlerts,
    status: reason === 'resolved' ? 'resolved' : 'firing',
    groupLabels: labelled(group),
    alerts: alerts.map((alert) => ofAlert(alert, notification, summary)),
  };
}

function ofAlert(alert: NotifiedAlert, notification: Notification, summary: string): AlertmanagerAlert {
  const { resolvedAtMs = notification.createdAtMs, openedAtMs, fingerprint } = alert;
  const hasEnded = isOver(notification, alert);
  return {
    status: hasEnded ? 'resolved' : 'firing',
    labels: labelsOf(alert),
    annotations: annotationsOf(alert, summary),
    startsAt: isoTime(openedAtMs),
    endsAt: hasEnded ? isoTime(Math.max(resolvedAtMs, openedAtMs)) : NO_TIME,
    generatorURL: '',
    fingerprint,
  };
}

/** The alert's own win over a term of its group that has the same name. */
function labelsOf({ rule, ruleName, severity, source, feed, category, group }: NotifiedAlert): Labels {
  return {
    ...labelled(group),
    ...{ alertname: ruleName, rule, severity: severity.toLowerCase(), source, feed },
    ...(category === undefined ? {} : { category }),
  };
}

function annotationsOf(alert: NotifiedAlert, summary: string): Labels {
  const { description, runbook, count, newCount, lastSeenMs, acknowledged, context } = alert;
  const { blind, resolvedBecause } = alert;
  return {
    summary,
    ...(description === undefined ? {} : { description }),
    ...(runbook === undefined ? {} : { runbook_url: runbook }),
    ...{ count: `${count}`, new_count: `${newCount}`, last_seen: isoTime(lastSeenMs) },
    ...(acknowledged === undefined ? {} : { acknowledged_by: acknowledged.by }),
    ...(blind === undefined ? {} : { blind: blindText(alert) ?? '', blind_since: isoTime(blind.sinceMs) }),
    ...(resolvedBecause === undefined ? {} : { resolved_because: resolvedBecause }),
    ...(context?.remediation === undefined ? {} : { remediation: context.remediation }),
  };
}

/** A summary is nothing that goes on: it starts and ends with its period, so that a receiver lets it go. */
function ofDigest(digest: Digest, instance: string | undefined): Group {
  const { kind, title, fromMs, toMs, totals, notes, severity = 'INFO' } = digest;
  const key = digestKey(digest, instance);
  const labels = { alertname: title, severity: severity.toLowerCase(), source: 'tocsin', digest: kind };
  const figures = totals.map(({ name, count }) => `${name}: ${count}`).join(', ');
  const annotations = { summary: `${title}: ${figures}`, description: notes.join('\n') };
  const times = { startsAt: isoTime(fromMs), endsAt: isoTime(toMs) };
  const alert = {
    status: 'firing' as const,
    labels,
    annotations,
    ...times,
    generatorURL: '',
    fingerprint: key,
  };
  return { groupKey: key, truncatedAlerts: 0, status: 'firing', groupLabels: {}, alerts: [alert] };
}

/** Names as Prometheus takes them. */
function labelled(group: Labels): Labels {
  const entries = Object.entries(group).map(([key, value]) => [
    key.replace(/^(?=\d)|[^A-Za-z0-9_]/g, '_'),
    value,
  ]);
  return Object.fromEntries(entries);
}

function shared([first = {}, ...others]: readonly Labels[]): Labels {
  const isShared = ([key, value]: [string, string]): boolean =>
    others.every((other) => Object.hasOwn(other, key) && other[key] === value);
  return Object.fromEntries(Object.entries(first).filter(isShared));
}
