import type { PruneReport, Retention } from '../../core/store.ts';
import type { Database } from './database.ts';
import { maybeInt, text } from './row.ts';

/** Rows deleted by one statement: small enough that no caller waits long for its turn. */
const CHUNK = 2_000;
const MAX_CHUNKS = 10;
/** Space is cleared down to this share of the bound, so that not every page needs clearing again. */
const LOW_WATER = 0.9;

const UNDELIVERED = "EXISTS (SELECT 1 FROM outbox o WHERE o.delivery_id = t.id AND o.state <> 'done')";

/** Deletes what has aged out, one chunk of each kind a call, then clears delivered payloads if space is short. */
export function prune(db: Database, retention: Retention, nowMs: number): PruneReport {
  const before = nowMs - retention.eventsMs;
  pullBack(db, nowMs);
  db.run(
    `DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE state = 'done' AND settled_ms < ? LIMIT ${CHUNK})`,
    before,
  );
  db.run(
    `DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE state = 'dead' AND settled_ms < ? LIMIT ${CHUNK})`,
    nowMs - retention.deadLettersMs,
  );
  const deletedEvents = deleteEvents(db, before, retention.lookbackMs);
  db.run(
    `DELETE FROM notifications WHERE id IN (SELECT id FROM notifications t WHERE created_ms < ? AND NOT ${UNDELIVERED} LIMIT ${CHUNK})`,
    before,
  );
  db.run('DELETE FROM windows WHERE expires_ms < ?', nowMs);
  db.run(
    'DELETE FROM alerts WHERE updated_ms < ? AND fingerprint NOT IN (SELECT fingerprint FROM pending_counts)',
    before,
  );
  db.run('DELETE FROM groups WHERE due_ms IS NULL AND updated_ms < ?', before);
  const clearedPayloads = clearPayloads(db, retention.maxBytes);
  const bytes = usedBytes(db);
  return { deletedEvents, clearedPayloads, bytes, overBound: bytes > retention.maxBytes };
}

/** Longer than anything may be put off: what is due later was written by a clock that was ahead. */
const LONGEST_RETRY_MS = 2 * 3_600_000;
const LONGEST_GROUP_MS = 8 * 86_400_000;

function pullBack(db: Database, nowMs: number): void {
  db.run(
    "UPDATE outbox SET due_ms = ?1 WHERE state = 'pending' AND due_ms > ?1 + ?2",
    nowMs,
    LONGEST_RETRY_MS,
  );
  db.run('UPDATE groups SET due_ms = ?1 WHERE due_ms > ?1 + ?2', nowMs, LONGEST_GROUP_MS);
}

/** A reader reads again what lies shortly behind its feed's newest event: those ids stay, however old. */
function deleteEvents(db: Database, committedBefore: number, lookbackMs: number): number {
  const feeds = db.all('SELECT source, feed FROM cursors');
  return feeds
    .map((feed) =>
      db.run(
        `DELETE FROM events WHERE seq IN (SELECT seq FROM events t WHERE source = ? AND feed = ? AND time_ms < ? AND committed_ms < ?
         AND NOT ${UNDELIVERED} LIMIT ${CHUNK})`,
        text(feed, 'source'),
        text(feed, 'feed'),
        newestMs(db, feed) - lookbackMs,
        committedBefore,
      ),
    )
    .reduce((sum, deleted) => sum + deleted, 0);
}

function newestMs(db: Database, feed: Record<string, unknown>): number {
  const row = db.get(
    'SELECT max(time_ms) AS newest FROM events WHERE source = ? AND feed = ?',
    text(feed, 'source'),
    text(feed, 'feed'),
  );
  return maybeInt(row, 'newest') ?? 0;
}

/** The id of a cleared event still recognises its repetition; only its text is gone. Oldest first. */
function clearPayloads(db: Database, maxBytes: number): number {
  if (usedBytes(db) <= maxBytes) return 0;
  let cleared = 0;
  for (let chunk = 0; chunk < MAX_CHUNKS && usedBytes(db) > maxBytes * LOW_WATER; chunk += 1) {
    const changed = db.run(
      `DELETE FROM payloads WHERE seq IN (SELECT p.seq FROM payloads p JOIN events t ON t.seq = p.seq WHERE NOT ${UNDELIVERED} ORDER BY p.seq LIMIT ${CHUNK})`,
    );
    cleared += changed;
    if (changed < CHUNK) break;
  }
  return cleared;
}

function usedBytes(db: Database): number {
  const pragma = (name: string): number => maybeInt(db.get(`PRAGMA ${name}`), name) ?? 0;
  return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
}
