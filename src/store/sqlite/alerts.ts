import { urgencyOf } from '../../alerts/urgency.ts';
import type { StoredAlert } from '../../core/alert.ts';
import { FEEDS } from '../../core/event.ts';
import { severityRank } from '../../core/severity.ts';
import type { AlertFeedName, AlertFilter, FeedWithAlerts, PutOff, RuleWithAlerts } from '../../core/store.ts';
import type { Database } from './database.ts';
import { int, json, text } from './row.ts';

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

/**
 * Skips from feed to feed along their index, however many alerts each has. Those that a clock that was ahead wrote are
 * looked at, too: their quiet begins now. (`+`: few were written later, many are due later.)
 */
export function feedsWithAlerts(db: Database, nowMs: number): FeedWithAlerts[] {
  db.run('UPDATE alerts SET due_ms = ?1, updated_ms = ?1 WHERE updated_ms > ?1 AND +due_ms > ?1', nowMs);
  const found: FeedWithAlerts[] = [];
  for (let after = ''; ; ) {
    const row = db.get(
      'SELECT feed_key, due_ms FROM alerts WHERE due_ms IS NOT NULL AND feed_key > ? ORDER BY feed_key, due_ms LIMIT 1',
      after,
    );
    if (row === undefined) return found;
    after = text(row, 'feed_key');
    const dueMs = int(row, 'due_ms');
    found.push(...named(after).map((name) => ({ ...name, dueMs })));
  }
}

export function quietAlerts(
  db: Database,
  name: AlertFeedName,
  untilMs: number,
  limit: number,
): StoredAlert[] {
  return db
    .all(
      'SELECT body FROM alerts WHERE feed_key = ? AND due_ms <= ? ORDER BY due_ms LIMIT ?',
      keyOf(name),
      untilMs,
      limit,
    )
    .map((row) => json<StoredAlert>(row, 'body'));
}

export function putOffAlerts(db: Database, puts: readonly PutOff[]): void {
  for (const { fingerprint, dueMs } of puts)
    db.run('UPDATE alerts SET due_ms = ? WHERE fingerprint = ? AND due_ms IS NOT NULL', dueMs, fingerprint);
}

export function rulesWithAlerts(db: Database): RuleWithAlerts[] {
  return db
    .all("SELECT DISTINCT feed_key, body ->> '$.rule' AS rule FROM alerts WHERE due_ms IS NOT NULL")
    .flatMap((row) => named(text(row, 'feed_key')).map((name) => ({ ...name, rule: text(row, 'rule') })));
}

export function alertsOfRule(db: Database, { rule, ...name }: RuleWithAlerts, limit: number): StoredAlert[] {
  return db
    .all(
      "SELECT body FROM alerts WHERE feed_key = ? AND due_ms IS NOT NULL AND body ->> '$.rule' = ? LIMIT ?",
      keyOf(name),
      rule,
      limit,
    )
    .map((row) => json<StoredAlert>(row, 'body'));
}

/** As the generated column has it. A feed's name holds no space. */
function keyOf({ source, feed }: AlertFeedName): string {
  return `${source} ${feed}`;
}

/** Empty for a feed that this version does not know. */
function named(key: string): AlertFeedName[] {
  const space = key.lastIndexOf(' ');
  const feed = [...FEEDS, 'operations' as const].find((each) => each === key.slice(space + 1));
  return feed === undefined ? [] : [{ source: key.slice(0, space), feed }];
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
