import type { NotificationReason } from '../core/alert.ts';
import type { AlertGroup, MemberTotals } from '../core/store.ts';
import { afterAny, type Hold, LOOK_AGAIN_MS, nextTimeMs, type Telling } from './group.ts';
import { urgencyFrom } from './urgency.ts';

/** A due group as it stands now. */
export interface GroupView {
  readonly group: AlertGroup;
  /** All of its alerts, and those that nothing keeps quiet. */
  readonly all: MemberTotals;
  readonly audible: MemberTotals;
  /** Alerts that are kept quiet: `untilMs` is when the first silence ends, `isInhibited` where another alert does it. */
  readonly quieted: {
    readonly alerts: number;
    readonly open: number;
    readonly isInhibited: boolean;
    readonly untilMs?: number;
  };
  /** The route's mute time and when it ends; absent while it may speak. */
  readonly muted?: { readonly by: string; readonly untilMs: number };
}

export type GroupDecision =
  | {
      readonly action: 'tell';
      readonly reason: NotificationReason;
      /** It wakes nobody: a mild group that came back soon after its end. */
      readonly isQuiet?: true;
      /** It was over before its mute time was: people hear of it in a summary. */
      readonly wasMuted?: true;
    }
  | ({ readonly action: 'hold' } & Hold)
  /** Nothing keeps it quiet; its time has not come: news too soon after the last, nothing to tell, or back too soon to wake anybody. */
  | {
      readonly action: 'wait';
      readonly reason: 'too_soon' | 'nothing_new' | 'back_soon';
      readonly dueMs: number;
    }
  /** It is over and nobody is told: what was quiet all along, or whose end is not worth a word. */
  | { readonly action: 'close'; readonly reason: 'over_unheard' | 'over' };

/** How soon an inhibited group is looked at again: the other alert may be over. */
const INHIBITED_MS = 60_000;

/** What to do with a due group. What is told follows from how it stands, not from what it was due for. */
export function decideGroup(view: GroupView, telling: Telling, nowMs: number): GroupDecision {
  if (view.all.open === 0) return decideEnd(view, telling);
  return view.group.lastNotifiedMs === undefined
    ? decideOpening(view, telling, nowMs)
    : decideNext(view, view.group.lastNotifiedMs, telling, nowMs);
}

/** Whoever knows of it is told of its end, whatever keeps pages quiet; nobody else is. */
function decideEnd(view: GroupView, { sendResolved }: Telling): GroupDecision {
  const { group, audible, quieted, muted } = view;
  const isKnown = Object.keys(group.told ?? {}).length > 0;
  if (isKnown && !isForPeople(view))
    return sendResolved ? { action: 'tell', reason: 'resolved' } : { action: 'close', reason: 'over' };
  if (audible.alerts === 0)
    return { action: 'close', reason: quieted.alerts === 0 ? 'over' : 'over_unheard' };
  // It is told of once people may be told: in a summary, since it is over.
  if (muted !== undefined) return { action: 'hold', reason: 'muted', dueMs: muted.untilMs };
  if (group.mutedBy !== undefined) return { action: 'tell', reason: 'opened', wasMuted: true };
  const wasQuiet = group.heldBecause !== undefined;
  if (wasQuiet) return { action: 'close', reason: 'over_unheard' };
  if (group.quietUntilMs === undefined) return { action: 'tell', reason: openingReason(group) };
  // Back too soon to wake anybody: a list hears of its beginning first, people read of it in a summary.
  return group.lastQuietMs === undefined
    ? { action: 'tell', reason: 'opened', isQuiet: true }
    : { action: 'tell', reason: 'resolved' };
}

/** It came back quietly, and what has come since was to wake people, who were not told of it before it was over. */
function isForPeople({ group, audible, muted }: GroupView): boolean {
  const { lastNotifiedMs, lastQuietMs, quietUntilMs, heldBecause } = group;
  const isUntold = lastNotifiedMs === undefined && lastQuietMs !== undefined && quietUntilMs === undefined;
  return isUntold && audible.newCount > 0 && muted === undefined && heldBecause === undefined;
}

function openingReason({ lastQuietMs }: AlertGroup): 'opened' | 'repeat' {
  return lastQuietMs === undefined ? 'opened' : 'repeat';
}

/** A group that people were not told of since it opened. */
function decideOpening(view: GroupView, telling: Telling, nowMs: number): GroupDecision {
  const { group, audible, quieted, muted } = view;
  if (muted !== undefined) return hold('muted', muted.untilMs, nowMs);
  // A time of silence that outlasted an alert: nobody is woken by what is over.
  const isWorthIt = audible.open > 0 || (audible.alerts > 0 && group.heldBecause === undefined);
  if (!isWorthIt) return { action: 'hold', ...quietHold(quieted, nowMs) };
  const { quietUntilMs = nowMs } = group;
  if (nowMs >= quietUntilMs || audible.urgency >= urgencyFrom('HIGH'))
    return { action: 'tell', reason: openingReason(group) };
  return decideQuietly(view, quietUntilMs, telling, nowMs);
}

/** It is back soon and mild: whoever keeps a list or a message current is told, and nobody is woken. */
function decideQuietly(view: GroupView, untilMs: number, telling: Telling, nowMs: number): GroupDecision {
  const { group } = view;
  if (group.lastQuietMs === undefined) return { action: 'tell', reason: 'opened', isQuiet: true };
  return (
    decideAside(view, telling, nowMs) ?? {
      action: 'wait',
      reason: 'back_soon',
      dueMs: Math.min(untilMs, asideMs(view, telling, nowMs)),
    }
  );
}

/** What wakes nobody, and so is kept back by nothing: an acknowledgement at once, the end of some at the next interval. */
function decideAside(view: GroupView, telling: Telling, nowMs: number): GroupDecision | undefined {
  const { group, all } = view;
  if (all.toldAcknowledged > (group.acknowledgedTold ?? 0)) return { action: 'tell', reason: 'acknowledged' };
  return nowMs >= asideMs(view, telling, nowMs) ? { action: 'tell', reason: 'shrank' } : undefined;
}

function asideMs({ group, all }: GroupView, { timing }: Telling, nowMs: number): number {
  return all.ended === 0 ? Number.POSITIVE_INFINITY : afterAny(group, timing, nowMs);
}

/** When news of a group that was told of is to be told: a rise at once, the rest at the next interval. */
function newsTimeMs(
  { group, audible }: GroupView,
  toldMs: number,
  { timing }: Telling,
  nowMs: number,
): number {
  const isRise = audible.hasRise || (audible.hasNews && audible.newsUrgency > (group.toldUrgency ?? 0));
  return isRise ? nowMs : Math.min(toldMs, nowMs) + timing.groupIntervalMs;
}

/** When to look at a group again for what a notification that wakes nobody has left untold; undefined where that is nothing. */
export function leftUntoldMs(
  view: GroupView,
  reason: NotificationReason,
  telling: Telling,
  nowMs: number,
): number | undefined {
  const { lastNotifiedMs } = view.group;
  const isNews = view.audible.hasNews && lastNotifiedMs !== undefined;
  const newsMs = isNews ? newsTimeMs(view, lastNotifiedMs, telling, nowMs) : Number.POSITIVE_INFINITY;
  const endsMs = reason === 'shrank' ? Number.POSITIVE_INFINITY : asideMs(view, telling, nowMs);
  const soonestMs = Math.min(newsMs, endsMs);
  return Number.isFinite(soonestMs) ? soonestMs : undefined;
}

/** A group that goes on and was told of. */
function decideNext(view: GroupView, toldMs: number, telling: Telling, nowMs: number): GroupDecision {
  const { group, audible, quieted, muted } = view;
  const { timing, escalate } = telling;
  const lastMs = Math.min(toldMs, nowMs);
  const newsMs = newsTimeMs(view, toldMs, telling, nowMs);
  const isNewsDue = audible.hasNews && nowMs >= newsMs;
  if (muted === undefined && isNewsDue) return { action: 'tell', reason: 'grew' };
  const aside = decideAside(view, telling, nowMs);
  if (aside !== undefined) return aside;
  const againMs = asideMs(view, telling, nowMs);
  if (muted !== undefined) return hold('muted', Math.min(muted.untilMs, againMs), nowMs);
  const isFree = audible.open > audible.acknowledged;
  const isLate = escalate !== undefined && group.escalatedMs === undefined && isFree;
  const lateMs = isLate
    ? Math.min(group.firstNotifiedMs ?? lastMs, nowMs) + escalate.afterMs
    : Number.POSITIVE_INFINITY;
  if (nowMs >= lateMs) return { action: 'tell', reason: 'escalated' };
  const isRepeatDue = nowMs >= lastMs + timing.repeatIntervalMs;
  if (isRepeatDue && isFree) return { action: 'tell', reason: 'repeat' };
  const repeatMs = nextTimeMs(group, telling, !isFree, nowMs);
  const quietMs = isRepeatDue ? nowMs + timing.repeatIntervalMs : repeatMs;
  const nextMs = Math.min(audible.hasNews ? newsMs : quietMs, againMs, lateMs);
  if (quieted.open > 0) {
    const quiet = quietHold(quieted, nowMs);
    return { action: 'hold', reason: quiet.reason, dueMs: Math.min(nextMs, quiet.dueMs) };
  }
  if (isRepeatDue) return { action: 'hold', reason: 'acknowledged', dueMs: nextMs };
  return { action: 'wait', reason: audible.hasNews ? 'too_soon' : 'nothing_new', dueMs: nextMs };
}

/** What keeps alerts of a group quiet, and when to look whether it still does. */
export function quietHold({ untilMs, isInhibited }: GroupView['quieted'], nowMs: number): Hold {
  const lookMs = nowMs + (isInhibited ? INHIBITED_MS : LOOK_AGAIN_MS);
  if (untilMs === undefined) return { reason: 'inhibited', dueMs: lookMs };
  return { reason: 'silenced', dueMs: Math.min(untilMs, lookMs) };
}

function hold(reason: Hold['reason'], untilMs: number, nowMs: number): GroupDecision {
  return { action: 'hold', reason, dueMs: Math.min(untilMs, nowMs + LOOK_AGAIN_MS) };
}
