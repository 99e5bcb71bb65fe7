import { refill, take } from '../alerts/bucket.ts';
import type { Notification, NotifiedAlert } from '../core/alert.ts';
import type { MessageRate } from '../core/delivery.ts';
import { severityRank } from '../core/severity.ts';
import type { OverflowCount, StoreTx } from '../core/store.ts';

/** A destination that takes alerts, as far as how much it is told goes. */
export interface Listener {
  readonly name: string;
  /** People read it; absent where every notification is sent. */
  readonly rate?: MessageRate;
}

/**
 * - `sent`: a message of its own
 * - `too_many`: the destination has had its share of messages for now
 * - `backlog`: it does not take those that wait already
 * - `history`: everything new in it is long past: Tocsin, or the source, was away
 * - `unopened`: the end of what had no message of its own
 */
export type SpreadReason = 'sent' | 'too_many' | 'backlog' | 'history' | 'unopened';

/** A notification, and what of its group decides whether it is worth a message of its own. */
export interface Tidings {
  readonly notification: Notification;
  /** Everything new in it is long past, and nobody put it off on purpose. */
  readonly isHistory: boolean;
  /** Destinations that had the group's opening only as part of a summary. */
  readonly summedUpFor: readonly string[];
}

/**
 * Gives one listener a notification: as a message, or as part of the one that sums up.
 * @param overflow takes what is to be summed up, by listener; the caller writes it down
 */
export async function spread(
  tx: StoreTx,
  tidings: Tidings,
  { name, rate }: Listener,
  overflow: Overflow,
  nowMs: number,
): Promise<SpreadReason> {
  const { notification } = tidings;
  const reason = rate === undefined ? 'sent' : await admit(tx, tidings, name, rate, nowMs);
  if (reason === 'sent')
    await tx.enqueue([{ destination: name, kind: 'alert', deliveryId: notification.id }], nowMs);
  else overflow.set(name, [...(overflow.get(name) ?? []), ...overflowOf(notification)]);
  return reason;
}

/** What a transaction's notifications leave to be summed up, by listener. */
export type Overflow = Map<string, readonly OverflowCount[]>;

async function admit(
  tx: StoreTx,
  { notification, isHistory, summedUpFor }: Tidings,
  name: string,
  rate: MessageRate,
  nowMs: number,
): Promise<SpreadReason> {
  if (isHistory) return 'history';
  if (notification.reason === 'resolved' && summedUpFor.includes(name)) return 'unopened';
  // Or the end of an outage would be a flood of what waited.
  if ((await tx.countWaiting(name)).count >= rate.burst) return 'backlog';
  const full = refill(await tx.readBucket(name), rate, nowMs);
  // What is mild leaves the last message to what is not: a flood of it must not hide an attack that succeeds.
  const isMild = severityRank(notification.severity) < severityRank('HIGH');
  if (isMild && rate.burst > 1 && full.tokens < 2) return 'too_many';
  const { bucket, reason } = take(full);
  await tx.writeBucket(name, bucket);
  return reason;
}

const KINDS = ['rule', 'severity', 'actor', 'api'] as const;

/** What a notification counts, by name. Each kind's counts add up to its new matches. */
export function overflowOf({ alerts, newCount, reason }: Notification): readonly OverflowCount[] {
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
  ];
}

/** An alert of several actors or APIs names none of them: nobody is blamed for what others did. */
function namesOf({ ruleName, severity, labels, apis, sample: [newest] }: NotifiedAlert) {
  const { url, method = '', host = '' } = newest ?? {};
  const api = url === undefined || apis.count !== 1 ? '' : `${method} ${host}${url.split('?', 1)[0]}`.trim();
  return { rule: ruleName, severity, actor: String(labels['actor'] ?? ''), api };
}
