import type { Notification } from '../../core/alert.ts';
import type { Delivery, MatchedRule } from '../../core/delivery.ts';
import type { Digest } from '../../core/digest.ts';
import { type Event, FEEDS, type Feed } from '../../core/event.ts';
import { groupOfNotification } from '../../core/notification-id.ts';
import {
  type ClaimedDelivery,
  type DeliveryCount,
  type DeliveryFilter,
  type DeliveryRecord,
  type DeliverySelection,
  type DeliveryState,
  type OutboxRow,
  type Settlement,
  StoreError,
} from '../../core/store.ts';
import type { Database } from './database.ts';
import { type Entry, remember, unclearIn } from './history.ts';
import { int, maybeInt, maybeText, parsed, text } from './row.ts';
import { inTurn } from './turn.ts';

type Row = Record<string, unknown>;

const CONTENT = `
  SELECT o.seq, o.attempts, o.history, o.kind, o.delivery_id, e.source, e.feed, e.feed_id, e.revision, e.time_ms, e.rules, p.raw,
    coalesce(n.body, d.body) AS body
  FROM outbox o
  LEFT JOIN events e ON o.kind = 'event' AND e.id = o.delivery_id
  LEFT JOIN payloads p ON p.seq = e.seq
  LEFT JOIN notifications n ON o.kind = 'alert' AND n.id = o.delivery_id
  LEFT JOIN digests d ON o.kind = 'digest' AND d.id = o.delivery_id`;

/** A delivery as the tables hold it. */
export interface ClaimedRow {
  readonly seq: number;
  readonly attempts: number;
  /** See {@link ClaimedDelivery}. */
  readonly unclear?: number;
  readonly kind: Delivery['kind'];
  readonly id: string;
  /** JSON: the event's payload, the notification or the digest. */
  readonly text: string;
  /** Only of events. */
  readonly event?: Omit<Event, 'raw' | 'id'> & { readonly rules: string };
}

/** What is told to people and machines leaves before the rest, the most urgent first; the rest in the order in which it is due. */
const URGENT = { which: 'o.urgency > 0', order: 'o.urgency DESC, o.due_ms, o.seq' };
const IN_TURN = { which: 'o.urgency = 0', order: 'o.due_ms, o.seq' };

/**
 * Of the notifications and digests in one batch. A list of fifty thousand alerts comes in hundreds of parts, and whoever sends them must not have
 * to hold and write all of them at once.
 */
const MOST_CHARS = 1_000_000;

function claimable(
  db: Database,
  { which, order }: typeof URGENT,
  destination: string,
  nowMs: number,
  limit: number,
): Row[] {
  let left = MOST_CHARS;
  return db.first(
    `${CONTENT} WHERE o.destination = ? AND o.state = 'pending' AND ${which} AND o.due_ms <= ? AND o.lease_until_ms <= ?
       AND ${inTurn('e.lease_until_ms > ?')} ORDER BY ${order} LIMIT ?`,
    ({ body }) => {
      left -= typeof body === 'string' ? body.length : 0;
      return left > 0;
    },
    destination,
    nowMs,
    nowMs,
    nowMs,
    limit,
  );
}

/**
 * What is more urgent pulls along what waits before it in its group: nobody reads of a rise before the beginning.
 */
export function enqueue(db: Database, rows: readonly OutboxRow[], nowMs: number): void {
  for (const { destination, kind, deliveryId, urgency = 0 } of rows) {
    db.run(
      `INSERT INTO outbox (destination, kind, delivery_id, due_ms, enqueued_ms, urgency) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (destination, delivery_id) DO NOTHING`,
      destination,
      kind,
      deliveryId,
      nowMs,
      nowMs,
      urgency,
    );
    if (kind !== 'alert' || urgency <= 1) continue;
    db.run(
      `UPDATE outbox SET urgency = ?1 WHERE state <> 'done' AND state = 'pending' AND urgency < ?1 AND kind = 'alert'
         AND destination = ?2 AND delivery_id >= ?3 AND delivery_id < ?3 || '~'`,
      urgency,
      destination,
      `alert/${groupOfNotification(deliveryId)}/`,
    );
  }
}

export function claim(
  db: Database,
  destination: string,
  nowMs: number,
  leaseMs: number,
  limit: number,
): ClaimedRow[] {
  const urgent = claimable(db, URGENT, destination, nowMs, limit);
  const others =
    urgent.length < limit ? claimable(db, IN_TURN, destination, nowMs, limit - urgent.length) : [];
  const rows = [...urgent, ...others];
  const { read: due, damaged } = readable(rows, toClaimedRow);
  const read = together(due);
  // Its content is gone: one such row must not stop those behind it.
  if (damaged.length > 0) buryLost(db, damaged.map(seqOf), nowMs);
  const seqs = JSON.stringify(read.map(({ seq }) => seq));
  db.run(`UPDATE outbox SET lease_until_ms = ? WHERE seq IN (${EACH})`, nowMs + leaseMs, seqs);
  return read;
}

/**
 * One whose answer was unclear goes alone from then on: of several in a request nobody knows which the next answer is
 * about, and all of them would be given up for one.
 */
function together(due: ClaimedRow[]): ClaimedRow[] {
  const first = due.findIndex(({ unclear }) => unclear !== undefined);
  return first < 0 ? due : due.slice(0, Math.max(1, first));
}

/** What can be made of the rows, and the rows that do not hold what was written: one such must not hold up its neighbours. */
function readable<From, To>(
  rows: readonly From[],
  make: (row: From) => To,
): { readonly read: To[]; readonly damaged: From[] } {
  const read: To[] = [];
  const damaged: From[] = [];
  for (const row of rows) {
    try {
      read.push(make(row));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      damaged.push(row);
    }
  }
  return { read, damaged };
}

/** One statement for a batch: most of the cost of a row is that of its statement. */
const EACH = 'SELECT value FROM json_each(?)';
const seqOf = (row: Row): number => int(row, 'seq');

const CONTENT_LOST = 'the store no longer holds what was to be delivered; the file may have been damaged';

/** To the dead letters with what cannot be delivered, since its content is gone or damaged. */
export function buryLost(db: Database, seqs: readonly number[], nowMs: number): void {
  db.run(
    `UPDATE outbox SET state = 'dead', reason = ?, settled_ms = ?, lease_until_ms = 0 WHERE seq IN (${EACH})`,
    CONTENT_LOST,
    nowMs,
    JSON.stringify(seqs),
  );
}

function toClaimedRow(row: Row): ClaimedRow {
  const kind = kindOf(row);
  const unclear = unclearIn(row['history']);
  const counts = { attempts: int(row, 'attempts'), ...(unclear === 0 ? {} : { unclear }) };
  const numbers = { seq: int(row, 'seq'), ...counts };
  const content = { kind, id: text(row, 'delivery_id'), text: text(row, kind === 'event' ? 'raw' : 'body') };
  if (kind !== 'event') return { ...numbers, ...content };
  const revision = maybeText(row, 'revision');
  const event = {
    source: text(row, 'source'),
    feed: toFeed(row),
    feedId: text(row, 'feed_id'),
    ...(revision === undefined ? {} : { revision }),
    timeMs: int(row, 'time_ms'),
    rules: text(row, 'rules'),
  };
  return { ...numbers, ...content, event };
}

/**
 * Rows as deliveries. Those that do not hold what was written go to the dead letters, by `bury`; where that fails they
 * come again when their lease ends, and their neighbours, which are under the same lease, do not wait for it.
 */
export async function understood(
  rows: readonly ClaimedRow[],
  bury: (seqs: readonly number[]) => Promise<unknown>,
): Promise<readonly ClaimedDelivery[]> {
  const { read, damaged } = readable(rows, toClaimed);
  if (damaged.length === 0) return read;
  try {
    await bury(damaged.map(({ seq }) => seq));
  } catch (error) {
    if (!(error instanceof StoreError) || read.length === 0) throw error;
  }
  return read;
}

function toClaimed({ seq, attempts, unclear, ...row }: ClaimedRow): ClaimedDelivery {
  return { seq, attempts, ...(unclear === undefined ? {} : { unclear }), delivery: toDelivery(row) };
}

function toDelivery({
  kind,
  id,
  text: content,
  event,
}: Omit<ClaimedRow, 'seq' | 'attempts' | 'unclear'>): Delivery {
  if (kind === 'alert') return { kind, id, notification: parsed<Notification>(content) };
  if (kind === 'digest') return { kind, id, digest: parsed<Digest>(content) };
  if (event === undefined) throw new StoreError('broken', `the store holds no event ${id}`);
  const { rules, ...facts } = event;
  return { kind, id, event: { id, ...facts, raw: parsed(content) }, rules: parsed<MatchedRule[]>(rules) };
}

export function toFeed(row: Row): Feed {
  const name = text(row, 'feed');
  const known = FEEDS.find((candidate) => candidate === name);
  if (known === undefined)
    throw new StoreError('broken', `the store holds an event of the unknown feed ${name}`);
  return known;
}

export function settle(db: Database, settlements: readonly Settlement[], nowMs: number): void {
  const taken = settlements.filter(({ state }) => state === 'done').map(({ seq }) => seq);
  // By a clock that went ahead it may have been shed while it was under way: what has arrived is no dead letter.
  db.run(
    `UPDATE outbox SET lease_until_ms = 0, attempts = attempts + 1, state = 'done', reason = NULL, settled_ms = ?
     WHERE seq IN (${EACH}) AND state <> 'done'`,
    nowMs,
    JSON.stringify(taken),
  );
  for (const settlement of settlements) {
    // The attempt that succeeds is told by the row itself: most deliveries never have another.
    if (settlement.state === 'done') continue;
    remember(db, settlement.seq, entryOf(settlement), nowMs);
    if (settlement.state === 'pending') putOff(db, settlement);
    else bury(db, settlement, nowMs);
  }
}

type PutOff = Extract<Settlement, { state: 'pending' }>;
type Buried = Extract<Settlement, { state: 'dead' }>;

function putOff(db: Database, { seq, dueMs, reason, counted }: PutOff): void {
  db.run(
    `UPDATE outbox SET lease_until_ms = 0, attempts = attempts + ?, due_ms = ?, reason = ? WHERE seq = ? AND state = 'pending'`,
    counted ? 1 : 0,
    dueMs,
    reason,
    seq,
  );
}

function bury(db: Database, { seq, reason }: Buried, nowMs: number): void {
  db.run(
    `UPDATE outbox SET lease_until_ms = 0, attempts = attempts + 1, state = 'dead', reason = ?, settled_ms = ?
     WHERE seq = ? AND state = 'pending'`,
    reason,
    nowMs,
    seq,
  );
}

function entryOf(settlement: PutOff | Buried): Entry {
  const { reason } = settlement;
  if (settlement.state === 'dead') return { outcome: 'dead', reason };
  if (settlement.unclear) return { outcome: 'unclear', reason };
  return { outcome: settlement.counted ? 'retry' : 'held', reason };
}

export function listDeliveries(db: Database, filter: DeliveryFilter): DeliveryRecord[] {
  return db
    .all(
      `SELECT * FROM outbox
       WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR destination = ?2) AND (?3 IS NULL OR delivery_id = ?3)
       ORDER BY seq LIMIT ?4`,
      filter.state ?? null,
      filter.destination ?? null,
      filter.deliveryId ?? null,
      filter.limit,
    )
    .map(toRecord);
}

export function newestDeadReason(db: Database, destination: string): string | undefined {
  const row = db.get(
    `SELECT reason FROM outbox WHERE state = 'dead' AND destination = ? ORDER BY settled_ms DESC, seq DESC LIMIT 1`,
    destination,
  );
  return maybeText(row ?? {}, 'reason');
}

export function toRecord(row: Row): DeliveryRecord {
  const reason = maybeText(row, 'reason');
  const settledMs = maybeInt(row, 'settled_ms');
  return {
    seq: int(row, 'seq'),
    destination: text(row, 'destination'),
    kind: kindOf(row),
    deliveryId: text(row, 'delivery_id'),
    state: state(row),
    attempts: int(row, 'attempts'),
    ...(reason === undefined ? {} : { reason }),
    enqueuedMs: int(row, 'enqueued_ms'),
    dueMs: int(row, 'due_ms'),
    ...(settledMs === undefined ? {} : { settledMs }),
  };
}

function kindOf(row: Row): Delivery['kind'] {
  const { kind } = row;
  return kind === 'alert' || kind === 'digest' ? kind : 'event';
}

function state(row: Row): DeliveryState {
  const name = row['state'];
  return name === 'done' || name === 'dead' ? name : 'pending';
}

const ABANDONED =
  'its destination is no longer in the configuration: bring it back under its name and redrive, or discard';

/** Nobody would ever deliver these, and what waits is never pruned. */
export function abandonOthers(db: Database, destinations: readonly string[], nowMs: number): number {
  return db.run(
    `UPDATE outbox SET state = 'dead', reason = ?, settled_ms = ?, lease_until_ms = 0
     WHERE state = 'pending' AND destination NOT IN (SELECT value FROM json_each(?))`,
    ABANDONED,
    nowMs,
    JSON.stringify(destinations),
  );
}

/** Dead deliveries go back to the queue, attempts and age forgotten, under their old id: a budget would shed them again. */
export function redrive(db: Database, selection: DeliverySelection, nowMs: number): number {
  const set = `state = 'pending', attempts = 0, due_ms = ?3, enqueued_ms = ?3, lease_until_ms = 0, settled_ms = NULL`;
  return changeDead(db, set, 'redriven', selection, nowMs);
}

/** Dead deliveries are closed for good; the row stays as the record of it until it ages out. */
export function discard(db: Database, selection: DeliverySelection, nowMs: number): number {
  const set = `state = 'done', settled_ms = ?3, reason = 'discarded: ' || coalesce(reason, '')`;
  return changeDead(db, set, 'discarded', selection, nowMs);
}

const ADDED =
  "json_insert(coalesce(history, '[]'), '$[#]', json_object('outcome', ?4, 'fromMs', ?3, 'atMs', ?3, 'times', 1))";

function changeDead(
  db: Database,
  set: string,
  outcome: Entry['outcome'],
  selection: DeliverySelection,
  nowMs: number,
): number {
  const seqs = selection.seqs ?? [null];
  return seqs
    .map((seq) =>
      db.run(
        `UPDATE outbox SET ${set}, history = ${ADDED}
         WHERE state = 'dead' AND (?1 IS NULL OR seq = ?1) AND (?2 IS NULL OR destination = ?2)`,
        seq,
        selection.destination ?? null,
        nowMs,
        outcome,
      ),
    )
    .reduce((sum, changed) => sum + changed, 0);
}

/** The planner would rather look through all that is done, in the order of destinations. */
export function countDeliveries(db: Database): DeliveryCount[] {
  return db
    .all(
      `SELECT destination, state, count(*) AS count, min(enqueued_ms) AS oldest_ms FROM outbox INDEXED BY outbox_unsettled
       WHERE state <> 'done' GROUP BY destination, state`,
    )
    .map((row) => ({
      ...{ destination: text(row, 'destination'), state: state(row) },
      ...{ count: int(row, 'count'), oldestMs: int(row, 'oldest_ms') },
    }));
}
