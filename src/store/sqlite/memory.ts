import type { Database } from './database.ts';
import { text } from './row.ts';

/** What a destination wrote down under a key. */
export function readMemory(db: Database, destination: string, key: string): string | undefined {
  const sql = 'SELECT value FROM destination_memory WHERE destination = ? AND key = ?';
  const row = db.get(sql, destination, key);
  return row === undefined ? undefined : text(row, 'value');
}

export function writeMemory(
  db: Database,
  destination: string,
  key: string,
  value: string,
  nowMs: number,
): void {
  db.run(
    `INSERT INTO destination_memory (destination, key, value, updated_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET value = excluded.value, updated_ms = excluded.updated_ms`,
    destination,
    key,
    value,
    nowMs,
  );
}
