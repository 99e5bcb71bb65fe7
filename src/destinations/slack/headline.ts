import { allBlindText, isUnwatched } from '../../alerts/blind.ts';
import type { Notification, NotifiedAlert } from '../../core/alert.ts';
import type { Severity } from '../../core/severity.ts';
import { pathOf, requestOf } from './alert-facts.ts';
import { bold, code, codeLine, plain } from './text.ts';
import { counted, countryText, ICONS, numberText, OPERATIONS_ICON, OVER_ICON, spanText } from './words.ts';

/** What Tocsin says of itself is all that there is to say, and stands here whole, as a rule. */
export const OPERATIONS_GIST_MAX = 600;

/**
 * - `news`: a message of its own, of what is new since the last one
 * - `state`: the one message of a group, which is kept current: how things stand
 */
export type View = 'news' | 'state';

/**
 * The two lines that a lock screen shows, a screen reader reads, and that stand above the rest:
 * what it is and about whom; how much, what, from where.
 */
export function headline(notification: Notification, view: View): string {
  const { severity } = notification;
  const subject = `${isOperational(notification) ? 'Tocsin itself: ' : ''}${subjectOf(notification)}`;
  const state = stateWords(notification, view);
  const first =
    notification.reason === 'resolved'
      ? [`${OVER_ICON} *${overWords(notification)}*`, `was ${severity}`, ...state, subject]
      : [`${iconOf(notification)} *${severity}*`, ...state, subject];
  return `${first.join(' · ')}\n${gist(notification, view)}`;
}

function isOperational({ alerts }: Pick<Notification, 'alerts'>): boolean {
  return alerts.length > 0 && alerts.every(({ feed }) => feed === 'operations');
}

export function badge(severity: Severity): string {
  return `${ICONS[severity]} *${severity}*`;
}

function iconOf(notification: Notification): string {
  return isOperational(notification) ? OPERATIONS_ICON : ICONS[notification.severity];
}

const STATES: Readonly<Record<Notification['reason'], readonly string[]>> = {
  opened: [],
  grew: ['more of it'],
  repeat: ['still going on'],
  escalated: ['nobody has acknowledged it'],
  shrank: [],
  acknowledged: ['acknowledged'],
  resolved: [],
};

/** What nobody can see is not said to go on. */
function stateWords(notification: Notification, view: View): readonly string[] {
  const unseen = notification.reason === 'resolved' ? undefined : allBlindText(notification.alerts);
  if (unseen === undefined) return knownState(notification, view);
  const isRepeat = notification.reason === 'repeat' && view === 'news';
  return [...(isRepeat ? [] : knownState(notification, view)), unseen];
}

function knownState({ reason, alerts }: Notification, view: View): readonly string[] {
  const isBack = alerts.length > 0 && alerts.every(({ episode }) => episode > 1);
  if (reason === 'opened' || (view === 'state' && reason !== 'resolved')) return isBack ? ['back again'] : [];
  return STATES[reason];
}

function subjectOf({ alerts, omittedAlerts, group }: Notification): string {
  const [first, ...others] = alerts;
  if (first === undefined) return `*Alerts*${values(group)}`;
  if (others.length + omittedAlerts === 0) return `${bold(first.ruleName, 150)}${values(first.group)}`;
  const isOneRule = others.every(({ rule }) => rule === first.rule) && omittedAlerts === 0;
  const number = counted(alerts.length + omittedAlerts, 'alert');
  const { rule: _named, rule_name: _too, ...rest } = group;
  return isOneRule ? `${bold(first.ruleName, 150)}, ${number}${values(rest)}` : `*${number}*${values(rest)}`;
}

function values(group: Readonly<Record<string, string>>): string {
  return Object.entries(group)
    .slice(0, 3)
    .map(([key, value]) => ` ${value === '' ? `(no ${plain(key, 30)})` : code(value, 80)}`)
    .join('');
}

function gist(notification: Notification, view: View): string {
  const { alerts, omittedAlerts, reason } = notification;
  const [first] = alerts;
  if (reason === 'resolved') return overGist(notification, view);
  if (first !== undefined && isOperational(notification) && alerts.length + omittedAlerts === 1)
    return plain(first.description ?? countsOf(notification, view), OPERATIONS_GIST_MAX);
  const told = [...outcomes(alerts), countsOf(notification, view)];
  return alerts.length + omittedAlerts === 1 && first !== undefined
    ? [...told, ...where(first)].join(' · ')
    : [...told, ...ruleNames(alerts)].join(' · ');
}

function outcomes(alerts: readonly NotifiedAlert[]): string[] {
  const succeeded = alerts.some(({ sample }) => sample.some((event) => event.successfulExploit === true));
  return succeeded ? ['*an attack SUCCEEDED*'] : [];
}

function where({ sample: [newest], group }: NotifiedAlert): string[] {
  const actor = 'actor' in group ? '' : (newest?.actor ?? '');
  const request = newest === undefined ? '' : codeLine(requestOf(newest, pathOf(newest)), 90);
  const country = newest?.country ?? '';
  return [
    ...(actor === '' ? [] : [`by ${code(actor, 60)}`]),
    ...(request === '' ? [] : [`\`${request}\``]),
    ...(country === '' ? [] : [countryText(country)]),
  ];
}

function ruleNames(alerts: readonly NotifiedAlert[]): string[] {
  const names = [...new Set(alerts.map(({ ruleName }) => ruleName))];
  if (names.length < 2) return [];
  const more = names.length > 3 ? ` and ${counted(names.length - 3, 'more rule')}` : '';
  return [
    `${names
      .slice(0, 3)
      .map((name) => plain(name, 50))
      .join(', ')}${more}`,
  ];
}

function overWords({ alerts }: Notification): string {
  return alerts.length > 0 && alerts.every(isUnwatched) ? 'No longer watched' : 'Resolved';
}

const UNWATCHED_GIST = 'its feed or rule was removed from the configuration';

function overGist(notification: Notification, view: View): string {
  const { alerts } = notification;
  const firstMs = Math.min(...alerts.map(({ firstSeenMs }) => firstSeenMs));
  const lastMs = Math.max(...alerts.map(({ lastSeenMs }) => lastSeenMs));
  const quietMs = Math.max(...alerts.map(({ resolveAfterMs }) => resolveAfterMs));
  const lasted = lastMs > firstMs ? [`lasted ${spanText(lastMs - firstMs)}`] : [];
  const verb = isOperational(notification) ? 'not said again' : 'quiet';
  const isSeen = !alerts.every(isUnwatched);
  const unwatched = alerts.some(isUnwatched) ? [UNWATCHED_GIST] : [];
  const quiet = isSeen ? [`${verb} for ${spanText(quietMs)}`] : [];
  return [...lasted, ...quiet, ...unwatched, countsOf(notification, view)].join(' · ');
}

/** The notification's numbers: new matches, and all since its alerts opened, of which omitted alerts tell the new ones alone. */
function countsOf(notification: Notification, view: View): string {
  const { alerts, newCount, omittedAlerts } = notification;
  const total = sum(alerts, (alert) => alert.count) + newInRest(notification, alerts);
  const isAtLeast = omittedAlerts > 0 && notification.reason !== 'opened';
  return view === 'state'
    ? `${isAtLeast ? 'at least ' : ''}${matches(total)}`
    : counts(newCount, total, isAtLeast);
}

/** New since the last message, and all since the alert opened: `57 matches`, `12 new matches (57 in all)`. */
export function counts(newCount: number, total: number, isAtLeast = false): string {
  if (newCount === total) return matches(total);
  if (newCount === 0) return `nothing new (${isAtLeast ? 'at least ' : ''}${matches(total)} in all)`;
  return `${counted(newCount, 'new match', 'new matches')} (${isAtLeast ? 'at least ' : ''}${numberText(total)} in all)`;
}

function matches(total: number): string {
  return counted(total, 'match', 'matches');
}

/** Matches that none of those alerts counts. */
export function newInRest({ newCount }: Notification, shown: readonly NotifiedAlert[]): number {
  return Math.max(0, newCount - sum(shown, (alert) => alert.newCount));
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
