import { groupId } from '../alerts/fingerprint.ts';
import { expectNotification, type GroupTarget, type Stir, stirOf } from '../alerts/group.ts';
import { record, refresh } from '../alerts/lifecycle.ts';
import { type ChosenRoute, chooseRoutes, type Route } from '../alerts/route.ts';
import type { Alert, StoredAlert } from '../core/alert.ts';
import type { AlertGroup, PendingCount, StoreTx } from '../core/store.ts';
import type { TermSource } from '../rules/index.ts';
import type { Recipient } from './event-rows.ts';
import type { FiredRule } from './firing.ts';
import { termText } from './summary.ts';

/** Who may be told of alerts. */
export interface Audience {
  readonly routes: readonly Route<TermSource>[];
  readonly destinations: readonly Recipient[];
}

/** What fired, into alerts and into the groups that will be told of: alert → route → group. @returns the alerts it opened */
export async function raise(
  tx: StoreTx,
  audience: Audience,
  fired: readonly FiredRule[],
  nowMs: number,
): Promise<readonly Alert[]> {
  const { alerts, opened } = await recordAlerts(tx, fired, nowMs);
  const counted = fired.filter(({ isUpdate }) => isUpdate !== true);
  await expectNotifications(tx, audience, counted, alerts, nowMs);
  return opened;
}

interface Recording {
  readonly alerts: ReadonlyMap<string, StoredAlert>;
  /** Those that nobody knew of, or that were over. */
  readonly opened: readonly StoredAlert[];
}

async function recordAlerts(tx: StoreTx, fired: readonly FiredRule[], nowMs: number): Promise<Recording> {
  const known = await tx.readAlerts([...new Set(fired.map(({ firing }) => firing.fingerprint))]);
  const alerts = new Map(known.map((alert) => [alert.fingerprint, alert]));
  const opened = new Set<string>();
  for (const { firing, isUpdate } of fired) {
    const alert = alerts.get(firing.fingerprint);
    if (isUpdate === true) {
      if (alert !== undefined) alerts.set(firing.fingerprint, refresh(alert, firing, nowMs));
      continue;
    }
    const recorded = record(alert, firing, nowMs);
    alerts.set(firing.fingerprint, recorded.alert);
    if (recorded.reason === 'opened' || recorded.reason === 'reopened') opened.add(firing.fingerprint);
  }
  await tx.writeAlerts([...alerts.values()], nowMs);
  return { alerts, opened: [...alerts.values()].filter(({ fingerprint }) => opened.has(fingerprint)) };
}

/** Counts every firing in the groups of its routes, so that what is told later adds up exactly. */
async function expectNotifications(
  tx: StoreTx,
  { routes, destinations }: Audience,
  fired: readonly FiredRule[],
  alerts: ReadonlyMap<string, StoredAlert>,
  nowMs: number,
): Promise<void> {
  const targets = new Map<string, GroupTarget>();
  const counts = new Map<string, PendingCount>();
  for (const each of fired) {
    const { firing, subject } = each;
    for (const route of routesFor(each, routes, destinations)) {
      const target = targetOf(route, subject);
      const group = groupId(target.route, target.labels, target.leftOut);
      const key = `${group} ${firing.fingerprint}`;
      targets.set(group, target);
      counts.set(key, { group, fingerprint: firing.fingerprint, count: (counts.get(key)?.count ?? 0) + 1 });
    }
  }
  const stirs = await stirsOf(tx, [...counts.values()], alerts);
  const known = new Map((await tx.readGroups([...targets.keys()])).map((group) => [group.id, group]));
  const groups = [...targets].map(
    ([id, target]): AlertGroup => expectNotification(known.get(id), target, stirs.get(id) ?? 'growth', nowMs),
  );
  await tx.writeGroups(groups, nowMs);
  await tx.addPending([...counts.values()]);
}

/** What the page means to each group: news if any of its alerts is. */
async function stirsOf(
  tx: StoreTx,
  counts: readonly PendingCount[],
  alerts: ReadonlyMap<string, StoredAlert>,
): Promise<ReadonlyMap<string, Stir>> {
  const told = await tx.readTold(counts);
  const stirs = new Map<string, Stir>();
  for (const [index, { group, fingerprint }] of counts.entries()) {
    const alert = alerts.get(fingerprint);
    const stir = alert === undefined ? 'growth' : stirOf(told[index], alert);
    if (stir === 'news' || !stirs.has(group)) stirs.set(group, stir);
  }
  return stirs;
}

/**
 * What Tocsin says of itself is never lost for want of a route: where those that are to tell of it cannot, or there
 * are none, everybody else who takes alerts hears it.
 */
function routesFor(
  { firing, subject, unfit = [] }: FiredRule,
  routes: readonly Route<TermSource>[],
  destinations: Audience['destinations'],
): readonly ChosenRoute<TermSource>[] {
  const chosen = chooseRoutes(routes, subject);
  const told = new Set(chosen.flatMap(({ to }) => to));
  if (firing.feed !== 'operations' || [...told].some((name) => !unfit.includes(name))) return chosen;
  const others = destinations.filter(({ name, send }) => send.has('alerts') && !told.has(name));
  const to = others.map(({ name }) => name);
  return to.length === 0 ? chosen : [...chosen, { ...OPERATIONS_ROUTE, to }];
}

export const OPERATIONS_ROUTE = {
  name: 'tocsin',
  continue: false,
  groupBy: ['rule'],
  timing: { groupWaitMs: 10_000, groupIntervalMs: 5 * 60_000, repeatIntervalMs: 4 * 60 * 60_000 },
  sendResolved: true,
  speaking: { active: [], mute: [] },
};

function targetOf(
  { name, to, leftOut, timing, groupBy }: ChosenRoute<TermSource>,
  subject: TermSource,
): GroupTarget {
  const labels = Object.fromEntries(groupBy.map((term) => [term, termText(subject, term) ?? '']));
  return { route: name, labels, to, timing, ...(leftOut === undefined ? {} : { leftOut }) };
}
