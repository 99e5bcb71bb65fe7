import type { Notification, StoredAlert } from '../../core/alert.ts';
import type { MatchedRule } from '../../core/delivery.ts';
import type { Digest } from '../../core/digest.ts';
import { eventId } from '../../core/event.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Attempts, DeliveryHistory, EventRecord, Membership, Records } from '../../core/records.ts';
import type { AlertGroup, StoredWindow, WindowKey } from '../../core/store.ts';
import { openAlerts } from './alerts.ts';
import type { Database } from './database.ts';
import { inhibitingAlerts, toldOf } from './members.ts';
import { toFeed, toRecord } from './outbox.ts';
import { int, json, maybeInt, maybeText, text } from './row.ts';

type Row = Record<string, unknown>;
type Ask = <T>(question: (db: Database) => T) => Promise<T>;

/** @param ask waits for its turn on the connection */
export function recordsOf(ask: Ask): Records {
  return {
    readEvent: (id) => ask((db) => readEvent(db, id)),
    eventIds: (prefix, limit) => ask((db) => idsFrom(db, 'events', prefix, limit)),
    eventIdsInFeeds: (feedId, limit) => ask((db) => eventIdsInFeeds(db, feedId, limit)),
    findAlerts: (prefix, limit) => ask((db) => findAlerts(db, prefix, limit)),
    openAlerts: (limit) => ask((db) => openAlerts(db, limit)),
    inhibitingAlerts: (dueByMs, limit) => ask((db) => inhibitingAlerts(db, dueByMs, limit)),
    alertsShowing: (id, sinceMs, limit) => ask((db) => alertsShowing(db, id, sinceMs, limit)),
    membershipsOf: (fingerprint) => ask((db) => membershipsOf(db, fingerprint)),
    readGroup: (id) => ask((db) => readGroup(db, id)),
    readWindows: (keys) => ask((db) => readWindows(db, keys)),
    readNotification: (id) => ask((db) => readNotification(db, id)),
    readDigest: (id) => ask((db) => readDigest(db, id)),
    notificationIds: (prefix, limit) => ask((db) => idsFrom(db, 'notifications', prefix, limit)),
    notificationsOf: (group, sinceMs, limit) => ask((db) => notificationsOf(db, group, sinceMs, limit)),
    notificationsListing: (fingerprint, sinceMs, limit) =>
      ask((db) => notificationsListing(db, fingerprint, sinceMs, limit)),
    readDelivery: (seq) => ask((db) => readDelivery(db, seq)),
    deliveriesOf: (deliveryId) => ask((db) => deliveriesOf(db, deliveryId)),
  };
}

function readEvent(db: Database, id: string): EventRecord | undefined {
  const row = db.get(
    'SELECT e.*, p.raw FROM events e LEFT JOIN payloads p ON p.seq = e.seq WHERE e.id = ?',
    id,
  );
  if (row === undefined) return undefined;
  const revision = maybeText(row, 'revision');
  const polledMs = maybeInt(row, 'polled_ms');
  return {
    ...{ id, source: text(row, 'source'), feed: toFeed(row), feedId: text(row, 'feed_id') },
    ...(revision === undefined ? {} : { revision }),
    timeMs: int(row, 'time_ms'),
    ...(row['raw'] === null ? {} : { raw: json<JsonObject>(row, 'raw') }),
    committedMs: int(row, 'committed_ms'),
    ...(polledMs === undefined ? {} : { polledMs }),
    rules: json<MatchedRule[]>(row, 'rules'),
  };
}

/** Behind every text that begins with the prefix: no character is higher. */
const LAST = '\u{10ffff}';

function idsFrom(db: Database, table: 'events' | 'notifications', prefix: string, limit: number): string[] {
  return db
    .all(`SELECT id FROM ${table} WHERE id >= ?1 AND id < ?1 || ?2 ORDER BY id LIMIT ?3`, prefix, LAST, limit)
    .map((row) => text(row, 'id'));
}

/** Every feed that was ever polled has a cursor, and an event's id begins with its feed. */
function eventIdsInFeeds(db: Database, feedId: string, limit: number): string[] {
  const whole = db.all('SELECT source, feed FROM cursors').map((row) => {
    return eventId(text(row, 'source'), toFeed(row), feedId);
  });
  const ids = whole.flatMap((id) => [
    ...(db.get('SELECT 1 FROM events WHERE id = ?', id) === undefined ? [] : [id]),
    ...idsFrom(db, 'events', `${id}/`, limit),
  ]);
  return ids.slice(0, limit);
}

function findAlerts(db: Database, prefix: string, limit: number): StoredAlert[] {
  return db
    .all(
      'SELECT body FROM alerts WHERE fingerprint >= ?1 AND fingerprint < ?1 || ?2 ORDER BY fingerprint LIMIT ?3',
      prefix,
      LAST,
      limit,
    )
    .map((row) => json<StoredAlert>(row, 'body'));
}

function alertsShowing(db: Database, id: string, sinceMs: number, limit: number): StoredAlert[] {
  return db
    .all(
      `SELECT body FROM (SELECT body FROM alerts WHERE updated_ms >= ?1 ORDER BY updated_ms LIMIT ?2)
       WHERE instr(body, ?3) > 0`,
      sinceMs,
      limit,
      JSON.stringify(id),
    )
    .map((row) => json<StoredAlert>(row, 'body'))
    .filter(({ sample }) => sample.some((event) => event.id === id));
}

function membershipsOf(db: Database, fingerprint: string): Membership[] {
  return db
    .all(
      `SELECT g.body, m.count, m.told_episode, m.told_severity, m.told_urgency FROM group_members m JOIN groups g ON g.id = m.group_id
       WHERE m.fingerprint = ?`,
      fingerprint,
    )
    .map((row) => {
      const told = toldOf(row);
      const newCount = int(row, 'count');
      return { group: json<AlertGroup>(row, 'body'), newCount, ...(told === undefined ? {} : { told }) };
    });
}

function readGroup(db: Database, id: string): AlertGroup | undefined {
  const row = db.get('SELECT body FROM groups WHERE id = ?', id);
  return row === undefined ? undefined : json<AlertGroup>(row, 'body');
}

export function readWindows(db: Database, keys: readonly WindowKey[]): StoredWindow[] {
  const sql = 'SELECT state, expires_ms FROM windows WHERE rule = ? AND condition = ? AND group_key = ?';
  return keys.flatMap((key) => {
    const row = db.get(sql, key.rule, key.condition, key.group);
    return row === undefined
      ? []
      : [{ ...key, state: json<StoredWindow['state']>(row, 'state'), expiresMs: int(row, 'expires_ms') }];
  });
}

function readNotification(db: Database, id: string): Notification | undefined {
  const row = db.get('SELECT body FROM notifications WHERE id = ?', id);
  return row === undefined ? undefined : json<Notification>(row, 'body');
}

function readDigest(db: Database, id: string): Digest | undefined {
  const row = db.get('SELECT body FROM digests WHERE id = ?', id);
  return row === undefined ? undefined : json<Digest>(row, 'body');
}

/** A notification's id begins with its group's. */
function notificationsOf(db: Database, group: string, sinceMs: number, limit: number): Notification[] {
  return db
    .all(
      `SELECT body FROM notifications WHERE id >= ?1 AND id < ?1 || ?2 AND created_ms >= ?3 ORDER BY created_ms, id LIMIT ?4`,
      `alert/${group}/`,
      LAST,
      sinceMs,
      limit,
    )
    .map((row) => json<Notification>(row, 'body'));
}

function notificationsListing(
  db: Database,
  fingerprint: string,
  sinceMs: number,
  limit: number,
): Notification[] {
  return db
    .all(
      `SELECT body FROM (SELECT body FROM notifications WHERE created_ms >= ?1 ORDER BY created_ms LIMIT ?2)
       WHERE instr(body, ?3) > 0`,
      sinceMs,
      limit,
      JSON.stringify(fingerprint),
    )
    .map((row) => json<Notification>(row, 'body'))
    .filter(({ alerts }) => alerts.some((alert) => alert.fingerprint === fingerprint));
}

function readDelivery(db: Database, seq: number): DeliveryHistory | undefined {
  const row = db.get('SELECT * FROM outbox WHERE seq = ?', seq);
  return row === undefined ? undefined : withHistory(row);
}

/** The index begins with the destination, and there are few: each is looked up on its own. */
function deliveriesOf(db: Database, deliveryId: string): DeliveryHistory[] {
  return db
    .all(
      `WITH RECURSIVE names(name) AS (
         SELECT min(destination) FROM outbox
         UNION ALL SELECT (SELECT min(destination) FROM outbox WHERE destination > name) FROM names WHERE name IS NOT NULL
       )
       SELECT o.* FROM names CROSS JOIN outbox o ON o.destination = names.name AND o.delivery_id = ? ORDER BY o.destination`,
      deliveryId,
    )
    .map(withHistory);
}

function withHistory(row: Row): DeliveryHistory {
  const isKept = typeof row['history'] === 'string';
  const leaseUntilMs = int(row, 'lease_until_ms');
  return {
    ...toRecord(row),
    ...(leaseUntilMs > 0 ? { leaseUntilMs } : {}),
    history: isKept ? json<Attempts[]>(row, 'history') : [],
  };
}
