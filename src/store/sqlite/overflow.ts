import type { Notification } from '../../core/alert.ts';
import type { Digest } from '../../core/digest.ts';
import type { OverflowCount, StoreTx } from '../../core/store.ts';
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
export function takeWaiting(
  db: Database,
  destination: string,
  beforeMs: number,
  limit: number,
  reason: string,
  nowMs: number,
): Notification[] {
  const rows = db.all(
    `SELECT o.seq, n.body FROM outbox o JOIN notifications n ON n.id = o.delivery_id
     WHERE o.destination = ? AND o.kind <> 'event' AND o.state = 'pending' AND o.kind = 'alert' AND o.enqueued_ms < ? AND o.lease_until_ms <= ?
     ORDER BY o.seq LIMIT ?`,
    destination,
    beforeMs,
    nowMs,
    limit,
  );
  for (const row of rows)
    db.run(
      "UPDATE outbox SET state = 'done', reason = ?, settled_ms = ? WHERE seq = ?",
      reason,
      nowMs,
      int(row, 'seq'),
    );
  return rows.map((row) => json<Notification>(row, 'body'));
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

const KINDS = ['rule', 'actor', 'api', 'severity', 'notification', 'match'] as const;

function kindOf(row: Row): OverflowCount['kind'] {
  return KINDS.find((kind) => kind === row['kind']) ?? 'match';
}
