import type { Notification } from '../../core/alert.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { Event, Feed } from '../../core/event.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { cimContext } from './alert-context.ts';
import { cut, textOf } from './bounds.ts';
import { cimDigest } from './digest.ts';
import { type Facts, factsOfAlerts, factsOfEvent } from './facts.ts';
import type { Observed } from './observed.ts';
import { CIM_SEVERITY } from './severity.ts';

/** Splunk's Common Information Model: flat, its field names, then ours. */
type Fields = Record<string, Json | undefined>;

/** Attackers choose how long these are; a field of CIM never needs more. */
const MAX_FIELD = 4_096;

/** Intrusion_Detection; an incident is Authentication. Absent fields are undefined. */
export function encodeCim(delivery: Delivery): JsonObject {
  if (delivery.kind === 'digest') return cimDigest(delivery.id, delivery.digest);
  if (delivery.kind === 'alert') return bounded(cimAlert(delivery.id, delivery.notification));
  return bounded(cimEvent(factsOfEvent(delivery), delivery.event));
}

function cimEvent(facts: Facts, { feed, raw }: Event): Fields {
  return {
    ...common(facts, 'event'),
    ...request(facts.requests[0]),
    ...BY_FEED[feed](raw, facts),
    signature: facts.rule?.name,
    signature_id: facts.rule?.id,
    count: facts.count,
    rule_ids: facts.ruleIds.join(','),
  };
}

/** A notification of one alert. */
function cimAlert(id: string, notification: Notification): Fields {
  const facts = factsOfAlerts(id, notification);
  const [first] = notification.alerts;
  const bySource = first?.feed === 'incidents' ? { app: 'token' } : {};
  return {
    ...common(facts, 'alert'),
    ...request(facts.requests[0]),
    ...bySource,
    action: facts.action,
    signature: facts.rule?.name,
    signature_id: facts.rule?.id,
    category: facts.category,
    count: first?.count,
    new_count: notification.newCount,
    alert_count: notification.alerts.length + notification.omittedAlerts,
    fingerprint: first?.fingerprint,
    group_key: facts.groupKey,
    alert_state: first?.state,
    episode: first?.episode,
    start_time: first && first.firstSeenMs / 1_000,
    end_time: first && first.lastSeenMs / 1_000,
    rule_ids: notification.alerts.map((alert) => alert.rule).join(','),
    reason: notification.reason,
    route: notification.route,
    ...cimContext(first?.context),
  };
}

function common({ id, source, feed, severity }: Facts, kind: 'event' | 'alert'): Fields {
  return {
    tocsin_id: id,
    id,
    kind,
    vendor_product: 'Tocsin',
    ids_type: 'application',
    source_name: source,
    feed,
    severity: severity === undefined ? undefined : CIM_SEVERITY[severity],
  };
}

function request(observed: Observed | undefined): Fields {
  if (observed === undefined) return {};
  const { client, host, destIp, path, target } = observed;
  return {
    src: client?.ip ?? client?.text,
    src_port: client?.port,
    src_country: observed.country,
    dest: host?.name ?? destIp,
    dest_port: host?.port,
    dest_ip: destIp,
    url: target,
    uri_path: path,
    uri_query: observed.query,
    http_method: observed.method,
    status: observed.status,
    http_user_agent: observed.userAgent,
    http_referrer: observed.referrer,
  };
}

const BY_FEED: Readonly<Record<Feed, (raw: JsonObject, facts: Facts) => Fields>> = {
  malicious_events: (raw, facts) => ({
    url: wholeUrl(facts.requests[0], textOf(raw['url'])),
    action: facts.action,
    category: facts.category,
    sub_category: facts.subCategory,
    filter_id: facts.filterId,
    successful_exploit: raw['successfulExploit'],
  }),
  incidents: (raw, facts) => ({
    action: 'failure',
    app: 'token',
    reason: 'invalid credentials',
    attack_id: facts.attackId,
    source_fingerprint: raw['fingerprint'],
    start_time: facts.startMs === undefined ? undefined : facts.startMs / 1_000,
    end_time: facts.endMs === undefined ? undefined : facts.endMs / 1_000,
  }),
  threat_actors: (_raw, facts) => ({ category: facts.filterId, filter_id: facts.filterId }),
  threat_apis: (raw) => ({ actor_count: raw['actorsCount'] }),
};

/** The query has a field of its own. */
function wholeUrl(observed: Observed | undefined, listed: string | undefined): string | undefined {
  const { host, target } = observed ?? {};
  const url = listed ?? target;
  return url?.startsWith('/') ? `${host?.name ?? ''}${url}` : url;
}

/** Flat and short: what a source nests where CIM wants a word is left to `schema: raw`. */
function bounded(fields: Fields): JsonObject {
  const flat = Object.entries(fields).filter(
    ([, value]) => typeof value !== 'object' && value !== '' && value !== 'null',
  );
  return Object.fromEntries(
    flat.map(([key, value]) => [key, typeof value === 'string' ? cut(value, MAX_FIELD) : value]),
  );
}
