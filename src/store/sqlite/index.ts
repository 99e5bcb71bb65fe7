import { setImmediate } from 'node:timers/promises';
import type { StoredAlert } from '../../core/alert.ts';
import type { Feed, FeedName } from '../../core/event.ts';
import type { FeedState } from '../../core/feed-state.ts';
import type { RecordedStore, Records } from '../../core/records.ts';
import type { Cursor, Slice } from '../../core/source.ts';
import type {
  AlertFilter,
  BackfillState,
  ClaimedDelivery,
  DeliveryFilter,
  DeliveryRecord,
  DeliverySelection,
  EventFacts,
  PruneReport,
  Retention,
  Settlement,
  Store,
  StoredSilence,
  StoreTx,
  UnheardCount,
} from '../../core/store.ts';
import { listAlerts } from './alerts.ts';
import * as budget from './budget.ts';
import { type Database, openDatabase, openReader } from './database.ts';
import { type FileLock, lockFile } from './lock.ts';
import { countTold } from './members.ts';
import * as memory from './memory.ts';
import { OpenFiles } from './open-files.ts';
import * as outbox from './outbox.ts';
import { prune, usedBytes } from './prune.ts';
import * as quiet from './quiet.ts';
import { int, json, maybeInt, text } from './row.ts';
import { countInSlice, matchedBefore, scanEvents } from './statistics.ts';
import { recordsOf } from './story.ts';
import { SqliteTx } from './transaction.ts';
import { nextDueMs } from './turn.ts';

export { isLockHeld } from './lock.ts';

export interface SqliteOptions {
  /** A path, or `:memory:`. */
  readonly file: string;
  /** The daemon's own use: nobody else may run on the file, and leases of a dead predecessor end at once. */
  readonly exclusive: boolean;
  /** A hard stop is set a quarter above it. */
  readonly maxBytes?: number;
}

/** Opens the store, making and migrating it as needed. Throws {@link StoreError}. */
export function openSqliteStore(options: SqliteOptions): SqliteStore {
  const lock = options.exclusive && options.file !== ':memory:' ? lockFile(options.file) : undefined;
  try {
    return openWith(options, lock);
  } catch (error) {
    lock?.release();
    throw error;
  }
}

function openWith({ file, exclusive, maxBytes }: SqliteOptions, lock: FileLock | undefined): SqliteStore {
  const db = openDatabase(file, maxBytes);
  try {
    if (exclusive) db.run('UPDATE outbox SET lease_until_ms = 0 WHERE lease_until_ms > 0');
    if (file === ':memory:') return new SqliteStore(db);
    const reader = exclusive ? openReader(file, db) : undefined;
    return new SqliteStore(db, new OpenFiles(file, db, lock), reader);
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * One connection, one thing at a time: a transaction's steps await in between, and a read that
 * slipped in there would see what may yet be rolled back. The daemon has a second one, which sees only what is committed:
 * what is asked on it waits for no transaction.
 */
export class SqliteStore implements RecordedStore {
  readonly #db: Database;
  readonly #reader: Database | undefined;
  readonly #files: OpenFiles | undefined;
  readonly records: Records;
  #last: Promise<unknown> = Promise.resolve();

  constructor(db: Database, files?: OpenFiles, reader?: Database) {
    this.#db = db;
    this.#files = files;
    this.#reader = reader;
    this.records = recordsOf((question) => this.#alone(() => question(db)));
  }

  transaction<T>(work: (tx: StoreTx) => Promise<T>, isDurable = true): Promise<T> {
    return this.#alone(async () => {
      // Beside the sync of the disk that it ends with, this costs nothing.
      if (isDurable) this.#files?.verify();
      this.#db.begin(isDurable);
      try {
        const result = await work(new SqliteTx(this.#db));
        this.#db.exec('COMMIT');
        // SQLite waits for nothing, so nobody else would have a turn while one transaction follows another.
        await setImmediate();
        return result;
      } catch (error) {
        this.#db.rollBack();
        throw error;
      }
    });
  }

  unseen(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const sql =
      'SELECT value AS id FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM events WHERE events.id = value)';
    return this.#committed((db) => new Set(db.all(sql, JSON.stringify(ids)).map((row) => text(row, 'id'))));
  }

  readMatchedBefore(
    { source, feed }: FeedName,
    feedIds: readonly string[],
  ): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    return this.#alone(() => matchedBefore(this.#db, source, feed, feedIds));
  }

  readCursor(source: string, feed: Feed): Promise<Cursor | undefined> {
    return this.#alone(() => {
      const row = this.#db.get('SELECT cursor FROM cursors WHERE source = ? AND feed = ?', source, feed);
      return row === undefined ? undefined : json<Cursor>(row, 'cursor');
    });
  }

  countEvents({ source, feed }: FeedName, { fromMs, toMs }: Slice): Promise<number> {
    const sql =
      'SELECT count(*) AS events FROM events WHERE source = ? AND feed = ? AND time_ms BETWEEN ? AND ?';
    return this.#committed((db) => int(db.get(sql, source, feed, fromMs, toMs), 'events'));
  }

  readFeedStates(): Promise<readonly FeedState[]> {
    const sql = 'SELECT body FROM feeds ORDER BY source, feed';
    return this.#alone(() => this.#db.all(sql).map((row) => json<FeedState>(row, 'body')));
  }

  readBackfill(id: string): Promise<BackfillState | undefined> {
    return this.#alone(() => {
      const row = this.#db.get('SELECT body FROM backfills WHERE id = ?', id);
      return row === undefined ? undefined : json<BackfillState>(row, 'body');
    });
  }

  hasDigest(id: string): Promise<boolean> {
    return this.#alone(() => this.#db.get('SELECT 1 FROM digests WHERE id = ?', id) !== undefined);
  }

  scanEvents(slice: Slice, afterSeq: number, limit: number): Promise<readonly EventFacts[]> {
    return this.#alone(() => scanEvents(this.#db, slice, afterSeq, limit));
  }

  countInSlice(slice: Slice): ReturnType<Store['countInSlice']> {
    return this.#alone(() => countInSlice(this.#db, slice));
  }

  nextGroupDueMs(): Promise<number | undefined> {
    return this.#alone(() =>
      maybeInt(this.#db.get('SELECT min(due_ms) AS due FROM groups WHERE due_ms IS NOT NULL'), 'due'),
    );
  }

  readInstance(): Promise<string> {
    return this.#alone(() =>
      text(this.#db.get("SELECT value FROM meta WHERE key = 'instance'") ?? {}, 'value'),
    );
  }

  countTold(): ReturnType<Store['countTold']> {
    return this.#alone(() => countTold(this.#db));
  }

  listSilences(sinceMs: number): Promise<readonly StoredSilence[]> {
    return this.#alone(() => quiet.silencesAfter(this.#db, sinceMs));
  }

  lookAtHeld(nowMs: number): Promise<void> {
    return this.#atomically(() => quiet.lookAtHeld(this.#db, nowMs));
  }

  expireSilence(id: string, nowMs: number): Promise<boolean> {
    return this.#atomically(() => quiet.expireSilence(this.#db, id, nowMs));
  }

  readMemory(destination: string, key: string): Promise<string | undefined> {
    return this.#alone(() => memory.readMemory(this.#db, destination, key));
  }

  writeMemory(destination: string, key: string, value: string, nowMs: number): Promise<void> {
    return this.#atomically(() => memory.writeMemory(this.#db, destination, key, value, nowMs));
  }

  listAlerts(filter: AlertFilter): Promise<readonly StoredAlert[]> {
    return this.#alone(() => listAlerts(this.#db, filter));
  }

  countUnheard(slice: Slice): Promise<readonly UnheardCount[]> {
    return this.#alone(() => quiet.countUnheard(this.#db, slice));
  }

  async claim(...args: Parameters<Store['claim']>): Promise<readonly ClaimedDelivery[]> {
    return outbox.understood(await this.claimRows(...args), (seqs) => this.buryLost(seqs, args[1]));
  }

  claimRows(...args: Parameters<Store['claim']>): Promise<readonly outbox.ClaimedRow[]> {
    // A lease is for this process alone: whoever comes after it starts without.
    return this.transaction(async () => outbox.claim(this.#db, ...args), false);
  }

  buryLost(seqs: readonly number[], nowMs: number): Promise<void> {
    return this.#atomically(() => outbox.buryLost(this.#db, seqs, nowMs));
  }

  settle(settlements: readonly Settlement[], nowMs: number): Promise<void> {
    return this.#atomically(() => outbox.settle(this.#db, settlements, nowMs));
  }

  nextDeliveryDueMs(destination: string): Promise<number | undefined> {
    return this.#alone(() => nextDueMs(this.#db, destination));
  }

  newestDeadReason(destination: string): Promise<string | undefined> {
    return this.#alone(() => outbox.newestDeadReason(this.#db, destination));
  }
  listDeliveries(filter: DeliveryFilter): Promise<readonly DeliveryRecord[]> {
    return this.#alone(() => outbox.listDeliveries(this.#db, filter));
  }

  redrive(selection: DeliverySelection, nowMs: number): Promise<number> {
    return this.#atomically(() => outbox.redrive(this.#db, selection, nowMs));
  }

  discard(selection: DeliverySelection, nowMs: number): Promise<number> {
    return this.#atomically(() => outbox.discard(this.#db, selection, nowMs));
  }

  abandonOthers(destinations: readonly string[], nowMs: number): Promise<number> {
    return this.#atomically(() => outbox.abandonOthers(this.#db, destinations, nowMs));
  }

  restorePlaces(destination: string, nowMs: number): Promise<number> {
    return this.#atomically(() => budget.restorePlaces(this.#db, destination, nowMs));
  }

  measureWaiting(...args: Parameters<Store['measureWaiting']>): ReturnType<Store['measureWaiting']> {
    return this.#alone(() => budget.measureWaiting(this.#db, ...args));
  }

  oldestWaitingMs(destination: string): Promise<number | undefined> {
    return this.#alone(() => budget.oldestWaitingMs(this.#db, destination));
  }

  shed(...args: Parameters<Store['shed']>): ReturnType<Store['shed']> {
    return this.#atomically(() => budget.shed(this.#db, ...args));
  }

  lastHits(): ReturnType<Store['lastHits']> {
    const sql = `SELECT body ->> '$.rule' AS rule, max(body ->> '$.lastSeenMs') AS last_hit_ms FROM alerts GROUP BY 1`;
    return this.#alone(() =>
      this.#db.all(sql).map((row) => ({ rule: text(row, 'rule'), lastHitMs: int(row, 'last_hit_ms') })),
    );
  }

  countDeliveries(): ReturnType<Store['countDeliveries']> {
    return this.#alone(() => outbox.countDeliveries(this.#db));
  }

  prune(retention: Retention, nowMs: number): Promise<PruneReport> {
    return this.#atomically(() => prune(this.#db, retention, nowMs));
  }

  usedBytes(): Promise<number> {
    return this.#alone(() => usedBytes(this.#db));
  }

  close(): Promise<void> {
    return this.#inTurn(() => {
      this.#reader?.close();
      this.#db.close();
      this.#files?.release();
    });
  }

  #atomically<T>(work: () => T): Promise<T> {
    return this.transaction(async () => work());
  }

  async #committed<T>(read: (db: Database) => T): Promise<T> {
    if (this.#reader === undefined) return this.#alone(() => read(this.#db));
    this.#files?.verifyIfAmiss();
    return read(this.#reader);
  }

  #alone<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#inTurn(() => {
      this.#files?.verifyIfAmiss();
      return work();
    });
  }

  #inTurn<T>(work: () => T | Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
