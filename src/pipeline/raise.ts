import { stirOf, strongerStir } from '../alerts/group.ts';
import { record, refresh } from '../alerts/lifecycle.ts';
import { type ChosenRoute, chooseRoutes, type Route } from '../alerts/route.ts';
import { urgencyOf } from '../alerts/urgency.ts';
import type { Alert, StoredAlert } from '../core/alert.ts';
import type { PendingCount, StoreTx } from '../core/store.ts';
import type { TermSource } from '../rules/index.ts';
import type { Recipient } from './event-rows.ts';
import type { FiredRule } from './firing.ts';
import { findHomes, type Stirred } from './homes.ts';

/** Where what fired comes from. */
export interface Shown {
  /** When its feed showed it; wall time. */
  readonly shownMs: number;
  /** It was read in the first look-back of its feed. */
  readonly isLookBack?: boolean;
}

/** Who may be told of alerts. */
export interface Audience {
  /** Which installation this is: it goes into what names things outside. */
  readonly instance?: string;
  readonly routes: readonly Route<TermSource>[];
  readonly destinations: readonly Recipient[];
}

/** What fired, into alerts and into the groups that will be told of: alert → route → group. @returns the alerts it opened */
export async function raise(
  tx: StoreTx,
  audience: Audience,
  fired: readonly FiredRule[],
  nowMs: number,
  shown: Shown = { shownMs: nowMs },
): Promise<readonly Alert[]> {
  const { alerts, opened, rose } = await recordAlerts(tx, fired, nowMs);
  const counted = fired.filter(({ isUpdate }) => isUpdate !== true);
  const worse = fired.filter(({ isUpdate, firing }) => isUpdate === true && rose.has(firing.fingerprint));
  await expectNotifications(tx, audience, [...counted, ...worse], alerts, shown, nowMs);
  return opened;
}

interface Recording {
  readonly alerts: ReadonlyMap<string, StoredAlert>;
  /** Those that a later state of their object has made worse. */
  readonly rose: ReadonlySet<string>;
  /** Those that nobody knew of, or that were over. */
  readonly opened: readonly StoredAlert[];
}

async function recordAlerts(tx: StoreTx, fired: readonly FiredRule[], nowMs: number): Promise<Recording> {
  const known = await tx.readAlerts([...new Set(fired.map(({ firing }) => firing.fingerprint))]);
  const alerts = new Map(known.map((alert) => [alert.fingerprint, alert]));
  const opened = new Set<string>();
  const rose = new Set<string>();
  for (const { firing, isUpdate } of fired) {
    const alert = alerts.get(firing.fingerprint);
    if (isUpdate === true) {
      if (alert === undefined) continue;
      const refreshed = refresh(alert, firing, nowMs);
      if (urgencyOf(refreshed) > urgencyOf(alert)) rose.add(firing.fingerprint);
      alerts.set(firing.fingerprint, refreshed);
      continue;
    }
    const recorded = record(alert, firing, nowMs);
    alerts.set(firing.fingerprint, recorded.alert);
    if (recorded.reason === 'opened' || recorded.reason === 'reopened') opened.add(firing.fingerprint);
  }
  await tx.writeAlerts([...alerts.values()], nowMs);
  return { alerts, rose, opened: [...alerts.values()].filter(({ fingerprint }) => opened.has(fingerprint)) };
}

/** Counts every firing in the groups of its routes, so that what is told later adds up exactly. */
async function expectNotifications(
  tx: StoreTx,
  audience: Audience,
  fired: readonly FiredRule[],
  alerts: ReadonlyMap<string, StoredAlert>,
  shown: Shown,
  nowMs: number,
): Promise<void> {
  const chosen = fired.map((each) => ({ fired: each, routes: routesFor(each, audience) }));
  const homes = await findHomes(tx, audience, chosen, nowMs);
  const counts = new Map<string, PendingCount>();
  for (const { fired: each, routes } of chosen) {
    const { fingerprint } = each.firing;
    // A later state of what was counted adds nothing, but may be worse than what was told.
    const more = each.isUpdate === true ? 0 : 1;
    for (const route of routes) {
      for (const group of await homes.take(each, route)) {
        const key = `${group} ${fingerprint}`;
        counts.set(key, { group, fingerprint, count: (counts.get(key)?.count ?? 0) + more });
      }
    }
  }
  const stirs = await stirsOf(tx, [...counts.values()], alerts);
  const groups = homes.groups(stirs, shown);
  await tx.writeGroups(groups, nowMs);
  await tx.addPending([...counts.values()].filter(({ count }) => count > 0));
}

/** What a page means to each group: its strongest news, and how urgent that is. */
async function stirsOf(
  tx: StoreTx,
  counts: readonly PendingCount[],
  alerts: ReadonlyMap<string, StoredAlert>,
): Promise<ReadonlyMap<string, Stirred>> {
  const told = await tx.readTold(counts);
  const stirs = new Map<string, Stirred>();
  for (const [index, { group, fingerprint }] of counts.entries()) {
    const alert = alerts.get(fingerprint);
    if (alert === undefined) continue;
    const before = stirs.get(group);
    const stir = strongerStir(before?.stir, stirOf(told[index], alert));
    stirs.set(group, { stir, urgency: Math.max(before?.urgency ?? 0, urgencyOf(alert)) });
  }
  return stirs;
}

/**
 * What Tocsin says of itself is never lost for want of a route: where those that are to tell of it cannot, or there
 * are none, everybody else who takes alerts hears it.
 */
function routesFor(
  { firing, subject, unfit = [] }: FiredRule,
  { routes, destinations }: Audience,
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
