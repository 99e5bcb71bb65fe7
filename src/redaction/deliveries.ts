import type { AlertContext, EventSummary, Evidence, Notification, NotifiedAlert } from '../core/alert.ts';
import type { Delivery } from '../core/delivery.ts';
import type { Digest, DigestRow, DigestTable } from '../core/digest.ts';
import type { JsonObject } from '../core/json.ts';

// Every text that an attacker or a captured exchange had a hand in. What keeps its identity is handed on as it is, so that
// nothing is copied where nothing was masked.

export interface Masking {
  text(value: string): string;
  json(value: JsonObject): JsonObject;
}

/** By these a person finds the event again; they hold no captured text. */
const IDENTITIES = new Set([
  'actor',
  'ip',
  'ip_address',
  'source_ip',
  'country',
  'country_code',
  'attack_id',
  'incident_id',
]);

export function maskDelivery(delivery: Delivery, masking: Masking): Delivery {
  switch (delivery.kind) {
    case 'event': {
      const raw = masking.json(delivery.event.raw);
      return raw === delivery.event.raw ? delivery : { ...delivery, event: { ...delivery.event, raw } };
    }
    case 'alert': {
      const notification = maskNotification(delivery.notification, masking);
      return notification === delivery.notification ? delivery : { ...delivery, notification };
    }
    case 'digest': {
      const digest = maskDigest(delivery.digest, masking);
      return digest === delivery.digest ? delivery : { ...delivery, digest };
    }
  }
}

function maskNotification(notification: Notification, masking: Masking): Notification {
  return changed(notification, {
    group: maskGroup(notification.group, masking),
    alerts: each(notification.alerts, (alert) => maskAlert(alert, masking)),
  });
}

function maskAlert(alert: NotifiedAlert, masking: Masking): NotifiedAlert {
  return changed(alert, {
    ...texts(alert, ['ruleName', 'description', 'runbook', 'category'], masking),
    group: maskGroup(alert.group, masking),
    sample: each(alert.sample, (summary) => maskSummary(summary, masking)),
    ...(alert.context === undefined ? {} : { context: maskContext(alert.context, masking) }),
  });
}

function maskSummary(summary: EventSummary, masking: Masking): EventSummary {
  return changed(summary, texts(summary, ['method', 'host', 'url', 'filterId', 'eventType'], masking));
}

function maskContext(context: AlertContext, masking: Masking): AlertContext {
  const { evidence, incident } = context;
  return changed(context, {
    ...texts(context, ['remediation'], masking),
    missing: each(context.missing, (sentence) => masking.text(sentence)),
    ...(evidence === undefined
      ? {}
      : {
          evidence: changed(evidence, {
            requests: each(evidence.requests, (one) => maskEvidence(one, masking)),
          }),
        }),
    ...(incident === undefined
      ? {}
      : { incident: changed(incident, texts(incident, ['userAgent'], masking)) }),
  });
}

function maskEvidence(evidence: Evidence, masking: Masking): Evidence {
  return changed(evidence, texts(evidence, ['method', 'path', 'host'], masking));
}

function maskDigest(digest: Digest, masking: Masking): Digest {
  const rows = (all: readonly DigestRow[]): readonly DigestRow[] =>
    each(all, (row) => changed(row, texts(row, ['name'], masking)));
  const table = (one: DigestTable): DigestTable => changed(one, { rows: rows(one.rows) });
  return changed(digest, {
    totals: rows(digest.totals),
    tables: each(digest.tables, table),
    notes: each(digest.notes, (note) => masking.text(note)),
  });
}

/** The group's values are terms of events: `{actor: …, url: …}`. */
function maskGroup(
  group: Readonly<Record<string, string>>,
  masking: Masking,
): Readonly<Record<string, string>> {
  const entries = Object.entries(group);
  const masked = entries.map(([term, value]): [string, string] => [
    term,
    IDENTITIES.has(term) ? value : masking.text(value),
  ]);
  return masked.some(([, value], i) => value !== entries[i]?.[1]) ? Object.fromEntries(masked) : group;
}

type TextKey<T> = { [Key in keyof T]-?: T[Key] extends string | undefined ? Key : never }[keyof T];

/** Those of the named texts that the object has, masked. */
function texts<T extends object>(object: T, keys: readonly TextKey<T>[], masking: Masking): Partial<T> {
  const result: Partial<T> = {};
  for (const key of keys) {
    const value: unknown = object[key];
    if (typeof value === 'string') Object.assign(result, { [key]: masking.text(value) });
  }
  return result;
}

function changed<T extends object>(object: T, parts: Partial<T>): T {
  const before = new Map<string, unknown>(Object.entries(object));
  const isSame = Object.entries(parts).every(([key, value]) => before.get(key) === value);
  return isSame ? object : { ...object, ...parts };
}

function each<T>(items: readonly T[], mask: (item: T) => T): readonly T[] {
  const masked = items.map(mask);
  return masked.some((item, i) => item !== items[i]) ? masked : items;
}
