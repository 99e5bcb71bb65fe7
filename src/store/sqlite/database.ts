import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { StoreError, type StoreErrorKind } from '../../core/store.ts';
import { migrations } from './migrations.ts';
import { int } from './row.ts';

type Row = Record<string, unknown>;

/** How long somebody else's transaction is waited for. */
const PATIENCE_MS = 5_000;
/** The same once that was in vain: a daemon that is told to stop has many outcomes to write, and seconds to do it in. */
const LITTLE_PATIENCE_MS = 100;

/** A page of events is more than SQLite's own 4 MB: every commit would be copied into the file, and synced, at once. */
const LOG_BYTES = 16 * 1_048_576;

/** A connection with its statements kept compiled, and SQLite's failures in our words. */
export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #file: string;
  #patienceMs = 0;
  #isDurable: boolean | undefined;

  constructor(file: string, { readOnly = false } = {}) {
    this.#file = file;
    if (file !== ':memory:' && !readOnly) createPrivately(file);
    this.#db = translated(file, () => new DatabaseSync(file, { readOnly }));
  }

  run(sql: string, ...values: SQLInputValue[]): number {
    return translated(this.#file, () => Number(this.#prepare(sql).run(...values).changes));
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return translated(this.#file, () => this.#prepare(sql).all(...values));
  }

  /** Rows up to the first after which `isMore` wants none; those behind it are not read. */
  first(sql: string, isMore: (row: Row) => boolean, ...values: SQLInputValue[]): Row[] {
    return translated(this.#file, () => {
      const rows: Row[] = [];
      for (const row of this.#prepare(sql).iterate(...values)) {
        rows.push(row);
        if (!isMore(row)) break;
      }
      return rows;
    });
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return translated(this.#file, () => this.#prepare(sql).get(...values));
  }

  exec(sql: string): void {
    translated(this.#file, () => this.#db.exec(sql));
  }

  /**
   * Takes the write lock, waiting for whoever has it.
   * @param isDurable what is committed is on the disk by then; otherwise a power cut can undo it, until something durable is committed
   */
  begin(isDurable = true): void {
    if (isDurable !== this.#isDurable) this.exec(`PRAGMA synchronous = ${isDurable ? 'FULL' : 'NORMAL'}`);
    this.#isDurable = isDurable;
    try {
      this.exec('BEGIN IMMEDIATE');
    } catch (error) {
      if (error instanceof StoreError && error.kind === 'locked') this.wait(LITTLE_PATIENCE_MS);
      throw error;
    }
    this.wait(PATIENCE_MS);
  }

  /** From now on, where somebody else has the file. */
  wait(ms: number): void {
    if (ms !== this.#patienceMs) this.exec(`PRAGMA busy_timeout = ${ms}`);
    this.#patienceMs = ms;
  }

  /** Undoes what a failed transaction left open; SQLite has already closed it after some failures. */
  rollBack(): void {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
  }

  close(): void {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** The file holds captured traffic: nobody but its owner reads it. SQLite gives its WAL the same mode. */
function createPrivately(file: string): void {
  translated(file, () => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
  });
}

/** Opens, tunes and migrates. Throws {@link StoreError}. */
export function openDatabase(file: string, maxBytes?: number): Database {
  const db = new Database(file);
  try {
    db.wait(PATIENCE_MS);
    // Of a new file only: payloads are of some kilobytes, and in pages of SQLite's own 4 KiB each is a chain of them.
    db.exec('PRAGMA page_size = 8192');
    db.exec('PRAGMA journal_mode = WAL');
    limitLog(db, maxBytes);
    db.exec('PRAGMA temp_store = MEMORY');
    migrate(db, file);
    if (maxBytes !== undefined) limitSize(db, maxBytes);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * A second connection to an open database, on which nothing can be changed; none where the file system does not let SQLite
 * keep a log, for then whoever reads waits for whoever writes. Throws {@link StoreError}.
 */
export function openReader(file: string, open: Database): Database | undefined {
  if (open.get('PRAGMA journal_mode')?.['journal_mode'] !== 'wal') return undefined;
  const db = new Database(file, { readOnly: true });
  db.wait(PATIENCE_MS);
  return db;
}

function migrate(db: Database, file: string): void {
  const version = Number(db.get('PRAGMA user_version')?.['user_version'] ?? 0);
  if (version > migrations.length) {
    throw new StoreError(
      'newer',
      `${file} was written by a newer Tocsin (its schema is ${version}, this version knows ${migrations.length}); run that version, or start with another file`,
    );
  }
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue;
    db.exec(`BEGIN IMMEDIATE; ${migration}; PRAGMA user_version = ${index + 1}; COMMIT`);
  }
}

/** A small store has a small log beside it. */
function limitLog(db: Database, maxBytes = Number.POSITIVE_INFINITY): void {
  const logBytes = Math.min(LOG_BYTES, maxBytes / 8);
  db.exec(`PRAGMA wal_autocheckpoint = ${Math.ceil(logBytes / pageSize(db))}`);
  db.exec(`PRAGMA journal_size_limit = ${Math.ceil(logBytes * 4)}`);
}

/** Share of the bound that is left to telling, settling and pruning: nothing that adds events may take it. */
const RESERVE = 0.25;
/** What a store that is beyond all that still may grow by, or it could not even be emptied. */
const LAST_RESERVE = 0.05;

/** A hard stop above the bound that pruning keeps to, so that a bug cannot fill the disk. */
function limitSize(db: Database, maxBytes: number): void {
  const pages = int(db.get('PRAGMA page_count'), 'page_count');
  const bytes = Math.max(maxBytes * (1 + RESERVE), pages * pageSize(db) + maxBytes * LAST_RESERVE);
  db.exec(`PRAGMA max_page_count = ${Math.ceil(bytes / pageSize(db))}`);
}

function pageSize(db: Database): number {
  return int(db.get('PRAGMA page_size'), 'page_size');
}

const KIND_BY_CODE: Readonly<Record<number, StoreErrorKind>> = {
  5: 'locked',
  6: 'locked',
  8: 'read-only',
  13: 'full',
};
/** What SQLite says where a file may not grow for another reason than space: it could not write, truncate, or size its log's index. */
const NO_GROWTH: ReadonlySet<number> = new Set([778, 1_546, 4_874]);
const KIND_BY_ERRNO: Readonly<Record<string, StoreErrorKind>> = {
  ENOSPC: 'full',
  EROFS: 'read-only',
  EACCES: 'read-only',
  EPERM: 'read-only',
  ENOTDIR: 'read-only',
  EEXIST: 'read-only',
};

const ADVICE: Readonly<Record<StoreErrorKind, string>> = {
  full: 'there is no space left for it; free some, raise retention.max_size, or the quota or file-size limit (ulimit -f) that it has reached',
  'read-only':
    'it cannot be written; check the owner and mode of the file and its folder, and that the file system is not read-only',
  locked: 'another process holds it; stop that process',
  conflict: 'another process wrote the same events; only one daemon may use it',
  newer: 'a newer version wrote it',
  broken: 'see the reason; if the file is damaged, restore it from a backup or start with another file',
};

/** What SQLite or the file system throws, as a {@link StoreError}. */
export function translated<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translate(file, error);
  }
}

function translate(file: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const kind = kindOf(error);
  const message = error instanceof Error ? error.message : String(error);
  return new StoreError(kind, `${file}: ${ADVICE[kind]} (${message})`);
}

function kindOf(error: unknown): StoreErrorKind {
  if (!(error instanceof Error)) return 'broken';
  if ('errcode' in error && typeof error.errcode === 'number') {
    return NO_GROWTH.has(error.errcode) ? 'full' : (KIND_BY_CODE[error.errcode & 0xff] ?? 'broken');
  }
  if ('code' in error && typeof error.code === 'string') return KIND_BY_ERRNO[error.code] ?? 'broken';
  return 'broken';
}
