import { urgencyOf } from '../../alerts/urgency.ts';
import type { StoredAlert } from '../../core/alert.ts';
import { severityRank } from '../../core/severity.ts';
import type { AlertFilter } from '../../core/store.ts';
import type { Database } from './database.ts';
import { json } from './row.ts';

export function readAlerts(db: Database, fingerprints: readonly string[]): StoredAlert[] {
  return fingerprints.flatMap((fingerprint) => {
    const row = db.get('SELECT body FROM alerts WHERE fingerprint = ?', fingerprint);
    return row === undefined ? [] : [json<StoredAlert>(row, 'body')];
  });
}

/** An alert as its table holds it. */
export interface AlertRow extends Pick<StoredAlert, 'fingerprint' | 'state' | 'episode' | 'lastSeenMs'> {
  /** Rank, highest worst. */
  readonly severity: number;
  readonly urgency: number;
  readonly dueMs: number | null;
  /** Its source and rule, as a JSON list: by these the open ones are counted. */
  readonly place: string;
  /** JSON. */
  readonly body: string;
}

export function toAlertRow(alert: StoredAlert): AlertRow {
  const { fingerprint, state, episode, lastSeenMs } = alert;
  const dueMs = state === 'resolved' ? null : alert.matchedAtMs + alert.resolveAfterMs;
  const severity = severityRank(alert.severity);
  return {
    fingerprint,
    state,
    episode,
    lastSeenMs,
    severity,
    urgency: urgencyOf(alert),
    dueMs,
    place: JSON.stringify([alert.source, alert.rule]),
    body: JSON.stringify(alert),
  };
}

export function writeAlertRows(db: Database, rows: readonly AlertRow[], nowMs: number): void {
  for (const row of rows) {
    db.run(
      `INSERT INTO alerts (fingerprint, severity, body, updated_ms, state, due_ms, episode, last_seen_ms, urgency, place)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET severity = excluded.severity, body = excluded.body, updated_ms = excluded.updated_ms,
         state = excluded.state, due_ms = excluded.due_ms, episode = excluded.episode, last_seen_ms = excluded.last_seen_ms,
         urgency = excluded.urgency, place = excluded.place`,
      row.fingerprint,
      row.severity,
      row.body,
      nowMs,
      row.state,
      row.dueMs,
      row.episode,
      row.lastSeenMs,
      row.urgency,
      row.place,
    );
  }
}

/** Those that a clock that was ahead wrote are looked at, too: their quiet begins now. (`+`: few were written later, many are due later.) */
export function quietAlerts(db: Database, nowMs: number, limit: number): StoredAlert[] {
  db.run('UPDATE alerts SET due_ms = ?1, updated_ms = ?1 WHERE updated_ms > ?1 AND +due_ms > ?1', nowMs);
  return db
    .all('SELECT body FROM alerts WHERE due_ms <= ? ORDER BY due_ms LIMIT ?', nowMs, limit)
    .map((row) => json<StoredAlert>(row, 'body'));
}

export function openAlerts(db: Database, limit: number): StoredAlert[] {
  return db
    .all("SELECT body FROM alerts WHERE state <> 'resolved' ORDER BY urgency DESC LIMIT ?", limit)
    .map((row) => json<StoredAlert>(row, 'body'));
}

export function listAlerts(db: Database, { states, fingerprint, limit }: AlertFilter): StoredAlert[] {
  const isOpen = states !== undefined && !states.includes('resolved');
  return db
    .all(
      // Said twice, so that the index over open alerts serves, and those that are over are not looked at.
      `SELECT body FROM alerts WHERE ${isOpen ? "state <> 'resolved' AND" : ''}
         (?1 IS NULL OR state IN (SELECT value FROM json_each(?1)))
         ${fingerprint === undefined ? '' : "AND fingerprint >= ?3 AND fingerprint < ?3 || 'g'"}
       ORDER BY ${isOpen ? 'urgency DESC, ' : ''}updated_ms DESC LIMIT ?2`,
      ...[states === undefined ? null : JSON.stringify(states), limit],
      ...(fingerprint === undefined ? [] : [fingerprint]),
    )
    .map((row) => json<StoredAlert>(row, 'body'));
}
