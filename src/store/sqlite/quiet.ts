import type { Slice } from '../../core/source.ts';
import type { StoredSilence, UnheardCount } from '../../core/store.ts';
import type { Database } from './database.ts';
import { int, json, text } from './row.ts';

const HOUR_MS = 3_600_000;

export function writeSilence(db: Database, silence: StoredSilence): void {
  db.run(
    `INSERT INTO silences (id, body, ends_ms) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET body = excluded.body, ends_ms = excluded.ends_ms`,
    silence.id,
    JSON.stringify(silence),
    silence.endsMs,
  );
}

/** Those that end after that time, newest first. */
export function silencesAfter(db: Database, afterMs: number): StoredSilence[] {
  return db
    .all(
      "SELECT body FROM silences WHERE ends_ms > ? ORDER BY body ->> '$.createdMs' DESC, id LIMIT 1000",
      afterMs,
    )
    .map((row) => json<StoredSilence>(row, 'body'));
}

/** What it kept quiet, if only in part, is looked at now: groups held by silences, and those held for whatever reason that hold an alert it names. */
export function expireSilence(db: Database, id: string, nowMs: number): boolean {
  const row = db.get('SELECT body FROM silences WHERE id = ? AND ends_ms > ?', id, nowMs);
  if (row === undefined) return false;
  const silence = json<StoredSilence>(row, 'body');
  writeSilence(db, { ...silence, endsMs: nowMs });
  db.run(
    `UPDATE groups SET due_ms = ?1, body = json_set(body, '$.dueMs', ?1)
     WHERE due_ms > ?1 AND (body ->> '$.heldBecause' = 'silenced' OR (body ->> '$.heldBecause' IS NOT NULL
       AND id IN (SELECT group_id FROM group_members WHERE fingerprint IN (SELECT value FROM json_each(?2)))))`,
    nowMs,
    JSON.stringify(silence.fingerprints ?? []),
  );
  return true;
}

export function lookAtHeld(db: Database, nowMs: number): void {
  db.run(
    `UPDATE groups SET due_ms = ?1, body = json_set(body, '$.dueMs', ?1)
     WHERE due_ms > ?1 AND body ->> '$.heldBecause' IN ('muted', 'silenced', 'inhibited')`,
    nowMs,
  );
}

export function addUnheard(db: Database, counts: readonly UnheardCount[], nowMs: number): void {
  for (const { reason, rule, count } of counts) {
    db.run(
      `INSERT INTO unheard (hour, reason, rule, count) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count`,
      Math.floor(nowMs / HOUR_MS),
      reason,
      rule,
      count,
    );
  }
}

export function countUnheard(db: Database, { fromMs, toMs }: Slice): UnheardCount[] {
  return db
    .all(
      'SELECT reason, rule, sum(count) AS count FROM unheard WHERE hour BETWEEN ? AND ? GROUP BY reason, rule',
      Math.floor(fromMs / HOUR_MS),
      Math.floor(toMs / HOUR_MS),
    )
    .map((row) => ({ reason: reasonOf(row), rule: text(row, 'rule'), count: int(row, 'count') }));
}

function reasonOf(row: Record<string, unknown>): UnheardCount['reason'] {
  const reason = row['reason'];
  return reason === 'muted' || reason === 'inhibited' || reason === 'ended' ? reason : 'silenced';
}
