import type { Clock } from '../core/clock.ts';
import type { FeedName } from '../core/event.ts';
import type { FeedState } from '../core/feed-state.ts';
import type { Source } from '../core/source.ts';
import { type Store, StoreError, type StoreTx } from '../core/store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { judgeSilence } from './arrivals.ts';
import { firedBy } from './firing.ts';
import { feedFailing, feedSilent, type OperationalFact } from './operations.ts';
import { type Audience, raise } from './raise.ts';

export interface FeedWatchDeps extends Audience {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly sources: readonly Pick<Source, 'staleAfterMs' | 'deadlineMs' | 'readers'>[];
  /** A group waits. */
  readonly onRaised: () => void;
}

const INTERVAL_MS = 30_000;

/** What is wrong with a feed, as far as its state tells. */
export type FeedTrouble =
  | { readonly reason: 'none' }
  | { readonly reason: 'failing'; readonly sinceMs: number; readonly problem?: string }
  | { readonly reason: 'silent'; readonly quietMs: number; readonly longestMs: number };

/**
 * - `failing`: its polls have failed, or come to no end, for longer than `staleAfterMs`
 * - `silent`: it is read without error and shows nothing, longer than its own history makes plausible
 *
 * @param watchedSinceMs when this process began to poll: before, nothing could be read
 */
export function judgeFeed(
  state: FeedState | undefined,
  { staleAfterMs, deadlineMs }: Pick<Source, 'staleAfterMs' | 'deadlineMs'>,
  watchedSinceMs: number,
  nowMs: number,
): FeedTrouble {
  const { failingSinceMs, lastError } = state ?? {};
  // Failures of an earlier run count from the moment on that this one could have mended them.
  if (failingSinceMs !== undefined && nowMs - Math.max(failingSinceMs, watchedSinceMs) >= staleAfterMs)
    return { reason: 'failing', sinceMs: failingSinceMs, ...(lastError && { problem: lastError.message }) };
  const aliveMs = Math.max(state?.lastReadMs ?? 0, state?.lastPageMs ?? 0, watchedSinceMs);
  // One poll may take its whole deadline without having anything to show for it yet.
  if (nowMs - aliveMs >= staleAfterMs + deadlineMs) return { reason: 'failing', sinceMs: aliveMs };
  // What came after the last reading to the feed's end, nobody has seen yet: that is no silence.
  const silence = judgeSilence(state?.arrivals, Math.min(nowMs, state?.lastReadMs ?? 0));
  return silence.reason === 'silent' ? silence : { reason: 'none' };
}

/** Makes operational alerts of feeds that fail or fall silent, one an episode. */
export function createFeedWatch(deps: FeedWatchDeps) {
  const { store, clock, telemetry, sources, onRaised } = deps;
  const watchedSinceMs = clock.now();
  /** Seen in trouble once. After a machine slept, the first look finds every feed stale and none of them is. */
  let suspects: ReadonlySet<string> = new Set();

  async function pass(): Promise<number> {
    try {
      const told = await store.transaction(tellTroubles);
      if (told) onRaised();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      telemetry.storeFailed(error.kind, error.message);
    }
    return clock.now() + INTERVAL_MS;
  }

  async function tellTroubles(tx: StoreTx): Promise<boolean> {
    const nowMs = clock.now();
    const seen = new Set<string>();
    const facts: OperationalFact[] = [];
    for (const source of sources) {
      for (const { source: name, feed } of source.readers) {
        const state = await tx.readFeedState({ source: name, feed });
        const trouble = judgeFeed(state, source, watchedSinceMs, nowMs);
        const key = JSON.stringify([name, feed, trouble.reason]);
        if (trouble.reason !== 'none') seen.add(key);
        const known = state ?? { source: name, feed, gaps: [], lateEvents: 0, told: {} };
        const next = tell(known, trouble, suspects.has(key), nowMs);
        if (next.state !== known) await tx.writeFeedState(next.state, nowMs);
        if (next.fact !== undefined) facts.push(next.fact);
      }
    }
    suspects = seen;
    telemetry.alertsOpened(await raise(tx, deps, facts.map(firedBy), nowMs));
    return facts.length > 0;
  }

  return { pass };
}

interface Told {
  readonly state: FeedState;
  readonly fact?: OperationalFact;
}

/** A restart or a reload begins to watch anew, and ends no episode. */
function isReadSince(toldMs: number, { failingSinceMs, lastReadMs = 0, lastPageMs = 0 }: FeedState): boolean {
  return failingSinceMs === undefined && Math.max(lastReadMs, lastPageMs) > toldMs;
}

/** One fact an episode: it is written down that it was told until the trouble is over. */
function tell(state: FeedState, trouble: FeedTrouble, isConfirmed: boolean, nowMs: number): Told {
  const { told } = state;
  if (trouble.reason === 'none') {
    const { failingMs } = told;
    const standing = failingMs !== undefined && !isReadSince(failingMs, state) ? { failingMs } : {};
    const isSame = told.silentMs === undefined && standing.failingMs === failingMs;
    return isSame ? { state } : { state: { ...state, told: standing } };
  }
  if (!isConfirmed) return { state };
  const name: FeedName = { source: state.source, feed: state.feed };
  if (trouble.reason === 'failing') {
    if (told.failingMs !== undefined) return { state };
    const fact = feedFailing(name, trouble.sinceMs, trouble.problem, nowMs);
    return { state: { ...state, told: { ...told, failingMs: nowMs } }, fact };
  }
  if (told.silentMs !== undefined) return { state };
  const fact = feedSilent(name, trouble.quietMs, trouble.longestMs, nowMs);
  return { state: { ...state, told: { ...told, silentMs: nowMs } }, fact };
}
