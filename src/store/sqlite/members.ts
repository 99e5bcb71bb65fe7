import { URGENCIES, urgencyFrom } from '../../alerts/urgency.ts';
import type { StoredAlert } from '../../core/alert.ts';
import { SEVERITIES } from '../../core/severity.ts';
import type {
  AlertGroup,
  GroupMember,
  InhibitingAlert,
  MemberTotals,
  PendingCount,
  ToldCount,
} from '../../core/store.ts';
import type { Database } from './database.ts';
import { int, json, maybeInt, text } from './row.ts';

export function addPending(db: Database, counts: readonly PendingCount[]): void {
  for (const { group, fingerprint, count } of counts) {
    db.run(
      `INSERT INTO group_members (group_id, fingerprint, count) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count`,
      group,
      fingerprint,
      count,
    );
  }
}

/** What a clock that was ahead wrote is due now: nobody else would look at it before that time comes. */
function pullBack(db: Database, nowMs: number): void {
  db.run(
    `UPDATE groups SET due_ms = ?1, updated_ms = ?1, body = json_set(body, '$.dueMs', ?1)
     WHERE updated_ms > ?1 AND due_ms IS NOT NULL AND +due_ms > ?1`,
    nowMs,
  );
}

export function groupsOf(db: Database, fingerprint: string): AlertGroup[] {
  const sql = 'SELECT g.body FROM group_members m JOIN groups g ON g.id = m.group_id WHERE m.fingerprint = ?';
  return db.all(sql, fingerprint).map((row) => json<AlertGroup>(row, 'body'));
}

export function openGroupsOf(
  db: Database,
  fingerprints: readonly string[],
): { fingerprint: string; group: AlertGroup }[] {
  return db
    .all(
      `SELECT m.fingerprint, g.body FROM json_each(?) f CROSS JOIN group_members m ON m.fingerprint = f.value
         JOIN groups g ON g.id = m.group_id WHERE g.due_ms IS NOT NULL ORDER BY g.body ->> '$.openedMs', g.id`,
      JSON.stringify(fingerprints),
    )
    .map((row) => ({ fingerprint: text(row, 'fingerprint'), group: json<AlertGroup>(row, 'body') }));
}

/** An open group has its place before one that is closed. */
export function groupsAt(db: Database, places: readonly string[]): AlertGroup[] {
  return db
    .all(
      `SELECT g.body FROM json_each(?) p CROSS JOIN groups g ON g.place = p.value ORDER BY g.due_ms IS NOT NULL, g.updated_ms, g.id`,
      JSON.stringify(places),
    )
    .map((row) => json<AlertGroup>(row, 'body'));
}

/** The most urgent first: those of each urgency stand in the order of an index. */
export function dueGroups(db: Database, nowMs: number, limit: number): AlertGroup[] {
  pullBack(db, nowMs);
  const due: AlertGroup[] = [];
  for (const urgency of [...URGENCIES, 0]) {
    if (due.length >= limit) break;
    const sql = 'SELECT body FROM groups WHERE urgency = ? AND due_ms <= ? ORDER BY due_ms, id LIMIT ?';
    const rows = db.all(sql, urgency, nowMs, limit - due.length);
    due.push(...rows.map((row) => json<AlertGroup>(row, 'body')));
  }
  return due;
}

export function writeGroups(db: Database, groups: readonly AlertGroup[], nowMs: number): void {
  for (const group of groups) {
    db.run(
      `INSERT INTO groups (id, body, due_ms, updated_ms, place, urgency) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET body = excluded.body, due_ms = excluded.due_ms, updated_ms = excluded.updated_ms,
         place = excluded.place, urgency = excluded.urgency`,
      group.id,
      JSON.stringify(group),
      group.dueMs ?? null,
      nowMs,
      group.place ?? group.id,
      group.urgency ?? 0,
    );
  }
}

export function countTold(db: Database): ToldCount[] {
  return db
    .all(
      `SELECT t.key AS destination, count(*) AS count FROM groups g, json_each(g.body, '$.told') t
       WHERE g.due_ms IS NOT NULL AND t.value ->> '$.how' = 'message' GROUP BY 1 ORDER BY 1`,
    )
    .map((row) => ({ destination: text(row, 'destination'), count: int(row, 'count') }));
}

export function readMembers(db: Database, group: string, limit: number): GroupMember[] {
  return db
    .all(
      `SELECT a.body, m.count, m.told_episode, m.told_severity, m.told_urgency FROM group_members m JOIN alerts a USING (fingerprint)
       WHERE m.group_id = ? ORDER BY a.urgency DESC, m.count DESC, m.fingerprint LIMIT ?`,
      group,
      limit,
    )
    .map((row) => {
      const told = toldOf(row);
      const newCount = int(row, 'count');
      return { alert: json<StoredAlert>(row, 'body'), newCount, ...(told === undefined ? {} : { told }) };
    });
}

export function readTold(
  db: Database,
  asked: readonly { readonly group: string; readonly fingerprint: string }[],
): GroupMember['told'][] {
  const sql =
    'SELECT told_episode, told_severity, told_urgency FROM group_members WHERE group_id = ? AND fingerprint = ?';
  return asked.map(({ group, fingerprint }) => toldOf(db.get(sql, group, fingerprint)));
}

export function toldOf(row: Record<string, unknown> | undefined): GroupMember['told'] {
  const episode = maybeInt(row, 'told_episode');
  const severity = SEVERITIES[maybeInt(row, 'told_severity') ?? -1];
  if (episode === undefined || severity === undefined) return undefined;
  return { episode, severity, urgency: maybeInt(row, 'told_urgency') ?? urgencyFrom(severity) };
}

/** Open alerts looked at for each that is wanted: a flood that is kept quiet ends the search, too. */
const LOOKED_AT_FOR_ONE = 4;

/** Somebody knows of the group's opening: what came back quietly may have been told to nobody. */
const IS_KNOWN = "coalesce(g.body -> '$.told', '{}') <> '{}'";

/** The order is the index's own, so that the limits end the search. */
export function inhibitingAlerts(db: Database, dueByMs: number, limit: number): InhibitingAlert[] {
  const waits = `m.fingerprint = a.fingerprint AND m.told_episode IS NOT a.episode
    AND g.due_ms IS NOT NULL AND (g.due_ms <= ?1 OR g.body ->> '$.heldBecause' IS NULL)`;
  const groups = 'FROM group_members m JOIN groups g ON g.id = m.group_id';
  return db
    .all(
      `SELECT a.body, a.is_told, CASE WHEN a.is_told THEN '[]' ELSE
           (SELECT json_group_array(json(g.body)) ${groups} WHERE ${waits}) END AS waits
       FROM (
         SELECT o.fingerprint, o.episode, o.body, EXISTS (
           SELECT 1 ${groups} WHERE m.fingerprint = o.fingerprint AND m.told_episode = o.episode AND ${IS_KNOWN}) AS is_told
         FROM (SELECT fingerprint, episode, body FROM alerts WHERE state <> 'resolved' ORDER BY urgency DESC LIMIT ?3) o
       ) a WHERE a.is_told OR EXISTS (SELECT 1 ${groups} WHERE ${waits}) LIMIT ?2`,
      dueByMs,
      limit,
      limit * LOOKED_AT_FOR_ONE,
    )
    .map((row) => ({
      alert: json<StoredAlert>(row, 'body'),
      isTold: int(row, 'is_told') === 1,
      waitsIn: json<AlertGroup[]>(row, 'waits'),
    }));
}

const AMONG = 'm.group_id = ?1 AND m.fingerprint NOT IN (SELECT value FROM json_each(?2))';
const IS_RISE = "a.state <> 'resolved' AND m.told_urgency < a.urgency";
const IS_NEWS = "a.state <> 'resolved' AND (m.told_episode IS NOT a.episode OR m.told_urgency < a.urgency)";

export function memberTotals(db: Database, group: string, except: readonly string[]): MemberTotals {
  const row = db.get(
    `SELECT count(*) AS alerts, coalesce(sum(m.count), 0) AS new_count,
       coalesce(sum(a.state <> 'resolved'), 0) AS open, coalesce(sum(a.state = 'acknowledged'), 0) AS acknowledged,
       coalesce(max(${IS_NEWS}), 0) AS news, coalesce(max(${IS_RISE}), 0) AS rise,
       coalesce(max(CASE WHEN a.state <> 'resolved' THEN a.urgency END), 0) AS urgency,
       coalesce(max(CASE WHEN ${IS_NEWS} THEN a.urgency END), 0) AS news_urgency,
       coalesce(sum(a.state <> 'resolved' AND m.told_episode IS NOT NULL), 0) AS told_open,
       coalesce(sum(a.state = 'acknowledged' AND m.told_episode IS NOT NULL), 0) AS told_acknowledged,
       coalesce(sum(a.state = 'resolved' AND m.told_episode IS NOT NULL), 0) AS ended,
       coalesce(max(CASE WHEN m.count > 0 THEN a.last_seen_ms END), 0) AS newest
     FROM group_members m JOIN alerts a USING (fingerprint) WHERE ${AMONG}`,
    group,
    JSON.stringify(except),
  );
  return {
    alerts: int(row, 'alerts'),
    open: int(row, 'open'),
    acknowledged: int(row, 'acknowledged'),
    newCount: int(row, 'new_count'),
    hasNews: int(row, 'news') === 1,
    hasRise: int(row, 'rise') === 1,
    urgency: int(row, 'urgency'),
    newsUrgency: int(row, 'news_urgency'),
    toldOpen: int(row, 'told_open'),
    toldAcknowledged: int(row, 'told_acknowledged'),
    ended: int(row, 'ended'),
    newestMs: int(row, 'newest'),
  };
}

export function markTold(db: Database, group: string, except: readonly string[]): void {
  const left = JSON.stringify(except);
  db.run(
    `DELETE FROM group_members AS m WHERE ${AMONG}
       AND EXISTS (SELECT 1 FROM alerts a WHERE a.fingerprint = m.fingerprint AND a.state = 'resolved')`,
    group,
    left,
  );
  db.run(
    `UPDATE group_members AS m SET count = 0, ${AS_NOW} FROM alerts a WHERE a.fingerprint = m.fingerprint AND ${AMONG}`,
    group,
    left,
  );
}

const AS_NOW = 'told_episode = a.episode, told_severity = a.severity, told_urgency = a.urgency';
const IS_OVER =
  "EXISTS (SELECT 1 FROM alerts a WHERE a.fingerprint = m.fingerprint AND a.state = 'resolved')";

export function markSeen(db: Database, group: string, except: readonly string[]): void {
  db.run(
    `UPDATE group_members AS m SET ${AS_NOW} FROM alerts a WHERE a.fingerprint = m.fingerprint AND ${AMONG}`,
    group,
    JSON.stringify(except),
  );
}

/** Matches of theirs that were not told of stay, and so do they until these are. */
export function markEnded(db: Database, group: string, except: readonly string[]): void {
  const left = JSON.stringify(except);
  db.run(`DELETE FROM group_members AS m WHERE ${AMONG} AND m.count = 0 AND ${IS_OVER}`, group, left);
  db.run(
    `UPDATE group_members AS m SET told_episode = NULL, told_severity = NULL, told_urgency = NULL WHERE ${AMONG} AND ${IS_OVER}`,
    group,
    left,
  );
}

export function dissolve(db: Database, group: string): { rule: string; count: number }[] {
  const counts = db
    .all(
      `SELECT a.body ->> '$.rule' AS rule, sum(m.count) AS count FROM group_members m JOIN alerts a USING (fingerprint)
       WHERE m.group_id = ? AND m.count > 0 GROUP BY 1`,
      group,
    )
    .map((row) => ({ rule: text(row, 'rule'), count: int(row, 'count') }));
  db.run('DELETE FROM group_members WHERE group_id = ?', group);
  return counts;
}
