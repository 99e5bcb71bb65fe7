import { allBlindText, isUnwatched } from '../../alerts/blind.ts';
import type { Notification, NotificationReason, NotifiedAlert } from '../../core/alert.ts';
import type { Severity } from '../../core/severity.ts';
import { pathOf, requestOf } from './alert-facts.ts';
import { isOperational, subjectOf } from './subject.ts';
import { code, codeLine, plain } from './text.ts';
import {
  counted,
  countryText,
  ICONS,
  numberText,
  OPERATIONS_ICON,
  OVER_ICON,
  ordinal,
  spanText,
} from './words.ts';

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

export function badge(severity: Severity): string {
  return `${ICONS[severity]} *${severity}*`;
}

function iconOf(notification: Notification): string {
  return isOperational(notification) ? OPERATIONS_ICON : ICONS[notification.severity];
}

const STATES: Readonly<Record<Exclude<NotificationReason, 'escalated'>, readonly string[]>> = {
  opened: [],
  grew: ['more of it'],
  repeat: ['still going on'],
  shrank: [],
  acknowledged: [],
  resolved: [],
};

/** What nobody can see is not said to go on. */
function stateWords(notification: Notification, view: View): readonly string[] {
  const unseen = notification.reason === 'resolved' ? undefined : allBlindText(notification.alerts);
  if (unseen === undefined) return knownState(notification, view);
  const isRepeat = notification.reason === 'repeat' && view === 'news';
  return [...(isRepeat ? [] : knownState(notification, view)), unseen];
}

function knownState(notification: Notification, view: View): readonly string[] {
  const { reason, unacknowledgedMs } = notification;
  if (reason === 'resolved') return [];
  const handled = handlerWords(notification);
  if (reason === 'opened' || view === 'state') return [...returnWords(notification), ...handled];
  if (reason !== 'escalated') return [...STATES[reason], ...handled];
  const span = unacknowledgedMs === undefined ? '' : ` for ${spanText(unacknowledgedMs)}`;
  return [`nobody acknowledged it${span}`];
}

/** `back again: third time today`. */
function returnWords({ recurrence, alerts }: Notification): readonly string[] {
  if (recurrence !== undefined) return [`back again: ${ordinal(recurrence.times)} time today`];
  return alerts.length > 0 && alerts.every(({ episode }) => episode > 1) ? ['back again'] : [];
}

/** Who has it in hand, where somebody has all of it: whoever else reads it need not. */
function handlerWords({ isAcknowledged, alerts }: Notification): readonly string[] {
  if (isAcknowledged !== true) return [];
  const names = new Set(alerts.flatMap(({ acknowledged }) => acknowledged?.by ?? []));
  const [first, ...others] = names;
  if (first === undefined) return ['acknowledged'];
  const more = others.length === 0 ? '' : ` and ${numberText(others.length)} more`;
  return [`acknowledged by ${plain(first, 60)}${more}`];
}

/** A notification that counts no match shows what there is in all: it would be no news that nothing is new. */
export function countedView({ reason, isQuiet }: Notification, view: View): View {
  const countsNothing = reason === 'shrank' || reason === 'acknowledged' || reason === 'escalated';
  return countsNothing || isQuiet === true ? 'state' : view;
}

function gist(notification: Notification, view: View): string {
  const { alerts, omittedAlerts, reason } = notification;
  const [first] = alerts;
  if (reason === 'resolved') return overGist(notification, view);
  const isOne = first !== undefined && alerts.length + omittedAlerts === 1;
  if (isOne && isOperational(notification))
    return plain(first.description ?? countsOf(notification, view), OPERATIONS_GIST_MAX);
  const over = omittedAlerts > 0 ? [] : overOf(alerts);
  const told = [...outcomes(alerts), ...over, countsOf(notification, view)];
  return [...told, ...(first === undefined ? [] : isOne ? where(first) : origins(alerts))].join(' · ');
}

/** `1 of 3 alerts is over`. */
function overOf(alerts: readonly NotifiedAlert[]): string[] {
  const over = alerts.filter(({ state }) => state === 'resolved').length;
  if (over === 0 || alerts.length === 1) return [];
  return [`${numberText(over)} of ${counted(alerts.length, 'alert')} ${over === 1 ? 'is' : 'are'} over`];
}

/** The countries of all of them, since the headline names what they have in common. */
function origins(alerts: readonly NotifiedAlert[]): string[] {
  const countries = new Set(alerts.flatMap(({ sample: [newest] }) => newest?.country || []));
  return [...countries].slice(0, 2).map(countryText);
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

function overWords({ alerts }: Notification): string {
  return alerts.length > 0 && alerts.every(isUnwatched) ? 'No longer watched' : 'Resolved';
}

const UNWATCHED_GIST = 'its feed or rule was removed from the configuration';

function overGist(notification: Notification, view: View): string {
  const { alerts, newCount, omittedAlerts } = notification;
  if (alerts.length === 0 && newCount + omittedAlerts === 0) return 'none of its alerts is open any more';
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
  return countedView(notification, view) === 'state'
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
