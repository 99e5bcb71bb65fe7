import type { EventSummary, Notification, NotifiedAlert } from '../core/alert.ts';
import type { Delivery, Destination, Stream } from '../core/delivery.ts';
import type { Digest } from '../core/digest.ts';
import type { Random } from '../core/random.ts';

const ALERT_KINDS = ['alert', 'escalated', 'acknowledged', 'shrank', 'resolved'] as const;
type AlertKind = (typeof ALERT_KINDS)[number];
export const TEST_KINDS = [...ALERT_KINDS, 'event', 'digest'] as const;
export type TestKind = (typeof TEST_KINDS)[number];

/** Whether such a thing is ever sent to who takes these streams. */
export function isSent(kind: TestKind, send: readonly Stream[]): boolean {
  return kind === 'event' ? send.includes('events') || send.includes('matches') : send.includes('alerts');
}

const RULE = 'tocsin-send-test';
const TITLE = 'TEST: a message from "tocsin send-test"';
const NOTE = 'Nothing happened. Somebody tries whether messages arrive here and how they look.';
/** Addresses and names that are nobody's: RFC 5737, RFC 2606. */
const ACTOR = '203.0.113.9';
const HOST = 'api.example.com';
/** A header as captured traffic has it: whoever reads the message sees whether it is masked. */
const URL = '/v1/test?access_token=not-a-real-token';

const MINUTE_MS = 60_000;

/** Whether the daemon tells such a destination of what only changes an earlier message. */
export function isHeard(kind: TestKind, { hearing }: Pick<Destination, 'hearing'>): boolean {
  return hearing !== undefined || (kind !== 'acknowledged' && kind !== 'shrank');
}

/**
 * Messages that say of themselves that they are a test; each under an id of its own. Whoever keeps its messages current is
 * told what becomes of something only where it heard of the beginning, so there it begins first; anywhere else it is one.
 */
export function testDeliveries(
  kind: TestKind,
  { name, hearing }: Pick<Destination, 'name' | 'hearing'>,
  nowMs: number,
  random: Random,
): readonly [Delivery, ...Delivery[]] {
  const id = `tocsin/test/${nowMs.toString(36)}${Math.floor(random() * 36 ** 6).toString(36)}`;
  if (kind === 'event') return [eventDelivery(id, nowMs)];
  if (kind === 'digest') return [{ kind: 'digest', id, digest: digestOf(id, name, nowMs) }];
  const isAfterwards = kind !== 'alert' && kind !== 'escalated';
  if (!isAfterwards || hearing !== 'edits') return [alertDelivery(id, kind, nowMs)];
  return [alertDelivery(`${id}/1`, 'alert', nowMs), alertDelivery(`${id}/2`, kind, nowMs)];
}

function alertDelivery(id: string, kind: AlertKind, nowMs: number): Delivery {
  return { kind: 'alert', id, notification: notificationOf(id, kind, nowMs) };
}

function eventDelivery(id: string, nowMs: number): Delivery {
  const raw = {
    ...{ id, filterId: RULE, actor: ACTOR, host: HOST, method: 'GET', url: URL, severity: 'INFO' },
    ...{ timestamp: Math.floor(nowMs / 1_000), category: TITLE, subCategory: RULE },
  };
  const event = { id, source: 'tocsin', feed: 'malicious_events', feedId: id, timeMs: nowMs, raw } as const;
  return { kind: 'event', id, event, rules: [{ rule: RULE, name: TITLE, severity: 'INFO' }] };
}

function notificationOf(id: string, kind: AlertKind, nowMs: number): Notification {
  const isNews = kind === 'alert' || kind === 'escalated';
  return {
    id,
    route: 'send-test',
    reason: kind === 'alert' ? 'opened' : kind,
    group: { rule: RULE, actor: ACTOR },
    severity: 'INFO',
    newCount: isNews ? 1 : 0,
    alerts: alertsOf(kind, nowMs),
    omittedAlerts: 0,
    ...(kind === 'escalated' ? { unacknowledgedMs: 15 * MINUTE_MS } : {}),
    ...(kind === 'acknowledged' ? { isAcknowledged: true } : {}),
    createdAtMs: nowMs,
  };
}

/** All under one key: whoever keeps incidents opens one by `alert`, and ends it by `resolved`. */
function alertsOf(kind: AlertKind, nowMs: number): readonly NotifiedAlert[] {
  const open = alertOf(nowMs);
  switch (kind) {
    case 'alert':
    case 'escalated':
      return [open];
    case 'acknowledged':
      return [
        {
          ...{ ...open, newCount: 0, state: 'acknowledged' },
          acknowledged: { atMs: nowMs, by: 'tocsin send-test', note: NOTE },
        },
      ];
    case 'resolved':
      return [ended(open, nowMs)];
    case 'shrank':
      return [ended({ ...open, fingerprint: '7e577e577e577e58' }, nowMs)];
  }
}

function ended(alert: NotifiedAlert, nowMs: number): NotifiedAlert {
  return { ...alert, newCount: 0, state: 'resolved', resolvedAtMs: nowMs };
}

function alertOf(nowMs: number): NotifiedAlert {
  const sample: EventSummary = {
    ...{ id: 'tocsin/test/event', timeMs: nowMs - MINUTE_MS, actor: ACTOR, method: 'GET', host: HOST },
    ...{ url: URL, statusCode: 403, filterId: RULE, successfulExploit: false },
  };
  return {
    ...{ fingerprint: '7e577e577e577e57', rule: RULE, ruleName: TITLE, description: NOTE, severity: 'INFO' },
    ...{ source: 'tocsin', feed: 'malicious_events', group: { actor: ACTOR }, count: 1, newCount: 1 },
    ...{ firstSeenMs: nowMs - MINUTE_MS, lastSeenMs: nowMs - MINUTE_MS, openedAtMs: nowMs - MINUTE_MS },
    ...{ state: 'open', episode: 1, matchedAtMs: nowMs - MINUTE_MS },
    ...{ sample: [sample], resolveAfterMs: 60 * MINUTE_MS, actors: { count: 1 }, apis: { count: 1 } },
    labels: { rule: RULE, rule_name: TITLE, severity: 'INFO', source: 'tocsin', actor: ACTOR, host: HOST },
  };
}

function digestOf(id: string, destination: string, nowMs: number): Digest {
  const rows = [{ name: TITLE, count: 1 }];
  return {
    ...{ id, kind: 'period', title: 'TEST: digest', fromMs: nowMs - 60 * MINUTE_MS, toMs: nowMs },
    ...{ timeZone: 'UTC', totals: [{ name: 'events', count: 1 }] },
    tables: [{ title: 'Rules', rows, omittedRows: 0, omittedCount: 0 }],
    notes: [NOTE, `It was sent to ${destination} only.`],
    createdAtMs: nowMs,
  };
}
