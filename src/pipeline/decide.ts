import {
  afterClosing,
  afterHolding,
  afterTelling,
  decideGroup,
  type GroupDecision,
  type GroupView,
} from '../alerts/group.ts';
import { mutedUntil } from '../alerts/intervals.ts';
import type { Quiet } from '../alerts/quiet.ts';
import type { Route } from '../alerts/route.ts';
import type { Notification, NotificationReason, NotifiedAlert, StoredAlert } from '../core/alert.ts';
import { highestSeverity } from '../core/severity.ts';
import type { AlertGroup, GroupMember, MemberTotals, StoreTx } from '../core/store.ts';
import type { TermSource } from '../rules/index.ts';
import type { Contexts } from './enrich.ts';
import type { QuietMembers, QuietState } from './quieted.ts';

/** Alerts that one message lists; the rest is counted. */
export const LISTED_ALERTS = 10;

/** What became of a due group. */
export type Decided =
  | { readonly decision: Extract<GroupDecision, { action: 'tell' }>; readonly notification: Notification }
  | { readonly decision: Exclude<GroupDecision, { action: 'tell' }> };

/** Decides about one due group and writes down what becomes of it; whom to tell is the caller's. */
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
  const view = await viewOf(tx, group, route, quieted, audible, nowMs);
  const decision = decideGroup(view, route.timing, nowMs);
  switch (decision.action) {
    case 'hold':
      await tx.writeGroups([afterHolding(group, decision.reason, decision.dueMs)], nowMs);
      return { decision };
    case 'close':
      await close(tx, group, decision, quieted, nowMs);
      return { decision };
    case 'tell':
      return {
        decision,
        notification: await tell(tx, view, route, decision.reason, quieted, contexts, nowMs),
      };
  }
}

async function viewOf(
  tx: StoreTx,
  group: AlertGroup,
  { speaking }: Route<TermSource>,
  quieted: QuietMembers,
  audible: MemberTotals,
  nowMs: number,
): Promise<GroupView> {
  const all = quieted.size === 0 ? audible : await tx.memberTotals(group.id, []);
  const mutedUntilMs = mutedUntil(speaking, nowMs);
  const untilMs = Math.min(...[...quieted.values()].flatMap(silenceEnd));
  return {
    group,
    audible,
    quieted: {
      alerts: all.alerts - audible.alerts,
      open: all.open - audible.open,
      ...(Number.isFinite(untilMs) ? { untilMs } : {}),
    },
    ...(mutedUntilMs === undefined ? {} : { mutedUntilMs }),
  };
}

function silenceEnd(quiet: Quiet): number[] {
  return quiet.reason === 'silenced' ? [quiet.untilMs] : [];
}

/** What nobody was told of goes to the books, where the digest finds it. */
async function close(
  tx: StoreTx,
  group: AlertGroup,
  { reason }: Extract<GroupDecision, { action: 'close' }>,
  quieted: QuietMembers,
  nowMs: number,
): Promise<void> {
  const counts = await tx.dissolve(group.id);
  if (reason === 'over_unheard') {
    const why = unheardReason(group, quieted);
    await tx.addUnheard(
      counts.map((count) => ({ ...count, reason: why })),
      nowMs,
    );
  }
  await tx.writeGroups([afterClosing(group)], nowMs);
}

function unheardReason({ heldBecause }: AlertGroup, quieted: QuietMembers): Quiet['reason'] | 'muted' {
  if (heldBecause === 'muted') return 'muted';
  const [first] = quieted.values();
  return first?.reason ?? (heldBecause === 'inhibited' ? 'inhibited' : 'silenced');
}

async function tell(
  tx: StoreTx,
  { group, audible, quieted: hidden }: GroupView,
  { timing }: Route<TermSource>,
  reason: NotificationReason,
  quieted: QuietMembers,
  contexts: Contexts,
  nowMs: number,
): Promise<Notification> {
  const members = await tx.readMembers(group.id, LISTED_ALERTS + quieted.size);
  const heard = members.filter(({ alert }) => !quieted.has(alert.fingerprint));
  const listed = heard.slice(0, LISTED_ALERTS).map((member) => toNotified(member, contexts));
  const isOver = audible.open + hidden.open === 0;
  // What stays quiet may be told of later: as soon as what keeps it quiet is over.
  const untoldMs = hidden.alerts === 0 ? undefined : (hidden.untilMs ?? nowMs + timing.groupIntervalMs);
  const next = afterTelling(group, reason, isOver, timing, nowMs, untoldMs);
  const notification: Notification = {
    // The opening time keeps ids apart from those of a group with the same labels before it was pruned.
    id: `alert/${group.id}/${group.openedMs.toString(36)}/${next.sequence}`,
    route: group.route,
    reason,
    group: group.labels,
    severity: listed.map(({ severity }) => severity).reduce(highestSeverity, 'INFO'),
    newCount: audible.newCount,
    alerts: listed,
    omittedAlerts: audible.alerts - listed.length,
    createdAtMs: nowMs,
  };
  await tx.markTold(group.id, [...quieted.keys()]);
  await tx.writeGroups([next], nowMs);
  return notification;
}

function toNotified({ alert, newCount }: GroupMember, contexts: Contexts): NotifiedAlert {
  const { seen: _hashes, ...told }: StoredAlert = alert;
  const context = contexts.get(alert.fingerprint);
  return { ...told, newCount, ...(context === undefined ? {} : { context }) };
}
