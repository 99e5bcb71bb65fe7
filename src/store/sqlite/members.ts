import type { StoredAlert } from '../../core/alert.ts';
import { SEVERITIES } from '../../core/severity.ts';
import type { AlertGroup, GroupMember, MemberTotals, PendingCount } from '../../core/store.ts';
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
export function pullBack(db: Database, nowMs: number): void {
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

export function readMembers(db: Database, group: string, limit: number): GroupMember[] {
  return db
    .all(
      `SELECT a.body, m.count, m.told_episode, m.told_severity FROM group_members m JOIN alerts a USING (fingerprint)
       WHERE m.group_id = ? ORDER BY a.severity DESC, m.count DESC, m.fingerprint LIMIT ?`,
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
  const sql = 'SELECT told_episode, told_severity FROM group_members WHERE group_id = ? AND fingerprint = ?';
  return asked.map(({ group, fingerprint }) => toldOf(db.get(sql, group, fingerprint)));
}

export function toldOf(row: Record<string, unknown> | undefined): GroupMember['told'] {
  const episode = maybeInt(row, 'told_episode');
  const severity = SEVERITIES[maybeInt(row, 'told_severity') ?? -1];
  return episode === undefined || severity === undefined ? undefined : { episode, severity };
}

const AMONG = 'm.group_id = ?1 AND m.fingerprint NOT IN (SELECT value FROM json_each(?2))';
const IS_NEWS = "a.state <> 'resolved' AND (m.told_episode IS NOT a.episode OR m.told_severity < a.severity)";

export function memberTotals(db: Database, group: string, except: readonly string[]): MemberTotals {
  const row = db.get(
    `SELECT count(*) AS alerts, coalesce(sum(m.count), 0) AS new_count,
       coalesce(sum(a.state <> 'resolved'), 0) AS open, coalesce(sum(a.state = 'acknowledged'), 0) AS acknowledged,
       coalesce(max(${IS_NEWS}), 0) AS news,
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
    `UPDATE group_members AS m SET count = 0, told_episode = a.episode, told_severity = a.severity
     FROM alerts a WHERE a.fingerprint = m.fingerprint AND ${AMONG}`,
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
