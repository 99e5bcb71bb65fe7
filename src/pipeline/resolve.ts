import { expectResolved } from '../alerts/group.ts';
import { judgeQuiet } from '../alerts/lifecycle.ts';
import type { Route } from '../alerts/route.ts';
import type { StoredAlert } from '../core/alert.ts';
import type { AlertGroup, FeedWithAlerts, PutOff, RuleWithAlerts, StoreTx } from '../core/store.ts';
import type { TermSource } from '../rules/index.ts';
import { readSights, type Sights, type Watch } from './sight.ts';

/** Alerts looked at in one transaction. */
const ALERTS_A_PASS = 500;
/** What Tocsin says of itself: far more than there are. */
const MOST_OF_ITSELF = 5_000;
/** How soon an alert is looked at again that something else than its feed's next poll keeps open. */
const LOOK_AGAIN_MS = 30_000;

/** The route that a group is told by. */
export type RouteOf = (group: Pick<AlertGroup, 'route' | 'routeId'>) => Route<TermSource>;

export interface Swept {
  readonly resolved: readonly StoredAlert[];
  /** When to look again (wall ms); undefined where nothing but a poll can end anything. */
  readonly againMs?: number;
}

/**
 * Ends alerts that have been quiet for long enough, as far as their feeds have been read, and those that nobody watches
 * any more; and lets their groups say so.
 *
 * @param watch undefined where nothing is polled: then the clock alone decides
 */
export function createResolver(routeOf: RouteOf, watch?: Watch) {
  /** One configuration watches the same from its beginning to its end. */
  let unwatchedIsOver = watch === undefined;

  /** In a transaction. Whoever calls tells {@link committed} once it is committed. */
  async function sweep(tx: StoreTx, nowMs: number): Promise<Swept & { readonly isUnwatchedOver: boolean }> {
    const sights = await readSights(tx, watch, nowMs);
    const look = new Look(tx, sights, nowMs);
    if (!unwatchedIsOver) await endUnwatched(tx, look, sights);
    const isUnwatchedOver = unwatchedIsOver || !look.isFull;
    const feeds = await tx.feedsWithAlerts(nowMs);
    for (const feed of feeds) if (isDue(feed, sights, nowMs)) await look.at(await look.quietOf(feed));
    const { resolved } = look;
    await endGroups(tx, resolved, routeOf, nowMs);
    const againMs = look.hasFound ? nowMs : nextLook(feeds, sights, nowMs);
    return { resolved, isUnwatchedOver, ...(againMs === undefined ? {} : { againMs }) };
  }

  return {
    sweep,
    committed({ isUnwatchedOver }: { readonly isUnwatchedOver: boolean }): void {
      unwatchedIsOver = isUnwatchedOver;
    },
  };
}

/** Whatever feed, rule or destination the configuration does not name any more. */
async function endUnwatched(tx: StoreTx, look: Look, sights: Sights): Promise<void> {
  for (const subject of await tx.rulesWithAlerts()) {
    if (subject.feed === 'operations') {
      const alerts = await tx.alertsOfRule(subject, MOST_OF_ITSELF);
      await look.at(alerts.filter((alert) => !sights.of(alert).isWatched));
    } else if (!isWatched(subject, sights)) {
      await look.at(await tx.alertsOfRule(subject, look.left));
    }
    if (look.isFull) return;
  }
}

function isWatched(subject: RuleWithAlerts, sights: Sights): boolean {
  return sights.of({ ...subject, group: {} }).isWatched;
}

function isDue({ dueMs, ...feed }: FeedWithAlerts, sights: Sights, nowMs: number): boolean {
  return dueMs <= Math.min(nowMs, sights.readThroughMs(feed) ?? Number.NEGATIVE_INFINITY);
}

/** What a poll will end needs no look before it: whoever polls says when a feed has been read. */
function nextLook(feeds: readonly FeedWithAlerts[], sights: Sights, nowMs: number): number | undefined {
  const times = feeds
    .filter((feed) => sights.isTimed(feed))
    .map(({ dueMs }) => (dueMs > nowMs ? dueMs : nowMs + LOOK_AGAIN_MS));
  return times.length === 0 ? undefined : Math.min(...times);
}

/** One look at alerts, bounded in number. */
class Look {
  readonly #tx: StoreTx;
  readonly #sights: Sights;
  readonly #nowMs: number;
  /** Those that are over. */
  readonly resolved: StoredAlert[] = [];
  #looked = 0;

  constructor(tx: StoreTx, sights: Sights, nowMs: number) {
    this.#tx = tx;
    this.#sights = sights;
    this.#nowMs = nowMs;
  }

  get left(): number {
    return Math.max(0, ALERTS_A_PASS - this.#looked);
  }

  get isFull(): boolean {
    return this.left === 0;
  }

  /** Something was due, so more of it may be. */
  get hasFound(): boolean {
    return this.#looked > 0;
  }

  async quietOf(feed: FeedWithAlerts): Promise<readonly StoredAlert[]> {
    const untilMs = Math.min(this.#nowMs, this.#sights.readThroughMs(feed) ?? 0);
    return this.isFull ? [] : this.#tx.quietAlerts(feed, untilMs, this.left);
  }

  async at(alerts: readonly StoredAlert[]): Promise<void> {
    this.#looked += alerts.length;
    const verdicts = alerts.map((alert) => this.#judge(alert));
    const changed = verdicts.flatMap((verdict) => ('alert' in verdict ? [verdict.alert] : []));
    await this.#tx.writeAlerts(changed, this.#nowMs);
    await this.#tx.putOffAlerts(verdicts.flatMap((verdict) => ('dueMs' in verdict ? [verdict] : [])));
    this.resolved.push(...changed.filter(({ state }) => state === 'resolved'));
  }

  /** @returns the alert as it is to be written, or when to look at it again */
  #judge(alert: StoredAlert): { readonly alert: StoredAlert } | PutOff {
    const { fingerprint } = alert;
    const verdict = judgeQuiet(alert, this.#sights.of(alert), this.#nowMs);
    switch (verdict.reason) {
      case 'quiet':
      case 'unwatched':
        return verdict;
      case 'still_open':
        // Matched by a clock that was ahead: it is due so long after now, and no longer after then.
        if (alert.matchedAtMs > this.#nowMs) return { alert: { ...alert, matchedAtMs: this.#nowMs } };
        return { fingerprint, dueMs: verdict.dueMs };
      case 'blind':
        return {
          fingerprint,
          dueMs: verdict.because === 'gap' ? this.#nowMs + LOOK_AGAIN_MS : verdict.dueMs,
        };
      case 'over_before':
        // Its row says otherwise: written anew, it agrees.
        return { alert };
    }
  }
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
