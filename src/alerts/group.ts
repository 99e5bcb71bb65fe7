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

/**
 * A group in which something fired. Decides when it will be told of and why:
 * - `opened`: nobody knows of it, or it was over: `group_wait` from now
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
  const { route, labels, to, leftOut, timing } = target;
  const id = groupId(route, labels, leftOut);
  const base: AlertGroup = group ?? { id, route, labels, to, openedMs: nowMs, sequence: 0, reason: 'opened' };
  const { isClosed: _again, heldBecause, ...known } = base;
  const wanted = wantedDue(base, timing, stir, nowMs);
  // Over no more: what was to be said of its end is not true any longer.
  const isRevived = known.reason === 'resolved' && known.dueMs !== undefined;
  if (known.dueMs === undefined || base.isClosed === true || isRevived) return { ...known, to, ...wanted };
  // What a hold put off is not brought nearer by more of the same.
  if (heldBecause !== undefined && stir === 'growth') return { ...base, to };
  if (heldBecause !== undefined)
    return { ...known, to, ...wanted, dueMs: Math.min(known.dueMs, wanted.dueMs) };
  const keptMs = Math.min(known.dueMs, nowMs + longestMs(known, timing));
  if (known.reason === 'repeat' && wanted.reason === 'grew')
    return { ...known, to, reason: 'grew', dueMs: Math.min(keptMs, wanted.dueMs) };
  return { ...known, to, dueMs: keptMs };
}

interface Due {
  readonly dueMs: number;
  readonly reason: AlertGroup['reason'];
}

function wantedDue(group: AlertGroup, timing: Timing, stir: Stir, nowMs: number): Due {
  if (group.lastNotifiedMs === undefined || group.isClosed === true)
    return { dueMs: nowMs + timing.groupWaitMs, reason: 'opened' };
  if (stir === 'news') return { dueMs: after(group, timing.groupIntervalMs, nowMs), reason: 'grew' };
  return { dueMs: after(group, timing.repeatIntervalMs, nowMs), reason: 'repeat' };
}

/** So long after the last notification, now at the earliest. A clock that went back adds no second interval. */
function after({ lastNotifiedMs = 0 }: AlertGroup, intervalMs: number, nowMs: number): number {
  return Math.max(nowMs, Math.min(lastNotifiedMs, nowMs) + intervalMs);
}

/** What a clock that was ahead wrote down must not hold a group back for longer than its route would. */
function longestMs({ reason }: AlertGroup, timing: Timing): number {
  const { groupWaitMs, groupIntervalMs, repeatIntervalMs } = timing;
  if (reason === 'opened') return groupWaitMs;
  return reason === 'repeat' ? repeatIntervalMs : groupIntervalMs;
}

/**
 * A group whose alert is over:
 * - others of it are open: nothing changes
 * - it was told of, and its end is to be told: as `resolved`, not before `group_interval` after the last notification
 * - it was told of, and its end is not to be told: it closes; counts that are left are told when it opens again
 * - it was not told of yet: its time stays
 */
export function expectResolved(
  group: AlertGroup,
  openAlerts: number,
  timing: Timing,
  sendResolved: boolean,
  nowMs: number,
): AlertGroup {
  if (openAlerts > 0 || group.isClosed === true || group.lastNotifiedMs === undefined) return group;
  if (group.reason === 'opened' && group.dueMs !== undefined) return group;
  const { dueMs: _other, heldBecause: _held, ...rest } = group;
  if (!sendResolved) return { ...rest, isClosed: true };
  return { ...rest, reason: 'resolved', dueMs: after(group, timing.groupIntervalMs, nowMs) };
}

/** A due group as it stands now. */
export interface GroupView {
  readonly group: AlertGroup;
  /** Alerts that nothing keeps quiet: how many are open, of those acknowledged, and matches not told of. */
  readonly audible: {
    readonly alerts: number;
    readonly open: number;
    readonly acknowledged: number;
    readonly newCount: number;
    /** An alert not told of, or more severe than told. */
    readonly hasNews: boolean;
  };
  /** Alerts that a silence or another alert keeps quiet. `untilMs`: when the first silence ends. */
  readonly quieted: { readonly alerts: number; readonly open: number; readonly untilMs?: number };
  /** When the route's mute time ends; absent while it may speak. */
  readonly mutedUntilMs?: number;
}

export type HoldReason = 'muted' | 'silenced' | 'inhibited' | 'acknowledged';

export type GroupDecision =
  | { readonly action: 'tell'; readonly reason: AlertGroup['reason'] }
  | { readonly action: 'hold'; readonly reason: HoldReason; readonly dueMs: number }
  /** It is over and nobody is told: what was quiet all along, or whose end is not worth a word. */
  | { readonly action: 'close'; readonly reason: 'over_unheard' | 'over' };

/** How soon an inhibited group is looked at again: the other alert may be over. */
const INHIBITED_MS = 60_000;

/** What to do with a due group. */
export function decideGroup(view: GroupView, timing: Timing, nowMs: number): GroupDecision {
  const { group, audible, quieted, mutedUntilMs } = view;
  const isOver = audible.open + quieted.open === 0;
  // A time of silence that outlasted the alert: nobody is woken by what is over. Its counts go to the books.
  if (isOver && group.heldBecause !== undefined && group.lastNotifiedMs === undefined)
    return { action: 'close', reason: 'over_unheard' };
  if (mutedUntilMs !== undefined) return { action: 'hold', reason: 'muted', dueMs: mutedUntilMs };
  if (audible.alerts === 0) return quietDecision(view, isOver, nowMs);
  if (isOver) return { action: 'tell', reason: group.lastNotifiedMs === undefined ? 'opened' : 'resolved' };
  if (group.reason !== 'repeat' && group.reason !== 'resolved')
    return { action: 'tell', reason: group.reason };
  if (audible.hasNews) return { action: 'tell', reason: 'grew' };
  if (audible.open === audible.acknowledged)
    return { action: 'hold', reason: 'acknowledged', dueMs: nowMs + timing.repeatIntervalMs };
  return { action: 'tell', reason: 'repeat' };
}

function quietDecision({ quieted }: GroupView, isOver: boolean, nowMs: number): GroupDecision {
  if (isOver) return { action: 'close', reason: quieted.alerts === 0 ? 'over' : 'over_unheard' };
  if (quieted.untilMs !== undefined && quieted.untilMs > nowMs)
    return { action: 'hold', reason: 'silenced', dueMs: quieted.untilMs };
  return { action: 'hold', reason: 'inhibited', dueMs: nowMs + INHIBITED_MS };
}

/**
 * The group after it was told of: over, or to be told of again after `repeat_interval` if it still goes
 * on then. `untoldMs`: when what was kept quiet is looked at, where anything was.
 */
export function afterTelling(
  group: AlertGroup,
  reason: AlertGroup['reason'],
  isOver: boolean,
  timing: Timing,
  nowMs: number,
  untoldMs?: number,
): AlertGroup {
  const { dueMs: _told, heldBecause: _heard, isClosed: _open, ...rest } = group;
  const told: AlertGroup = { ...rest, reason, sequence: group.sequence + 1, lastNotifiedMs: nowMs };
  if (isOver) return { ...told, isClosed: true };
  const repeatMs = nowMs + timing.repeatIntervalMs;
  return { ...told, reason: 'repeat', dueMs: Math.min(repeatMs, untoldMs ?? repeatMs) };
}

export function afterHolding(group: AlertGroup, reason: HoldReason, dueMs: number): AlertGroup {
  return { ...group, heldBecause: reason, dueMs };
}

export function afterClosing(group: AlertGroup): AlertGroup {
  const { dueMs: _never, heldBecause: _no, ...rest } = group;
  return { ...rest, isClosed: true };
}
