import { createHash } from 'node:crypto';
import type { NotificationReason } from '../../core/alert.ts';
import type { Delivery } from '../../core/delivery.ts';
import { highestSeverity, parseSeverity, type Severity } from '../../core/severity.ts';
import { deliveryTimeMs } from '../siem/index.ts';
import { isoTime, isWritableTime } from '../tocsin-body-values.ts';

export const FACILITIES = [
  'user',
  'daemon',
  'auth',
  'authpriv',
  'audit',
  'alert',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const;
type Facility = (typeof FACILITIES)[number];

/** RFC 5424, table 1. */
const FACILITY_CODE: Readonly<Record<Facility, number>> = {
  user: 1,
  daemon: 3,
  auth: 4,
  authpriv: 10,
  audit: 13,
  alert: 14,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
};

/** RFC 5424, table 2: critical, error, warning, notice, informational. */
const SEVERITY_CODE: Readonly<Record<Severity, number>> = {
  CRITICAL: 2,
  HIGH: 3,
  MEDIUM: 4,
  LOW: 5,
  INFO: 6,
};

/** What stands in every message of a destination. */
export interface Sender {
  readonly facility: Facility;
  readonly hostname: string;
  readonly appName: string;
  readonly enterpriseNumber: number;
}

const NIL = '-';

/**
 * RFC 5424's HEADER and STRUCTURED-DATA, ASCII apart from an id's own letters. A delivery has the same one on every
 * attempt, so that a repeat is the same message byte for byte; therefore no process id.
 */
export function syslogHeader(delivery: Delivery, sender: Sender, schema: string): string {
  const pri = FACILITY_CODE[sender.facility] * 8 + SEVERITY_CODE[severityOf(delivery)];
  const data = `[tocsin@${sender.enterpriseNumber} id="${param(delivery.id)}" schema="${schema}"]`;
  const fields = [timestamp(delivery), sender.hostname, sender.appName, NIL, messageId(delivery), data];
  return `<${pri}>1 ${fields.join(' ')}`;
}

/** The worst of the rules that matched, or else what the source says. What wakes nobody alarms nobody here. */
function severityOf(delivery: Delivery): Severity {
  if (delivery.kind === 'digest') return 'INFO';
  if (delivery.kind === 'alert') {
    const { reason, severity } = delivery.notification;
    return WAKES_NOBODY.has(reason) ? 'INFO' : severity;
  }
  const [first, ...others] = delivery.rules.map(({ severity }) => severity);
  if (first === undefined) return parseSeverity(delivery.event.raw['severity']) ?? 'INFO';
  return others.reduce(highestSeverity, first);
}

const WAKES_NOBODY: ReadonlySet<NotificationReason> = new Set(['resolved', 'shrank', 'acknowledged']);

function messageId(delivery: Delivery): string {
  return delivery.kind === 'alert' ? `alert.${delivery.notification.reason}` : delivery.kind;
}

/** Years have four digits there; a source's nonsense is a time that is not known. */
function timestamp(delivery: Delivery): string {
  const timeMs = deliveryTimeMs(delivery);
  return isWritableTime(timeMs) ? isoTime(timeMs) : NIL;
}

const MAX_ID_CHARS = 512;
/** They could end a line or forge one at receivers that split by lines. */
const UNSAFE = /[\p{Cc}\p{Cs}\u2028\u2029]/gu;

/** The delivery's id, escaped as RFC 5424 wants; what is no printable text in percent form, what is very long as its hash. */
function param(id: string): string {
  const short =
    id.length <= MAX_ID_CHARS ? id : `sha256-${createHash('sha256').update(id, 'utf16le').digest('hex')}`;
  return short
    .replaceAll(UNSAFE, (unit) => `%u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replaceAll(/["\\\]]/g, (mark) => `\\${mark}`);
}
