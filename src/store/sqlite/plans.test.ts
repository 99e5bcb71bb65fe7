import type { SQLInputValue } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { countTold, dueGroups, groupsAt, memberTotals, openGroupsOf } from './members.ts';
import { claim, enqueue } from './outbox.ts';
import { isNotificationWaiting, takeWaiting } from './overflow.ts';
import { nextDueMs } from './turn.ts';

const MANY = 60_000;

let db: Database;
beforeAll(() => {
  db = openDatabase(':memory:');
  fill(db);
});
afterAll(() => db.close());

/** A flood: very many groups of one alert each, and very many deliveries of each kind. */
function fill(into: Database): void {
  const numbers = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MANY})`;
  into.exec(`
    ${numbers} INSERT INTO groups (id, body, due_ms, updated_ms, place, urgency)
      SELECT 'g' || i, json_object('id', 'g' || i, 'openedMs', i, 'told', json_object('oncall', json_object('how', 'message'))),
        i, 0, 'p' || i, i % 10 FROM n;
    ${numbers} INSERT INTO alerts (fingerprint, severity, body, updated_ms, due_ms, urgency)
      SELECT 'f' || i, i % 5, '{}', 0, i, i % 10 FROM n;
    ${numbers} INSERT INTO group_members (group_id, fingerprint, count) SELECT 'g' || i, 'f' || i, 1 FROM n;
    ${numbers} INSERT INTO notifications (id, body, created_ms) SELECT 'alert/g' || i || '/1/1', '{}', 0 FROM n;
    ${numbers} INSERT INTO outbox (destination, kind, delivery_id, due_ms, enqueued_ms, urgency)
      SELECT 'oncall', 'alert', 'alert/g' || i || '/1/1', i, i, 1 + i % 10 FROM n;
    ${numbers} INSERT INTO outbox (destination, kind, delivery_id, due_ms, enqueued_ms) SELECT 'oncall', 'event', 'e' || i, i, i FROM n;
    ${numbers} INSERT INTO outbox (destination, kind, delivery_id, state, due_ms, enqueued_ms, settled_ms)
      SELECT 'oncall', 'alert', 'alert/done' || i || '/1/1', 'done', i, i, i FROM n;`);
}

/** What SQLite says it looks at, for each statement asked of `db` while `work` runs. */
function plansOf(work: () => void): readonly string[] {
  const plans: string[] = [];
  const { run, get, all } = db;
  const explained = (sql: string, values: readonly SQLInputValue[]): void => {
    const steps = all.call(db, `EXPLAIN QUERY PLAN ${sql}`, ...values);
    plans.push(...steps.map(({ detail }) => String(detail)));
  };
  db.run = (sql, ...values) => {
    explained(sql, values);
    return run.call(db, sql, ...values);
  };
  db.get = (sql, ...values) => {
    explained(sql, values);
    return get.call(db, sql, ...values);
  };
  db.all = (sql, ...values) => {
    explained(sql, values);
    return all.call(db, sql, ...values);
  };
  try {
    work();
  } finally {
    Object.assign(db, { run, get, all });
  }
  return plans;
}

const TAKEN = { destination: 'oncall', belowUrgency: 9, edits: true, limit: 10, reason: 'summed up' };
const row = { destination: 'oncall', kind: 'alert', deliveryId: 'alert/g7000/1/2', urgency: 9 } as const;

describe.each([
  ['as it is', ''],
  ['once somebody has counted it', 'ANALYZE'],
])('in a store with very much in it, %s', (_, before) => {
  beforeAll(() => db.exec(before));

  it.each<[string, () => unknown]>([
    ['due groups are found by urgency', () => dueGroups(db, 50, 100)],
    ['groups are found by their places', () => groupsAt(db, ['p1', 'p2'])],
    ['groups are found by their alerts', () => openGroupsOf(db, ['f1', 'f2'])],
    ['a group is counted by its members', () => memberTotals(db, 'g1', ['f9'])],
    ['urgent deliveries are claimed', () => claim(db, 'oncall', 50, 1_000, 10)],
    ['deliveries in their turn are claimed', () => claim(db, 'oncall', 5, 1_000, 10)],
    ['what waited for too long is taken', () => takeWaiting(db, { ...TAKEN, beforeMs: 50 }, 50)],
    ['what waits of one opening is found', () => isNotificationWaiting(db, 'oncall', 'alert/g9/1')],
    ['what is urgent pulls along its group', () => enqueue(db, [row], 50)],
  ])('%s', (_name, work) => {
    const plans = plansOf(work).filter((detail) => !detail.includes('VIRTUAL TABLE'));
    expect(plans.filter((detail) => detail.startsWith('SCAN'))).toEqual([]);
  });

  it('the next delivery is the first in the order of an index, or leased before that', () => {
    const plans = plansOf(() => expect(nextDueMs(db, 'oncall')).toBeLessThan(50));
    expect(plans.filter((detail) => detail.includes(' o '))).toEqual([
      'SEARCH o USING INDEX outbox_pending (destination=?)',
      'SEARCH o USING INDEX outbox_pending (destination=? AND due_ms<?)',
    ]);
    expect(plans.filter((detail) => detail.includes('TEMP B-TREE'))).toEqual([]);
  });

  it('how many incidents are open somewhere is counted by what is open', () => {
    expect(countTold(db)).toEqual([{ destination: 'oncall', count: MANY }]);
  });
});
