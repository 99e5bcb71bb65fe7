import type { AlertGroup, MemberTotals } from '../core/store.ts';
import { type Hold, LOOK_AGAIN_MS, type Telling } from './group.ts';

/** A due group as it stands now. */
export interface GroupView {
  readonly group: AlertGroup;
  /** Alerts that nothing keeps quiet. */
  readonly audible: MemberTotals;
  /** Alerts that are kept quiet: `untilMs` is when the first silence ends, `isInhibited` where another alert does it. */
  readonly quieted: {
    readonly alerts: number;
    readonly open: number;
    readonly isInhibited: boolean;
    readonly untilMs?: number;
  };
  /** When the route's mute time ends; absent while it may speak. */
  readonly mutedUntilMs?: number;
}

export type GroupDecision =
  | { readonly action: 'tell'; readonly reason: AlertGroup['reason'] }
  | ({ readonly action: 'hold' } & Hold)
  /** Nothing keeps it quiet; its time has not come: news too soon after the last, or nothing to tell. */
  | { readonly action: 'wait'; readonly reason: 'too_soon' | 'nothing_new'; readonly dueMs: number }
  /** It is over and nobody is told: what was quiet all along, or whose end is not worth a word. */
  | { readonly action: 'close'; readonly reason: 'over_unheard' | 'over' };

/** How soon an inhibited group is looked at again: the other alert may be over. */
const INHIBITED_MS = 60_000;

/** What to do with a due group. What is told follows from how it stands, not from what it was due for. */
export function decideGroup(view: GroupView, telling: Telling, nowMs: number): GroupDecision {
  const { group, audible, quieted, mutedUntilMs } = view;
  if (audible.open + quieted.open === 0) return decideEnd(view, telling, nowMs);
  if (mutedUntilMs !== undefined) return hold('muted', mutedUntilMs, nowMs);
  if (group.lastNotifiedMs !== undefined) return decideNext(view, group.lastNotifiedMs, telling, nowMs);
  // A time of silence that outlasted an alert: nobody is woken by what is over.
  const isWorthIt = audible.open > 0 || (audible.alerts > 0 && group.heldBecause === undefined);
  if (isWorthIt) return { action: 'tell', reason: 'opened' };
  return { action: 'hold', ...quietHold(quieted, nowMs) };
}

function decideEnd(view: GroupView, { sendResolved }: Telling, nowMs: number): GroupDecision {
  const { group, audible, quieted, mutedUntilMs } = view;
  const isMuted = mutedUntilMs !== undefined;
  const unheard = { action: 'close', reason: quieted.alerts === 0 ? 'over' : 'over_unheard' } as const;
  if (group.lastNotifiedMs === undefined) {
    if (audible.alerts === 0) return unheard;
    const wasQuiet = group.heldBecause !== undefined || isMuted;
    return wasQuiet ? { action: 'close', reason: 'over_unheard' } : { action: 'tell', reason: 'opened' };
  }
  if (!sendResolved) return { action: 'close', reason: 'over' };
  if (isMuted) return hold('muted', mutedUntilMs, nowMs);
  return audible.alerts === 0 ? unheard : { action: 'tell', reason: 'resolved' };
}

/** A group that goes on and was told of. */
function decideNext(
  { audible, quieted }: GroupView,
  toldMs: number,
  { timing }: Telling,
  nowMs: number,
): GroupDecision {
  const lastMs = Math.min(toldMs, nowMs);
  if (audible.hasNews && nowMs >= lastMs + timing.groupIntervalMs) return { action: 'tell', reason: 'grew' };
  const isRepeatDue = nowMs >= lastMs + timing.repeatIntervalMs;
  if (isRepeatDue && audible.open > audible.acknowledged) return { action: 'tell', reason: 'repeat' };
  const nextMs = audible.hasNews
    ? lastMs + timing.groupIntervalMs
    : (isRepeatDue ? nowMs : lastMs) + timing.repeatIntervalMs;
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
