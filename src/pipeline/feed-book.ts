import type { Event, FeedName } from '../core/event.ts';
import type { FeedState } from '../core/feed-state.ts';
import type { Page } from '../core/source.ts';
import { observeArrivals } from './arrivals.ts';

function opened({ source, feed }: FeedName): FeedState {
  return { source, feed, gaps: [], lateEvents: 0, told: {} };
}

/** A page was committed with these events, none of which had been before. */
export function afterPage(
  state: FeedState | undefined,
  name: FeedName,
  { progress }: Page,
  fresh: readonly Event[],
  nowMs: number,
): { readonly state: FeedState; readonly late: number } {
  const before = state ?? opened(name);
  const late = countLate(fresh, progress?.lateBeforeMs);
  const arrivals = observeArrivals(
    before.arrivals,
    fresh.map((event) => arrivedMs(event, before, nowMs)),
    nowMs,
  );
  return {
    late,
    state: {
      ...before,
      lastPageMs: nowMs,
      lateEvents: before.lateEvents + late,
      ...(arrivals === undefined ? {} : { arrivals }),
      ...(progress === undefined ? {} : { readToMs: progress.readToMs, gaps: progress.gaps }),
    },
  };
}

/**
 * When an event says that its feed is alive. An object's time need not move when the object changes (counts of
 * `threat_apis`): by its time alone a busy feed would fall silent.
 */
function arrivedMs({ timeMs, revision }: Event, { lastReadMs, arrivals }: FeedState, nowMs: number): number {
  const isOld = arrivals !== undefined && timeMs <= arrivals.newestMs;
  return revision !== undefined && lastReadMs !== undefined && isOld ? nowMs : timeMs;
}

function countLate(fresh: readonly Event[], lateBeforeMs: number | undefined): number {
  return lateBeforeMs === undefined ? 0 : fresh.filter(({ timeMs }) => timeMs < lateBeforeMs).length;
}

/** A poll ended well: at the feed's end, or because its time was up. */
export function afterPoll(
  state: FeedState | undefined,
  name: FeedName,
  result: 'read' | 'behind',
  nowMs: number,
): FeedState {
  const { failingSinceMs: _mended, ...before } = state ?? opened(name);
  const { failingMs: _told, ...told } = before.told;
  return { ...before, ...(result === 'read' ? { lastReadMs: nowMs } : {}), told };
}

export function afterFailure(
  state: FeedState | undefined,
  name: FeedName,
  error: { readonly kind: string; readonly message: string },
  nowMs: number,
): FeedState {
  const before = state ?? opened(name);
  const { failingSinceMs = nowMs } = before;
  return {
    ...before,
    failingSinceMs: Math.min(failingSinceMs, nowMs),
    lastError: { kind: error.kind, message: error.message, atMs: nowMs },
  };
}
