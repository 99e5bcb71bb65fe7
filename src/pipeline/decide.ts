import { decideGroup, type GroupDecision, type GroupView, quietHold } from '../alerts/decision.ts';
import { afterClosing, afterLooking, afterTelling, type Hold } from '../alerts/group.ts';
import type { Quiet } from '../alerts/quiet.ts';
import type { Route } from '../alerts/route.ts';
import type { Notification, NotificationReason, NotifiedAlert, StoredAlert } from '../core/alert.ts';
import { highestSeverity } from '../core/severity.ts';
import type { AlertGroup, GroupMember, MemberTotals, StoreTx, UnheardCount } from '../core/store.ts';
import type { TermSource } from '../rules/index.ts';
import type { Contexts } from './enrich.ts';
import type { QuietMembers, QuietState } from './quieted.ts';
import type { Tidings } from './spread.ts';

/** Alerts that one message lists; the rest is counted. */
export const LISTED_ALERTS = 10;

/** What is older wakes nobody: it is summarised. */
const HISTORY_MS = 3_600_000;

/** What became of a due group. `next` is the group as it is now: written down, unless somebody was to be told. */
export type Decided =
  | {
      readonly decision: Extract<GroupDecision, { action: 'tell' }>;
      readonly tidings: Tidings;
      readonly next: AlertGroup;
    }
  | { readonly decision: Exclude<GroupDecision, { action: 'tell' }> };

/** Decides about one due group and writes down what becomes of it; whom to tell, and the group after it, is the caller's. */
export async function decide(
  tx: StoreTx,
  group: AlertGroup,
  route: Route<TermSource>,
  quiet: QuietState,
  contexts: Contexts,
  nowMs: number,
): Promise<Decided> {
  const quieted = await quiet.membersOf(tx, group.id);
  const audible = await tx.memberTotals(group.id, [...quieted.keys()]);
  const view = await viewOf(tx, group, quieted, audible, quiet.mutedUntil(route));
  const decision = decideGroup(view, route, nowMs);
  switch (decision.action) {
    case 'hold':
      await tx.writeGroups([afterLooking(group, decision.dueMs, nowMs, decision.reason)], nowMs);
      return { decision };
    case 'wait':
      await tx.writeGroups([afterLooking(group, decision.dueMs, nowMs)], nowMs);
      return { decision };
    case 'close':
      await dissolve(tx, group.id, unheardReason(view, decision.reason, quieted), nowMs);
      await tx.writeGroups([afterClosing(group)], nowMs);
      return { decision };
    case 'tell': {
      const notification = await tell(tx, view, decision.reason, quieted, contexts, nowMs);
      const isOver = audible.open + view.quieted.open === 0;
      // What stays quiet to the end is told of by nobody.
      if (isOver) await dissolve(tx, group.id, unheardReason(view, 'over_unheard', quieted), nowMs);
      const next = afterTelling(group, decision.reason, isOver, route, nowMs, hiddenBy(view, nowMs));
      return { decision, tidings: tidingsOf(view, notification, nowMs), next };
    }
  }
}

async function viewOf(
  tx: StoreTx,
  group: AlertGroup,
  quieted: QuietMembers,
  audible: MemberTotals,
  mutedUntilMs: number | undefined,
): Promise<GroupView> {
  const all = quieted.size === 0 ? audible : await tx.memberTotals(group.id, []);
  const untilMs = Math.min(...[...quieted.values()].flatMap(silenceEnd));
  return {
    group,
    audible,
    quieted: {
      alerts: all.alerts - audible.alerts,
      open: all.open - audible.open,
      isInhibited: [...quieted.values()].some(({ reason }) => reason === 'inhibited'),
      ...(Number.isFinite(untilMs) ? { untilMs } : {}),
    },
    ...(mutedUntilMs === undefined ? {} : { mutedUntilMs }),
  };
}

function silenceEnd(quiet: Quiet): number[] {
  return quiet.reason === 'silenced' ? [quiet.untilMs] : [];
}

function hiddenBy({ quieted }: GroupView, nowMs: number): Hold | undefined {
  return quieted.open === 0 ? undefined : quietHold(quieted, nowMs);
}

/** Matches that no message counts go to the books, where the digest finds them. */
async function dissolve(
  tx: StoreTx,
  group: string,
  reason: UnheardCount['reason'],
  nowMs: number,
): Promise<void> {
  const counts = await tx.dissolve(group);
  await tx.addUnheard(
    counts.map((count) => ({ ...count, reason })),
    nowMs,
  );
}

function unheardReason(
  { group: { heldBecause }, mutedUntilMs }: GroupView,
  end: 'over' | 'over_unheard',
  quieted: QuietMembers,
): UnheardCount['reason'] {
  if (end === 'over') return 'ended';
  const [first] = quieted.values();
  if (first !== undefined) return first.reason;
  if (mutedUntilMs !== undefined) return 'muted';
  return heldBecause === undefined || heldBecause === 'acknowledged' ? 'ended' : heldBecause;
}

/** What the ids of all notifications of one opening begin with; no two openings share it. */
function openingOf({ id, openedMs }: AlertGroup): string {
  return `alert/${id}/${openedMs.toString(36)}`;
}

/** The group that a notification tells of, while it has not closed since. */
export async function groupTold(tx: StoreTx, { id }: Notification): Promise<AlertGroup | undefined> {
  const [, name = ''] = id.split('/');
  const groups = await tx.readGroups([name]);
  return groups.find((group) => group.dueMs !== undefined && id.startsWith(`${openingOf(group)}/`));
}

async function tell(
  tx: StoreTx,
  { group, audible }: GroupView,
  reason: NotificationReason,
  quieted: QuietMembers,
  contexts: Contexts,
  nowMs: number,
): Promise<Notification> {
  const members = await tx.readMembers(group.id, LISTED_ALERTS + quieted.size);
  const heard = members.filter(({ alert }) => !quieted.has(alert.fingerprint));
  const listed = heard.slice(0, LISTED_ALERTS).map((member) => toNotified(member, contexts));
  await tx.markTold(group.id, [...quieted.keys()]);
  return {
    id: `${openingOf(group)}/${group.sequence + 1}`,
    route: group.route,
    reason,
    group: group.labels,
    severity: listed.map(({ severity }) => severity).reduce(highestSeverity, 'INFO'),
    newCount: audible.newCount,
    alerts: listed,
    omittedAlerts: audible.alerts - listed.length,
    createdAtMs: nowMs,
  };
}

/** What was put off on purpose is not history, nor is what Tocsin says of itself. */
function tidingsOf({ group, audible }: GroupView, notification: Notification, nowMs: number): Tidings {
  const { reason, alerts } = notification;
  const isFirst = reason === 'opened' || reason === 'grew';
  const isOld = audible.newCount > 0 && audible.newestMs < nowMs - HISTORY_MS;
  const isOwn = alerts.some(({ feed }) => feed === 'operations');
  const isHistory = isFirst && isOld && !isOwn && group.heldBecause === undefined;
  return { notification, isHistory, summedUpFor: group.summedUpFor ?? [] };
}

function toNotified({ alert, newCount }: GroupMember, contexts: Contexts): NotifiedAlert {
  const { seen: _hashes, ...told }: StoredAlert = alert;
  const context = contexts.get(alert.fingerprint);
  return { ...told, newCount, ...(context === undefined ? {} : { context }) };
}
