import { groupId } from '../alerts/fingerprint.ts';
import { expectNotification, type GroupTarget } from '../alerts/group.ts';
import { record } from '../alerts/lifecycle.ts';
import { type ChosenRoute, chooseRoutes, type Route } from '../alerts/route.ts';
import type { Alert } from '../core/alert.ts';
import type { Clock } from '../core/clock.ts';
import type { Stream } from '../core/delivery.ts';
import type { Event } from '../core/event.ts';
import type { FeedReader, Page } from '../core/source.ts';
import {
  type AlertGroup,
  type OutboxRow,
  type PendingCount,
  type Store,
  StoreError,
  type StoreTx,
} from '../core/store.ts';
import type { RuleSet, TermSource } from '../rules/index.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { type FiredRule, fire, firedBy } from './firing.ts';
import { createJudge, matchedRules, type Verdict } from './judge.ts';
import type { OperationalFact } from './operations.ts';
import { termText } from './summary.ts';

export interface IngestDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly ruleSet: RuleSet;
  readonly routes: readonly Route<TermSource>[];
  readonly destinations: readonly { readonly name: string; readonly send: ReadonlySet<Stream> }[];
  /** Why nothing may be added to the store now; undefined while it may. */
  readonly storeFull: () => string | undefined;
  /** Deliveries or groups wait. */
  readonly onCommitted: () => void;
}

/** Takes in one page: dedupe → match → window → alert → route → enqueue, committed whole with its cursor. */
export function createIngest(deps: IngestDeps) {
  const { store, clock, telemetry } = deps;
  const judge = createJudge(deps.ruleSet, clock, telemetry);
  /** Facts of pages that could not be committed: they are told with the next one that can. */
  const untold: OperationalFact[] = [];

  return async function ingest(reader: FeedReader, page: Page): Promise<void> {
    const full = deps.storeFull();
    if (full !== undefined) throw new StoreError('full', full);
    const fresh = await dedupe(store, page.events);
    const { verdicts, ...judged } = await judge(fresh);
    const facts = [...untold.splice(0), ...judged.facts];
    const opened = await store
      .transaction((tx) => commit(tx, deps, reader, page, verdicts, facts))
      .catch((error: unknown) => {
        untold.push(...facts);
        throw error;
      });
    telemetry.storeWorked('grew');
    telemetry.alertsOpened(opened);
    telemetry.pageCommitted(
      { source: reader.source, feed: reader.feed },
      {
        fresh: fresh.length,
        repeated: page.events.length - fresh.length,
        rejected: page.rejected,
        matched: verdicts.filter((verdict) => verdict.matches.length > 0).length,
      },
    );
    if (fresh.length + facts.length > 0) deps.onCommitted();
  };
}

async function dedupe(store: Store, events: readonly Event[]): Promise<readonly Event[]> {
  const distinct = [...new Map(events.map((event) => [event.id, event])).values()];
  const unseen = await store.unseen(distinct.map((event) => event.id));
  return distinct.filter((event) => unseen.has(event.id));
}

/** @returns the alerts that this page opened */
async function commit(
  tx: StoreTx,
  deps: IngestDeps,
  reader: FeedReader,
  page: Page,
  verdicts: readonly Verdict[],
  facts: readonly OperationalFact[],
): Promise<readonly Alert[]> {
  const nowMs = deps.clock.now();
  const judged = verdicts.map((verdict) => ({ event: verdict.event, rules: matchedRules(verdict) }));
  await tx.insertEvents(judged, nowMs);
  const fired = [...(await fire(tx, verdicts, nowMs)), ...facts.map(firedBy)];
  const opened = await recordAlerts(tx, fired, nowMs);
  await expectNotifications(tx, deps, fired, nowMs);
  await tx.enqueue(eventRows(verdicts, deps.destinations), nowMs);
  await tx.writeCursor(reader.source, reader.feed, page.cursor, nowMs);
  return opened;
}

async function recordAlerts(
  tx: StoreTx,
  fired: readonly FiredRule[],
  nowMs: number,
): Promise<readonly Alert[]> {
  const known = await tx.readAlerts([...new Set(fired.map(({ firing }) => firing.fingerprint))]);
  const alerts = new Map(known.map((alert) => [alert.fingerprint, alert]));
  const opened = new Set<string>();
  for (const { firing } of fired) {
    const recorded = record(alerts.get(firing.fingerprint), firing, nowMs);
    alerts.set(firing.fingerprint, recorded.alert);
    if (recorded.reason === 'opened') opened.add(firing.fingerprint);
  }
  await tx.writeAlerts([...alerts.values()], nowMs);
  return [...alerts.values()].filter((alert) => opened.has(alert.fingerprint));
}

/** Counts every firing in the groups of its routes, so that what is told later adds up exactly. */
async function expectNotifications(
  tx: StoreTx,
  { routes, destinations }: IngestDeps,
  fired: readonly FiredRule[],
  nowMs: number,
): Promise<void> {
  const targets = new Map<string, GroupTarget>();
  const counts = new Map<string, PendingCount>();
  for (const { firing, subject } of fired) {
    for (const route of routesFor(firing, subject, routes, destinations)) {
      const target = targetOf(route, subject);
      const group = groupId(target.route, target.labels, target.leftOut);
      const key = `${group} ${firing.fingerprint}`;
      targets.set(group, target);
      counts.set(key, { group, fingerprint: firing.fingerprint, count: (counts.get(key)?.count ?? 0) + 1 });
    }
  }
  const known = new Map((await tx.readGroups([...targets.keys()])).map((group) => [group.id, group]));
  const groups = [...targets].map(
    ([id, target]): AlertGroup => expectNotification(known.get(id), target, nowMs),
  );
  await tx.writeGroups(groups, nowMs);
  await tx.addPending([...counts.values()]);
}

/** What Tocsin says of itself is never lost for want of a route: then everybody who takes alerts hears it. */
function routesFor(
  { feed }: FiredRule['firing'],
  subject: TermSource,
  routes: readonly Route<TermSource>[],
  destinations: IngestDeps['destinations'],
): readonly ChosenRoute<TermSource>[] {
  const chosen = chooseRoutes(routes, subject);
  if (chosen.length > 0 || feed !== 'operations') return chosen;
  const to = destinations.filter(({ send }) => send.has('alerts')).map(({ name }) => name);
  return to.length === 0 ? [] : [{ ...OPERATIONS_ROUTE, to }];
}

const OPERATIONS_ROUTE = {
  name: 'tocsin',
  continue: false,
  groupBy: ['rule'],
  timing: { groupWaitMs: 10_000, groupIntervalMs: 5 * 60_000, repeatIntervalMs: 4 * 60 * 60_000 },
};

function targetOf(
  { name, to, leftOut, timing, groupBy }: ChosenRoute<TermSource>,
  subject: TermSource,
): GroupTarget {
  const labels = Object.fromEntries(groupBy.map((term) => [term, termText(subject, term) ?? '']));
  return { route: name, labels, to, timing, ...(leftOut === undefined ? {} : { leftOut }) };
}

function eventRows(
  verdicts: readonly Verdict[],
  destinations: IngestDeps['destinations'],
): readonly OutboxRow[] {
  return verdicts.flatMap(({ event, matches }) =>
    destinations
      .filter(({ send }) => send.has('events') || (send.has('matches') && matches.length > 0))
      .map(({ name }): OutboxRow => ({ destination: name, kind: 'event', deliveryId: event.id })),
  );
}
