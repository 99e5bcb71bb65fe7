import type { OpenCount } from '../../core/store.ts';
import type { Database } from './database.ts';
import { int, text } from './row.ts';

/*
 * What is open, counted by indices alone: each of these looks at no more than what may be open at once, never at a table
 * that grows with what an attacker sends.
 */

const toCount = (row: Record<string, unknown>): OpenCount => ({
  place: text(row, 'place'),
  count: int(row, 'count'),
});

export function countOpenAlerts(db: Database): OpenCount[] {
  return db
    .all(
      `SELECT place, count(*) AS count FROM alerts INDEXED BY alerts_open_of WHERE state <> 'resolved' GROUP BY place`,
    )
    .map(toCount);
}

/** A rule's windows are counted once, however many conditions it has. */
export function countWindows(db: Database, nowMs: number): OpenCount[] {
  return db
    .all(
      `SELECT json_array(group_key ->> '$[0]', rule) AS place, count(*) AS count FROM windows INDEXED BY windows_expires
       WHERE expires_ms > ? AND condition = 0 GROUP BY 1`,
      nowMs,
    )
    .map(toCount);
}

export function countMembers(db: Database): number {
  return int(db.get('SELECT count(*) AS members FROM group_members'), 'members');
}

export function openAmong(db: Database, fingerprints: readonly string[]): string[] {
  return db
    .all(
      "SELECT fingerprint FROM alerts WHERE fingerprint IN (SELECT value FROM json_each(?)) AND state <> 'resolved'",
      JSON.stringify(fingerprints),
    )
    .map((row) => text(row, 'fingerprint'));
}
