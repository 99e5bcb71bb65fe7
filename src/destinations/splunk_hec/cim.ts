import type { AlertFeed, Notification } from '../../core/alert.ts';
import type { MatchedRule } from '../../core/delivery.ts';
import type { Event, Feed } from '../../core/event.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { parseSeverity, type Severity, severityRank } from '../../core/severity.ts';
import { decodePayload } from '../../payload/index.ts';
import { cimContext } from './alert-context.ts';

/** Splunk's Common Information Model: flat, its field names, then ours. */
type Fields = Record<string, Json | undefined>;

/** Attackers choose how long these are; a field of CIM never needs more. */
const MAX_FIELD = 4_096;
const IPV4_PORT = /^(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})$/;
const IPV6_PORT = /^\[([0-9A-Fa-f:.]{2,45})\](?::(\d{1,5}))?$/;
const CIM_SEVERITY: Readonly<Record<Severity, string>> = {
  CRITICAL: 'critical',
  HIGH: 'high',
  MEDIUM: 'medium',
  LOW: 'low',
  INFO: 'informational',
};

/** One event in the model its feed belongs to. Absent fields are undefined. */
export function cimEvent(id: string, event: Event, rules: readonly MatchedRule[]): JsonObject {
  return bounded({
    ...common(id, 'event', event.source, event.feed),
    ...byFeed[event.feed](event.raw),
    ...signature(event, rules),
    rule_ids: rules.map((rule) => rule.rule).join(','),
  });
}

/** A notification, as its most severe alert with the counts of all. */
export function cimAlert(id: string, notification: Notification): JsonObject {
  const [first] = notification.alerts;
  const newest = first?.sample[0];
  return bounded({
    ...common(id, 'alert', first?.source, first?.feed),
    action: actionOf(newest?.successfulExploit, newest?.statusCode),
    ...source(first?.group['actor'] ?? newest?.actor),
    dest: newest?.host,
    url: newest?.url,
    http_method: newest?.method,
    status: newest?.statusCode,
    src_country: newest?.country,
    signature: first?.ruleName,
    signature_id: first?.rule,
    category: first?.category,
    severity: CIM_SEVERITY[notification.severity],
    count: first?.count,
    new_count: notification.newCount,
    alert_count: notification.alerts.length + notification.omittedAlerts,
    fingerprint: first?.fingerprint,
    rule_ids: notification.alerts.map((alert) => alert.rule).join(','),
    reason: notification.reason,
    route: notification.route,
    ...cimContext(first?.context),
  });
}

function common(id: string, kind: 'event' | 'alert', sourceName?: string, feed?: AlertFeed): Fields {
  return {
    tocsin_id: id,
    id,
    kind,
    vendor_product: 'Tocsin',
    ids_type: 'application',
    source_name: sourceName,
    feed,
  };
}

/** The most severe rule that matched; without one, what the source itself calls it. */
function signature(event: Event, rules: readonly MatchedRule[]): Fields {
  const top = rules.toSorted((a, b) => severityRank(b.severity) - severityRank(a.severity))[0];
  const own = text(event.raw['filterId']) ?? text(event.raw['latestAttack']);
  const severity = top?.severity ?? parseSeverity(event.raw['severity']);
  return {
    signature: top?.name ?? own,
    signature_id: top?.rule ?? own,
    severity: severity === undefined ? undefined : CIM_SEVERITY[severity],
  };
}

const byFeed: Readonly<Record<Feed, (raw: JsonObject) => Fields>> = {
  malicious_events: maliciousEvent,
  incidents: incident,
  threat_actors: (raw) => ({
    ...source(text(raw['id'])),
    dest: raw['latestApiHost'],
    url: raw['latestApiEndpoint'],
    http_method: raw['latestApiMethod'],
    src_country: raw['country'],
  }),
  threat_apis: (raw) => ({
    dest: raw['host'],
    url: raw['api'],
    http_method: raw['method'],
    count: raw['requestsCount'],
    actor_count: raw['actorsCount'],
  }),
};

/** Intrusion_Detection. */
function maliciousEvent(raw: JsonObject): Fields {
  const exchange = exchangeOf(raw['payload']);
  const host = text(raw['host']) ?? headerOf(exchange, 'host');
  const path = text(raw['url']) ?? text(exchange?.path);
  return {
    action: actionOf(raw['successfulExploit'], exchange?.statusCode),
    ...source(text(raw['actor']) ?? text(raw['ip']) ?? text(exchange?.ip)),
    dest: host ?? text(exchange?.destIp),
    dest_ip: text(exchange?.destIp),
    url: path?.startsWith('/') ? `${host ?? ''}${path}` : path,
    uri_path: path?.split('?', 1)[0],
    uri_query: exchange?.path.split('?').slice(1).join('?'),
    http_method: text(raw['method']) ?? text(exchange?.method),
    status: exchange?.statusCode,
    http_user_agent: headerOf(exchange, 'user-agent'),
    http_referrer: headerOf(exchange, 'referer'),
    src_country: raw['country'],
    category: text(raw['category']) ?? raw['subCategory'],
    sub_category: raw['subCategory'],
    filter_id: raw['filterId'],
    successful_exploit: raw['successfulExploit'],
  };
}

/** Authentication: an incident is a run of failed attempts to obtain a token. */
function incident(raw: JsonObject): Fields {
  return {
    action: 'failure',
    app: 'token',
    ...source(text(raw['ipAddress'])),
    http_user_agent: raw['userAgent'],
    count: raw['requests'],
    attack_id: raw['attackId'],
    source_fingerprint: raw['fingerprint'],
  };
}

/** A detector sees; whether the request was let through shows in what the application answered. */
function actionOf(successful: Json | undefined, status: number | undefined): string {
  if (successful === true) return 'allowed';
  if (status === undefined) return 'unknown';
  return status === 401 || status === 403 || status === 429 ? 'blocked' : 'allowed';
}

/** A payload that does not decode leaves its fields out; the event still flows. */
function exchangeOf(payload: Json | undefined): Exchange | undefined {
  if (typeof payload !== 'string' || payload === '') return undefined;
  try {
    return decodePayload(payload);
  } catch {
    return undefined;
  }
}

function headerOf(exchange: Exchange | undefined, name: string): string | undefined {
  const found = Object.entries(exchange?.requestHeaders ?? {}).find(([key]) => key.toLowerCase() === name);
  return text(found?.[1][0]);
}

function source(address: string | undefined): Fields {
  const [, ip, port] = IPV4_PORT.exec(address ?? '') ?? IPV6_PORT.exec(address ?? '') ?? [];
  return { src: ip ?? address, src_port: port === undefined ? undefined : Number(port) };
}

/** A text with something in it; the feeds write the word `null` where they have nothing. */
function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' && value !== 'null' ? value : undefined;
}

/** Flat and short: what a source nests where CIM wants a word is left to `schema: raw`. */
function bounded(fields: Fields): JsonObject {
  const flat = Object.entries(fields).filter(
    ([, value]) => typeof value !== 'object' && value !== '' && value !== 'null',
  );
  return Object.fromEntries(
    flat.map(([key, value]) => [key, typeof value === 'string' ? cut(value) : value]),
  );
}

function cut(value: string): string {
  return value.length <= MAX_FIELD ? value : value.slice(0, MAX_FIELD).toWellFormed();
}
