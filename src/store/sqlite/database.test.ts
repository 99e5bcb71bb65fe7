import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Database, openDatabase } from './database.ts';
import { SqliteStore } from './index.ts';

it('waits long for another process, and hardly once that was in vain: asked to stop, a daemon has much to write', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-database-'));
  const file = join(folder, 'tocsin.db');
  const [mine, other] = [openDatabase(file), new Database(file)];
  const patienceMs = (): unknown => mine.get('PRAGMA busy_timeout')?.['timeout'];
  expect(patienceMs()).toBe(5_000);
  other.begin();
  // As if it had waited its time.
  mine.wait(1);
  expect(() => mine.begin()).toThrow(/another process holds it/);
  expect(patienceMs()).toBe(100);
  other.rollBack();
  mine.begin();
  expect(patienceMs()).toBe(5_000);
  mine.rollBack();
  for (const each of [mine, other]) each.close();
  rmSync(folder, { recursive: true });
});

describe('what is committed', () => {
  const [FULL, NORMAL] = [2, 1];
  let folder: string;
  let db: Database;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-database-'));
    db = openDatabase(join(folder, 'tocsin.db'));
  });
  afterEach(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  const synced = (): unknown => db.get('PRAGMA synchronous')?.['synchronous'];

  it('reaches the disk where nobody said that it need not', () => {
    expect(synced()).toBe(FULL);
    for (const isDurable of [true, false, true, false, false, true]) {
      db.begin(isDurable);
      expect(synced()).toBe(isDurable ? FULL : NORMAL);
      db.rollBack();
    }
    db.begin();
    expect(synced()).toBe(FULL);
  });

  it('reaches the disk after a transaction that need not have, and could not even begin', () => {
    const other = new Database(join(folder, 'tocsin.db'));
    other.begin();
    db.wait(1);
    expect(() => db.begin(false)).toThrow(/another process holds it/);
    other.rollBack();
    other.close();
    db.begin();
    expect(synced()).toBe(FULL);
  });

  it('reaches the disk beside leases that need not: pages, outcomes, graves', async () => {
    const store = new SqliteStore(db);
    for (const work of [
      () => store.settle([], 0),
      () => store.buryLost([], 0),
      () => store.prune({ eventsMs: 1, deadLettersMs: 1, maxBytes: 1e9, lookbackMs: 0 }, 0),
      () => store.transaction(async () => expect(synced()).toBe(FULL)),
    ]) {
      await store.claim('siem', 0, 1, 1);
      expect(synced()).toBe(NORMAL);
      await work();
      expect(synced()).toBe(FULL);
    }
  });
});

describe('the size of a database', () => {
  const MAX_BYTES = 16 * 1_048_576;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-database-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const pragma = (db: Database, name: string): number => Number(db.get(`PRAGMA ${name}`)?.[name]);

  it('has a reserve of a quarter above its bound, and a log that fits to it', () => {
    const db = openDatabase(join(folder, 'tocsin.db'), MAX_BYTES);
    const pageBytes = pragma(db, 'page_size');
    expect(pragma(db, 'max_page_count') * pageBytes).toBe(MAX_BYTES * 1.25);
    expect(pragma(db, 'wal_autocheckpoint') * pageBytes).toBe(MAX_BYTES / 8);
    expect(pragma(db, 'journal_size_limit')).toBe(MAX_BYTES / 2);
    db.close();
  });

  it('leaves room to one that an earlier version filled to the last page: it could not even be emptied', () => {
    const file = join(folder, 'tocsin.db');
    const first = openDatabase(file);
    const fill = (db: Database): void =>
      void db.run(
        'INSERT INTO digests (id, body, created_ms) VALUES (hex(randomblob(8)), hex(zeroblob(500000)), 0)',
      );
    for (
      let used = 0;
      used < MAX_BYTES * 1.3;
      used = pragma(first, 'page_count') * pragma(first, 'page_size')
    )
      fill(first);
    first.close();
    const second = openDatabase(file, MAX_BYTES);
    expect(pragma(second, 'max_page_count')).toBeGreaterThan(pragma(second, 'page_count') + 50);
    // And no more than that.
    expect(() => fill(second)).toThrow(/no space left/);
    second.close();
  });
});
