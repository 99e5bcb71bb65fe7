import { DatabaseSync } from 'node:sqlite';
import { isJsonObject, type Json } from '../../src/core/json.ts';
import { type Ledger, notificationOf } from './ledger.ts';
import { EVENT_ID, RULES } from './stage.ts';
import type { Repeat } from './standings.ts';

/** The daemon's side of the books, read from its database by other means than its own. */
export interface Records {
  /** Deliveries by destination and state. */
  readonly deliveries: readonly {
    readonly destination: string;
    readonly id: string;
    readonly state: string;
    readonly reason: string;
  }[];
  /** Notification id → what it tells. */
  readonly notifications: ReadonlyMap<string, Told>;
}

interface Told {
  /** Matches that it tells people; none in further parts, which only lists get. */
  readonly count: number;
  /** Matches of the alerts that it holds. */
  readonly listed: number;
  /** Of what Tocsin says of itself. */
  readonly isOwn: boolean;
}

/** What Tocsin says of itself may wait for its repetition. */
const NOT_TOLD = `SELECT coalesce(sum(m.count), 0) FROM group_members m JOIN alerts a USING (fingerprint)
  WHERE a.body ->> '$.feed' <> 'operations'`;

export function readRecords(database: string): Records {
  return withDatabase(database, (db) => ({
    deliveries: db
      .prepare('SELECT destination, delivery_id, state, reason FROM outbox')
      .all()
      .map((row) => ({
        ...{ destination: String(row['destination']), id: String(row['delivery_id']) },
        ...{ state: String(row['state']), reason: String(row['reason'] ?? '') },
      })),
    notifications: new Map(
      db
        .prepare('SELECT id, body FROM notifications')
        .all()
        .map((row) => [String(row['id']), told(JSON.parse(String(row['body'])))]),
    ),
  }));
}

/** How many events are in the store, and how much waits: deliveries, matches not told of, counts not summed up. */
export function readProgress(database: string): { readonly events: number; readonly waiting: number } {
  return withDatabase(database, (db) => {
    const number = (sql: string): number => Number(Object.values(db.prepare(sql).get() ?? {})[0] ?? 0);
    return {
      events: number("SELECT count(*) FROM events WHERE feed = 'malicious_events'"),
      waiting:
        number("SELECT count(*) FROM outbox WHERE state = 'pending'") +
        number(NOT_TOLD) +
        number("SELECT coalesce(sum(count), 0) FROM overflow WHERE kind = 'match'"),
    };
  });
}

function withDatabase<T>(database: string, read: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(database, { readOnly: true, timeout: 5_000 });
  try {
    return read(db);
  } finally {
    db.close();
  }
}

function told(body: Json): Told {
  if (!isJsonObject(body)) return { count: 0, listed: 0, isOwn: false };
  const alerts = Array.isArray(body['alerts']) ? body['alerts'].filter(isJsonObject) : [];
  const isFurther = isJsonObject(body['part']) && Number(body['part']['number']) > 1;
  return {
    count: isFurther ? 0 : Number(body['newCount']),
    listed: alerts.reduce((sum, { newCount }) => sum + Number(newCount), 0),
    isOwn: alerts.some((alert) => alert['feed'] === 'operations'),
  };
}

const EVENT_DESTINATIONS = ['siem', 'indexer', 'soar', 'archive'] as const;
/** Told of each notification by itself. */
const EVERY_NOTIFICATION = ['siem', 'soar', 'archive'] as const;
const PEOPLE = ['oncall', 'pager'] as const;

/** What does not add up, one sentence each; none where it does. `shown` are the feed's ids. */
export function audit(
  shown: ReadonlySet<string>,
  records: Records,
  ledgers: ReadonlyMap<string, Ledger>,
  repeats: readonly Repeat[],
): readonly string[] {
  const expected = new Set([...shown].map((id) => EVENT_ID + id));
  const firsts = (name: string): ReadonlyMap<string, Json> => ledgers.get(name)?.first ?? new Map();
  const dead = (name: string): ReadonlySet<string> =>
    new Set(
      records.deliveries.flatMap(({ destination, id, state }) =>
        destination === name && state === 'dead' ? [id] : [],
      ),
    );
  return [
    ...EVENT_DESTINATIONS.flatMap((name) => auditEvents(name, expected, firsts(name), dead(name))),
    ...EVERY_NOTIFICATION.flatMap((name) => auditNotifications(name, records, firsts(name), dead(name))),
    ...PEOPLE.flatMap((name) => auditPeople(name, records, firsts(name))),
    ...auditMatches(expected.size, records),
    ...auditRepeats(repeats),
    ...[...ledgers.values()].flatMap(auditContents),
  ];
}

function auditEvents(
  name: string,
  expected: ReadonlySet<string>,
  taken: ReadonlyMap<string, Json>,
  dead: ReadonlySet<string>,
): string[] {
  const lost = [...expected].filter((id) => !taken.has(id) && !dead.has(id));
  const strange = [...taken.keys()].filter((id) => id.startsWith(EVENT_ID) && !expected.has(id));
  return [
    ...lost.map((id) => `LOST at ${name}: ${id}`),
    ...strange.map((id) => `${name} got what the feed never showed: ${id}`),
  ];
}

function auditNotifications(
  name: string,
  { notifications }: Records,
  taken: ReadonlyMap<string, Json>,
  dead: ReadonlySet<string>,
): string[] {
  const lost = [...notifications.keys()].filter((id) => !taken.has(id) && !dead.has(id));
  const counts = new Map<string, number>();
  for (const [id, body] of taken) {
    if (!id.startsWith('alert/')) continue;
    const whole = notificationOf(id);
    counts.set(whole, (counts.get(whole) ?? 0) + newCount(body));
  }
  const strange = [...counts.keys()].filter((id) => !notifications.has(id));
  const wrong = [...counts].filter(
    ([id, count]) => notifications.has(id) && count !== notifications.get(id)?.listed,
  );
  return [
    ...lost.map((id) => `LOST at ${name}: ${id}`),
    ...strange.map((id) => `DOUBLE PAGE at ${name}: ${id} was sent and is not in the books`),
    ...wrong.map(([id]) => `${name} was told another number by ${id} than is in the books`),
    ...outOfOrder(name, [...taken.keys()]),
  ];
}

function newCount(body: Json): number {
  const data = isJsonObject(body) && isJsonObject(body['data']) ? body['data'] : body;
  return isJsonObject(data) ? Number(data['new_count']) : Number.NaN;
}

/** Notifications of one group are numbered: `alert/GROUP/OPENED/NUMBER`, with `.2` and so on behind it for further parts. */
function outOfOrder(name: string, ids: readonly string[]): string[] {
  const last = new Map<string, number>();
  return ids.flatMap((id) => {
    const [, group = '', number = ''] = /^(alert\/.+)\/(\d+)(?:\.\d+)?$/.exec(notificationOf(id)) ?? [];
    const before = last.get(group) ?? 0;
    last.set(group, Math.max(before, Number(number)));
    return Number(number) < before ? [`OUT OF ORDER at ${name}: ${id} after number ${before}`] : [];
  });
}

/** Of people's destinations: what messages and summaries tell is all that there was, once. */
function auditPeople(name: string, { notifications }: Records, taken: ReadonlyMap<string, Json>): string[] {
  const all = [...notifications.values()].reduce((sum, { count }) => sum + count, 0);
  const single = [...taken.keys()].reduce((sum, id) => sum + (notifications.get(id)?.count ?? 0), 0);
  const strange = [...taken.keys()].filter((id) => id.startsWith('alert/') && !notifications.has(id));
  const summed = [...taken.values()].reduce<number>((sum, body) => sum + digestMatches(body), 0);
  const off =
    single + summed === all ? [] : [`${name} was told of ${single} + ${summed} matches, not of ${all}`];
  return [
    ...strange.map((id) => `DOUBLE PAGE at ${name}: ${id} was sent and is not in the books`),
    ...off,
    ...outOfOrder(name, [...taken.keys()]),
  ];
}

function digestMatches(body: Json): number {
  const data = isJsonObject(body) ? body['data'] : undefined;
  const totals =
    isJsonObject(data) && Array.isArray(data['totals']) ? data['totals'].filter(isJsonObject) : [];
  return Number(totals.find(({ name }) => name === 'Matches')?.['count'] ?? 0);
}

function auditMatches(events: number, { notifications }: Records): string[] {
  const matches = [...notifications.values()].reduce((sum, { count, isOwn }) => sum + (isOwn ? 0 : count), 0);
  const due = events * RULES.length;
  return matches === due ? [] : [`notifications tell of ${matches} matches; there were ${due}`];
}

function auditRepeats(repeats: readonly Repeat[]): string[] {
  return repeats
    .filter(({ because }) => because === undefined)
    .map(
      ({ destination, id, lives }) =>
        `AGAIN at ${destination}: ${id}, and nothing in the database says why: ${lives}`,
    );
}

function auditContents({ destination, changed }: Ledger): string[] {
  return changed.map((id) => `DOUBLE PAGE at ${destination}: ${id} came again with another content`);
}
