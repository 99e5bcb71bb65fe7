import type { AlertFeed, Notification, NotifiedAlert } from '../../core/alert.ts';
import type { Delivery, MatchedRule } from '../../core/delivery.ts';
import { type Event, eventId, type Feed } from '../../core/event.ts';
import { parseSeverity, type Severity, severityRank } from '../../core/severity.ts';
import { groupKey } from '../notification-key.ts';
import { countOf, textOf } from './bounds.ts';
import { actionOf, type Observed, observedIn, observedOf } from './observed.ts';

/** What every schema asks, of an event and of a notification alike. Texts are attackers' and not yet bounded. */
export interface Facts {
  /** The delivery's own: receivers de-duplicate by it. */
  readonly id: string;
  /** The same for all that is told of one object, or of one alert from its opening to its end. */
  readonly findingId: string;
  /** What names the present opening of an alert's group. */
  readonly groupKey?: string;
  readonly source: string | undefined;
  readonly feed: AlertFeed | undefined;
  readonly timeMs: number;
  /** When it began and was last seen, where that is not one instant. */
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
  readonly severity: Severity | undefined;
  /** The source's word for one that we do not know. */
  readonly otherSeverity: string | undefined;
  readonly title: string;
  /** The most severe that matched; without one, what the source itself calls it. */
  readonly rule: { readonly id: string; readonly name: string } | undefined;
  readonly ruleIds: readonly string[];
  readonly category: string | undefined;
  readonly subCategory: string | undefined;
  readonly filterId: string | undefined;
  /** What the source says joins this event with others. */
  readonly attackId: string | undefined;
  readonly count: number | undefined;
  readonly action: 'allowed' | 'blocked' | 'unknown' | 'failure';
  /** The time as the source wrote it. */
  readonly originalTime: string | undefined;
  /** The newest first; the first is the one where only one fits. */
  readonly requests: readonly Observed[];
}

const TITLES: Readonly<Record<Feed, string>> = {
  malicious_events: 'API attack',
  incidents: 'Failed attempts to obtain a token',
  threat_actors: 'Threat actor',
  threat_apis: 'API under attack',
};
const MOST_REQUESTS = 10;

export function factsOfEvent({ id, event, rules }: Extract<Delivery, { kind: 'event' }>): Facts {
  const { source, feed, raw, timeMs } = event;
  const filterId = textOf(raw['filterId']) ?? textOf(raw['latestAttack']);
  const rule = ruleOf(rules, filterId);
  const observed = observedIn(event);
  return {
    ...{ id, findingId: findingIdOf(event), source, feed, timeMs, rule, filterId },
    ...severityOf(event, rules),
    title: rule?.name ?? TITLES[feed],
    ruleIds: rules.map((each) => each.rule),
    category: textOf(raw['category']) ?? textOf(raw['subCategory']),
    subCategory: textOf(raw['subCategory']),
    attackId: textOf(raw['attackId']),
    count: countOf(raw['requests']) ?? countOf(raw['requestsCount']),
    action: feed === 'incidents' ? 'failure' : actionOf(observed),
    originalTime: originalTimeOf(event),
    requests: [observed],
    ...spanOf(event),
  };
}

export function factsOfAlerts(id: string, notification: Notification): Facts {
  const { alerts, severity, createdAtMs } = notification;
  const [first] = alerts;
  const requests = alerts.flatMap(requestsOf).slice(0, MOST_REQUESTS);
  return {
    ...{ id, findingId: alertFindingId(notification), groupKey: groupKey(notification) },
    ...{ timeMs: createdAtMs, severity, requests },
    ...{ source: first?.source, feed: first?.feed },
    startMs: least(alerts.map((alert) => alert.firstSeenMs)),
    endMs: most(alerts.map((alert) => alert.lastSeenMs)),
    otherSeverity: undefined,
    title: textOf(first?.ruleName) ?? first?.rule ?? 'Alert',
    rule: first && { id: first.rule, name: textOf(first.ruleName) ?? first.rule },
    ruleIds: [...new Set(alerts.map((alert) => alert.rule))],
    category: first?.category,
    subCategory: undefined,
    filterId: textOf(first?.sample[0]?.filterId),
    attackId: textOf(first?.context?.incident?.attackId),
    count: alerts.reduce((sum, alert) => sum + alert.count, 0),
    action: alertAction(first, requests[0]),
    originalTime: undefined,
  };
}

/** An alert that comes back is a finding of its own, and so is the same alert of another installation: its group's key tells them apart. */
function alertFindingId(notification: Notification): string {
  const [alert] = notification.alerts;
  const key = groupKey(notification);
  return alert === undefined ? key : `${key}/${alert.fingerprint}/${alert.episode}`;
}

/** Who it is about first: an alert's group names its actor even where its newest event does not. */
function requestsOf({ sample, group, context }: NotifiedAlert): readonly Observed[] {
  const [newest, ...older] = sample;
  const userAgent = textOf(context?.incident?.userAgent);
  const actor = textOf(group['actor']) ?? textOf(group['ip_address']);
  const bare = { id: '', timeMs: 0, ...(actor === undefined ? {} : { actor }) };
  const first = newest === undefined ? bare : { ...bare, ...newest };
  return [{ ...observedOf(first), userAgent }, ...older.map(observedOf)];
}

function alertAction(alert: NotifiedAlert | undefined, newest: Observed | undefined): Facts['action'] {
  if (alert?.feed === 'incidents') return 'failure';
  return newest === undefined ? 'unknown' : actionOf(newest);
}

function ruleOf(rules: readonly MatchedRule[], filterId: string | undefined): Facts['rule'] {
  const top = mostSevere(rules);
  if (top !== undefined) return { id: top.rule, name: top.name };
  return filterId === undefined ? undefined : { id: filterId, name: filterId };
}

function severityOf(
  { raw }: Event,
  rules: readonly MatchedRule[],
): Pick<Facts, 'severity' | 'otherSeverity'> {
  const own = textOf(raw['severity']);
  const severity = mostSevere(rules)?.severity ?? parseSeverity(own);
  return { severity, otherSeverity: severity === undefined ? own : undefined };
}

function mostSevere(rules: readonly MatchedRule[]): MatchedRule | undefined {
  return rules.toSorted((a, b) => severityRank(b.severity) - severityRank(a.severity))[0];
}

/** Of an object that changes, the same in all its revisions. */
function findingIdOf({ source, feed, feedId, revision, id }: Event): string {
  return revision === undefined ? id : eventId(source, feed, feedId);
}

function originalTimeOf({ raw }: Event): string | undefined {
  const value = raw['timestamp'] ?? raw['updateTime'] ?? raw['discoveredAt'];
  return typeof value === 'number' ? String(value) : textOf(value);
}

/** An incident lasts from its creation to its newest attempt. */
function spanOf({ feed, raw, timeMs }: Event): Pick<Facts, 'startMs' | 'endMs'> {
  const created = feed === 'incidents' ? Date.parse(textOf(raw['createTime']) ?? '') : Number.NaN;
  if (Number.isNaN(created)) return { startMs: undefined, endMs: undefined };
  return { startMs: Math.min(created, timeMs), endMs: timeMs };
}

function least(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.min(...values);
}

function most(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.max(...values);
}
