import type { Notification } from '../../core/alert.ts';
import { bold, code, plain } from './text.ts';
import { counted } from './words.ts';

/** Tocsin tells of itself, and of no attack. */
export function isOperational({ alerts }: Pick<Notification, 'alerts'>): boolean {
  return alerts.length > 0 && alerts.every(({ feed }) => feed === 'operations');
}

/** Rules that the headline names; more are counted. */
const MOST_RULES = 4;
/** Labels of a group of attacks that nobody needs to read first: the names of its rules stand there. */
const UNSAID: ReadonlySet<string> = new Set(['source', 'rule', 'rule_name']);

/** What it is about, and whom: the rules by name, then what its alerts have in common. */
export function subjectOf(notification: Notification): string {
  const { alerts, omittedAlerts } = notification;
  const [first] = alerts;
  const group = isOperational(notification) ? notification.group : saidLabels(notification.group);
  if (first === undefined) {
    const { rule = 'Alerts', rule_name: name = rule } = notification.group;
    return `${bold(name, 150)}${values(group)}`;
  }
  const number = alerts.length + omittedAlerts;
  if (number === 1) return `${bold(first.ruleName, 150)}${values(first.group)}`;
  const names = [...new Map(alerts.map(({ rule, ruleName }) => [rule, ruleName])).values()];
  if (names.length === 1 && omittedAlerts === 0)
    return `${bold(first.ruleName, 150)}, ${counted(number, 'alert')}${values(group)}`;
  const about = values(group);
  return `${severalRules(names, number, omittedAlerts)}${about === '' ? '' : ` ·${about}`}`;
}

/** `*3 rules*: SQL injection, XSS, Scanner`. Which rules alerts have that are not here is not known. */
function severalRules(names: readonly string[], alerts: number, omittedAlerts: number): string {
  const shown = names.slice(0, MOST_RULES).map((name) => plain(name, 60));
  const rest = names.length - shown.length;
  const more = omittedAlerts > 0 ? ', …' : rest > 0 ? ` and ${counted(rest, 'more rule')}` : '';
  const number =
    omittedAlerts > 0
      ? `*${counted(alerts, 'alert')}*`
      : `*${counted(names.length, 'rule')}*${alerts > names.length ? `, ${counted(alerts, 'alert')}` : ''}`;
  return `${number}: ${shown.join(', ')}${more}`;
}

function saidLabels(group: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(group).filter(([key]) => !UNSAID.has(key)));
}

function values(group: Readonly<Record<string, string>>): string {
  return Object.entries(group)
    .slice(0, 3)
    .map(([key, value]) => ` ${value === '' ? `(no ${plain(key, 30)})` : code(value, 80)}`)
    .join('');
}
