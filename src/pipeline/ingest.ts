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
import { createJudge, matchedRules, type Revisions, type Verdict } from './judge.ts';
import { feedIncomplete, type OperationalFact } from './operations.ts';
import { type Audience, raise } from './raise.ts';

export interface IngestDeps extends Audience {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly ruleSet: RuleSet;
  /** An alert is over after so much quiet. */
  readonly resolveAfterMs: number;
  /** Why nothing may be added to the store now; undefined while it may. */
  readonly storeFull: () => string | undefined;
  /** Why nothing may be added to what waits for some destination; undefined while it may. */
  readonly blocked?: () => string | undefined;
  /** Deliveries or groups wait. */
  readonly onCommitted: () => void;
}

/** Takes in one page: dedupe → match → window → alert → route → enqueue, committed whole with its cursor. */
export function createIngest(deps: IngestDeps) {
  const { store, clock, telemetry } = deps;
  const judge = createJudge(deps.ruleSet, clock, telemetry);
  /** Facts of pages that could not be committed: they are told with the next one that can. */
  const untold: OperationalFact[] = [];

  return async function ingest(reader: FeedReader, page: Page, polledMs?: number): Promise<void> {
    const full = deps.storeFull();
    if (full !== undefined) throw new StoreError('full', full);
    const blocked = deps.blocked?.();
    if (blocked !== undefined) throw new IngestBlocked(blocked);
    const fresh = await dedupe(store, page.events);
    const { verdicts, ...judged } = await judge(fresh, await revisionsOf(store, reader, fresh));
    const facts = [...untold.splice(0), ...judged.facts, ...gapsGivenUp(reader, page, clock.now())];
    const { opened, late } = await store
      .transaction((tx) => commit(tx, deps, reader, page, verdicts, facts, polledMs))
      .catch((error: unknown) => {
        untold.push(...facts);
        throw error;
      });
    telemetry.storeWorked('grew');
    telemetry.alertsOpened(opened);
    telemetry.pageCommitted(reader, {
      fresh: fresh.length,
      repeated: page.events.length - fresh.length,
      rejected: page.rejected,
      matched: verdicts.filter((verdict) => verdict.matches.length > 0).length,
      late,
      progress: page.progress,
    });
    if (fresh.length + facts.length > 0) deps.onCommitted();
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
  const judged = verdicts.map((verdict) => ({ event: verdict.event, rules: matchedRules(verdict) }));
  await tx.insertEvents(judged, nowMs, polledMs);
  const fired = [...(await fire(tx, verdicts, deps.resolveAfterMs, nowMs)), ...facts.map(firedBy)];
  const opened = await raise(tx, deps, fired, nowMs);
  await tx.enqueue(eventRows(verdicts, deps.destinations), nowMs);
  await tx.writeCursor(reader.source, reader.feed, page.cursor, nowMs);
  const before = await tx.readFeedState(feedNameOf(reader));
  const fresh = verdicts.map(({ event }) => event);
  const { state, late } = afterPage(before, reader, page, fresh, nowMs);
  await tx.writeFeedState(state, nowMs);
  return { opened, late };
}
