import type { PruneReport, Retention } from '../../core/store.ts';
import type { Database } from './database.ts';
import { maybeInt, text } from './row.ts';

/** Rows deleted by one statement: small enough that no caller waits long for its turn. */
const CHUNK = 2_000;
const MAX_CHUNKS = 10;
/** What is younger is crowded out last: alerts still grow, and people ask about it. */
const YOUNG_MS = 3_600_000;
/** Records come in several kinds, and what is undelivered among them is looked at in vain. */
const MAX_RECORD_CHUNKS = 4;
/**
 * Shares of the bound: from the one on space is cleared, down to the other, so that not every page needs clearing
 * again. What lies above is room for what an outage leaves behind, and tells of it.
 */
const HIGH_WATER = 0.8;
const LOW_WATER = 0.75;

/** A digest's row is what keeps it from being made again, and tells later ones what came before: they are few. */
const DIGESTS_MS = 100 * 86_400_000;
const HOUR_MS = 3_600_000;

const UNDELIVERED = "EXISTS (SELECT 1 FROM outbox o WHERE o.delivery_id = t.id AND o.state <> 'done')";
const PENDING = 'EXISTS (SELECT 1 FROM group_members p WHERE p.fingerprint = t.fingerprint)';

/** Deletes what has aged out, one chunk of each kind a call, then makes room if space is short. */
export function prune(db: Database, retention: Retention, nowMs: number): PruneReport {
  pullBack(db, nowMs);
  const aged = deleteRecords(db, nowMs - retention.eventsMs, retention.lookbackMs);
  db.run(
    `DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE state = 'dead' AND settled_ms < ? LIMIT ${CHUNK})`,
    nowMs - retention.deadLettersMs,
  );
  db.run(
    `DELETE FROM digests AS t WHERE created_ms < ? AND NOT ${UNDELIVERED}`,
    nowMs - Math.max(retention.eventsMs, DIGESTS_MS),
  );
  const longAgoMs = nowMs - Math.max(retention.eventsMs, DIGESTS_MS);
  db.run('DELETE FROM unheard WHERE hour < ?', Math.floor(longAgoMs / HOUR_MS));
  db.run('DELETE FROM silences WHERE ends_ms < ?', longAgoMs);
  db.run(
    `DELETE FROM windows WHERE (rule, condition, group_key) IN
     (SELECT rule, condition, group_key FROM windows WHERE expires_ms < ? LIMIT ${CHUNK})`,
    nowMs,
  );
  const clearedPayloads = clearPayloads(db, retention.maxBytes);
  const crowded = clearedPayloads < CHUNK * MAX_CHUNKS ? crowdOut(db, retention, nowMs) : 0;
  const bytes = usedBytes(db);
  const overBound = bytes > retention.maxBytes;
  return { deletedEvents: aged + crowded, clearedPayloads, bytes, overBound };
}

/**
 * Records whose payloads are gone fill a store too, and whoever writes the events chooses how many
 * there are: the oldest go before their time, or reading would stop until they have aged.
 */
function crowdOut(db: Database, { maxBytes, lookbackMs }: Retention, nowMs: number): number {
  if (usedBytes(db) <= maxBytes * HIGH_WATER) return 0;
  let deleted = 0;
  for (let chunk = 0; chunk < MAX_RECORD_CHUNKS && usedBytes(db) > maxBytes * LOW_WATER; chunk += 1) {
    deleted += deleteRecords(db, nowMs - YOUNG_MS, lookbackMs);
  }
  // A flood fills a store within that hour. Whoever reads again still finds the ids that its feed may show again.
  for (let chunk = 0; chunk < MAX_RECORD_CHUNKS && usedBytes(db) > maxBytes * HIGH_WATER; chunk += 1) {
    deleteOldest(
      db,
      'outbox',
      'seq',
      "state = 'done' AND kind = 'event' AND settled_ms < ?",
      'settled_ms',
      nowMs,
    );
    deleted += deleteEvents(db, nowMs, lookbackMs);
  }
  return deleted;
}

/** A chunk of each kind, oldest first, of what was settled before and nothing waits for. @returns deleted events */
function deleteRecords(db: Database, beforeMs: number, lookbackMs: number): number {
  const oldest = (table: string, key: string, where: string, order: string): void =>
    deleteOldest(db, table, key, where, order, beforeMs);
  oldest('outbox', 'seq', "state = 'done' AND settled_ms < ?", 'settled_ms');
  oldest('notifications', 'id', `created_ms < ? AND NOT ${UNDELIVERED}`, 'created_ms');
  oldest('alerts', 'fingerprint', `updated_ms < ? AND NOT ${PENDING}`, 'updated_ms');
  db.run(
    `DELETE FROM destination_memory WHERE (destination, key) IN
     (SELECT destination, key FROM destination_memory WHERE updated_ms < ? LIMIT ${CHUNK})`,
    beforeMs,
  );
  oldest('groups', 'id', 'due_ms IS NULL AND updated_ms < ?', 'updated_ms');
  return deleteEvents(db, beforeMs, lookbackMs);
}

function deleteOldest(
  db: Database,
  table: string,
  key: string,
  where: string,
  order: string,
  beforeMs: number,
): void {
  const chunk = `SELECT ${key} FROM ${table} t WHERE ${where} ORDER BY ${order} LIMIT ${CHUNK}`;
  db.run(`DELETE FROM ${table} WHERE ${key} IN (${chunk})`, beforeMs);
}

/** Longer than anything may be put off: what is due later was written by a clock that was ahead. */
const LONGEST_RETRY_MS = 2 * 3_600_000;
const LONGEST_GROUP_MS = 92 * 86_400_000;
const LONGEST_ALERT_MS = 31 * 86_400_000;

/**
 * What was put off by a clock that has gone back since would wait until that clock's time comes again. Deliveries are
 * tried now; groups are looked at now, and decide anew.
 */
function pullBack(db: Database, nowMs: number): void {
  db.run(
    `UPDATE outbox SET due_ms = ?1, reason = coalesce(reason, 'the clock went back') WHERE state = 'pending' AND due_ms > ?1
     AND (due_ms > ?1 + ?2 OR enqueued_ms > ?1 OR json_extract(history, '$[#-1].atMs') > ?1)`,
    nowMs,
    LONGEST_RETRY_MS,
  );
  db.run(
    `UPDATE groups SET due_ms = ?1, body = json_set(body, '$.dueMs', ?1)
     WHERE due_ms > ?1 AND (due_ms > ?1 + ?2 OR updated_ms > ?1)`,
    nowMs,
    LONGEST_GROUP_MS,
  );
  db.run('UPDATE alerts SET due_ms = ?1 WHERE due_ms > ?1 + ?2', nowMs, LONGEST_ALERT_MS);
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
  if (usedBytes(db) <= maxBytes * HIGH_WATER) return 0;
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

export function usedBytes(db: Database): number {
  const pragma = (name: string): number => maybeInt(db.get(`PRAGMA ${name}`), name) ?? 0;
  return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
}
