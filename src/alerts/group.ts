import type { Alert } from '../core/alert.ts';
import { type Severity, severityRank } from '../core/severity.ts';
import type { AlertGroup } from '../core/store.ts';
import { groupId } from './fingerprint.ts';

/** When a route's groups are told of. Milliseconds. */
export interface Timing {
  /** From a group's first match to its notification: time for company to arrive. */
  readonly groupWaitMs: number;
  /** The least time between two notifications of a group. */
  readonly groupIntervalMs: number;
  /** After this long a group that still goes on is told of again. */
  readonly repeatIntervalMs: number;
}

/** What a route says of when and whether its groups are told of. */
export interface Telling {
  readonly timing: Timing;
  /** Tell when a group is over. */
  readonly sendResolved: boolean;
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
 * What a firing means to a group that was told of:
 * - `news`: an alert it has not told of, or one more severe than told
 * - `growth`: more of the same
 */
export type Stir = 'news' | 'growth';

/** What a group has told of an alert. */
export interface ToldOf {
  readonly episode: number;
  readonly severity: Severity;
}

export function stirOf(told: ToldOf | undefined, alert: Pick<Alert, 'episode' | 'severity'>): Stir {
  if (told === undefined || told.episode !== alert.episode) return 'news';
  return severityRank(alert.severity) > severityRank(told.severity) ? 'news' : 'growth';
}

/** How soon a group that is kept quiet is looked at again: whoever keeps it quiet may change his mind. */
export const LOOK_AGAIN_MS = 15 * 60_000;

/**
 * A group in which something fired. Decides when it will be told of and why:
 * - `opened`: nobody was told of it since it opened: `group_wait` from now
 * - `grew`: news, not before `group_interval` after the last notification
 * - `repeat`: growth, not before `repeat_interval` after it; the count is kept until then
 *
 * A time that was set stays, or comes nearer: a steady stream must not put it off for ever.
 */
export function expectNotification(
  group: AlertGroup | undefined,
  target: GroupTarget,
  stir: Stir,
  nowMs: number,
): AlertGroup {
  const { to, timing } = target;
  if (group === undefined || isClosed(group)) return open(group, target, nowMs);
  const wanted = expected(group, timing, stir, nowMs);
  // Over no more: what was to be said of its end is not true any longer.
  if (group.reason === 'resolved' || group.dueMs === undefined) return { ...group, to, ...wanted };
  // A clock that was ahead must not hold it back for longer than its route would.
  const keptMs = Math.min(group.dueMs, nowMs + longestMs(group, timing));
  if (stir === 'growth') return { ...group, to, dueMs: keptMs };
  return { ...group, to, reason: wanted.reason, dueMs: Math.min(keptMs, wanted.dueMs) };
}

/** One that was told of and has no time was written by a version that knew no ends. */
function isClosed({ dueMs, lastNotifiedMs }: AlertGroup): boolean {
  return dueMs === undefined && lastNotifiedMs === undefined;
}

function open(before: AlertGroup | undefined, target: GroupTarget, nowMs: number): AlertGroup {
  const { route, labels, to, leftOut, timing } = target;
  const id = before?.id ?? groupId(route, labels, leftOut);
  const due = { dueMs: nowMs + timing.groupWaitMs, reason: 'opened' } as const;
  return { id, route, labels, to, openedMs: nowMs, sequence: before?.sequence ?? 0, ...due };
}

interface Due {
  readonly dueMs: number;
  readonly reason: AlertGroup['reason'];
}

function expected(group: AlertGroup, timing: Timing, stir: Stir, nowMs: number): Due {
  if (group.lastNotifiedMs === undefined) return { dueMs: nowMs + timing.groupWaitMs, reason: 'opened' };
  if (stir === 'news') return { dueMs: afterLast(group, timing.groupIntervalMs, nowMs), reason: 'grew' };
  return { dueMs: afterLast(group, timing.repeatIntervalMs, nowMs), reason: 'repeat' };
}

/** So long after the last notification, now at the earliest. A clock that went back adds no second interval. */
function afterLast({ lastNotifiedMs = 0 }: AlertGroup, intervalMs: number, nowMs: number): number {
  return Math.max(nowMs, Math.min(lastNotifiedMs, nowMs) + intervalMs);
}

function longestMs({ reason, heldBecause }: AlertGroup, timing: Timing): number {
  const { groupWaitMs, groupIntervalMs, repeatIntervalMs } = timing;
  if (heldBecause === 'acknowledged' || reason === 'repeat') return repeatIntervalMs;
  if (heldBecause !== undefined) return Math.max(LOOK_AGAIN_MS, groupIntervalMs);
  return reason === 'opened' ? groupWaitMs : groupIntervalMs;
}

/**
 * A group of which an alert is over:
 * - others of it are open, or it waits to be told of as opened: its time stays
 * - it was quiet all along: it is looked at now, and closes
 * - its end is to be told: as `resolved`, not before `group_interval` after the last notification
 * - its end is not to be told: it is looked at now, and closes
 */
export function expectResolved(
  group: AlertGroup,
  openAlerts: number,
  { timing, sendResolved }: Telling,
  nowMs: number,
): AlertGroup {
  if (openAlerts > 0 || group.reason === 'resolved') return group;
  if (group.lastNotifiedMs === undefined)
    return group.heldBecause === undefined ? group : { ...group, dueMs: nowMs };
  const { heldBecause: _held, ...rest } = group;
  const dueMs = sendResolved ? afterLast(group, timing.groupIntervalMs, nowMs) : nowMs;
  return { ...rest, reason: 'resolved', dueMs };
}

/** Why, and when to look again. */
export interface Hold {
  readonly reason: NonNullable<AlertGroup['heldBecause']>;
  readonly dueMs: number;
}

/**
 * The group after it was told of: closed, or to be told of again after `repeat_interval` if it still goes
 * on then. `hidden`: what keeps some of its alerts quiet.
 */
export function afterTelling(
  group: AlertGroup,
  reason: AlertGroup['reason'],
  isOver: boolean,
  { timing }: Telling,
  nowMs: number,
  hidden?: Hold,
): AlertGroup {
  const { heldBecause: _heard, ...rest } = group;
  const told: AlertGroup = { ...rest, reason, sequence: group.sequence + 1 };
  if (isOver) return afterClosing(told);
  const repeatMs = nowMs + timing.repeatIntervalMs;
  const next = { ...told, lastNotifiedMs: nowMs, reason: 'repeat', dueMs: repeatMs } as const;
  if (hidden === undefined) return next;
  const lookMs = Math.max(hidden.dueMs, nowMs + timing.groupIntervalMs);
  return { ...next, heldBecause: hidden.reason, dueMs: Math.min(repeatMs, lookMs) };
}

/** Looked at, and not told of. A last notification that lies ahead was written by a clock that was ahead. */
export function afterLooking(
  group: AlertGroup,
  dueMs: number,
  nowMs: number,
  held?: Hold['reason'],
): AlertGroup {
  const { heldBecause: _before, lastNotifiedMs: lastMs, ...rest } = group;
  return {
    ...rest,
    dueMs,
    ...(lastMs === undefined ? {} : { lastNotifiedMs: Math.min(lastMs, nowMs) }),
    ...(held === undefined ? {} : { heldBecause: held }),
  };
}

/** It keeps its identity and its sequence: what comes next opens it again. */
export function afterClosing(group: AlertGroup): AlertGroup {
  const { dueMs: _never, heldBecause: _no, lastNotifiedMs: _over, summedUpFor: _told, ...rest } = group;
  return rest;
}
