import { fingerprint } from '../alerts/fingerprint.ts';
import type { Alert } from '../core/alert.ts';
import type { FeedName } from '../core/event.ts';
import type { Store, StoreTx } from '../core/store.ts';
import { type FiredRule, firedBy } from './firing.ts';
import type { OperationalFact } from './operations.ts';
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

/** Of what facts that last can be. */
export interface Subjects {
  readonly destinations: readonly { readonly name: string }[];
  readonly feeds: readonly FeedName[];
}

const OF_DESTINATIONS = [
  'tocsin-destination-held',
  'tocsin-destination-failing',
  'tocsin-destination-over-budget',
  'tocsin-dead-letters',
];
const OF_FEEDS = ['tocsin-feed-failing', 'tocsin-feed-silent'];
const OF_ALL = ['tocsin-store-nearly-full', 'tocsin-store-full', 'tocsin-reload-refused'];

/** Where the store keeps when somebody last looked; no destination has an empty name. */
const LOOKED = { destination: '', key: 'lasting/looked' };

/** Writes down that whatever lasts and is true has been said by now. */
export function rememberLook(store: Store, nowMs: number): Promise<void> {
  return store.writeMemory(LOOKED.destination, LOOKED.key, String(nowMs), nowMs);
}

/**
 * While nobody looked, nobody could say that they go on: that time does not count as quiet. Without this a restart
 * would tell of the end of what has not ended, and then page for it again. Quiet that somebody did see counts on, so
 * that what has healed ends in its time however often the daemon starts.
 */
export async function keepLasting(
  store: Store,
  { destinations, feeds }: Subjects,
  nowMs: number,
): Promise<void> {
  const lasting = [
    ...destinations.flatMap(({ name }) =>
      OF_DESTINATIONS.map((rule) => fingerprint(rule, { destination: name })),
    ),
    ...feeds.flatMap(({ source, feed }) => OF_FEEDS.map((rule) => fingerprint(rule, { source, feed }))),
    ...OF_ALL.map((rule) => fingerprint(rule, {})),
  ];
  // A store of an earlier version does not say: then nobody may have looked since it was said last.
  const lookedMs = Number((await store.readMemory(LOOKED.destination, LOOKED.key)) ?? 0);
  const awayMs = Math.max(0, nowMs - lookedMs);
  await store.transaction(async (tx) => {
    const open = (await tx.readAlerts(lasting)).filter(({ state }) => state !== 'resolved');
    await tx.writeAlerts(
      open.map((alert) => ({ ...alert, matchedAtMs: Math.min(nowMs, alert.matchedAtMs + awayMs) })),
      nowMs,
    );
  });
}
