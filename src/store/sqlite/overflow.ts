import type { Notification } from '../../core/alert.ts';
import type { Digest } from '../../core/digest.ts';
import type { OverflowCount, StoreTx, TakenNotification, WaitingTaken } from '../../core/store.ts';
import { OVERFLOW_KINDS } from '../../core/store-records.ts';
import type { Database } from './database.ts';
import { int, json, maybeInt, text } from './row.ts';

type Row = Record<string, unknown>;

/** Names of one kind kept apart for one destination: attackers choose them and their number. */
const MOST_NAMES = 1_000;
/** What further names are counted under. */
const OTHERS = '';

export function readBucket(db: Database, destination: string): Awaited<ReturnType<StoreTx['readBucket']>> {
  const row = db.get('SELECT tokens, at_ms FROM buckets WHERE destination = ?', destination);
  const tokens = row?.['tokens'];
  return typeof tokens === 'number' ? { tokens, atMs: int(row, 'at_ms') } : undefined;
}

export function writeBucket(
  db: Database,
  destination: string,
  { tokens, atMs }: { readonly tokens: number; readonly atMs: number },
): void {
  db.run(
    `INSERT INTO buckets (destination, tokens, at_ms) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET tokens = excluded.tokens, at_ms = excluded.at_ms`,
    destination,
    tokens,
    atMs,
  );
}

/** `kind <> 'event'` here and below is what the index over the few asks for: an outage leaves very many events. */
const WAITS = "o.kind <> 'event' AND o.state = 'pending' AND o.kind = 'alert'";
/** Notifications of the same opening at the same destination, by how their ids begin; `o` is the one in question. */
const OPENING = `rtrim(o.delivery_id, '0123456789.')`;
const BEFORE = `e.destination = o.destination AND e.kind = 'alert' AND e.delivery_id >= ${OPENING} AND e.delivery_id < ${OPENING} || '~' AND e.seq < o.seq`;
/** Delivered, and not only closed: that would say why. */
const KNOWN = `EXISTS (SELECT 1 FROM outbox e WHERE ${BEFORE} AND e.state = 'done' AND e.reason IS NULL)`;
const BEHIND = `EXISTS (SELECT 1 FROM outbox e WHERE ${BEFORE} AND e.state = 'pending' AND e.urgency >= ?4)`;
/** What follows something that is taken is taken with it: nobody is told of the end alone. */
const FOLLOWS = `EXISTS (SELECT 1 FROM outbox e WHERE ${BEFORE} AND e.state = 'pending' AND e.enqueued_ms < ?2 AND e.lease_until_ms <= ?3 AND e.urgency < ?4)`;
const CHANGES = "n.body ->> '$.reason' IN ('resolved', 'shrank', 'acknowledged')";

export function takeWaiting(
  db: Database,
  { destination, beforeMs, belowUrgency, edits, limit, reason }: WaitingTaken,
  nowMs: number,
): TakenNotification[] {
  const rows = db.all(
    `SELECT * FROM (
       SELECT o.seq, n.body, ${KNOWN} AS known, ${CHANGES} AS changes FROM outbox o JOIN notifications n ON n.id = o.delivery_id
       WHERE o.destination = ?1 AND ${WAITS} AND (o.enqueued_ms < ?2 OR ${FOLLOWS})
         AND o.lease_until_ms <= ?3 AND o.urgency < ?4 AND NOT ${BEHIND})
     WHERE NOT (?5 AND known AND changes) ORDER BY seq LIMIT ?6`,
    destination,
    beforeMs,
    nowMs,
    belowUrgency,
    edits ? 1 : 0,
    limit,
  );
  db.run(
    "UPDATE outbox SET state = 'done', reason = ?, settled_ms = ? WHERE seq IN (SELECT value FROM json_each(?))",
    reason,
    nowMs,
    JSON.stringify(rows.map((row) => int(row, 'seq'))),
  );
  return rows.map((row) => ({
    notification: json<Notification>(row, 'body'),
    isKnown: int(row, 'known') === 1,
  }));
}

export function isNotificationWaiting(db: Database, destination: string, opening: string): boolean {
  const sql = `SELECT 1 FROM outbox WHERE state <> 'done' AND state = 'pending' AND delivery_id >= ?1 AND delivery_id < ?1 || '~'
    AND destination = ?2 AND kind = 'alert' LIMIT 1`;
  return db.get(sql, `${opening}/`, destination) !== undefined;
}

export function countWaiting(
  db: Database,
  destination: string,
): { readonly count: number; readonly sinceMs?: number } {
  const sql = `SELECT count(*) AS count, min(enqueued_ms) AS since FROM outbox
    WHERE destination = ? AND kind <> 'event' AND state = 'pending' AND kind = 'alert'`;
  const row = db.get(sql, destination);
  const sinceMs = maybeInt(row, 'since');
  return { count: int(row, 'count'), ...(sinceMs === undefined ? {} : { sinceMs }) };
}

export function isDigestWaiting(db: Database, destination: string, kind: Digest['kind']): boolean {
  const sql = `SELECT 1 FROM outbox o JOIN digests d ON d.id = o.delivery_id
    WHERE o.destination = ? AND o.kind <> 'event' AND o.state = 'pending' AND o.kind = 'digest' AND d.body ->> '$.kind' = ? LIMIT 1`;
  return db.get(sql, destination, kind) !== undefined;
}

export function addOverflow(
  db: Database,
  destination: string,
  counts: readonly OverflowCount[],
  nowMs: number,
): void {
  const known = new Map<string, number>();
  for (const { kind, name, count } of counts) {
    const names = known.get(kind) ?? namesOf(db, destination, kind);
    const isKnown =
      names < MOST_NAMES ||
      db.get(
        'SELECT 1 FROM overflow WHERE destination = ? AND kind = ? AND name = ?',
        destination,
        kind,
        name,
      ) !== undefined;
    const inserted = db.get(
      `INSERT INTO overflow (destination, kind, name, count, since_ms) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count RETURNING since_ms = ?5 AND count = ?4 AS fresh`,
      destination,
      kind,
      isKnown ? name : OTHERS,
      count,
      nowMs,
    );
    known.set(kind, names + int(inserted, 'fresh'));
  }
}

function namesOf(db: Database, destination: string, kind: string): number {
  return int(
    db.get('SELECT count(*) AS names FROM overflow WHERE destination = ? AND kind = ?', destination, kind),
    'names',
  );
}

export function takeOverflow(
  db: Database,
  destination: string,
): Awaited<ReturnType<StoreTx['takeOverflow']>> {
  const rows = db.all(
    'SELECT kind, name, count, since_ms FROM overflow WHERE destination = ? ORDER BY count DESC, name',
    destination,
  );
  if (rows.length === 0) return undefined;
  db.run('DELETE FROM overflow WHERE destination = ?', destination);
  const counts = rows.map((row) => ({
    kind: kindOf(row),
    name: text(row, 'name'),
    count: int(row, 'count'),
  }));
  return { counts, sinceMs: Math.min(...rows.map((row) => int(row, 'since_ms'))) };
}

function kindOf(row: Row): OverflowCount['kind'] {
  return OVERFLOW_KINDS.find((kind) => kind === row['kind']) ?? 'match';
}
