import type { GroupDecision } from '../alerts/decision.ts';
import type { Route } from '../alerts/route.ts';
import type { Alert, Notification } from '../core/alert.ts';
import type { Clock } from '../core/clock.ts';
import { highestSeverity, severityRank } from '../core/severity.ts';
import { type AlertGroup, type Store, StoreError, type StoreTx } from '../core/store.ts';
import type { TermSource } from '../rules/index.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { Asking } from './asking.ts';
import { decide, LISTED_ALERTS } from './decide.ts';
import type { Contexts, Enricher } from './enrich.ts';
import { type QuietDeps, type QuietState, readQuiet } from './quieted.ts';
import { OPERATIONS_ROUTE } from './raise.ts';
import { resolveQuiet } from './resolve.ts';
import { type Listener, type Overflow, type SpreadReason, spread } from './spread.ts';
import { sumUp } from './storm.ts';

/** Groups told of in one transaction, or asked about at a time. */
const GROUPS_A_PASS = 100;
const STORE_RETRY_MS = 1_000;
/** What waits in a route that a reload took away is told of; its alerts go on in other groups, so this one repeats nothing. */
const LEFT_BEHIND: Route<TermSource> = {
  ...{ ...OPERATIONS_ROUTE, to: [] },
  timing: { ...OPERATIONS_ROUTE.timing, repeatIntervalMs: 30 * 86_400_000 },
};

const NO_CONTEXTS: Contexts = new Map();
const NOBODY_STOPS = new AbortController().signal;

export interface NotifyDeps extends QuietDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Asks sources about what is told; nobody is asked where it is absent. */
  readonly enricher?: Enricher;
  /** Destinations that take alerts. */
  readonly listeners: readonly Listener[];
  readonly routes: readonly Route<TermSource>[];
  /** Deliveries wait. */
  readonly onEnqueued: () => void;
}

/** A due group and its worst alerts, as they were when somebody looked. */
interface DueGroup {
  readonly id: string;
  readonly alerts: readonly Alert[];
}

/** What became of a due group. */
interface Told {
  readonly group: AlertGroup;
  readonly decision: GroupDecision;
  readonly notification?: Notification;
  readonly spread: readonly SpreadReason[];
}

/**
 * Turns due groups into notifications: look → ask sources → load → decide → write down → enqueue. From loading
 * on it is one transaction, in which nobody is asked anything; a crash before it has told nobody anything.
 */
export function createNotifier(deps: NotifyDeps) {
  const { store, clock, telemetry, enricher, listeners, onEnqueued } = deps;
  const known: readonly Route<TermSource>[] = [{ ...OPERATIONS_ROUTE, to: [] }, ...deps.routes];
  const routes = new Map(known.map((route) => [route.name, route]));
  const routeOf = (name: string): Route<TermSource> => routes.get(name) ?? LEFT_BEHIND;

  /**
   * Returns when to come again (wall ms), undefined where no group waits.
   * @param stop ends the asking: what is due is told without an answer
   */
  async function pass(stop: AbortSignal = NOBODY_STOPS): Promise<number | undefined> {
    try {
      await sweep();
      await tellWhileDue(stop);
      return earliest([await sweep(), await store.nextGroupDueMs()]);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      telemetry.storeFailed(error.kind, error.message);
      return clock.now() + STORE_RETRY_MS;
    }
  }

  async function tellWhileDue(stop: AbortSignal): Promise<void> {
    const asking = new Asking();
    try {
      do {
        const due = await lookForDue(asking.ids);
        const asked = due.filter(
          ({ alerts }) => enricher !== undefined && enricher.select(alerts).length > 0,
        );
        const unasked = due.filter((group) => !asked.includes(group));
        await tell(unasked, NO_CONTEXTS);
        for (const group of asked) asking.add(group.id, askAndTell(group, stop));
        await asking.someEnd(clock);
      } while (asking.ids.size > 0 && !stop.aborted);
    } finally {
      await asking.allEnd();
    }
  }

  /** Only looks. The worst first, so that they are the first to be asked about. */
  async function lookForDue(besides: ReadonlySet<string>): Promise<readonly DueGroup[]> {
    const due = await store.transaction(async (tx) => {
      const groups = await tx.dueGroups(clock.now(), GROUPS_A_PASS + besides.size);
      const fresh = groups.filter(({ id }) => !besides.has(id));
      return Promise.all(
        fresh.map(async ({ id }) => {
          const members = await tx.readMembers(id, LISTED_ALERTS);
          return { id, alerts: members.map(({ alert }) => alert) };
        }),
      );
    });
    return due.toSorted((a, b) => rank(b) - rank(a));
  }

  async function askAndTell(group: DueGroup, stop: AbortSignal): Promise<void> {
    await tell([group], (await enricher?.enrich(group.alerts, stop)) ?? NO_CONTEXTS);
  }

  async function tell(groups: readonly DueGroup[], contexts: Contexts): Promise<void> {
    if (groups.length === 0) return;
    const ids = groups.map(({ id }) => id);
    const told = await store.transaction(async (tx) => {
      const nowMs = clock.now();
      const quiet = await readQuiet(tx, deps, nowMs);
      const all: Told[] = [];
      const overflow: Overflow = new Map();
      for (const group of await tx.readGroups(ids)) {
        // Between the look and now, somebody else may have told of it.
        const isDue = group.dueMs !== undefined && group.dueMs <= nowMs;
        if (isDue) all.push(await tellOne(tx, group, quiet, contexts, overflow, nowMs));
      }
      for (const [name, counts] of overflow) await tx.addOverflow(name, counts, nowMs);
      return all;
    });
    for (const each of told) report(each);
    if (told.some(({ spread: reasons }) => reasons.includes('sent'))) onEnqueued();
  }

  async function tellOne(
    tx: StoreTx,
    group: AlertGroup,
    quiet: QuietState,
    contexts: Contexts,
    overflow: Overflow,
    nowMs: number,
  ): Promise<Told> {
    const decided = await decide(tx, group, routeOf(group.route), quiet, contexts, nowMs);
    if (!('tidings' in decided)) return { group, decision: decided.decision, spread: [] };
    const { tidings, decision, next } = decided;
    await tx.insertNotification(tidings.notification);
    const heard = new Map<string, SpreadReason>();
    for (const listener of recipients(group, listeners))
      heard.set(listener.name, await spread(tx, tidings, listener, overflow, nowMs));
    await tx.writeGroups([rememberUnheard(next, heard)], nowMs);
    return { group, decision, notification: tidings.notification, spread: [...heard.values()] };
  }

  function report({ group, decision, notification, spread: reasons }: Told): void {
    if (notification !== undefined) telemetry.notified(notification, reasons);
    else if (decision.action !== 'wait')
      telemetry.groupDecided(group.route, decision.action, decision.reason);
  }

  /** Ends what was quiet for long enough; sums up what had no message of its own. @returns when to come again */
  async function sweep(): Promise<number | undefined> {
    const swept = await store.transaction(async (tx) => {
      const nowMs = clock.now();
      const resolved = await resolveQuiet(tx, routeOf, nowMs);
      const sums = [];
      for (const listener of listeners) sums.push(await sumUp(tx, listener, nowMs));
      return { resolved, sums };
    });
    telemetry.alertsResolved(swept.resolved);
    const digests = swept.sums.flatMap(({ digest }) => digest ?? []);
    for (const digest of digests) telemetry.summedUp(digest);
    if (digests.length > 0) onEnqueued();
    return earliest(swept.sums.map(({ againMs }) => againMs));
  }

  return { pass };
}

/** Whoever had no message of an opening is not bothered with one of its end. */
function rememberUnheard(group: AlertGroup, heard: ReadonlyMap<string, SpreadReason>): AlertGroup {
  if (group.dueMs === undefined) return group;
  const { summedUpFor = [], ...rest } = group;
  const unheard = new Set([...summedUpFor, ...heard.keys()].filter((name) => heard.get(name) !== 'sent'));
  return unheard.size === 0 ? rest : { ...rest, summedUpFor: [...unheard] };
}

function rank({ alerts }: DueGroup): number {
  return severityRank(alerts.map(({ severity }) => severity).reduce(highestSeverity, 'INFO'));
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Destinations that a reload took away are passed over; if none is left, everybody hears rather than nobody. */
export function recipients(group: AlertGroup, listeners: readonly Listener[]): readonly Listener[] {
  const left = listeners.filter(({ name }) => group.to.includes(name));
  return left.length > 0 ? left : listeners;
}
