import { isIPv4 } from 'node:net';
import type { Notification } from '../../core/alert.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { Digest } from '../../core/digest.ts';
import { VERSION } from '../../telemetry/version.ts';
import { cut, epochMs } from './bounds.ts';
import { type CefField, cefLine, labelled } from './cef-line.ts';
import { type Facts, factsOfAlerts, factsOfEvent } from './facts.ts';
import { alertMessage, eventMessage } from './message.ts';
import type { Observed } from './observed.ts';
import { NO_SEVERITY_NUMBER, SEVERITY_NUMBER } from './severity.ts';

const LONGEST_ID = 1_023;
const LONGEST_NAME = 512;
const LONGEST_TEXT = 1_023;

/**
 * One line of the Common Event Format, without a line break and at most 8,000 bytes long: where more is known than fits,
 * what matters least is left out.
 */
export function encodeCef(delivery: Delivery): string {
  if (delivery.kind === 'digest') return digestLine(delivery.id, delivery.digest);
  if (delivery.kind === 'alert') return alertLine(delivery.id, delivery.notification);
  const facts = factsOfEvent(delivery);
  return line(facts, [
    ...identity(facts.id, facts.timeMs),
    ...described(facts, eventMessage(facts)),
    labelled('cs1', 'rule_ids', facts.ruleIds.join(',')),
    labelled('cs4', 'filter_id', facts.filterId),
    labelled('cs5', 'attack_id', facts.attackId),
    labelled('flexString2', 'sub_category', facts.subCategory),
  ]);
}

function alertLine(id: string, notification: Notification): string {
  const facts = factsOfAlerts(id, notification);
  const { alerts, omittedAlerts, newCount, reason, route, group } = notification;
  const groupText = Object.entries(group).map(([key, value]) => `${key}: ${value}`);
  return line(facts, [
    ...identity(id, facts.timeMs),
    ['reason', reason, LONGEST_TEXT],
    // Before what attackers write: by it, and by the reason, a receiver knows which alerts go on.
    labelled('cs1', 'fingerprint', alerts[0]?.fingerprint),
    ...described(facts, alertMessage(facts, notification)),
    labelled('cn2', 'new_count', newCount),
    labelled('cn3', 'alert_count', alerts.length + omittedAlerts),
    labelled('cs4', 'route', route),
    labelled('cs5', 'group', groupText.join(', ')),
    labelled('flexString2', 'group_key', facts.groupKey),
  ]);
}

function digestLine(id: string, { kind, title, createdAtMs, fromMs, toMs, totals }: Digest): string {
  const counts = totals.map(({ name, count }) => `${name}: ${count}`).join(', ');
  return cefLine(header(`digest-${kind}`, title, NO_SEVERITY_NUMBER), [
    ...identity(id, createdAtMs),
    ['start', epochMs(fromMs), 13],
    ['end', epochMs(toMs), 13],
    ['cat', 'digest', LONGEST_TEXT],
    ['msg', counts, LONGEST_TEXT],
  ]);
}

function line(facts: Facts, fields: readonly CefField[]): string {
  const { rule, feed, title, severity } = facts;
  const number = severity === undefined ? NO_SEVERITY_NUMBER : SEVERITY_NUMBER[severity];
  return cefLine(header(rule?.id ?? feed ?? 'tocsin', title, number), fields);
}

function header(classId: string, name: string, severity: number): readonly (string | number)[] {
  return [
    'Tocsin',
    'Tocsin',
    VERSION,
    cut(classId, LONGEST_ID) || 'tocsin',
    cut(name, LONGEST_NAME) || 'Tocsin',
    severity,
  ];
}

/** The dictionary gives `externalId` 40 characters, where ids of ours would lose their end: `cs6` has it, too. */
function identity(id: string, timeMs: number): readonly CefField[] {
  return [['rt', epochMs(timeMs), 13], ['externalId', id, LONGEST_ID], labelled('cs6', 'tocsin_id', id)];
}

function described(facts: Facts, message: string): readonly CefField[] {
  const { startMs, endMs, timeMs, action, count, feed, category, requests } = facts;
  return [
    ['start', epochMs(startMs ?? timeMs), 13],
    ['end', epochMs(endMs ?? timeMs), 13],
    ['cat', feed === 'incidents' ? 'authentication' : category, LONGEST_TEXT],
    ['act', action, 63],
    ['outcome', action === 'failure' ? 'failure' : undefined, 63],
    ['cnt', count, 16],
    ...requestFields(requests[0]),
    ['msg', message, LONGEST_TEXT],
    labelled('cs2', 'source', facts.source),
    labelled('cs3', 'feed', feed),
  ];
}

function requestFields(observed: Observed | undefined): readonly CefField[] {
  if (observed === undefined) return [];
  const { client, host, destIp, target } = observed;
  return [
    ...addressFields(client?.ip, 'src', 'c6a2', 'Source IPv6 Address'),
    ['suser', client?.ip === undefined ? client?.text : undefined, LONGEST_TEXT],
    ['spt', client?.port, 5],
    ...addressFields(destIp, 'dst', 'c6a3', 'Destination IPv6 Address'),
    ['dhost', host?.name, LONGEST_TEXT],
    ['dpt', host?.port, 5],
    ['requestMethod', observed.method, LONGEST_TEXT],
    ['request', target?.startsWith('/') ? `${host?.name ?? ''}${target}` : target, LONGEST_TEXT],
    ['requestClientApplication', observed.userAgent, LONGEST_TEXT],
    ['requestContext', observed.referrer, 2_048],
    labelled('cn1', 'http_status', observed.status),
    labelled('flexString1', 'src_country', observed.country),
  ];
}

/** `src` and `dst` hold IPv4 alone. */
function addressFields(ip: string | undefined, v4: string, v6: string, label: string): readonly CefField[] {
  if (ip === undefined) return [];
  return isIPv4(ip) ? [[v4, ip, 15]] : [labelled(v6, label, ip)];
}
