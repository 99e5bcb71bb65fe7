import { expect, it } from 'vitest';
import { openDatabase } from './database.ts';
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

it('finds the alerts that wait for a destination without looking at its events: an outage leaves many', () => {
  const db = openDatabase(':memory:');
  db.exec('BEGIN');
  for (let i = 0; i < 50_000; i += 1)
    db.run(
      "INSERT INTO outbox (destination, kind, delivery_id, due_ms, enqueued_ms) VALUES ('siem', 'event', ?, 0, 0)",
      `e${i}`,
    );
  db.exec('COMMIT');
  const startedMs = performance.now();
  for (let i = 0; i < 100; i += 1) {
    expect(countWaiting(db, 'siem')).toEqual({ count: 0 });
    expect(isDigestWaiting(db, 'siem', 'storm')).toBe(false);
    expect(takeWaiting(db, 'siem', 1, 500, 'r', 1)).toEqual([]);
  }
  expect(performance.now() - startedMs).toBeLessThan(200);
  db.close();
});
