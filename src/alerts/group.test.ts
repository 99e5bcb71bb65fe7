import { describe, expect, it } from 'vitest';
import type { NotifiedAlert } from '../core/alert.ts';
import type { Severity } from '../core/severity.ts';
import type { AlertGroup, PendingAlerts } from '../core/store.ts';
import { expectNotification, type GroupTarget, notify } from './group.ts';

const WAIT = 10_000;
const INTERVAL = 300_000;
const REPEAT = 4 * 3_600_000;
/** Far from 0, so that times before it exist. */
const NOW = 1_000_000_000;

const target = (over: Partial<GroupTarget> = {}): GroupTarget => ({
  route: 'urgent',
  labels: { rule: 'r' },
  to: ['oncall'],
  timing: { groupWaitMs: WAIT, groupIntervalMs: INTERVAL, repeatIntervalMs: REPEAT },
  ...over,
});

/** A group that was told of at `lastNotifiedMs` and has nothing pending. */
const told = (lastNotifiedMs: number): AlertGroup => ({
  id: 'g',
  route: 'urgent',
  labels: { rule: 'r' },
  to: ['oncall'],
  openedMs: 0,
  reason: 'opened',
  sequence: 3,
  lastNotifiedMs,
});

describe('expectNotification', () => {
  it('opens a group that nobody knows', () => {
    expect(expectNotification(undefined, target(), NOW)).toMatchObject({
      ...{ route: 'urgent', labels: { rule: 'r' }, to: ['oncall'] },
      ...{ openedMs: NOW, sequence: 0, dueMs: NOW + WAIT, reason: 'opened' },
    });
  });

  it.each<[string, number, { reason: string; inMs: number }]>([
    ['at the moment it was told of', 0, { reason: 'grew', inMs: INTERVAL }],
    ['a moment after', 1, { reason: 'grew', inMs: INTERVAL - 1 }],
    ['just before the interval is over', INTERVAL - 1, { reason: 'grew', inMs: 1 }],
    ['as the interval is over', INTERVAL, { reason: 'grew', inMs: 0 }],
    ['after the interval', INTERVAL + 1, { reason: 'grew', inMs: 0 }],
    ['just before it counts as quiet', REPEAT - 1, { reason: 'grew', inMs: 0 }],
    ['as it counts as quiet', REPEAT, { reason: 'repeat', inMs: WAIT }],
    ['long after', 30 * REPEAT, { reason: 'repeat', inMs: WAIT }],
    ['the clock went back a little', -1, { reason: 'grew', inMs: INTERVAL }],
    ['the clock went back a year', -365 * 86_400_000, { reason: 'grew', inMs: INTERVAL }],
  ])('decides by how long ago the group was told of: %s', (_, quietMs, { reason, inMs }) => {
    const group = expectNotification(told(NOW - quietMs), target(), NOW);
    expect(group).toMatchObject({ reason, dueMs: NOW + inMs, sequence: 3, openedMs: 0 });
  });

  it('tells at once where group_wait is 0', () => {
    const timing = { groupWaitMs: 0, groupIntervalMs: INTERVAL, repeatIntervalMs: REPEAT };
    expect(expectNotification(undefined, target({ timing }), NOW)).toMatchObject({ dueMs: NOW });
  });

  it('keeps the time of a group that waits: a steady stream cannot put it off', () => {
    let group = expectNotification(undefined, target(), NOW);
    for (let ms = 1; ms < WAIT; ms += 100) group = expectNotification(group, target(), NOW + ms);
    expect(group).toMatchObject({ dueMs: NOW + WAIT, reason: 'opened' });
  });

  it('takes over the destinations that the route names now', () => {
    const waiting = expectNotification(undefined, target({ to: ['gone'] }), NOW);
    expect(expectNotification(waiting, target({ to: ['new'] }), NOW).to).toEqual(['new']);
    expect(expectNotification(told(NOW), target({ to: ['new'] }), NOW).to).toEqual(['new']);
  });

  it('puts a waiting group off no longer than its route would, after a clock that was ahead', () => {
    const waiting = expectNotification(undefined, target(), NOW + 365 * 86_400_000);
    expect(expectNotification(waiting, target(), NOW).dueMs).toBeLessThanOrEqual(NOW + WAIT);
  });
});

const notified = (severity: Severity, newCount: number): NotifiedAlert => ({
  ...{ fingerprint: `f-${severity}`, rule: 'r', ruleName: 'Rule', severity, newCount, count: newCount },
  ...{ source: 'akto', feed: 'malicious_events', group: {}, sample: [] },
  ...{ firstSeenMs: 0, lastSeenMs: 0, openedAtMs: 0 },
});

const pending = (alerts: readonly NotifiedAlert[], omittedAlerts = 0, omittedCount = 0): PendingAlerts => {
  const newCount = alerts.reduce((sum, alert) => sum + alert.newCount, omittedCount);
  return { alerts, omittedAlerts, newCount };
};

describe('notify', () => {
  const opened = expectNotification(undefined, target(), NOW);

  it('tells of everything pending, counts of what is not listed too', () => {
    const { notification } = notify(opened, pending([notified('HIGH', 5)], 2, 30), NOW + WAIT);
    expect(notification).toMatchObject({
      ...{ route: 'urgent', reason: 'opened', group: { rule: 'r' }, severity: 'HIGH' },
      ...{ newCount: 35, omittedAlerts: 2, createdAtMs: NOW + WAIT },
    });
  });

  it.each<[string, readonly Severity[], Severity]>([
    ['the worst of its alerts', ['LOW', 'CRITICAL', 'HIGH'], 'CRITICAL'],
    ['of one', ['LOW'], 'LOW'],
    ['the lowest where there is none', [], 'INFO'],
  ])('severity: %s', (_, severities, expected) => {
    const alerts = severities.map((severity) => notified(severity, 1));
    expect(notify(opened, pending(alerts), NOW).notification.severity).toBe(expected);
  });

  it('leaves a group with nothing due, that remembers when it was told of', () => {
    const { group } = notify(opened, pending([notified('HIGH', 1)]), NOW + WAIT);
    expect(group).toMatchObject({ sequence: 1, lastNotifiedMs: NOW + WAIT, openedMs: NOW });
    expect(group).not.toHaveProperty('dueMs');
  });

  it('gives an id that no other notification has, over its sequence, groups and openings', () => {
    const ids: string[] = [];
    for (const rule of ['r', 's', 'r/1', '']) {
      for (const openedMs of [NOW, NOW + 1, NOW + 36]) {
        let group = expectNotification(undefined, target({ labels: { rule } }), openedMs);
        for (let round = 0; round < 12; round += 1) {
          const made = notify(group, pending([]), openedMs);
          ids.push(made.notification.id);
          group = expectNotification(made.group, target({ labels: { rule } }), openedMs);
        }
      }
    }
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('gives the same id when the same step is repeated after a crash', () => {
    const alerts = pending([notified('HIGH', 1)]);
    expect(notify(opened, alerts, NOW).notification.id).toBe(notify(opened, alerts, NOW + 5).notification.id);
  });
});
