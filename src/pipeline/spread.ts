import { refill, take } from '../alerts/bucket.ts';
import { urgencyFrom } from '../alerts/urgency.ts';
import type { Notification, NotificationReason, NotifiedAlert } from '../core/alert.ts';
import type { Hearing, MessageRate } from '../core/delivery.ts';
import { placeOf } from '../core/notification-id.ts';
import { severityRank } from '../core/severity.ts';
import type { OutboxRow, OverflowCount, StoreTx, ToldAt } from '../core/store.ts';

/** A destination that takes alerts, as far as how much it is told goes. */
export interface Listener {
  readonly name: string;
  /** People read it; absent where every notification is sent. */
  readonly rate?: MessageRate;
  /** What it makes of notifications; absent: each is a message. */
  readonly hearing?: Hearing;
}

/**
 * - `sent`: a message of its own
 * - `too_many`: the destination has had its share of messages for now
 * - `backlog`: it does not take those that wait already
 * - `history`: everything new in it is long past: Tocsin, or the source, was away
 * - `was_muted`: it was over before its mute time was
 * - `gathered`: one of several ends, told in one message that names them
 * - `returned`: it came back and was over again before anybody was to be woken
 * - `not_for_it`: it has no use for what wakes nobody, or knows nothing of what ends
 */
export type SpreadReason =
  | 'sent'
  | 'too_many'
  | 'backlog'
  | 'history'
  | 'was_muted'
  | 'gathered'
  | 'returned'
  | 'not_for_it';

/** A notification, and what of its group decides whether it is worth a message of its own. */
export interface Tidings {
  readonly notification: Notification;
  /** Further parts of it, for whoever keeps a list. */
  readonly parts: readonly Notification[];
  /** The same for each earlier incident of its opening, for whoever keeps incidents. */
  readonly earlier: readonly Notification[];
  /** Everything new in it is long past, and nobody put it off on purpose. */
  readonly isHistory: boolean;
  /** It was over before its mute time was. */
  readonly wasMuted: boolean;
  readonly urgency: number;
  /** Who knew of its group's opening before. */
  readonly told: Readonly<Record<string, ToldAt>>;
}

/** CRITICAL messages have a share of their own. */
const CRITICAL_RATE: MessageRate = { perMinute: 10, burst: 12 };
/** Of that share, what is left to exploits that succeeded. */
const FOR_EXPLOITS = 2;
/** Ends that have a message of their own; more of them are gathered in one. */
const ENDS_RATE: MessageRate = { perMinute: 1, burst: 1 };

const QUIET: ReadonlySet<NotificationReason> = new Set(['shrank', 'acknowledged']);

/**
 * Gives one listener a notification: as a message, or as part of the one that sums up.
 * @param overflow takes what is to be summed up, by listener; the caller writes it down
 */
export async function spread(
  tx: StoreTx,
  tidings: Tidings,
  listener: Listener,
  overflow: Overflow,
  nowMs: number,
): Promise<SpreadReason> {
  const { notification } = tidings;
  const { name } = listener;
  const reason = isFor(tidings, listener) ?? (await admit(tx, tidings, listener, nowMs));
  if (reason === 'not_for_it') return reason;
  if (reason === 'sent') await tx.enqueue(rowsOf(tidings, listener), nowMs);
  else overflow.set(name, [...(overflow.get(name) ?? []), ...overflowOf(notification, reason)]);
  return reason;
}

/** What a transaction's notifications leave to be summed up, by listener. */
export type Overflow = Map<string, readonly OverflowCount[]>;

function rowsOf(tidings: Tidings, { name, hearing }: Listener): OutboxRow[] {
  const { notification, parts, urgency } = tidings;
  const all = hearing === 'incidents' ? incidentsFor(tidings, name) : [notification];
  return [...all, ...(hearing === 'list' ? parts : [])].map(({ id }) => ({
    ...{ destination: name, kind: 'alert' as const },
    ...{ deliveryId: id, urgency },
  }));
}

/** An end is told of every incident that it has, and of no other: news after an acknowledgement may not have reached it. */
function incidentsFor({ notification, earlier, told }: Tidings, name: string): readonly Notification[] {
  const { reason, incident: latest = 1 } = notification;
  if (reason !== 'resolved' && reason !== 'acknowledged') return [notification];
  const { incidents: own = [1] } = told[name] ?? {};
  const has = earlier.filter(({ incident = 1 }) => own.includes(incident));
  return own.includes(latest) ? [notification, ...has] : has;
}

/** Undefined where it hears of it, in one way or another. */
function isFor(
  { notification, told }: Tidings,
  { name, hearing }: Listener,
): Extract<SpreadReason, 'not_for_it' | 'returned'> | undefined {
  const { reason, isQuiet } = notification;
  const knows = told[name] !== undefined;
  if (reason === 'resolved' && !knows) return notification.newCount > 0 ? 'returned' : 'not_for_it';
  if (isQuiet === true) return hearing === 'list' || hearing === 'edits' ? undefined : 'not_for_it';
  if (!QUIET.has(reason)) return undefined;
  const cares = reason === 'acknowledged' ? hearing !== undefined : hearing === 'list' || hearing === 'edits';
  return cares && told[name]?.how === 'message' ? undefined : 'not_for_it';
}

async function admit(
  tx: StoreTx,
  tidings: Tidings,
  listener: Listener,
  nowMs: number,
): Promise<SpreadReason> {
  const { notification, wasMuted, told } = tidings;
  const { name, rate, hearing } = listener;
  if (wasMuted) return hearing === 'list' ? 'sent' : 'was_muted';
  if (notification.reason === 'resolved') return admitEnd(tx, notification, listener, told[name], nowMs);
  if (rate === undefined || notification.isQuiet === true || QUIET.has(notification.reason)) return 'sent';
  return admitPage(tx, tidings, name, rate, nowMs);
}

/** An end costs no page its message: it changes one, stands alone, or is named with others. */
async function admitEnd(
  tx: StoreTx,
  { id }: Notification,
  { name, rate, hearing }: Listener,
  told: ToldAt | undefined,
  nowMs: number,
): Promise<SpreadReason> {
  if (told?.how === 'summary') return 'gathered';
  if (rate === undefined || hearing === 'edits') return 'sent';
  // Behind its beginning, which has not left yet.
  if (await tx.isNotificationWaiting(name, placeOf(id).opening)) return 'sent';
  return (await hasToken(tx, `ends/${name}`, ENDS_RATE, 1, nowMs)) ? 'sent' : 'gathered';
}

async function admitPage(
  tx: StoreTx,
  { notification, isHistory, urgency }: Tidings,
  name: string,
  rate: MessageRate,
  nowMs: number,
): Promise<SpreadReason> {
  if (isHistory) return 'history';
  if (urgency >= urgencyFrom('CRITICAL')) {
    const own = {
      perMinute: Math.max(rate.perMinute, CRITICAL_RATE.perMinute),
      burst: Math.max(rate.burst, CRITICAL_RATE.burst),
    };
    const least = urgency > urgencyFrom('CRITICAL') ? 1 : 1 + FOR_EXPLOITS;
    return (await hasToken(tx, `critical/${name}`, own, least, nowMs)) ? 'sent' : 'too_many';
  }
  // Or the end of an outage would be a flood of what waited.
  if ((await tx.countWaiting(name)).count >= rate.burst) return 'backlog';
  // What is mild leaves the last message to what is not: a flood of it must not hide an attack that succeeds.
  const isMild = severityRank(notification.severity) < severityRank('HIGH');
  const least = isMild && rate.burst > 1 ? 2 : 1;
  return (await hasToken(tx, name, rate, least, nowMs)) ? 'sent' : 'too_many';
}

/** Takes one message out of a bucket that holds at least so many. */
async function hasToken(
  tx: StoreTx,
  bucketName: string,
  rate: MessageRate,
  least: number,
  nowMs: number,
): Promise<boolean> {
  const full = refill(await tx.readBucket(bucketName), rate, nowMs);
  if (full.tokens < least) return false;
  const { bucket, reason } = take(full);
  await tx.writeBucket(bucketName, bucket);
  return reason === 'sent';
}

const KINDS = ['rule', 'severity', 'actor', 'api'] as const;

/** What a notification counts, by name. Each kind's counts add up to its new matches; alerts are named besides. */
export function overflowOf(
  notification: Notification,
  spreadBecause: SpreadReason,
): readonly OverflowCount[] {
  const { alerts, newCount, reason } = notification;
  const named = alerts.flatMap((alert) => {
    const names = namesOf(alert);
    return KINDS.map((kind) => ({ kind, name: names[kind], count: alert.newCount }));
  });
  const rest = alerts.reduce((left, alert) => left - alert.newCount, newCount);
  const unnamed = KINDS.map((kind) => ({ kind, name: '', count: rest }));
  return [
    ...[...named, ...unnamed].filter(({ count }) => count > 0),
    { kind: 'match', name: '', count: newCount },
    { kind: 'notification', name: reason, count: 1 },
    ...alertNames(notification, spreadBecause),
  ];
}

/** Alerts by name, so that nobody has to look up what a summary speaks of. */
function alertNames(notification: Notification, spreadBecause: SpreadReason): readonly OverflowCount[] {
  const { alerts, omittedAlerts, reason } = notification;
  const many = Math.max(1, alerts.length + omittedAlerts);
  if (reason === 'resolved') return [{ kind: 'ended', name: endName(notification), count: many }];
  const own = alerts.map((alert): OverflowCount => {
    return { kind: kindOf(alert, spreadBecause), name: alertName(alert), count: Math.max(1, alert.newCount) };
  });
  return omittedAlerts === 0 ? own : [...own, { kind: 'alert', name: '', count: omittedAlerts }];
}

function kindOf({ severity }: NotifiedAlert, spreadBecause: SpreadReason): OverflowCount['kind'] {
  if (spreadBecause === 'was_muted') return 'muted';
  return severity === 'CRITICAL' ? 'critical' : 'alert';
}

const MAX_NAME = 200;

/** `CRITICAL SQL injection · 203.0.113.9`. */
function alertName({ severity, ruleName, group }: NotifiedAlert): string {
  const who = Object.values(group).filter((value) => value !== '');
  return [`${severity} ${ruleName}`, ...who].join(' · ').slice(0, MAX_NAME);
}

const NAMED_RULES = 3;

/**
 * `HIGH SQL injection, Scanner · 203.0.113.9`: an end by what its group's messages were about. Some of the alerts that
 * they told of may have left long ago.
 */
function endName({ severity, alerts, group }: Notification): string {
  const rules = [...new Set(alerts.map(({ ruleName }) => ruleName))];
  const more = rules.length > NAMED_RULES ? ` and ${rules.length - NAMED_RULES} more` : '';
  const what = `${rules.slice(0, NAMED_RULES).join(', ')}${more}`;
  const who = Object.entries(group).filter(
    ([key, value]) => value !== '' && key !== 'source' && key !== 'rule',
  );
  return [`${severity} ${what}`, ...who.map(([, value]) => value)].join(' · ').slice(0, MAX_NAME);
}

/** An alert of several actors or APIs names none of them: nobody is blamed for what others did. */
function namesOf({ ruleName, severity, labels, apis, sample: [newest] }: NotifiedAlert) {
  const { url, method = '', host = '' } = newest ?? {};
  const api = url === undefined || apis.count !== 1 ? '' : `${method} ${host}${url.split('?', 1)[0]}`.trim();
  return { rule: ruleName, severity, actor: String(labels['actor'] ?? ''), api };
}
