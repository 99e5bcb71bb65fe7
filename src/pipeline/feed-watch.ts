import type { Alert } from '../core/alert.ts';
import type { Clock } from '../core/clock.ts';
import type { FeedState } from '../core/feed-state.ts';
import type { Source } from '../core/source.ts';
import { type Store, StoreError, type StoreTx } from '../core/store.ts';
import { nextTickMs } from '../schema/cron.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { judgeSilence } from './arrivals.ts';
import { type LastingFact, raiseLasting } from './lasting.ts';
import { feedFailing, feedSilent } from './operations.ts';
import type { Audience } from './raise.ts';

export interface FeedWatchDeps extends Audience {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly sources: readonly (Patience & Pick<Source, 'readers'>)[];
  /** A group waits. */
  readonly onRaised: () => void;
}

/** How long a source may be without news before its feeds are in trouble. */
export type Patience = Pick<Source, 'staleAfterMs' | 'deadlineMs' | 'schedule'>;

const INTERVAL_MS = 30_000;

/**
 * When a feed that was heard of at some time is stale: after `stale_after`, and not before the next poll of its
 * schedule has had its deadline. What is read once an hour is not stale after fifteen minutes.
 */
export function staleFromMs({ staleAfterMs, deadlineMs, schedule }: Patience, heardMs: number): number {
  return Math.max(heardMs + staleAfterMs, (nextTickMs(schedule, heardMs) ?? heardMs) + deadlineMs);
}

/** What is wrong with a feed, as far as its state tells. */
export type FeedTrouble =
  | { readonly reason: 'none' }
  | { readonly reason: 'failing'; readonly sinceMs: number; readonly problem?: string }
  | { readonly reason: 'silent'; readonly quietMs: number; readonly longestMs: number };

/**
 * - `failing`: its polls have failed, or come to no end, for longer than {@link staleFromMs} allows
 * - `silent`: it is read without error and shows nothing, longer than its own history makes plausible
 *
 * @param watchedSinceMs when this process began to poll: before, nothing could be read
 */
export function judgeFeed(
  state: FeedState | undefined,
  source: Patience,
  watchedSinceMs: number,
  nowMs: number,
): FeedTrouble {
  const { failingSinceMs, lastError } = state ?? {};
  // Failures of an earlier run count from the moment on that this one could have mended them.
  const triedSinceMs = Math.max(failingSinceMs ?? nowMs, watchedSinceMs);
  if (failingSinceMs !== undefined && nowMs >= staleFromMs(source, triedSinceMs))
    return { reason: 'failing', sinceMs: failingSinceMs, ...(lastError && { problem: lastError.message }) };
  const aliveMs = Math.max(state?.lastReadMs ?? 0, state?.lastPageMs ?? 0, watchedSinceMs);
  // One poll may take its whole deadline without having anything to show for it yet.
  const hungFromMs = Math.max(
    staleFromMs(source, aliveMs),
    aliveMs + source.staleAfterMs + source.deadlineMs,
  );
  if (nowMs >= hungFromMs) return { reason: 'failing', sinceMs: aliveMs };
  // What came after the last reading to the feed's end, nobody has seen yet: that is no silence.
  const silence = judgeSilence(state?.arrivals, Math.min(nowMs, state?.lastReadMs ?? 0));
  return silence.reason === 'silent' ? silence : { reason: 'none' };
}

/** Makes operational alerts of feeds that fail or fall silent: told once an episode, open for as long as it lasts. */
export function createFeedWatch(deps: FeedWatchDeps) {
  const { store, clock, telemetry, sources, onRaised } = deps;
  const watchedSinceMs = clock.now();
  /** Seen in trouble once. After a machine slept, the first look finds every feed stale and none of them is. */
  let suspects: ReadonlySet<string> = new Set();
  let lookedMs: number | undefined;

  async function pass(): Promise<number> {
    try {
      const nowMs = clock.now();
      const opened = await store.transaction((tx) => tellTroubles(tx, nowMs));
      lookedMs = nowMs;
      telemetry.alertsOpened(opened);
      if (opened.length > 0) onRaised();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      telemetry.storeFailed(error.kind, error.message);
    }
    return clock.now() + INTERVAL_MS;
  }

  async function tellTroubles(tx: StoreTx, nowMs: number): Promise<readonly Alert[]> {
    const seen = new Set<string>();
    const facts: LastingFact[] = [];
    for (const source of sources) {
      for (const { source: name, feed } of source.readers) {
        const state = await tx.readFeedState({ source: name, feed });
        const trouble = judgeFeed(state, source, watchedSinceMs, nowMs);
        const key = JSON.stringify([name, feed, trouble.reason]);
        if (trouble.reason !== 'none') seen.add(key);
        const known = state ?? { source: name, feed, gaps: [], lateEvents: 0, told: {} };
        const next = tell(known, trouble, suspects.has(key), nowMs);
        if (next.state !== known) await tx.writeFeedState(next.state, nowMs);
        facts.push(...next.facts);
      }
    }
    suspects = seen;
    return raiseLasting(tx, deps, facts, nowMs);
  }

  /** `lookedMs`: when it last looked; undefined before the first look. Wall time. */
  return { pass, lookedMs: () => lookedMs };
}

interface Told {
  readonly state: FeedState;
  /** What is true of it now; whether it was told before is the alert's to know. */
  readonly facts: readonly LastingFact[];
}

/**
 * What lasts is written down with the feed, so that a restart neither ends an episode nor begins another: after one, a
 * failure shows only when this process has tried for long enough.
 */
function tell(state: FeedState, trouble: FeedTrouble, isConfirmed: boolean, nowMs: number): Told {
  const failing = failingFact(state, trouble, isConfirmed, nowMs);
  const silent =
    trouble.reason === 'silent' && (isConfirmed || state.told.silentMs !== undefined)
      ? { fact: feedSilent(state, trouble.quietMs, trouble.longestMs, nowMs) }
      : undefined;
  const { failingMs = nowMs, silentMs = nowMs } = state.told;
  const told = { ...(failing && { failingMs }), ...(silent && { silentMs }) };
  const isSame = told.failingMs === state.told.failingMs && told.silentMs === state.told.silentMs;
  const facts = [failing, silent].filter((fact) => fact !== undefined);
  return { state: isSame ? state : { ...state, told }, facts };
}

function failingFact(
  state: FeedState,
  trouble: FeedTrouble,
  isConfirmed: boolean,
  nowMs: number,
): LastingFact | undefined {
  const { told, lastError, lastReadMs = 0, lastPageMs = 0 } = state;
  if (trouble.reason === 'failing' && (isConfirmed || told.failingMs !== undefined))
    return { fact: feedFailing(state, trouble.sinceMs, trouble.problem, nowMs) };
  if (trouble.reason === 'failing' || told.failingMs === undefined) return undefined;
  const isRead = state.failingSinceMs === undefined && Math.max(lastReadMs, lastPageMs) > told.failingMs;
  if (isRead) return undefined;
  const sinceMs = state.failingSinceMs ?? told.failingMs;
  return { fact: feedFailing(state, sinceMs, lastError?.message, nowMs) };
}
