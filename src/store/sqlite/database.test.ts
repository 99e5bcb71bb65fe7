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
