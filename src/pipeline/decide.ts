import { blindnessOf } from '../alerts/blind.ts';
import {
  decideGroup,
  type GroupDecision,
  type GroupView,
  leftUntoldMs,
  quietHold,
} from '../alerts/decision.ts';
import { keyOf } from '../alerts/fingerprint.ts';
import { afterClosing, afterLooking, afterTelling, type Hold, recurrenceOf } from '../alerts/group.ts';
import type { Quiet } from '../alerts/quiet.ts';
import type { Route } from '../alerts/route.ts';
import { severityAt, urgencyOf } from '../alerts/urgency.ts';
import type { Notification, NotificationReason, NotifiedAlert, StoredAlert } from '../core/alert.ts';
import { notificationId, openingId } from '../core/notification-id.ts';
import { highestSeverity } from '../core/severity.ts';
import type { AlertGroup, GroupMember, MemberTotals, StoreTx, UnheardCount } from '../core/store.ts';
import type { TermSource } from '../rules/index.ts';
import type { Contexts } from './enrich.ts';
import { partsOf } from './parts.ts';
import type { QuietMembers, QuietState } from './quieted.ts';
import type { Sights } from './sight.ts';
import type { Tidings } from './spread.ts';

/** The alerts of which people see most, and of which sources are asked what they know. */
export const LISTED_ALERTS = 10;
/** Alerts that a list is told at once; more are not open at a time (see pipeline/fold.ts). */
const MOST_LISTED = 50_000;

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

/** What one look at due groups goes by. */
export interface Looking {
  readonly quiet: QuietState;
  readonly sights: Sights;
  readonly contexts: Contexts;
  readonly nowMs: number;
  /** Somebody keeps a list of this group's alerts, and is told all of them. */
  readonly isListed: boolean;
  /** Somebody who was told of it has a use for what wakes nobody: an end within a group that goes on, an acknowledgement. */
  readonly hearsEnds: boolean;
  readonly hearsHands: boolean;
}

/** Decides about one due group and writes down what becomes of it; whom to tell, and the group after it, is the caller's. */
export async function decide(
  tx: StoreTx,
  group: AlertGroup,
  route: Route<TermSource>,
  looking: Looking,
): Promise<Decided> {
  const { quiet, nowMs } = looking;
  const quieted = await quiet.membersOf(tx, group.id);
  const view = heardAside(await viewOf(tx, group, quieted, quiet.mutedUntil(route)), looking);
  const decision = decideGroup(view, route, nowMs);
  switch (decision.action) {
    case 'hold':
      await tx.writeGroups(
        [afterLooking(group, decision.dueMs, nowMs, decision.reason, view.muted?.by)],
        nowMs,
      );
      return { decision };
    case 'wait':
      await tx.writeGroups([afterLooking(group, decision.dueMs, nowMs)], nowMs);
      return { decision };
    case 'close':
      await dissolve(tx, group.id, unheardReason(view, decision.reason, quieted), nowMs);
      await tx.writeGroups([afterClosing(group, nowMs)], nowMs);
      return { decision };
    case 'tell':
      return tell(tx, view, decision, quieted, route, looking);
  }
}

async function viewOf(
  tx: StoreTx,
  group: AlertGroup,
  quieted: QuietMembers,
  muted: GroupView['muted'],
): Promise<GroupView> {
  const all = await tx.memberTotals(group.id, []);
  const audible = quieted.size === 0 ? all : await tx.memberTotals(group.id, [...quieted.keys()]);
  const untilMs = Math.min(...[...quieted.values()].flatMap(silenceEnd));
  return {
    ...{ group, all, audible },
    quieted: {
      alerts: all.alerts - audible.alerts,
      open: all.open - audible.open,
      isInhibited: [...quieted.values()].some(({ reason }) => reason === 'inhibited'),
      ...(Number.isFinite(untilMs) ? { untilMs } : {}),
    },
    ...(muted === undefined ? {} : { muted }),
  };
}

/** What nobody has a use for is not to be told. */
function heardAside(view: GroupView, { hearsEnds, hearsHands }: Looking): GroupView {
  const ended = hearsEnds ? view.all.ended : 0;
  const toldAcknowledged = hearsHands ? view.all.toldAcknowledged : 0;
  return { ...view, all: { ...view.all, ended, toldAcknowledged } };
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
  { group: { heldBecause }, muted }: GroupView,
  end: 'over' | 'over_unheard',
  quieted: QuietMembers,
): UnheardCount['reason'] {
  if (end === 'over') return 'ended';
  const [first] = quieted.values();
  if (first !== undefined) return first.reason;
  if (muted !== undefined) return 'muted';
  return heldBecause === undefined || heldBecause === 'acknowledged' ? 'ended' : heldBecause;
}

/** The group that a notification tells of, while it has not closed since. */
export async function groupTold(tx: StoreTx, opening: string): Promise<AlertGroup | undefined> {
  const [, name = ''] = opening.split('/');
  const groups = await tx.readGroups([name]);
  return groups.find(({ id, openedMs, dueMs }) => dueMs !== undefined && openingId(id, openedMs) === opening);
}

async function tell(
  tx: StoreTx,
  view: GroupView,
  decision: Telling,
  quieted: QuietMembers,
  route: Route<TermSource>,
  looking: Looking,
): Promise<Decided> {
  const { group, all } = view;
  const { reason } = decision;
  const { nowMs } = looking;
  const isQuiet = wakesNobody(decision);
  const isOver = all.open === 0;
  const closes = isOver && (reason === 'resolved' || (!route.sendResolved && !isQuiet));
  const members = await membersToTell(tx, view, decision, quieted, looking);
  const totals = members.silent.length === 0 ? all : await tx.memberTotals(group.id, members.silent);
  const isAllInHand = isInHand(totals, reason);
  const incidents = (group.incidents ?? 1) + (reason === 'grew' && group.isHandled === true ? 1 : 0);
  const notifications = compose(
    { view, decision, totals, route, isAllInHand, incidents, nowMs },
    members.alerts,
  );
  await mark(tx, group.id, decision, members.silent);
  // What stays quiet to the end is told of by nobody.
  if (closes) await dissolve(tx, group.id, unheardReason(view, 'over_unheard', quieted), nowMs);
  const hidden = hiddenBy(view, nowMs);
  const isAside = isQuiet || reason === 'escalated';
  const [worst] = members.alerts;
  const known = Math.min(group.acknowledgedTold ?? 0, totals.toldAcknowledged);
  // Who took an alert in hand before anybody was told of it is told of right after it.
  const isHandUntold = !isAside && totals.acknowledged > known;
  const newsMs = isHandUntold ? nowMs : isAside ? leftUntoldMs(view, reason, route, nowMs) : undefined;
  const next = afterTelling(
    { ...group, ...(incidents > 1 ? { incidents } : {}) },
    {
      ...{ reason, isQuiet, isOver, closes, urgency: urgencyTold(view, members.alerts) },
      acknowledged: reason === 'acknowledged' ? totals.toldAcknowledged : known,
      isHandled: reason === 'acknowledged' ? isAllInHand : isQuiet && group.isHandled === true,
      made: 1 + notifications.earlier.length,
      ...(worst === undefined ? {} : { face: worst.fingerprint }),
      ...(hidden === undefined ? {} : { hidden }),
      ...(newsMs === undefined ? {} : { newsMs }),
    },
    route,
    nowMs,
  );
  return { decision, tidings: tidingsOf(view, decision, notifications), next };
}

type Telling = Extract<GroupDecision, { action: 'tell' }>;

/** Of the worst that is open, or news: what is over before anybody could be told of it is as urgent as if it were not. */
function urgencyTold({ audible }: GroupView, alerts: readonly NotifiedAlert[]): number {
  const news = alerts.filter(({ newCount }) => newCount > 0).map(urgencyOf);
  return Math.max(audible.urgency, ...news);
}

/** An acknowledgement is about what was told: news beside it is told in its own time, and pages. */
function isInHand(totals: MemberTotals, reason: NotificationReason): boolean {
  if (reason === 'acknowledged') return totals.toldOpen > 0 && totals.toldAcknowledged === totals.toldOpen;
  return totals.open > 0 && totals.acknowledged === totals.open;
}

function wakesNobody({ reason, isQuiet }: Telling): boolean {
  return isQuiet === true || reason === 'shrank' || reason === 'acknowledged';
}

/** The alerts that are told, the worst first, and fingerprints of those that are kept quiet. */
async function membersToTell(
  tx: StoreTx,
  { group }: GroupView,
  decision: Telling,
  quieted: QuietMembers,
  looking: Looking,
): Promise<{ readonly alerts: readonly NotifiedAlert[]; readonly silent: readonly string[] }> {
  const { isListed } = looking;
  const isQuiet = wakesNobody(decision);
  // Who was told of an alert is told what became of it, whatever keeps it quiet now.
  const isAboutKnown = isQuiet || decision.reason === 'resolved';
  const limit = (isListed ? MOST_LISTED : LISTED_ALERTS) + quieted.size;
  const members = await tx.readMembers(group.id, limit);
  // What wakes nobody begins nothing either: an alert that was not told of is news, and has its own time.
  const isAside = decision.reason === 'shrank' || decision.reason === 'acknowledged';
  const isHeard = ({ alert, told }: GroupMember): boolean =>
    (!quieted.has(alert.fingerprint) && !isAside) || (isAboutKnown && told !== undefined);
  const heard = members.filter(isHeard);
  const shown = heard.filter(
    (member, index) => index < LISTED_ALERTS || (isListed && isChanged(member, decision.reason)),
  );
  const known = new Set(heard.map(({ alert }) => alert.fingerprint));
  const countsNothing = isQuiet || decision.reason === 'escalated';
  const alerts = shown.map((member) => toNotified(member, looking, countsNothing));
  const silent = [...quieted.keys()].filter((fingerprint) => !known.has(fingerprint));
  if (alerts.length > 0 || group.face === undefined) return { alerts, silent };
  // All that was told of has left: the end is still about something, unless that has begun anew elsewhere.
  const faces = (await tx.readAlerts([group.face])).filter(({ state }) => state === 'resolved');
  return { alerts: faces.map((alert) => toNotified({ alert, newCount: 0 }, looking, isQuiet)), silent };
}

/** Whether a list hears something that it does not know, or is told all of it anew. */
function isChanged({ alert, newCount, told }: GroupMember, reason: NotificationReason): boolean {
  switch (reason) {
    case 'grew':
      return (
        newCount > 0 ||
        told === undefined ||
        told.episode !== alert.episode ||
        told.urgency < urgencyOf(alert) ||
        alert.state === 'resolved'
      );
    case 'shrank':
      return alert.state === 'resolved';
    case 'acknowledged':
      return alert.state === 'acknowledged';
    default:
      return true;
  }
}

async function mark(
  tx: StoreTx,
  group: string,
  { reason, isQuiet }: Telling,
  silent: readonly string[],
): Promise<void> {
  // What only further destinations are told is not told to those who know of it.
  if (reason === 'acknowledged' || reason === 'escalated') return;
  if (reason === 'shrank') return tx.markEnded(group, silent);
  if (isQuiet === true) return tx.markSeen(group, silent);
  return tx.markTold(group, silent);
}

interface Composing {
  readonly view: GroupView;
  readonly decision: Telling;
  /** Of the alerts that are told. */
  readonly totals: MemberTotals;
  readonly route: Route<TermSource>;
  readonly isAllInHand: boolean;
  /** Of this opening, at whoever keeps incidents. */
  readonly incidents: number;
  readonly nowMs: number;
}

/** What a look makes of a group. */
interface Composed {
  /** What everybody is told. */
  readonly notification: Notification;
  /** What lists are told besides: the further parts. */
  readonly parts: readonly Notification[];
  /** The same end for each earlier incident of the opening. */
  readonly earlier: readonly Notification[];
}

function compose(composing: Composing, alerts: readonly NotifiedAlert[]): Composed {
  const { view, decision, totals, incidents } = composing;
  const { group } = view;
  const opening = openingId(group.id, group.openedMs);
  const number = group.sequence + 1;
  const base = baseOf(composing, alerts);
  const chunks = partsOf(alerts, LISTED_ALERTS);
  const [first = []] = chunks;
  const omittedAlerts = Math.max(0, totals.alerts - first.length);
  const parts = chunks.map(
    (chunk, index): Notification => ({
      ...base,
      id: notificationId(opening, number, index + 1),
      alerts: chunk,
      omittedAlerts: index === 0 ? omittedAlerts : 0,
      ...(index === 0 ? {} : { newCount: chunk.reduce((sum, { newCount }) => sum + newCount, 0) }),
      ...(chunks.length > 1 ? { part: { number: index + 1, of: chunks.length } } : {}),
    }),
  );
  const [head, ...rest] = parts;
  const notification = head ?? { ...base, id: notificationId(opening, number), alerts: [], omittedAlerts };
  const earlier = decision.reason === 'resolved' ? incidents - 1 : 0;
  return {
    notification,
    parts: rest,
    earlier: Array.from({ length: earlier }, (_, index): Notification => {
      const { incident: _last, ...end } = notification;
      const id = notificationId(opening, number + index + 1);
      return { ...end, id, newCount: 0, ...(index === 0 ? {} : { incident: index + 1 }) };
    }),
  };
}

function baseOf(
  { view, decision, totals, route, isAllInHand, incidents, nowMs }: Composing,
  alerts: readonly NotifiedAlert[],
): Omit<Notification, 'id' | 'alerts' | 'omittedAlerts'> {
  const { group } = view;
  const { reason, isQuiet } = decision;
  const back = recurrenceOf(group);
  const isLoud = !wakesNobody(decision);
  const isNews = isLoud && (reason === 'opened' || reason === 'grew');
  const severities = alerts.map(({ severity }) => severity);
  const before =
    reason === 'resolved' && group.toldUrgency !== undefined ? [severityAt(group.toldUrgency)] : [];
  return {
    ...{ route: group.route, reason, group: group.labels, key: keyOf(group) },
    severity: [...severities, ...before].reduce(highestSeverity, 'INFO'),
    newCount: isLoud && reason !== 'escalated' ? totals.newCount : 0,
    ...(isAllInHand ? { isAcknowledged: true } : {}),
    ...(isQuiet === true ? { isQuiet } : {}),
    ...(incidents > 1 ? { incident: incidents } : {}),
    ...(back === undefined
      ? {}
      : { recurrence: { times: back.times, continues: openingId(group.id, back.previousMs) } }),
    ...(reason === 'escalated' && route.escalate ? { unacknowledgedMs: route.escalate.afterMs } : {}),
    ...(isNews && group.shownMs !== undefined ? { shownMs: group.shownMs } : {}),
    createdAtMs: nowMs,
  };
}

/** What was put off on purpose is not history, nor is what Tocsin says of itself; a CRITICAL is only in a first look-back. */
function tidingsOf(view: GroupView, decision: Telling, composed: Composed): Tidings {
  const { group, audible } = view;
  const { reason, alerts, severity } = composed.notification;
  const isFirst = reason === 'opened' || reason === 'grew';
  const isOld = audible.newCount > 0 && audible.newestMs < composed.notification.createdAtMs - HISTORY_MS;
  const isOwn = alerts.some(({ feed }) => feed === 'operations');
  const mayBe = severity !== 'CRITICAL' || group.isLookBack === true;
  const isHistory = isFirst && isOld && !isOwn && mayBe && group.heldBecause === undefined;
  const urgency = wakesNobody(decision) || reason === 'resolved' ? 1 : Math.max(1, urgencyTold(view, alerts));
  return {
    ...composed,
    ...{ isHistory, urgency, wasMuted: decision.wasMuted === true, told: group.told ?? {} },
  };
}

function toNotified(
  { alert, newCount }: GroupMember,
  { contexts, sights, nowMs }: Looking,
  countsNothing: boolean,
): NotifiedAlert {
  const { seen: _hashes, ...told }: StoredAlert = alert;
  const context = contexts.get(alert.fingerprint);
  const blind = blindnessOf(alert, sights.of(alert), nowMs);
  return {
    ...{ ...told, newCount: countsNothing ? 0 : newCount },
    ...(context === undefined ? {} : { context }),
    ...(blind === undefined ? {} : { blind }),
  };
}
