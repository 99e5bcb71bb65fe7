import { DatabaseSync } from 'node:sqlite';

/** What the daemon's database says, read by other means than its own. Matches of the feed only, not of Tocsin's own alerts. */
export interface Books {
  readonly events: number;
  /** Bytes in use, free pages not counted. */
  readonly usedBytes: number;
  readonly openAlerts: number;
  readonly alerts: number;
  readonly groups: number;
  readonly windows: number;
  /** Matches that alerts count, by rule. */
  readonly counted: ReadonlyMap<string, number>;
  /** Matches that groups have not told of. */
  readonly pending: number;
  /** Matches that were quiet until they were over. */
  readonly unheard: number;
  readonly pendingDeliveries: number;
  readonly deadLetters: number;
  /** Matches that a summary for people is still to tell. */
  readonly overflow: number;
  /** Events by rule that matched them and did not yield, in which each is to be counted once. */
  readonly matched: ReadonlyMap<string, number>;
  /** Wall time of commit, by the feed's id, of events that a rule found to be successful exploits. */
  readonly exploitsCommittedMs: ReadonlyMap<string, number>;
}

const OWN = "'operations'";

export function readBooks(database: string): Books {
  return withDatabase(database, (db) => {
    const number = (sql: string): number => Number(Object.values(db.prepare(sql).get() ?? {})[0] ?? 0);
    const pragma = (name: string): number => number(`PRAGMA ${name}`);
    return {
      events: number('SELECT count(*) FROM events'),
      usedBytes: (pragma('page_count') - pragma('freelist_count')) * pragma('page_size'),
      openAlerts: number("SELECT count(*) FROM alerts WHERE state <> 'resolved'"),
      alerts: number('SELECT count(*) FROM alerts'),
      groups: number('SELECT count(*) FROM groups'),
      windows: number('SELECT count(*) FROM windows'),
      counted: new Map(
        db
          .prepare(
            `SELECT body ->> '$.rule' AS rule, sum(body ->> '$.count') AS matches FROM alerts
             WHERE body ->> '$.feed' <> ${OWN} GROUP BY 1`,
          )
          .all()
          .map((row) => [String(row['rule']), Number(row['matches'])]),
      ),
      pending: number(
        `SELECT coalesce(sum(m.count), 0) FROM group_members m JOIN alerts a USING (fingerprint) WHERE a.body ->> '$.feed' <> ${OWN}`,
      ),
      unheard: number("SELECT coalesce(sum(count), 0) FROM unheard WHERE rule NOT LIKE 'tocsin-%'"),
      pendingDeliveries: number("SELECT count(*) FROM outbox WHERE state = 'pending'"),
      deadLetters: number("SELECT count(*) FROM outbox WHERE state = 'dead'"),
      overflow: number("SELECT coalesce(sum(count), 0) FROM overflow WHERE kind = 'match'"),
      matched: new Map(
        db
          .prepare(
            `SELECT r.value ->> '$.rule' AS rule, count(*) AS events FROM events, json_each(events.rules) r
             WHERE r.value -> '$.yieldedTo' IS NULL GROUP BY 1`,
          )
          .all()
          .map((row) => [String(row['rule']), Number(row['events'])]),
      ),
      exploitsCommittedMs: new Map(
        db
          .prepare(`SELECT feed_id, committed_ms FROM events WHERE rules LIKE '%"successful-exploit"%'`)
          .all()
          .map((row) => [String(row['feed_id']), Number(row['committed_ms'])]),
      ),
    };
  });
}

export function readProgress(database: string): { readonly events: number; readonly usedBytes: number } {
  return withDatabase(database, (db) => {
    const number = (sql: string): number => Number(Object.values(db.prepare(sql).get() ?? {})[0] ?? 0);
    const pages = number('PRAGMA page_count') - number('PRAGMA freelist_count');
    return {
      events: number('SELECT coalesce(max(seq), 0) FROM events'),
      usedBytes: pages * number('PRAGMA page_size'),
    };
  });
}

/** Bytes by table, indices with their tables, largest first. */
export function bytesByTable(database: string): ReadonlyMap<string, number> {
  return withDatabase(
    database,
    (db) =>
      new Map(
        db
          .prepare(
            `SELECT m.tbl_name AS name, sum(s.pgsize) AS bytes FROM dbstat s JOIN sqlite_schema m ON m.name = s.name
             GROUP BY 1 ORDER BY 2 DESC`,
          )
          .all()
          .map((row) => [String(row['name']), Number(row['bytes'])]),
      ),
  );
}

function withDatabase<T>(database: string, read: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(database, { readOnly: true, timeout: 5_000 });
  try {
    return read(db);
  } finally {
    db.close();
  }
}
