import type { Alert } from '../core/alert.ts';
import type { Store, StoreTx } from '../core/store.ts';
import { type FiredRule, firedBy } from './firing.ts';
import { isLasting, type OperationalFact } from './operations.ts';
import { type Audience, raise } from './raise.ts';

/** A fact that goes on, and how many more of what it counts there are since it was said last. */
export interface LastingFact {
  readonly fact: OperationalFact;
  readonly more?: number;
}

/** One transaction must not be made long by a number that somebody else chooses. */
const MOST_AT_ONCE = 1_000;

/**
 * Facts that are said again for as long as they are true: told once an episode, and kept open until they have not been
 * said for a while. The alert itself remembers that it was told of, so that a restart pages nobody again.
 *
 * @returns the alerts it opened
 */
export async function raiseLasting(
  tx: StoreTx,
  audience: Audience,
  facts: readonly LastingFact[],
  nowMs: number,
): Promise<readonly Alert[]> {
  const all = facts.map(({ fact, more = 0 }) => ({ fired: firedBy(fact), more }));
  const open = await openAmong(
    tx,
    all.map(({ fired }) => fired.firing.fingerprint),
  );
  const fired = all.flatMap(({ fired: each, more }): FiredRule[] => {
    const isOpen = open.has(each.firing.fingerprint);
    if (isOpen && more <= 0) return [{ ...each, isUpdate: true }];
    return Array.from({ length: Math.min(Math.max(more, 1), MOST_AT_ONCE) }, () => each);
  });
  return raise(tx, audience, fired, nowMs);
}

/** Those of the fingerprints whose alerts are not over. */
export async function openAmong(tx: StoreTx, fingerprints: readonly string[]): Promise<ReadonlySet<string>> {
  const alerts = await tx.readAlerts(fingerprints);
  return new Set(alerts.filter(({ state }) => state !== 'resolved').map(({ fingerprint }) => fingerprint));
}

const MOST_OPEN = 1_000;

/**
 * While nobody looked, nobody could say that they go on: their quiet begins anew. Without this a restart would tell
 * of the end of what has not ended, and then page for it again.
 */
export async function keepLasting(store: Store, nowMs: number): Promise<void> {
  await store.transaction(async (tx) => {
    const open = await tx.openAlerts(MOST_OPEN);
    const lasting = open.filter(({ feed, rule }) => feed === 'operations' && isLasting(rule));
    await tx.writeAlerts(
      lasting.map((alert) => ({ ...alert, matchedAtMs: nowMs })),
      nowMs,
    );
  });
}
