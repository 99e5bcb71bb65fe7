import type { GroupDecision } from '../alerts/decision.ts';
import { type Route, routeIdOf } from '../alerts/route.ts';
import type { Alert, Notification } from '../core/alert.ts';
import type { Clock } from '../core/clock.ts';
import { highestSeverity, severityRank } from '../core/severity.ts';
import { type AlertGroup, type Store, StoreError, type StoreTx, type ToldAt } from '../core/store.ts';
import type { TermSource } from '../rules/index.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { Asking } from './asking.ts';
import { decide, LISTED_ALERTS } from './decide.ts';
import type { Contexts, Enricher } from './enrich.ts';
import { type QuietDeps, type QuietState, readQuiet } from './quieted.ts';
import { OPERATIONS_ROUTE } from './raise.ts';
import { createResolver, type RouteOf } from './resolve.ts';
import { readSights, type Sights, type Watch } from './sight.ts';
import { type Listener, type Overflow, type SpreadReason, spread, type Tidings } from './spread.ts';
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
  /** What is looked at, and how well; where it is absent nothing is polled, and the clock alone says what is over. */
  readonly watch?: Watch;
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
  const routes = new Map(known.map((route) => [routeIdOf(route), route]));
  const routeOf: RouteOf = ({ route, routeId = route }) => routes.get(routeId) ?? LEFT_BEHIND;
  const resolver = createResolver(routeOf, deps.watch);

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
        for (const group of asked) asking.add(group.id, ask(group, stop));
        await asking.someEnd(clock);
        await tellAnswered(asking);
      } while (asking.ids.size > 0 && !stop.aborted);
    } finally {
      await asking.allEnd();
    }
    while (asking.ids.size > 0) await tellAnswered(asking);
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

  async function ask({ alerts }: DueGroup, stop: AbortSignal): Promise<Contexts> {
    return (await enricher?.enrich(alerts, stop)) ?? NO_CONTEXTS;
  }

  async function tellAnswered(asking: Asking): Promise<void> {
    const answered = asking.take(GROUPS_A_PASS);
    await tell(answered, new Map(answered.flatMap(({ contexts }) => [...contexts])));
  }

  async function tell(groups: readonly Pick<DueGroup, 'id'>[], contexts: Contexts): Promise<void> {
    if (groups.length === 0) return;
    const ids = groups.map(({ id }) => id);
    const told = await store.transaction(async (tx) => {
      const nowMs = clock.now();
      const quiet = await readQuiet(tx, deps, nowMs);
      const sights = await readSights(tx, deps.watch, nowMs);
      const all: Told[] = [];
      const overflow: Overflow = new Map();
      for (const group of await tx.readGroups(ids)) {
        // Between the look and now, somebody else may have told of it.
        const isDue = group.dueMs !== undefined && group.dueMs <= nowMs;
        if (isDue) all.push(await tellOne(tx, group, quiet, sights, contexts, overflow, nowMs));
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
    sights: Sights,
    contexts: Contexts,
    overflow: Overflow,
    nowMs: number,
  ): Promise<Told> {
    const route = routeOf(group);
    const looking = { quiet, sights, contexts, nowMs, ...hearingOf(group, listeners) };
    const decided = await decide(tx, group, route, looking);
    if (!('tidings' in decided)) return { group, decision: decided.decision, spread: [] };
    const { tidings, decision, next } = decided;
    const { notification, parts, earlier } = tidings;
    for (const each of [notification, ...parts, ...earlier]) await tx.insertNotification(each);
    const heard = new Map<string, SpreadReason>();
    for (const listener of hearers(tidings, group, route, listeners))
      heard.set(listener.name, await spread(tx, tidings, listener, overflow, nowMs));
    await keepForRemoved(tx, tidings, listeners, nowMs);
    await tx.writeGroups([rememberTold(next, notification, heard, nowMs)], nowMs);
    return { group, decision, notification, spread: [...heard.values()] };
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
      const quiet = await resolver.sweep(tx, nowMs);
      const sums = [];
      for (const listener of listeners) sums.push(await sumUp(tx, listener, nowMs));
      return { quiet, sums };
    });
    resolver.committed(swept.quiet);
    telemetry.alertsResolved(swept.quiet.resolved);
    const digests = swept.sums.flatMap((sum) => sum.digests);
    for (const digest of digests) telemetry.summedUp(digest);
    if (digests.length > 0) onEnqueued();
    return earliest([swept.quiet, ...swept.sums].map(({ againMs }) => againMs));
  }

  return { pass };
}

/** What becomes of a destination that was given a notification: it knows of the opening by a message, or by a summary. */
const KNOWS: Readonly<Partial<Record<SpreadReason, 'message' | 'summary'>>> = {
  sent: 'message',
  too_many: 'summary',
  backlog: 'summary',
  history: 'summary',
};

/** Who knows of an opening is told of its end; nobody else is. */
function rememberTold(
  group: AlertGroup,
  { reason: toldAs, incident = 1 }: Notification,
  heard: ReadonlyMap<string, SpreadReason>,
  nowMs: number,
): AlertGroup {
  if (group.dueMs === undefined) return group;
  const told: Record<string, ToldAt> = { ...group.told };
  const opensIncident = toldAs !== 'resolved' && toldAs !== 'acknowledged' && toldAs !== 'shrank';
  for (const [name, reason] of heard) {
    const how = KNOWS[reason];
    if (how === undefined) continue;
    const before = told[name];
    const { incidents = before === undefined ? [] : [1] } = before ?? {};
    const own = opensIncident && !incidents.includes(incident) ? [...incidents, incident] : incidents;
    told[name] = {
      how: before?.how === 'message' ? before.how : how,
      sinceMs: before?.sinceMs ?? nowMs,
      ...(own.length === 1 && own[0] === 1 ? {} : { incidents: own }),
    };
  }
  return { ...group, told };
}

/** An end for a destination that is in the configuration no more waits among the dead letters until it is back. */
async function keepForRemoved(
  tx: StoreTx,
  { notification, told }: Tidings,
  listeners: readonly Listener[],
  nowMs: number,
): Promise<void> {
  if (notification.reason !== 'resolved') return;
  const removed = Object.entries(told).filter(
    ([name, { how }]) => how === 'message' && !listeners.some((listener) => listener.name === name),
  );
  await tx.enqueue(
    removed.map(([name]) => ({ destination: name, kind: 'alert', deliveryId: notification.id })),
    nowMs,
  );
}

/** What those who are told of a group make of it. */
function hearingOf(group: AlertGroup, listeners: readonly Listener[]) {
  const { told = {} } = group;
  const known = listeners.filter(({ name }) => told[name] !== undefined);
  const isAny = (some: readonly Listener[], hearings: readonly string[]): boolean =>
    some.some(({ hearing = '' }) => hearings.includes(hearing));
  return {
    isListed: isAny([...known, ...recipients(group, listeners)], ['list']),
    hearsEnds: isAny(known, ['list', 'edits']),
    hearsHands: isAny(known, ['list', 'edits', 'incidents']),
  };
}

/** Who is to hear of it: of an end whoever knows of the beginning, of what nobody acknowledged whoever comes next. */
function hearers(
  { notification: { reason }, told }: Tidings,
  group: AlertGroup,
  { escalate }: Route<TermSource>,
  listeners: readonly Listener[],
): readonly Listener[] {
  if (reason === 'escalated')
    return listeners.filter(
      ({ name }) => escalate?.to.includes(name) === true && told[name]?.how !== 'message',
    );
  if (reason === 'opened' || reason === 'grew' || reason === 'repeat') {
    const own = recipients(group, listeners);
    // A list that knows of it stays whole until it is over, though its route leads elsewhere by now.
    const lists = listeners.filter(({ name, hearing }) => hearing === 'list' && told[name] !== undefined);
    return [...new Set([...own, ...lists])];
  }
  return listeners.filter(({ name }) => told[name] !== undefined || group.to.includes(name));
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
