import type { Shed, ShedRequest, WaitingMark, WaitingPart } from '../../core/store.ts';
import type { Database } from './database.ts';
import { int, maybeInt } from './row.ts';

type Row = Record<string, unknown>;

/** What a row's payload takes, told by the header of its text: the text itself is not read. */
const SIZE = `coalesce(CASE w.kind
  WHEN 'event' THEN (SELECT octet_length(p.raw) FROM events e JOIN payloads p ON p.seq = e.seq WHERE e.id = w.delivery_id)
  WHEN 'alert' THEN (SELECT octet_length(n.body) FROM notifications n WHERE n.id = w.delivery_id)
  ELSE (SELECT octet_length(d.body) FROM digests d WHERE d.id = w.delivery_id) END, 0)`;

/** Of what waits, in the order in which it is due. What moves meanwhile may be counted twice or not at all. */
export function measureWaiting(
  db: Database,
  destination: string,
  after: WaitingMark | undefined,
  limit: number,
): WaitingPart {
  const rows = db.all(
    `SELECT w.seq, w.due_ms, ${SIZE} AS bytes FROM outbox w
     WHERE w.destination = ? AND w.state = 'pending' AND (w.due_ms, w.seq) > (?, ?) ORDER BY w.due_ms, w.seq LIMIT ?`,
    destination,
    after?.dueMs ?? Number.MIN_SAFE_INTEGER,
    after?.seq ?? 0,
    limit,
  );
  const last = rows.at(-1);
  const isAll = last === undefined || rows.length < limit;
  return {
    bytes: bytesOf(rows),
    ...(isAll ? {} : { next: { dueMs: int(last, 'due_ms'), seq: int(last, 'seq') } }),
  };
}

/** What was never put off is due since it was enqueued; the few others have an index of their own. */
export function oldestWaitingMs(db: Database, destination: string): number | undefined {
  const row = db.get(
    `SELECT min(ms) AS oldest FROM (
       SELECT min(due_ms) AS ms FROM outbox WHERE destination = ?1 AND state = 'pending'
       UNION ALL SELECT min(enqueued_ms) FROM outbox WHERE destination = ?1 AND state = 'pending' AND reason IS NOT NULL)`,
    destination,
  );
  return maybeInt(row, 'oldest');
}

/** By when it was enqueued, as what was never tried: order is that of when each is due. */
export function restorePlaces(db: Database, destination: string, nowMs: number): number {
  return db.run(
    `UPDATE outbox INDEXED BY outbox_tried SET due_ms = enqueued_ms
     WHERE destination = ? AND state = 'pending' AND reason IS NOT NULL AND lease_until_ms <= ? AND due_ms > enqueued_ms`,
    destination,
    nowMs,
  );
}

/** What is under a lease is left: it may be arriving just now. */
const FREE = "destination = ?1 AND state = 'pending' AND lease_until_ms <= ?2";
const COLUMNS = 'seq, kind, delivery_id, enqueued_ms';
/** The oldest of both kinds; one index begins with when they are due, the other with when they were enqueued. */
const OLDEST = `SELECT w.seq, ${SIZE} AS bytes FROM (
    SELECT * FROM (SELECT ${COLUMNS} FROM outbox WHERE ${FREE} AND reason IS NULL AND due_ms < ?3 ORDER BY due_ms, seq LIMIT ?4)
    UNION ALL
    SELECT * FROM (SELECT ${COLUMNS} FROM outbox INDEXED BY outbox_tried WHERE ${FREE} AND reason IS NOT NULL AND enqueued_ms < ?3
      ORDER BY enqueued_ms, seq LIMIT ?4)
  ) w WHERE w.enqueued_ms < ?3 ORDER BY w.enqueued_ms, w.seq LIMIT ?4`;

/** To the dead letters with the oldest; one turn's worth. */
export function shed(db: Database, request: ShedRequest, nowMs: number): Shed {
  const { destination, limit, reason } = request;
  const before = request.beforeMs ?? Number.MAX_SAFE_INTEGER;
  const rows = db.all(OLDEST, destination, nowMs, before, limit);
  const taken = request.bytes === undefined ? rows : upTo(rows, request.bytes);
  db.run(
    `UPDATE outbox SET state = 'dead', reason = ?1, settled_ms = ?2, lease_until_ms = 0, history = json_insert(coalesce(history, '[]'),
       '$[#]', json_object('outcome', 'dead', 'reason', ?1, 'fromMs', ?2, 'atMs', ?2, 'times', 1))
     WHERE state = 'pending' AND seq IN (SELECT value FROM json_each(?3))`,
    reason,
    nowMs,
    JSON.stringify(taken.map((row) => int(row, 'seq'))),
  );
  return { count: taken.length, bytes: bytesOf(taken) };
}

function upTo(rows: readonly Row[], bytes: number): readonly Row[] {
  let left = bytes;
  return rows.filter((row) => {
    const isTaken = left > 0;
    left -= int(row, 'bytes');
    return isTaken;
  });
}

function bytesOf(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + int(row, 'bytes'), 0);
}
