import type { Clock } from '../../core/clock.ts';
import type { Digest } from '../../core/digest.ts';
import type { Source } from '../../core/source.ts';
import { type Store, StoreError } from '../../core/store.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { composeDigest, type DigestPlan, digestId, type Findings, firstMark } from './compose.ts';
import { countEvents } from './count.ts';
import { askSources } from './figures.ts';
import { isReadTo, type Kept, undeliveredOf } from './notes.ts';
import { type Due, dueTimes, type Period, periodFor, stepsOf } from './period.ts';

export interface DigesterDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly plans: readonly DigestPlan[];
  readonly sources: readonly Source[];
  /** How long the store keeps events. */
  readonly eventsMs: number;
  /** Deliveries wait. */
  readonly onEnqueued: () => void;
}

/** All is counted and asked for again. */
const STORE_RETRY_MS = 30_000;
/** A poll that ends later than this after a period has begun after it. */
const SETTLE_MS = 60_000;
/** A digest waits ten minutes for feeds to be read up to its end, as after a start: what came while we were down. */
const LOOK_AGAIN_MS = 15_000;
const MOST_LOOKS = 40;
/** Whoever was down for longer begins anew. */
const REMEMBERED_PERIODS = 14;
/** A clock that goes back must not bring an old digest after a newer one. */
const PERIODS_AHEAD = 10;

/**
 * Makes each digest once: its row in the store and its deliveries are one transaction, and the row's id is
 * its period's. Whatever ends us before that transaction, the next pass begins again.
 */
export function createDigester(deps: DigesterDeps) {
  const { store, clock, telemetry, plans, sources, eventsMs, onEnqueued } = deps;
  const feeds = sources.flatMap(({ readers }) => readers.map(({ source, feed }) => ({ source, feed })));
  const stopping = new AbortController();
  /** At a digest that is due, in vain. */
  const looks = new Map<string, number>();

  /** Returns when to come again (wall ms), undefined where there is no digest to make. */
  async function pass(): Promise<number | undefined> {
    let next: number | undefined;
    for (const plan of plans) {
      if (stopping.signal.aborted) return undefined;
      const dueMs = await guarded(plan);
      next = Math.min(next ?? dueMs, dueMs);
    }
    return next;
  }

  async function guarded(plan: DigestPlan): Promise<number> {
    try {
      return await tell(plan);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      telemetry.storeFailed(error.kind, error.message);
      return clock.now() + STORE_RETRY_MS;
    }
  }

  /** Returns when to look again. */
  async function tell(plan: DigestPlan): Promise<number> {
    const due = periodFor(clock.now(), plan.schedule);
    const past = await lookBack(plan, due);
    if (past === 'told') return due.nextDueMs;
    if (past === 'begins') {
      const mark = firstMark(plan, due.period, clock.now());
      await store.transaction((tx) => tx.insertDigest(mark));
      return due.nextDueMs;
    }
    const waitMs = await patience(plan, due.period);
    if (waitMs > 0) return clock.now() + waitMs;
    const found = await findOut(plan, due, past);
    if (stopping.signal.aborted) return due.nextDueMs;
    await commit(plan, composeDigest(plan, found, clock.now()));
    return due.nextDueMs;
  }

  /**
   * What the store knows of this digest's past: a daemon that has told of no period yet did not run in the
   * one that is over. `first` is the first one that it tells of.
   */
  async function lookBack(plan: DigestPlan, { period }: Due): Promise<'told' | 'begins' | 'first' | 'both'> {
    const { name, schedule } = plan;
    const has = (fromMs: number): Promise<boolean> => store.hasDigest(digestId(name, fromMs));
    const times = dueTimes(period.fromMs, schedule, REMEMBERED_PERIODS, PERIODS_AHEAD);
    if (await anyOf(times.slice(REMEMBERED_PERIODS), has)) return 'told';
    if (await anyOf(times.slice(0, REMEMBERED_PERIODS - 1), has)) return 'both';
    return (await anyOf(times.slice(0, REMEMBERED_PERIODS), has)) ? 'first' : 'begins';
  }

  /** How long to wait yet for feeds that were not read up to the period's end. Looks are counted: clocks jump. */
  async function patience(plan: DigestPlan, { toMs }: Period): Promise<number> {
    const count = looks.get(plan.name) ?? 0;
    const states = count < MOST_LOOKS ? await store.readFeedStates() : [];
    if (count >= MOST_LOOKS || feeds.every((name) => isReadTo(toMs + SETTLE_MS, name, states))) return 0;
    looks.set(plan.name, count + 1);
    return LOOK_AGAIN_MS;
  }

  async function findOut(plan: DigestPlan, due: Due, past: 'first' | 'both'): Promise<Findings> {
    const { signal } = stopping;
    const { period, before } = due;
    const kept = keptOf(due, past);
    const figures = await askSources(sources, period, before, clock, signal);
    const steps = stepsOf(period, plan.schedule);
    const done = await store.countInSlice(sliceOf(period));
    return {
      ...{ due, steps, done, figures, feeds, kept },
      counts: await countEvents(store, clock, period, steps, signal),
      before: kept === 'both' ? await countEvents(store, clock, before, [], signal) : undefined,
      doneBefore: await store.countInSlice(sliceOf(before)),
      states: await store.readFeedStates(),
      undelivered: undeliveredOf(await store.countDeliveries(), done.deadLetters),
      unheard: await store.countUnheard(sliceOf(period)),
    };
  }

  function keptOf({ period, before }: Due, past: 'first' | 'both'): Kept {
    const oldestMs = clock.now() - eventsMs;
    if (period.fromMs < oldestMs) return 'dropped';
    if (past === 'first') return 'first';
    return before.fromMs < oldestMs ? 'before-dropped' : 'both';
  }

  async function commit({ name, to }: DigestPlan, digest: Digest): Promise<void> {
    await store.transaction(async (tx) => {
      await tx.insertDigest(digest);
      const rows = to.map((destination) => {
        return { destination, kind: 'digest' as const, deliveryId: digest.id };
      });
      await tx.enqueue(rows, clock.now());
    });
    looks.delete(name);
    telemetry.digestMade({ digest: name, id: digest.id, destinations: to, notes: digest.notes.length });
    onEnqueued();
  }

  return {
    pass,
    /** Lets the pass under way end without its digest: the next start makes it. */
    abandon: (): void => stopping.abort(),
  };
}

function sliceOf({ fromMs, toMs }: Period) {
  return { fromMs, toMs: toMs - 1 };
}

async function anyOf(times: readonly number[], has: (time: number) => Promise<boolean>): Promise<boolean> {
  for (const time of times) if (await has(time)) return true;
  return false;
}
