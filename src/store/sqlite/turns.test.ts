import type { SQLInputValue } from 'node:sqlite';
import { expect, it } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { openSqliteStore } from './index.ts';
import { countWaiting, isDigestWaiting, takeWaiting } from './overflow.ts';

it('lets timers and sockets have their turn between transactions that follow one another', async () => {
  const store = openSqliteStore({ file: ':memory:', exclusive: false });
  let turns = 0;
  setImmediate(() => {
    turns += 1;
  });
  await store.transaction(async () => undefined);
  await store.transaction(async () => turns).then((seen) => expect(seen).toBe(1));
  await store.close();
});

/** What SQLite says it looks at, for each statement asked of `db` while `work` runs. */
function plansOf(db: Database, work: () => void): readonly string[] {
  const plans: string[] = [];
  const { get, all } = db;
  const explained = (sql: string, values: readonly SQLInputValue[]): void => {
    const steps = all.call(db, `EXPLAIN QUERY PLAN ${sql}`, ...values);
    plans.push(...steps.map(({ detail }) => String(detail)));
  };
  db.get = (sql, ...values) => {
    explained(sql, values);
    return get.call(db, sql, ...values);
  };
  db.all = (sql, ...values) => {
    explained(sql, values);
    return all.call(db, sql, ...values);
  };
  work();
  return plans;
}

it('finds the alerts that wait for a destination without looking at its events: an outage leaves many', () => {
  const db = openDatabase(':memory:');
  const plans = plansOf(db, () => {
    expect(countWaiting(db, 'siem')).toEqual({ count: 0 });
    expect(isDigestWaiting(db, 'siem', 'storm')).toBe(false);
    expect(
      takeWaiting(
        db,
        { destination: 'siem', beforeMs: 1, belowUrgency: 9, edits: false, limit: 500, reason: 'r' },
        1,
      ),
    ).toEqual([]);
  });
  const looks = plans.filter((detail) => /\b(o|outbox)\b/.test(detail));
  expect(looks).toHaveLength(3);
  for (const look of looks) expect(look).toMatch(/^SEARCH (o|outbox) USING .*INDEX outbox_told /);
  db.close();
});
