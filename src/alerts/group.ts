import type { Alert, NotificationReason } from '../core/alert.ts';
import type { AlertGroup, GroupMember } from '../core/store.ts';
import { groupId, movedGroupId, openingKey } from './fingerprint.ts';
import { urgencyFrom, urgencyOf } from './urgency.ts';

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
  /** Who is told besides where nobody has acknowledged it for so long. */
  readonly escalate?: { readonly afterMs: number; readonly to: readonly string[] };
}

export interface GroupTarget {
  readonly route: string;
  /** What tells the route from others; absent: its name. */
  readonly routeId?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly to: readonly string[];
  /** Destinations of the route that another group tells. */
  readonly leftOut?: readonly string[];
  readonly timing: Timing;
  /** Which installation this is. */
  readonly instance?: string;
}

export function placeOfTarget({ route, routeId = route, labels, leftOut }: GroupTarget): string {
  return groupId(routeId, labels, leftOut);
}

/**
 * What a firing means to a group that was told of:
 * - `rise`: an alert that is more severe than told, or whose first exploit succeeded
 * - `news`: an alert it has not told of
 * - `return`: an alert that it has not told of, which was there before and over
 * - `growth`: more of the same
 */
export type Stir = 'rise' | 'news' | 'return' | 'growth';

/** From what matters least. */
const STIRS: readonly Stir[] = ['growth', 'return', 'news', 'rise'];

export function strongerStir(a: Stir | undefined, b: Stir): Stir {
  return a !== undefined && STIRS.indexOf(a) > STIRS.indexOf(b) ? a : b;
}

/** What a group has told of an alert. */
export type ToldOf = NonNullable<GroupMember['told']>;

export function stirOf(
  told: ToldOf | undefined,
  alert: Pick<Alert, 'episode' | 'severity' | 'exploited'>,
): Stir {
  if (told === undefined || told.episode !== alert.episode) {
    const isWorse = told !== undefined && urgencyOf(alert) > told.urgency;
    return isWorse ? 'rise' : alert.episode > 1 ? 'return' : 'news';
  }
  return urgencyOf(alert) > told.urgency ? 'rise' : 'growth';
}

/** What fired in a group at once. */
export interface Fired {
  /** The strongest of all. */
  readonly stir: Stir;
  /** Of the most urgent. */
  readonly urgency: number;
  /** When its feed showed it; wall time. */
  readonly shownMs?: number;
  /** It was read in the first look-back of its feed. */
  readonly isLookBack?: boolean;
}

/** How soon a group that is kept quiet is looked at again: whoever keeps it quiet may change his mind. */
export const LOOK_AGAIN_MS = 15 * 60_000;
/** A group that comes back within it after its end goes on in its message. */
const SOON_MS = 86_400_000;
const DAY_MS = 86_400_000;
const MOST_OPENINGS = 100;

/**
 * A group in which something fired. Decides when it will be told of and why:
 * - `opened`: nobody was told of it since it opened: `group_wait` from now; where it is mild and was over only shortly, not
 *   before `repeat_interval` after people last heard of it
 * - `grew`: a rise in severity, `group_wait` from now; other news, not before `group_interval` after the last notification
 * - `repeat`: growth, not before `repeat_interval` after it; the count is kept until then
 *
 * A time that was set stays, or comes nearer: a steady stream must not put it off for ever.
 */
export function expectNotification(
  group: AlertGroup | undefined,
  target: GroupTarget,
  fired: Fired,
  nowMs: number,
): AlertGroup {
  if (group === undefined || isClosed(group)) return open(group, target, fired, nowMs);
  return stirred({ ...group, to: target.to }, target.timing, fired, nowMs);
}

/** The same of a group that is open, wherever its alerts are routed to now. */
export function stirred(group: AlertGroup, timing: Timing, fired: Fired, nowMs: number): AlertGroup {
  const marked = withNews(group, fired);
  const stir = isWorseThanTold(group, fired) ? 'rise' : fired.stir;
  const wanted = expected(marked, timing, stir, nowMs);
  // Over no more: what was to be said of its end is not true any longer.
  if (marked.reason === 'resolved' || marked.dueMs === undefined) return { ...marked, ...wanted };
  // A clock that was ahead must not hold it back for longer than its route would.
  const keptMs = Math.min(marked.dueMs, nowMs + longestMs(marked, timing));
  if (stir === 'growth') return { ...marked, dueMs: keptMs };
  return { ...marked, reason: wanted.reason, dueMs: Math.min(keptMs, wanted.dueMs) };
}

/** A worse alert joins those that were told of: who was told of something mild has not heard of it. */
function isWorseThanTold({ lastNotifiedMs, toldUrgency }: AlertGroup, { stir, urgency }: Fired): boolean {
  if (lastNotifiedMs === undefined || stir === 'growth') return false;
  return toldUrgency !== undefined && urgency > toldUrgency;
}

/** What is to be told takes on the urgency of its worst, and the age of its oldest. */
function withNews(group: AlertGroup, { stir, urgency, shownMs, isLookBack }: Fired): AlertGroup {
  const { isLookBack: _before, quietUntilMs, ...rest } = group;
  if (stir === 'growth') return group;
  const isNew = group.shownMs === undefined;
  const oldestMs = Math.min(group.shownMs ?? Number.POSITIVE_INFINITY, shownMs ?? Number.POSITIVE_INFINITY);
  const keepsQuiet = quietUntilMs !== undefined && stir === 'return' && urgency < urgencyFrom('HIGH');
  return {
    ...rest,
    urgency: Math.max(group.urgency ?? 0, urgency),
    ...(Number.isFinite(oldestMs) ? { shownMs: oldestMs } : {}),
    ...(isLookBack === true && (isNew || group.isLookBack === true) ? { isLookBack } : {}),
    ...(keepsQuiet ? { quietUntilMs } : {}),
  };
}

function isClosed({ dueMs, lastNotifiedMs, lastQuietMs }: AlertGroup): boolean {
  // One that was told of and has no time was written by a version that knew no ends.
  return dueMs === undefined && lastNotifiedMs === undefined && lastQuietMs === undefined;
}

function open(before: AlertGroup | undefined, target: GroupTarget, fired: Fired, nowMs: number): AlertGroup {
  const { route, routeId, labels, to, timing, instance = '' } = target;
  const place = placeOfTarget(target);
  const id = before?.id ?? place;
  const back = comesBack(before, fired, timing, nowMs);
  const openings = [...(before?.openings ?? []), nowMs].filter((openedMs) => openedMs > nowMs - DAY_MS);
  const fresh: AlertGroup = {
    ...{ id, place, route, labels, to, openedMs: nowMs, sequence: before?.sequence ?? 0 },
    ...(routeId === undefined ? {} : { routeId }),
    key: openingKey(instance, id, nowMs),
    ...{ dueMs: nowMs + timing.groupWaitMs, reason: 'opened' as const },
    ...back,
    openings: openings.slice(-MOST_OPENINGS),
  };
  return withNews(fresh, fired);
}

/** Of one that was told of and over: until when it wakes nobody if it is mild. */
function comesBack(
  before: AlertGroup | undefined,
  { stir, urgency }: Fired,
  timing: Timing,
  nowMs: number,
): Pick<AlertGroup, 'closedMs' | 'toldBeforeMs' | 'quietUntilMs'> {
  const { closedMs, toldBeforeMs } = before ?? {};
  if (closedMs === undefined || toldBeforeMs === undefined || closedMs > nowMs) return {};
  if (nowMs - closedMs > SOON_MS) return {};
  const memory = { closedMs, toldBeforeMs };
  const quietUntilMs = Math.min(toldBeforeMs, nowMs) + timing.repeatIntervalMs;
  const isMild = stir === 'return' && urgency < urgencyFrom('HIGH');
  return isMild && quietUntilMs > nowMs + timing.groupWaitMs ? { ...memory, quietUntilMs } : memory;
}

/** A group that opens where another, open one has the id that it would have. */
export function openedBeside(group: AlertGroup, instance: string): AlertGroup {
  const id = movedGroupId(group.place ?? group.id, group.openedMs);
  return { ...group, id, key: openingKey(instance, id, group.openedMs) };
}

/** Which time within a day it opened, and the opening whose message goes on; undefined where it is not back soon after its end. */
export function recurrenceOf(
  group: AlertGroup,
): { readonly times: number; readonly previousMs: number } | undefined {
  const { closedMs, openings = [], openedMs } = group;
  const previousMs = openings.at(-2);
  if (closedMs === undefined || previousMs === undefined || openings.at(-1) !== openedMs) return undefined;
  return { times: openings.length, previousMs };
}

interface Due {
  readonly dueMs: number;
  readonly reason: NotificationReason;
}

function expected(group: AlertGroup, timing: Timing, stir: Stir, nowMs: number): Due {
  const soon = nowMs + timing.groupWaitMs;
  if (group.lastNotifiedMs === undefined) return { dueMs: soon, reason: 'opened' };
  if (stir === 'rise') return { dueMs: soon, reason: 'grew' };
  if (stir !== 'growth') return { dueMs: afterLast(group, timing.groupIntervalMs, nowMs), reason: 'grew' };
  return { dueMs: afterLast(group, timing.repeatIntervalMs, nowMs), reason: 'repeat' };
}

/** So long after the last notification, now at the earliest. A clock that went back adds no second interval. */
function afterLast({ lastNotifiedMs = 0 }: AlertGroup, intervalMs: number, nowMs: number): number {
  return Math.max(nowMs, Math.min(lastNotifiedMs, nowMs) + intervalMs);
}

function longestMs({ reason, heldBecause, quietUntilMs }: AlertGroup, timing: Timing): number {
  const { groupWaitMs, groupIntervalMs, repeatIntervalMs } = timing;
  if (heldBecause === 'acknowledged' || reason === 'repeat' || quietUntilMs !== undefined)
    return repeatIntervalMs;
  if (heldBecause !== undefined) return Math.max(LOOK_AGAIN_MS, groupIntervalMs);
  return reason === 'opened' ? groupWaitMs : groupIntervalMs;
}

/**
 * A group of which an alert is over:
 * - others of it are open: what is over in it is told to whoever keeps a list, at its next `group_interval`
 * - nobody was told of it, and it was kept quiet: it is looked at now, and closes
 * - its end is to be told: as `resolved`, not before `group_interval` after the last notification
 * - its end is not to be told: it is looked at now, and closes
 */
export function expectResolved(
  group: AlertGroup,
  openAlerts: number,
  { timing, sendResolved }: Telling,
  nowMs: number,
): AlertGroup {
  if (group.dueMs === undefined || group.reason === 'resolved') return group;
  const isTold = group.lastNotifiedMs !== undefined || group.lastQuietMs !== undefined;
  if (openAlerts > 0)
    return isTold ? { ...group, dueMs: Math.min(group.dueMs, afterAny(group, timing, nowMs)) } : group;
  if (!isTold) return group.heldBecause === undefined ? group : { ...group, dueMs: nowMs };
  const { heldBecause: _held, ...rest } = group;
  const dueMs = sendResolved ? afterLast(group, timing.groupIntervalMs, nowMs) : nowMs;
  return { ...rest, reason: 'resolved', dueMs };
}

/** `group_interval` after whatever was told last, be it in a way that wakes nobody. */
export function afterAny(
  { lastNotifiedMs = 0, lastQuietMs = 0 }: AlertGroup,
  { groupIntervalMs }: Timing,
  nowMs: number,
): number {
  return Math.max(nowMs, Math.min(Math.max(lastNotifiedMs, lastQuietMs), nowMs) + groupIntervalMs);
}

/** An alert of it was taken in somebody's hands: whoever was told of it hears that at once. */
export function expectAcknowledged(group: AlertGroup, nowMs: number): AlertGroup {
  const isTold = Object.keys(group.told ?? {}).length > 0;
  if (group.dueMs === undefined || group.dueMs <= nowMs || !isTold) return group;
  return { ...group, dueMs: nowMs };
}

/** Why, and when to look again. */
export interface Hold {
  readonly reason: NonNullable<AlertGroup['heldBecause']>;
  readonly dueMs: number;
}

/** What was told of a group, and how it stood then. */
export interface ToldNow {
  readonly reason: NotificationReason;
  readonly isQuiet: boolean;
  /** All of its alerts are over; `closes`: and whoever is to know does. */
  readonly isOver: boolean;
  readonly closes: boolean;
  /** Of the most urgent alert that was told. */
  readonly urgency: number;
  /** Open alerts that are in somebody's hands, and whether that is all of them. */
  readonly acknowledged: number;
  readonly isHandled: boolean;
  /** Notifications that were made of it. */
  readonly made: number;
  readonly face?: string;
  /** What keeps some of its alerts quiet. */
  readonly hidden?: Hold;
  /** When news that this did not tell is to be told; absent where there is none. */
  readonly newsMs?: number;
}

/** The group after it was told of: closed, or to be told of again after `repeat_interval` if it still goes on then. */
export function afterTelling(group: AlertGroup, now: ToldNow, telling: Telling, nowMs: number): AlertGroup {
  const { heldBecause: _heard, mutedBy: _over, ...rest } = group;
  const sequence = group.sequence + now.made;
  const lastMs = now.reason === 'resolved' ? (group.lastNotifiedMs ?? group.toldBeforeMs ?? nowMs) : nowMs;
  if (now.closes)
    return afterClosing({ ...rest, reason: now.reason, sequence, lastNotifiedMs: lastMs }, nowMs);
  const isAside = now.isQuiet || now.reason === 'escalated';
  const { isHandled: _handled, ...known } = isAside ? rest : withoutNews(rest);
  const told: AlertGroup = {
    ...known,
    ...{ sequence, reason: 'repeat', acknowledgedTold: now.acknowledged },
    ...(now.isHandled ? { isHandled: true as const } : {}),
    ...(now.face === undefined ? {} : { face: now.face }),
    ...toldTimes(group, now, nowMs),
  };
  // Who was told of a beginning that is over already is told of its end.
  if (now.isOver) return { ...told, reason: 'resolved', dueMs: nowMs + telling.timing.groupIntervalMs };
  const { hidden } = now;
  const { newsMs = Number.POSITIVE_INFINITY } = now;
  const nextMs = Math.min(nextTimeMs(told, telling, now.isHandled, nowMs), Math.max(nowMs + 1, newsMs));
  if (hidden === undefined) return { ...told, dueMs: nextMs };
  // What is hidden may be worse than what was told, and that does not wait for an interval.
  return { ...told, heldBecause: hidden.reason, dueMs: Math.min(nextMs, Math.max(nowMs + 1, hidden.dueMs)) };
}

function withoutNews(group: AlertGroup): AlertGroup {
  const { shownMs: _told, isLookBack: _past, quietUntilMs: _loud, ...rest } = group;
  return rest;
}

function toldTimes(group: AlertGroup, now: ToldNow, nowMs: number): Partial<AlertGroup> {
  if (now.reason === 'escalated') return { escalatedMs: nowMs };
  if (now.isQuiet) return { lastQuietMs: nowMs };
  return {
    lastNotifiedMs: nowMs,
    firstNotifiedMs: group.firstNotifiedMs ?? nowMs,
    toldUrgency: Math.max(group.toldUrgency ?? 0, now.urgency),
  };
}

/** When it is next looked at, if nothing new comes: to be told again, or to tell further destinations. */
export function nextTimeMs(
  group: AlertGroup,
  { timing, escalate }: Telling,
  isHandled: boolean,
  nowMs: number,
): number {
  const { lastNotifiedMs, firstNotifiedMs, quietUntilMs, escalatedMs } = group;
  const repeatMs = Math.min(lastNotifiedMs ?? nowMs, nowMs) + timing.repeatIntervalMs;
  const wakesMs = lastNotifiedMs === undefined && quietUntilMs !== undefined ? quietUntilMs : repeatMs;
  if (escalate === undefined || escalatedMs !== undefined || firstNotifiedMs === undefined || isHandled)
    return Math.max(nowMs + 1, wakesMs);
  return Math.max(nowMs + 1, Math.min(wakesMs, Math.min(firstNotifiedMs, nowMs) + escalate.afterMs));
}

/** Looked at, and not told of. A last notification that lies ahead was written by a clock that was ahead. */
export function afterLooking(
  group: AlertGroup,
  dueMs: number,
  nowMs: number,
  held?: Hold['reason'],
  mutedBy?: string,
): AlertGroup {
  const { heldBecause: _before, lastNotifiedMs: lastMs, ...rest } = group;
  return {
    ...rest,
    dueMs,
    ...(lastMs === undefined ? {} : { lastNotifiedMs: Math.min(lastMs, nowMs) }),
    ...(held === undefined ? {} : { heldBecause: held }),
    ...(mutedBy === undefined || lastMs !== undefined ? {} : { mutedBy }),
  };
}

/** It keeps its identity, its sequence and when it opened: what comes next opens it again, and may go on in its message. */
export function afterClosing(group: AlertGroup, nowMs: number): AlertGroup {
  const { id, place, route, routeId, labels, to, openedMs, reason, sequence, openings } = group;
  const toldMs = group.lastNotifiedMs ?? group.toldBeforeMs;
  return {
    ...{ id, route, labels, to, openedMs, reason, sequence },
    ...(place === undefined ? {} : { place }),
    ...(routeId === undefined ? {} : { routeId }),
    ...(openings === undefined ? {} : { openings }),
    ...(toldMs === undefined ? {} : { toldBeforeMs: toldMs, closedMs: nowMs }),
  };
}
