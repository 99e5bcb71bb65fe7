import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { createBench } from '../../../test/pipeline/bench.ts';
import { openSqliteStore } from './index.ts';

it('looks everything up by an index', async () => {
  const bench = createBench();
  const asked: string[] = [];
  const prepare = DatabaseSync.prototype.prepare;
  DatabaseSync.prototype.prepare = function recorded(sql: string) {
    asked.push(sql);
    return prepare.call(this, sql);
  };
  try {
    const store = openSqliteStore({ file: bench.file, exclusive: false });
    const { records } = store;
    await records.readEvent('x');
    await records.eventIds('x', 5);
    await records.eventIdsInFeeds('x', 5);
    await records.findAlerts('a', 5);
    await records.openAlerts(5);
    await records.alertsShowing('x', 0, 5);
    await records.membershipsOf('x');
    await records.notificationsOf('x', 0, 5);
    await records.notificationsListing('x', 0, 5);
    await records.deliveriesOf('x');
    await store.listAlerts({ states: ['open'], limit: 5 });
    await store.close();
  } finally {
    DatabaseSync.prototype.prepare = prepare;
  }
  const db = new DatabaseSync(bench.file);
  const scans = asked
    .filter((sql) => /^\s*(SELECT|WITH)/.test(sql))
    .flatMap((sql) => {
      const plan = db
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => String(detail));
      return plan
        .filter(
          (detail) =>
            /^SCAN (?!names|json_each|\(|CONSTANT|cursors)/.test(detail) &&
            !/USING (COVERING )?INDEX/.test(detail),
        )
        .map((detail) => `${detail}: ${sql}`);
    });
  db.close();
  await bench.close();
  expect(scans).toEqual([]);
});
