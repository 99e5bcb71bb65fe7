import type { PruneReport, Retention } from '../../core/store.ts';
import type { Database } from './database.ts';
import { maybeInt, text } from './row.ts';

/** Rows deleted by one statement: small enough that no caller waits long for its turn. */
const CHUNK = 2_000;
const MAX_CHUNKS = 10;
/** Of payloads, which are large: a small store must not lose all of them where a few would do. */
const PAYLOADS = 500;
const MAX_PAYLOADS = 20_000;
/** What is younger is crowded out last: people ask about it. */
const YOUNG_MS = 3_600_000;
/** Records come in several kinds, and what is undelivered among them is looked at in vain. */
const MAX_RECORD_CHUNKS = 4;

/**
 * Shares of the bound: above `from` space is cleared, down to `to`, so that not every page needs clearing again. Half of
 * the store is for what was settled long ago: a flood or an outage finds the other half empty. Only where that does not
 * do, what was settled just now goes too.
 */
const LEVELS = [
  { from: 0.5, to: 0.45, isYoung: false },
  { from: 0.8, to: 0.75, isYoung: true },
] as const;

/** A digest's row is what keeps it from being made again, and tells later ones what came before: they are few. */
const DIGESTS_MS = 100 * 86_400_000;
const HOUR_MS = 3_600_000;

const UNDELIVERED = "EXISTS (SELECT 1 FROM outbox o WHERE o.delivery_id = t.id AND o.state <> 'done')";
const PENDING = 'EXISTS (SELECT 1 FROM group_members p WHERE p.fingerprint = t.fingerprint)';

/** Deletes what has aged out, some chunks of each kind a call, then makes room if space is short. */
export function prune(db: Database, retention: Retention, nowMs: number): PruneReport {
  pullBack(db, nowMs);
  let deletedEvents = deleteRecords(db, nowMs - retention.eventsMs, retention.lookbackMs);
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
  deleteExpiredWindows(db, nowMs);
  let clearedPayloads = 0;
  let isUnfinished = false;
  for (const level of LEVELS) {
    const made = makeRoom(db, retention, level, nowMs);
    deletedEvents += made.deletedEvents;
    clearedPayloads += made.clearedPayloads;
    isUnfinished ||= made.isUnfinished;
  }
  const bytes = usedBytes(db);
  return { deletedEvents, clearedPayloads, bytes, overBound: bytes > retention.maxBytes, isUnfinished };
}

type Made = Pick<PruneReport, 'deletedEvents' | 'clearedPayloads' | 'isUnfinished'>;

/**
 * Payloads first, whose events are still recognised when they come again. Records fill a store too, and whoever writes the
 * events chooses how many there are: where payloads do not do, the oldest records go before their time, or reading would stop
 * until they have aged.
 */
function makeRoom(
  db: Database,
  { maxBytes, lookbackMs }: Retention,
  { from, to, isYoung }: (typeof LEVELS)[number],
  nowMs: number,
): Made {
  if (usedBytes(db) <= maxBytes * from) return { deletedEvents: 0, clearedPayloads: 0, isUnfinished: false };
  const beforeMs = isYoung ? nowMs : nowMs - YOUNG_MS;
  const isShort = (): boolean => usedBytes(db) > maxBytes * to;
  let clearedPayloads = 0;
  for (let cleared = PAYLOADS; cleared === PAYLOADS && clearedPayloads < MAX_PAYLOADS && isShort(); ) {
    cleared = clearPayloads(db, isYoung ? Number.MAX_SAFE_INTEGER : beforeMs);
    clearedPayloads += cleared;
  }
  if (clearedPayloads >= MAX_PAYLOADS) return { deletedEvents: 0, clearedPayloads, isUnfinished: isShort() };
  let deletedEvents = 0;
  let hasFreed = true;
  for (let chunk = 0; chunk < MAX_RECORD_CHUNKS && hasFreed && isShort(); chunk += 1) {
    const before = usedBytes(db);
    deletedEvents += isYoung
      ? deleteSettled(db, beforeMs, lookbackMs)
      : deleteRecords(db, beforeMs, lookbackMs);
    hasFreed = usedBytes(db) < before;
  }
  return { deletedEvents, clearedPayloads, isUnfinished: hasFreed && isShort() };
}

/** A chunk of each kind, oldest first, of what was settled before and nothing waits for. @returns deleted events */
function deleteRecords(db: Database, beforeMs: number, lookbackMs: number): number {
  deleteOldest(db, 'outbox', 'seq', "state = 'done' AND settled_ms < ?", 'settled_ms', beforeMs);
  deleteOldest(db, 'notifications', 'id', `created_ms < ? AND NOT ${UNDELIVERED}`, 'created_ms', beforeMs);
  deleteOldest(db, 'alerts', 'fingerprint', `updated_ms < ? AND NOT ${PENDING}`, 'updated_ms', beforeMs);
  deleteMemory(db, beforeMs);
  deleteOldest(db, 'groups', 'id', 'due_ms IS NULL AND updated_ms < ?', 'updated_ms', beforeMs);
  return deleteEvents(db, beforeMs, lookbackMs);
}

/**
 * The same of what was settled just now. Alerts that are open still grow, so only those go that are over. Whoever reads
 * again still finds the ids that its feed may show again.
 */
function deleteSettled(db: Database, beforeMs: number, lookbackMs: number): number {
  deleteOldest(db, 'outbox', 'seq', "state = 'done' AND settled_ms < ?", 'settled_ms', beforeMs);
  deleteOldest(db, 'notifications', 'id', `created_ms < ? AND NOT ${UNDELIVERED}`, 'created_ms', beforeMs);
  const isOver = `due_ms IS NULL AND state = 'resolved' AND updated_ms < ? AND NOT ${PENDING}`;
  deleteOldest(db, 'alerts', 'fingerprint', isOver, 'updated_ms', beforeMs);
  deleteOldest(db, 'groups', 'id', 'due_ms IS NULL AND updated_ms < ?', 'updated_ms', beforeMs);
  return deleteEvents(db, beforeMs, lookbackMs);
}

function deleteExpiredWindows(db: Database, nowMs: number): void {
  for (let chunk = 0, deleted = CHUNK; chunk < MAX_CHUNKS && deleted === CHUNK; chunk += 1) {
    deleted = db.run(
      `DELETE FROM windows WHERE (rule, condition, group_key) IN
       (SELECT rule, condition, group_key FROM windows WHERE expires_ms < ? LIMIT ${CHUNK})`,
      nowMs,
    );
  }
}

/** Which message an incident is must be known until its end: such a key ends with the id of its group. */
function deleteMemory(db: Database, beforeMs: number): void {
  db.run(
    `DELETE FROM destination_memory WHERE (destination, key) IN
     (SELECT destination, key FROM destination_memory t WHERE updated_ms < ?
      AND NOT EXISTS (SELECT 1 FROM groups g WHERE g.id = substr(t.key, -16) AND g.due_ms IS NOT NULL) LIMIT ${CHUNK})`,
    beforeMs,
  );
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

/** A chunk of the oldest. */
function clearPayloads(db: Database, committedBefore: number): number {
  return db.run(
    `DELETE FROM payloads WHERE seq IN (SELECT p.seq FROM payloads p JOIN events t ON t.seq = p.seq
     WHERE t.committed_ms < ? AND NOT ${UNDELIVERED} ORDER BY p.seq LIMIT ${PAYLOADS})`,
    committedBefore,
  );
}

export function usedBytes(db: Database): number {
  const pragma = (name: string): number => maybeInt(db.get(`PRAGMA ${name}`), name) ?? 0;
  return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
}
