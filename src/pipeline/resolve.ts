import { expectResolved } from '../alerts/group.ts';
import { judgeQuiet } from '../alerts/lifecycle.ts';
import type { Route } from '../alerts/route.ts';
import type { StoredAlert } from '../core/alert.ts';
import type { AlertGroup, StoreTx } from '../core/store.ts';
import type { TermSource } from '../rules/index.ts';

/** The route that a group is told by. */
export type RouteOf = (group: Pick<AlertGroup, 'route' | 'routeId'>) => Route<TermSource>;

/** Alerts looked at in one transaction. */
const ALERTS_A_PASS = 500;

/** Ends alerts that have been quiet for long enough, and lets their groups say so. @returns those it ended */
export async function resolveQuiet(
  tx: StoreTx,
  routeOf: RouteOf,
  nowMs: number,
): Promise<readonly StoredAlert[]> {
  const resolved: StoredAlert[] = [];
  for (const alert of await tx.quietAlerts(nowMs, ALERTS_A_PASS)) {
    const verdict = judgeQuiet(alert, nowMs);
    if (verdict.reason === 'quiet') resolved.push(verdict.alert);
    // Matched by a clock that was ahead: it is due so long after now, and no longer after then.
    const next = verdict.reason === 'quiet' ? verdict.alert : { ...alert, matchedAtMs: nowMs };
    await tx.writeAlerts([next], nowMs);
  }
  await endGroups(tx, resolved, routeOf, nowMs);
  return resolved;
}

/** Each group once: it may have thousands of alerts that end together. */
async function endGroups(
  tx: StoreTx,
  resolved: readonly StoredAlert[],
  routeOf: RouteOf,
  nowMs: number,
): Promise<void> {
  const groups = new Map<string, AlertGroup>();
  for (const { fingerprint } of resolved)
    for (const group of await tx.groupsOf(fingerprint)) groups.set(group.id, group);
  for (const group of groups.values()) {
    const { open } = await tx.memberTotals(group.id, []);
    const next = expectResolved(group, open, routeOf(group), nowMs);
    if (next !== group) await tx.writeGroups([next], nowMs);
  }
}
