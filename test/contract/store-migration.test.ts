import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { groupId } from '../../src/alerts/fingerprint.ts';
import type { Delivery } from '../../src/core/delivery.ts';
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

describe('a file of version 7', () => {
  /** What names the opening of a group that an earlier version opened. */
  const oldKey = (id: string) => groupId('all', { rule: id });
  const TO = ['oncall', 'pager', 'siem'];

  /** Open groups that were told of, one of them in a summary at `oncall`, and what waits. */
  function write(): void {
    const db = openOld(7);
    const labels = (id: string) => ({ rule: 'r', actor: id });
    const ended = { state: 'open', episode: 1, matchedAtMs: START_MS, resolveAfterMs: HOUR_MS };
    const seen = { actors: { count: 1 }, apis: { count: 1 }, seen: { actors: [], apis: [] } };
    const insertAlert = db.prepare(
      'INSERT INTO alerts (fingerprint, severity, body, updated_ms, state, due_ms, last_seen_ms) VALUES (?, 3, ?, ?, ?, ?, ?)',
    );
    const insertGroup = db.prepare('INSERT INTO groups (id, body, due_ms, updated_ms) VALUES (?, ?, ?, ?)');
    const insertMember = db.prepare(
      'INSERT INTO group_members (group_id, fingerprint, count, told_episode, told_severity) VALUES (?, ?, ?, 1, 3)',
    );
    for (const [id, over] of [
      ['message', {}],
      ['summary', { summedUpFor: ['oncall'] }],
    ] as const) {
      const alert = { ...alertBody(id), ...ended, ...seen, labels: labels(id) };
      insertAlert.run(id, JSON.stringify(alert), START_MS, 'open', START_MS + HOUR_MS, START_MS);
      const known = { to: TO, reason: 'repeat', sequence: 1, lastNotifiedMs: START_MS - 300_000, ...over };
      const dueMs = START_MS + 3 * HOUR_MS;
      const body = JSON.stringify({ ...groupBody(oldKey(id), { ...known, dueMs }), labels: { rule: id } });
      insertGroup.run(oldKey(id), body, dueMs, START_MS);
      insertMember.run(oldKey(id), id, id === 'message' ? 5 : 0);
    }
    const insertNotification = db.prepare(
      'INSERT INTO notifications (id, body, created_ms) VALUES (?, ?, 0)',
    );
    const insertRow = db.prepare(
      `INSERT INTO outbox (destination, kind, delivery_id, state, due_ms, enqueued_ms) VALUES ('oncall', 'alert', ?, ?, ?, ?)`,
    );
    const waiting = ['LOW', 'CRITICAL', 'INFO', 'HIGH', 'MEDIUM'];
    for (const [index, severity] of [...waiting, 'CRITICAL'].entries()) {
      const id = `alert/waits${index}/1/1`;
      insertNotification.run(id, JSON.stringify({ id, severity, reason: 'opened', alerts: [], group: {} }));
      insertRow.run(id, index < waiting.length ? 'pending' : 'done', START_MS - 9 + index, START_MS - 9);
    }
    db.close();
  }

  /** People read one of them. */
  const listeners = TO.map((name) =>
    name === 'oncall' ? { name, rate: { perMinute: 6, burst: 10 } } : { name },
  );

  it('ends each opening that was told once, under its old name, and in a summary what was told in one', async () => {
    write();
    const clock = new ManualClock();
    store = openSqliteStore({ file: place.file, exclusive: true });
    await store.claim('oncall', clock.now(), 0, 100).then((rows) =>
      store?.settle(
        rows.map(({ seq }) => ({ seq, state: 'done' as const })),
        clock.now(),
      ),
    );
    const { telemetry } = recordedTelemetry();
    const heard = { ...listening(TO, [ROUTE]), listeners };
    const notifier = createNotifier({ store, clock, telemetry, ...heard, onEnqueued: () => undefined });
    const sent = new Map<string, Delivery[]>();
    const deliver = async (): Promise<void> => {
      for (const name of TO) {
        const rows = (await store?.claim(name, clock.now(), 0, 100)) ?? [];
        sent.set(name, [...(sent.get(name) ?? []), ...rows.map(({ delivery }) => delivery)]);
        const seqs = rows.map(({ seq }) => ({ seq, state: 'done' as const }));
        await store?.settle(seqs, clock.now());
      }
    };
    for (let dueMs = await notifier.pass(); dueMs !== undefined; dueMs = await notifier.pass()) {
      await deliver();
      await clock.advance(dueMs - clock.now());
    }
    await deliver();
    const of = (name: string) =>
      (sent.get(name) ?? []).flatMap((each) => (each.kind === 'alert' ? [each.notification] : []));
    const digests = (name: string) =>
      (sent.get(name) ?? []).flatMap((each) => (each.kind === 'digest' ? [each.digest] : []));
    const ends = (name: string) => [
      ...of(name).map(({ reason, key, newCount }) => [reason, key, newCount]),
      ...digests(name).map(({ title, totals: [matches] }) => [title, matches?.count]),
    ];
    expect(ends('oncall')).toEqual([
      ['resolved', oldKey('message'), 5],
      ['Over: 1 alert', 0],
    ]);
    for (const name of ['pager', 'siem'])
      expect(ends(name).sort(), name).toEqual(
        [
          ['resolved', oldKey('message'), 5],
          ['resolved', oldKey('summary'), 0],
        ].sort(),
      );
  });

  it('sends first what is most severe of all that waits', async () => {
    write();
    store = openSqliteStore({ file: place.file, exclusive: true });
    const waits = await told(new ManualClock());
    expect(waits.map(({ severity }) => severity)).toEqual(['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFO']);
  });
});
