import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Database, openDatabase } from './database.ts';

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
