import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/core/store.ts';
import { createNotifier } from '../../src/pipeline/notify.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { migrations } from '../../src/store/sqlite/migrations.ts';
import { listening, recordedTelemetry, temporaryFile } from '../pipeline/bench.ts';
import { ManualClock, START_MS } from '../pipeline/manual-clock.ts';

const HOUR_MS = 3_600_000;
const ROUTE = {
  ...{ name: 'all', to: ['oncall'], continue: false, groupBy: ['rule'], sendResolved: true },
  timing: { groupWaitMs: 10_000, groupIntervalMs: 300_000, repeatIntervalMs: 4 * HOUR_MS },
  speaking: { active: [], mute: [] },
};

let place: ReturnType<typeof temporaryFile>;
let store: Store | undefined;
beforeEach(() => {
  place = temporaryFile();
});
afterEach(async () => {
  await store?.close();
  place.remove();
});

const alertBody = (fingerprint: string) => ({
  ...{ fingerprint, rule: 'r', ruleName: 'Rule', severity: 'HIGH', source: 'akto', feed: 'malicious_events' },
  ...{ group: { actor: fingerprint }, count: 40, firstSeenMs: START_MS - HOUR_MS, lastSeenMs: START_MS },
  ...{ openedAtMs: START_MS - HOUR_MS, sample: [] },
});
const groupBody = (id: string, over: object) => ({
  ...{
    id,
    route: 'all',
    labels: { rule: id },
    to: ['oncall'],
    openedMs: START_MS - HOUR_MS,
    reason: 'opened',
    sequence: 0,
  },
  ...over,
});

function openOld(version: number): DatabaseSync {
  mkdirSync(dirname(place.file), { recursive: true });
  const db = new DatabaseSync(place.file);
  for (const migration of migrations.slice(0, version)) db.exec(migration);
  db.exec(`PRAGMA user_version = ${version}`);
  return db;
}

/** A file as a version before alerts had an end left it: two groups that wait, one that was told of. */
function writeOld(version: number): void {
  const db = openOld(version);
  const insertAlert = db.prepare(
    'INSERT INTO alerts (fingerprint, severity, body, updated_ms) VALUES (?, 3, ?, ?)',
  );
  for (const id of ['a', 'b', 'c']) insertAlert.run(id, JSON.stringify(alertBody(id)), START_MS);
  const insertGroup = db.prepare('INSERT INTO groups (id, body, due_ms, updated_ms) VALUES (?, ?, ?, ?)');
  const dueMs = START_MS + 5_000;
  insertGroup.run('new', JSON.stringify(groupBody('new', { dueMs })), dueMs, START_MS);
  const known = { reason: 'grew', sequence: 2, lastNotifiedMs: START_MS - 300_000 };
  insertGroup.run('known', JSON.stringify(groupBody('known', { ...known, dueMs })), dueMs, START_MS);
  insertGroup.run('done', JSON.stringify(groupBody('done', known)), null, START_MS);
  const insertCount = db.prepare(
    'INSERT INTO pending_counts (group_id, fingerprint, count) VALUES (?, ?, ?)',
  );
  insertCount.run('new', 'a', 7);
  insertCount.run('new', 'b', 3);
  insertCount.run('known', 'c', 30);
  db.close();
}

async function told(clock: ManualClock) {
  const claimed = (await store?.claim('oncall', clock.now(), 0, 100)) ?? [];
  return claimed.flatMap(({ delivery }) => (delivery.kind === 'alert' ? [delivery.notification] : []));
}

describe.each([2, 3])('a file of version %i', (version) => {
  it.each<[string, number]>([
    ['at once', 0],
    ['after a day: its alerts are over by then', 24 * HOUR_MS],
  ])('tells exactly what was pending, once, opened %s', async (_, laterMs) => {
    writeOld(version);
    const clock = new ManualClock();
    await clock.advance(laterMs);
    store = openSqliteStore({ file: place.file, exclusive: true });
    const { telemetry } = recordedTelemetry();
    const deps = { store, clock, telemetry, ...listening(['oncall'], [ROUTE]), onEnqueued: () => undefined };
    const notifier = createNotifier(deps);
    for (let dueMs = await notifier.pass(); dueMs !== undefined; dueMs = await notifier.pass())
      await clock.advance(dueMs - clock.now());
    const notifications = await told(clock);
    const counts = notifications.map(({ group, newCount }) => [group['rule'], newCount]);
    expect(counts.filter(([, count]) => count !== 0).sort()).toEqual([
      ['known', 30],
      ['new', 10],
    ]);
    expect(notifications.find(({ group }) => group['rule'] === 'known')?.id).toMatch(/\/3$/);
    const alerts = await store.listAlerts({ limit: 10 });
    expect(alerts).toMatchObject(['a', 'b', 'c'].map(() => ({ state: 'resolved', episode: 1, count: 40 })));
    expect(alerts[0]?.labels).toEqual({
      actor: alerts[0]?.fingerprint,
      rule: 'r',
      rule_name: 'Rule',
      source: 'akto',
      feed: 'malicious_events',
    });
  });

  it('keeps what waited in its outbox', async () => {
    writeOld(version);
    const db = new DatabaseSync(place.file);
    db.exec(
      `INSERT INTO notifications (id, body, created_ms) VALUES ('alert/new/1/1', '{"id":"alert/new/1/1"}', 0)`,
    );
    db.exec(
      `INSERT INTO outbox (destination, kind, delivery_id, due_ms, enqueued_ms) VALUES ('oncall', 'alert', 'alert/new/1/1', 0, 0)`,
    );
    db.close();
    store = openSqliteStore({ file: place.file, exclusive: true });
    expect(await told(new ManualClock())).toMatchObject([{ id: 'alert/new/1/1' }]);
  });
});

it('keeps what the windows of a file of version 6 have counted', async () => {
  const db = openOld(6);
  const insert = db.prepare(
    'INSERT INTO windows (rule, condition, group_key, state, expires_ms) VALUES (?, 0, ?, ?, 9)',
  );
  const bin = (minute: number, count: number, ...identities: string[]) => ({ minute, count, identities });
  insert.run('matches', 'a', JSON.stringify({ bins: [bin(9, 2), bin(10, 1), bin(12, 30)] }));
  insert.run('values', 'a', JSON.stringify({ bins: [bin(9, 0, 'DE', 'it\'s "x"'), bin(10, 0, 'DE')] }));
  insert.run('empty', 'a', JSON.stringify({ bins: [] }));
  insert.run('damaged', 'a', '{"bins":[');
  db.close();
  store = openSqliteStore({ file: place.file, exclusive: true });
  const keys = ['matches', 'values', 'empty', 'damaged'].map((rule) => ({ rule, condition: 0, group: 'a' }));
  const windows = await store.transaction((tx) => tx.readWindows(keys));
  expect(Object.fromEntries(windows.map(({ rule, state }) => [rule, state]))).toEqual({
    matches: { counts: [9, 2, 10, 1, 12, 30], seen: [] },
    values: {
      counts: [],
      seen: [
        ['DE', [9, 9, 10, 10]],
        ['it\'s "x"', [9, 9]],
      ],
    },
    empty: { counts: [], seen: [] },
  });
});
