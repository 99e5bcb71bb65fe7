import type { Notification } from '../core/alert.ts';
import { highestSeverity } from '../core/severity.ts';
import type { AlertGroup, PendingAlerts } from '../core/store.ts';
import { groupId } from './fingerprint.ts';

/** When a route's groups are told of. Milliseconds. */
export interface Timing {
  /** From a group's first pending match to its notification: time for company to arrive. */
  readonly groupWaitMs: number;
  /** The least time between two notifications of a group that keeps growing. */
  readonly groupIntervalMs: number;
  /** After this long without a notification, matches are a new page and no longer growth. */
  readonly repeatIntervalMs: number;
}

export interface GroupTarget {
  readonly route: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly to: readonly string[];
  /** Destinations of the route that an earlier route tells. */
  readonly leftOut?: readonly string[];
  readonly timing: Timing;
}

/**
 * A group with a further match pending. Decides when it will be told of and why:
 * - `opened`: never told of before, so `group_wait` from now
 * - `grew`: told of lately, so not before `group_interval` after that
 * - `repeat`: told of before, but `repeat_interval` or longer ago, so `group_wait` from now
 *
 * A group that already waits keeps its time, or a steady stream would put it off for ever.
 */
export function expectNotification(
  group: AlertGroup | undefined,
  target: GroupTarget,
  nowMs: number,
): AlertGroup {
  const { route, labels, to, leftOut, timing } = target;
  if (group?.dueMs !== undefined)
    return { ...group, to, dueMs: Math.min(group.dueMs, nowMs + longestMs(group, timing)) };
  const id = groupId(route, labels, leftOut);
  const base = group ?? { id, route, labels, openedMs: nowMs, sequence: 0 };
  return { ...base, to, ...decideDue(group?.lastNotifiedMs, timing, nowMs) };
}

/** What a clock that was ahead wrote down must not hold a group back for longer than its route would. */
function longestMs({ reason }: AlertGroup, { groupWaitMs, groupIntervalMs }: Timing): number {
  return reason === 'grew' ? groupIntervalMs : groupWaitMs;
}

function decideDue(
  lastNotifiedMs: number | undefined,
  timing: Timing,
  nowMs: number,
): { readonly dueMs: number; readonly reason: Notification['reason'] } {
  if (lastNotifiedMs === undefined) return { dueMs: nowMs + timing.groupWaitMs, reason: 'opened' };
  const quietMs = nowMs - lastNotifiedMs;
  if (quietMs >= timing.repeatIntervalMs) return { dueMs: nowMs + timing.groupWaitMs, reason: 'repeat' };
  // A clock that went back must not put the notification off for longer than one interval.
  const restMs = Math.min(timing.groupIntervalMs - quietMs, timing.groupIntervalMs);
  return { dueMs: nowMs + Math.max(restMs, 0), reason: 'grew' };
}

/** The notification that a due group sends, and the group after it. */
export function notify(
  group: AlertGroup,
  pending: PendingAlerts,
  nowMs: number,
): { readonly notification: Notification; readonly group: AlertGroup } {
  const { dueMs: _told, ...rest } = group;
  const sequence = group.sequence + 1;
  const notification: Notification = {
    // The opening time keeps ids apart from those of a group with the same labels before it was pruned.
    id: `alert/${group.id}/${group.openedMs.toString(36)}/${sequence}`,
    route: group.route,
    reason: group.reason,
    group: group.labels,
    severity: pending.alerts.map((alert) => alert.severity).reduce(highestSeverity, 'INFO'),
    newCount: pending.newCount,
    alerts: pending.alerts,
    omittedAlerts: pending.omittedAlerts,
    createdAtMs: nowMs,
  };
  return { notification, group: { ...rest, sequence, lastNotifiedMs: nowMs } };
}
