import type { Notification } from '../../core/alert.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { Feed } from '../../core/event.ts';
import type { JsonObject } from '../../core/json.ts';
import { VERSION } from '../../telemetry/version.ts';
import { remediationText } from './alert-context.ts';
import { boundedJson, cut, isoTime, tidy } from './bounds.ts';
import { rawDigest } from './digest.ts';
import { ecsLabels, ecsRequest, ecsTarget } from './ecs-fields.ts';
import { type Facts, factsOfAlerts, factsOfEvent } from './facts.ts';
import { alertMessage, eventMessage } from './message.ts';
import { rawOneAlert } from './raw.ts';
import { NO_SEVERITY_NUMBER, SEVERITY_NUMBER } from './severity.ts';

type EventDelivery = Extract<Delivery, { kind: 'event' }>;

const ECS_VERSION = '8.17.0';
/** `ignore_above` of nearly every keyword: what is longer is kept and never found. */
const LONGEST_KEYWORD = 1_024;

/** `event.kind`, `.category` and `.type`, of which ECS allows only its own words, and only in some company. */
const CATEGORIES: Readonly<Record<Feed, JsonObject>> = {
  malicious_events: { kind: 'alert', category: ['intrusion_detection', 'web'], type: ['info'] },
  incidents: { kind: 'event', category: ['authentication'], type: ['start'], outcome: 'failure' },
  threat_actors: { kind: 'alert', category: ['intrusion_detection', 'threat'], type: ['indicator', 'info'] },
  threat_apis: { kind: 'alert', category: ['intrusion_detection', 'web'], type: ['info'] },
};
/** What Tocsin says of itself is no attack. */
const OPERATIONAL = { kind: 'alert', category: ['configuration'], type: ['info'] };

/** The Elastic Common Schema, 8.x: types as its mapping has them, so that no index refuses a document. */
export function encodeEcs(delivery: Delivery): JsonObject {
  if (delivery.kind === 'digest') return digest(delivery);
  return delivery.kind === 'alert' ? alert(delivery.id, delivery.notification) : event(delivery);
}

function event(delivery: EventDelivery): JsonObject {
  const { raw, feed, revision, feedId } = delivery.event;
  const facts = factsOfEvent(delivery);
  const { json, isWhole } = boundedJson(raw);
  const tocsin = {
    ...{ kind: 'event', feed_id: feedId, revision, rules: facts.ruleIds, attack_id: facts.attackId },
    ...{ is_truncated: isWhole ? undefined : true },
  };
  return document(facts, {
    message: eventMessage(facts),
    event: { ...CATEGORIES[feed], ...eventType(facts), code: facts.filterId ?? facts.rule?.id },
    original: JSON.stringify(json),
    tocsin,
    more: feed === 'threat_actors' ? indicator(facts) : {},
  });
}

function alert(id: string, notification: Notification): JsonObject {
  const { reason, route, group, newCount, alerts, omittedAlerts } = notification;
  const facts = factsOfAlerts(id, notification);
  const [first] = alerts;
  const { json, isWhole } = boundedJson({ alerts: alerts.map(rawOneAlert) });
  const tocsin = {
    ...{ kind: 'alert', notification_id: notification.id, reason, route, new_count: newCount },
    ...{ group_key: facts.groupKey, alert_count: alerts.length + omittedAlerts },
    ...{ rules: facts.ruleIds, fingerprints: alerts.map((each) => each.fingerprint) },
    ...{ state: first?.state, episode: first?.episode, attack_id: facts.attackId },
    ...{
      remediation: remediationText(first?.context?.remediation),
      missing_context: first?.context?.missing,
    },
    ...{ acknowledged_by: first?.acknowledged?.by, is_truncated: isWhole ? undefined : true },
  };
  return document(facts, {
    message: alertMessage(facts, notification),
    event: { ...alertCategories(facts), action: `alert-${reason}`, code: facts.rule?.id },
    original: JSON.stringify(json),
    tocsin,
    more: {
      rule: { description: first?.description, reference: first?.runbook },
      labels: ecsLabels(group),
    },
  });
}

interface Parts {
  readonly message: string;
  readonly event: JsonObject;
  readonly original: string;
  readonly tocsin: JsonObject;
  readonly more: { readonly [key: string]: JsonObject };
}

function document(facts: Facts, { message, event, original, tocsin, more }: Parts): JsonObject {
  const { id, source, feed, timeMs, startMs, endMs, severity } = facts;
  const words = tidy(
    {
      ...more,
      ...ecsRequest(facts.requests),
      rule: { ...more['rule'], ...ruleOf(facts) },
      tocsin: { source, feed, severity: severity ?? facts.otherSeverity, count: facts.count, ...tocsin },
    },
    LONGEST_KEYWORD,
  );
  const details = tidy(
    {
      ...{
        module: 'tocsin',
        provider: 'tocsin',
        dataset: `tocsin.${tocsin['kind'] === 'alert' ? 'alerts' : feed}`,
      },
      ...event,
      severity: severity === undefined ? NO_SEVERITY_NUMBER : SEVERITY_NUMBER[severity],
      start: startMs === undefined ? undefined : isoTime(startMs),
      end: endMs === undefined ? undefined : isoTime(endMs),
    },
    LONGEST_KEYWORD,
  );
  return {
    '@timestamp': isoTime(timeMs),
    tocsin_id: id,
    ...common(),
    message: cut(message, LONGEST_KEYWORD),
    ...words,
    ...ecsTarget(facts.requests[0]),
    event: { ...details, id, original },
  };
}

function digest({ id, digest: summary }: Extract<Delivery, { kind: 'digest' }>): JsonObject {
  const { title, kind, createdAtMs, fromMs, toMs } = summary;
  const { json, isWhole } = boundedJson(rawDigest(id, summary));
  return {
    '@timestamp': isoTime(createdAtMs),
    tocsin_id: id,
    ...common(),
    message: cut(title, LONGEST_KEYWORD),
    event: {
      ...{ id, kind: 'metric', module: 'tocsin', provider: 'tocsin', dataset: 'tocsin.digests' },
      ...{ type: ['info'], severity: NO_SEVERITY_NUMBER, start: isoTime(fromMs), end: isoTime(toMs) },
      original: JSON.stringify(json),
    },
    tocsin: { kind: 'digest', digest_kind: kind, ...(isWhole ? {} : { is_truncated: true }) },
  };
}

function common(): JsonObject {
  return {
    ecs: { version: ECS_VERSION },
    observer: { vendor: 'Tocsin', product: 'Tocsin', version: VERSION },
  };
}

function ruleOf({ rule, ruleIds, category }: Facts): JsonObject {
  if (rule === undefined) return {};
  return { ...rule, category, ruleset: ruleIds.length > 0 ? 'tocsin' : undefined };
}

function eventType({ action, feed }: Facts): JsonObject {
  return feed === 'malicious_events' && action === 'blocked' ? { type: ['denied'] } : {};
}

/** An alert about incidents keeps their category; all are alerts. */
function alertCategories({ feed, action }: Facts): JsonObject {
  if (feed === 'operations' || feed === undefined) return OPERATIONAL;
  const own = CATEGORIES[feed];
  const type = feed === 'malicious_events' && action === 'blocked' ? ['denied'] : own['type'];
  return { ...own, type, kind: 'alert' };
}

function indicator({ requests, timeMs }: Facts): { readonly threat: JsonObject } | Record<string, never> {
  const ip = requests[0]?.client?.ip;
  if (ip === undefined) return {};
  const type = ip.includes(':') ? 'ipv6-addr' : 'ipv4-addr';
  return { threat: { indicator: { type, ip, last_seen: isoTime(timeMs) } } };
}
