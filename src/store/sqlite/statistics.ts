import type { MatchedRule } from '../../core/delivery.ts';
import type { Slice } from '../../core/source.ts';
import type { EventFacts, Store } from '../../core/store.ts';
import type { Database } from './database.ts';
import { toFeed } from './outbox.ts';
import { int, json, maybeText, text } from './row.ts';

/** Of attackers' texts, as much as anybody will read. */
const LONGEST_TEXT = 200;
/** An event is committed after its time, or a day before it where the feed's clock is ahead. */
const CLOCK_SKEW_MS = 86_400_000;

/** Where each fact stands in the JSON of the feeds: the first key that has a value wins. */
const FACTS = {
  actor: ['actor', 'ipAddress'],
  country: ['country'],
  method: ['method', 'latestApiMethod'],
  host: ['host', 'latestApiHost'],
  url: ['url', 'latestApiEndpoint', 'api'],
  category: ['subCategory', 'category', 'latestAttack'],
  severity: ['severity'],
} as const;

const COLUMNS = Object.entries(FACTS)
  .map(([fact, keys]) => {
    const values = keys.map((key) => `nullif(p.raw ->> '$.${key}', 'null')`).join(', ');
    return `substr(coalesce(${values}, ''), 1, ${LONGEST_TEXT}) AS ${fact}`;
  })
  .join(', ');

export function scanEvents(
  db: Database,
  { fromMs, toMs }: Slice,
  afterSeq: number,
  limit: number,
): EventFacts[] {
  const first = db.get(
    'SELECT seq FROM events WHERE committed_ms >= ? ORDER BY committed_ms, seq LIMIT 1',
    fromMs - CLOCK_SKEW_MS,
  );
  if (first === undefined) return [];
  return db
    .all(
      `SELECT e.seq, e.source, e.feed, e.time_ms, e.rules, ${COLUMNS}
       FROM events e LEFT JOIN payloads p ON p.seq = e.seq
       WHERE e.seq > ? AND e.seq >= ? AND e.time_ms BETWEEN ? AND ? ORDER BY e.seq LIMIT ?`,
      afterSeq,
      int(first, 'seq'),
      fromMs,
      toMs,
      limit,
    )
    .map(toFacts);
}

function toFacts(row: Record<string, unknown>): EventFacts {
  const facts = Object.keys(FACTS).flatMap((fact) => {
    const value = maybeText(row, fact);
    return value === undefined || value === '' ? [] : [[fact, value]];
  });
  return {
    seq: int(row, 'seq'),
    source: text(row, 'source'),
    feed: toFeed(row),
    timeMs: int(row, 'time_ms'),
    rules: json<MatchedRule[]>(row, 'rules'),
    ...Object.fromEntries(facts),
  };
}

export function matchedBefore(
  db: Database,
  source: string,
  feed: string,
  feedIds: readonly string[],
): Map<string, ReadonlySet<string>> {
  const sql =
    'SELECT rules FROM events WHERE source = ? AND feed = ? AND feed_id = ? AND revision IS NOT NULL';
  return new Map(
    feedIds.flatMap((feedId) => {
      const rows = db.all(sql, source, feed, feedId);
      if (rows.length === 0) return [];
      // What yielded has told nobody of the object yet.
      const rules = rows.flatMap((row) =>
        json<MatchedRule[]>(row, 'rules').flatMap(({ rule, yieldedTo }) => (yieldedTo ? [] : [rule])),
      );
      return [[feedId, new Set(rules)] as const];
    }),
  );
}

export function countInSlice(
  db: Database,
  { fromMs, toMs }: Slice,
): Awaited<ReturnType<Store['countInSlice']>> {
  const count = (sql: string): number => int(db.get(sql, fromMs, toMs), 'count');
  return {
    alertsOpened: count("SELECT count(*) AS count FROM alerts WHERE body ->> '$.openedAtMs' BETWEEN ? AND ?"),
    notifications: count('SELECT count(*) AS count FROM notifications WHERE created_ms BETWEEN ? AND ?'),
    deadLetters: db
      .all(
        `SELECT destination, count(*) AS count FROM outbox WHERE state = 'dead' AND settled_ms BETWEEN ? AND ?
         GROUP BY destination ORDER BY destination`,
        fromMs,
        toMs,
      )
      .map((row) => ({ destination: text(row, 'destination'), count: int(row, 'count') })),
  };
}
