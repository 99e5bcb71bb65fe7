import type { Bounds } from '../alerts/fold.ts';
import type { Alert } from '../core/alert.ts';
import type { Clock } from '../core/clock.ts';
import { type Event, feedNameOf } from '../core/event.ts';
import type { FeedReader, Page } from '../core/source.ts';
import { type Store, StoreError, type StoreTx } from '../core/store.ts';
import type { RuleSet } from '../rules/index.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { IngestBlocked } from './blocked.ts';
import { eventRows } from './event-rows.ts';
import { afterPage } from './feed-book.ts';
import { fire, firedBy } from './firing.ts';
import { fold } from './fold.ts';
import { createJudge, matchedRules, type Revisions, type Verdict } from './judge.ts';
import { feedIncomplete, type OperationalFact } from './operations.ts';
import type { Overruns } from './quarantine.ts';
import { type Audience, raise } from './raise.ts';

export interface IngestDeps extends Audience {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly ruleSet: RuleSet;
  /** An alert is over after so much quiet. */
  readonly resolveAfterMs: number;
  /** How much may be open at once of what attackers can invent; without them, that is not bounded. */
  readonly bounds?: Bounds;
  /** Why nothing may be added to the store now; undefined while it may. `bytes`: what it would hold with what is to be added. */
  readonly storeFull: (bytes?: number) => string | undefined;
  /** Clears what may go from the store. */
  readonly makeRoom?: () => Promise<unknown>;
  /** Why nothing may be added to what waits for some destination; undefined while it may. */
  readonly blocked?: () => string | undefined;
  /** Of each rule that overran; filled by the judge. */
  readonly overruns?: Map<string, Overruns>;
  /** Deliveries or groups wait. */
  readonly onCommitted: () => void;
}

/** A page whose events are known and judged. */
export interface JudgedPage {
  readonly page: Page;
  readonly verdicts: readonly Verdict[];
  /** Whoever waits for what becomes of it is told. */
  readonly ended: () => void;
}

/** Takes in what one poll of a feed reads, page by page: dedupe → match → window → alert → route → enqueue. */
export interface Intake {
  /** Looks at the next page, which may be while the one before it is being committed. */
  judge(page: Page): Promise<JudgedPage>;
  /** Commits a page whole with its cursor, in the order in which they were judged, or throws {@link StoreError} and leaves nothing. */
  commit(judged: JudgedPage): Promise<void>;
}

/** @param polledMs when the poll began */
export type OpenIntake = (reader: FeedReader, polledMs?: number) => Intake;

export function createIngest(deps: IngestDeps): OpenIntake {
  const { store, clock, telemetry } = deps;
  const judge = createJudge(deps.ruleSet, clock, telemetry, deps.overruns);
  /** What judging found that a person must know, until a page is committed that can tell of it. */
  const untold: OperationalFact[] = [];

  function refuseWhereFull(): void {
    const full = deps.storeFull();
    if (full !== undefined) throw new StoreError('full', full);
    const blocked = deps.blocked?.();
    if (blocked !== undefined) throw new IngestBlocked(blocked);
  }

  return function open(reader, polledMs) {
    /** Ids of events that are judged and not committed: the store does not know them yet. */
    const underWay = new Set<string>();
    let pageBefore: Promise<void> = Promise.resolve();

    return { judge: judgePage, commit: commitPage };

    async function judgePage(page: Page): Promise<JudgedPage> {
      refuseWhereFull();
      // Before the store is asked: what is committed while it answers is under way no more.
      const others = page.events.filter(({ id }) => !underWay.has(id));
      const fresh = await dedupe(store, others);
      for (const { id } of fresh) underWay.add(id);
      const before = pageBefore;
      const { promise, resolve: ended } = Promise.withResolvers<void>();
      pageBefore = promise;
      // What an object's earlier states matched may stand in the page before.
      if (fresh.some(({ revision }) => revision !== undefined)) await before;
      const { verdicts, facts } = await judge(fresh, await revisionsOf(store, reader, fresh));
      untold.push(...facts);
      return { page, verdicts, ended };
    }

    async function commitPage(judged: JudgedPage): Promise<void> {
      try {
        refuseWhereFull();
        await commitWith(judged, untold.splice(0)).catch(async (error: unknown) => {
          if (deps.makeRoom === undefined || !(error instanceof StoreError) || error.kind !== 'full')
            throw error;
          await deps.makeRoom();
          await commitWith(judged, untold.splice(0));
        });
      } finally {
        // Where it failed nobody takes the page behind it, which must not wait for ever all the same.
        judged.ended();
      }
    }

    async function commitWith({ page, verdicts }: JudgedPage, found: OperationalFact[]): Promise<void> {
      const facts = [...found, ...gapsGivenUp(reader, page, clock.now())];
      const { opened, late } = await store
        .transaction((tx) => commit(tx, deps, reader, page, verdicts, facts, polledMs))
        .catch((error: unknown) => {
          // Its gaps are given up anew by whoever reads that page again.
          untold.push(...found);
          throw error;
        });
      for (const { event } of verdicts) underWay.delete(event.id);
      telemetry.storeWorked('grew');
      telemetry.alertsOpened(opened);
      for (const { matches } of verdicts) for (const { rule } of matches) telemetry.ruleMatched(rule.id);
      telemetry.pageCommitted(reader, {
        fresh: verdicts.length,
        repeated: page.events.length - verdicts.length,
        rejected: page.rejected,
        matched: verdicts.filter((verdict) => verdict.matches.length > 0).length,
        late,
        progress: page.progress,
      });
      if (verdicts.length + facts.length > 0) deps.onCommitted();
    }
  };
}

/** Those that have never been committed, each once. */
export async function dedupe(store: Store, events: readonly Event[]): Promise<readonly Event[]> {
  const distinct = [...new Map(events.map((event) => [event.id, event])).values()];
  const unseen = await store.unseen(distinct.map((event) => event.id));
  return distinct.filter((event) => unseen.has(event.id));
}

export async function revisionsOf(
  store: Store,
  reader: FeedReader,
  fresh: readonly Event[],
): Promise<Revisions> {
  const objects = fresh.filter(({ revision }) => revision !== undefined).map(({ feedId }) => feedId);
  return objects.length === 0
    ? new Map()
    : store.readMatchedBefore(feedNameOf(reader), [...new Set(objects)]);
}

function gapsGivenUp(reader: FeedReader, page: Page, nowMs: number): readonly OperationalFact[] {
  const gaps = page.progress?.givenUp ?? [];
  return gaps.length === 0 ? [] : [feedIncomplete(reader, gaps, nowMs)];
}

/** What a committed page changed that is worth telling. */
interface Committed {
  readonly opened: readonly Alert[];
  readonly late: number;
}

async function commit(
  tx: StoreTx,
  deps: IngestDeps,
  reader: FeedReader,
  page: Page,
  verdicts: readonly Verdict[],
  facts: readonly OperationalFact[],
  polledMs: number | undefined,
): Promise<Committed> {
  const nowMs = deps.clock.now();
  const { bounds } = deps;
  const found = await fire(tx, verdicts, deps.routes, deps.resolveAfterMs, nowMs, bounds);
  const judged = verdicts.map((verdict) => ({
    event: verdict.event,
    rules: matchedRules(verdict, found.yielded.get(verdict.event.id)),
  }));
  await tx.insertEvents(judged, nowMs, polledMs);
  const told = bounds === undefined ? found.fired : await fold(tx, found.fired, bounds, deps.routes);
  const before = await tx.readFeedState(feedNameOf(reader));
  const shown = { shownMs: polledMs ?? nowMs, isLookBack: before?.lastReadMs === undefined };
  const opened = await raise(tx, deps, [...told, ...facts.map(firedBy)], nowMs, shown);
  await tx.enqueue(eventRows(verdicts, deps.destinations), nowMs);
  await tx.writeCursor(reader.source, reader.feed, page.cursor, nowMs);
  const fresh = verdicts.map(({ event }) => event);
  const { state, late } = afterPage(before, reader, page, fresh, nowMs);
  await tx.writeFeedState(state, nowMs);
  // What lies above the bound is kept for telling, settling and pruning: the store must be able to empty itself.
  const full = deps.storeFull(await tx.usedBytes());
  if (full !== undefined) throw new StoreError('full', full);
  return { opened, late };
}
