import type { Event, FeedName } from '../core/event.ts';
import type { FeedState } from '../core/feed-state.ts';
import type { Gap, Page } from '../core/source.ts';
import { observeArrivals } from './arrivals.ts';

function opened({ source, feed }: FeedName): FeedState {
  return { source, feed, gaps: [], lateEvents: 0, told: {} };
}

/** The clock went back since the feed was read that far: when its time comes again, that would count as read anew. */
function believed(state: FeedState, nowMs: number): FeedState {
  const { readThroughMs = nowMs, ...rest } = state;
  return readThroughMs > nowMs ? rest : state;
}

/** A page was committed with these events, none of which had been before. */
export function afterPage(
  state: FeedState | undefined,
  name: FeedName,
  { progress }: Page,
  fresh: readonly Event[],
  nowMs: number,
): { readonly state: FeedState; readonly late: number } {
  const { gapsSinceMs, ...before } = believed(state ?? opened(name), nowMs);
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
      ...gapsSince(progress?.gaps ?? before.gaps, gapsSinceMs, nowMs),
    },
  };
}

/** A clock that was ahead makes them no younger. */
function gapsSince(
  gaps: readonly Gap[],
  sinceMs: number | undefined,
  nowMs: number,
): { readonly gapsSinceMs?: number } {
  return gaps.length === 0 ? {} : { gapsSinceMs: Math.min(sinceMs ?? nowMs, nowMs) };
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

/** A poll that ended well: at the feed's end, or because its time was up. */
export interface EndedPoll {
  readonly result: 'read' | 'behind';
  /** When it began to ask: what the feed has shown since, it need not have seen. */
  readonly polledMs: number;
  /** See core/source.ts. */
  readonly wholeAsOfMs?: number;
}

export function afterPoll(
  state: FeedState | undefined,
  name: FeedName,
  poll: EndedPoll,
  nowMs: number,
): FeedState {
  const { failingSinceMs: _mended, behindSinceMs, ...before } = state ?? opened(name);
  const { failingMs: _told, ...told } = before.told;
  if (poll.result === 'behind')
    return { ...before, told, behindSinceMs: Math.min(behindSinceMs ?? nowMs, nowMs) };
  const { readThroughMs: _earlier, ...rest } = before;
  return { ...rest, lastReadMs: nowMs, ...readThrough(poll, nowMs), told };
}

/** What a clock that was ahead wrote says nothing of how far the feed was read: the next poll will. */
function readThrough(
  { polledMs, wholeAsOfMs = polledMs }: EndedPoll,
  nowMs: number,
): { readonly readThroughMs?: number } {
  return Math.max(polledMs, wholeAsOfMs) > nowMs ? {} : { readThroughMs: Math.min(polledMs, wholeAsOfMs) };
}

export function afterFailure(
  state: FeedState | undefined,
  name: FeedName,
  error: { readonly kind: string; readonly message: string },
  nowMs: number,
): FeedState {
  const before = believed(state ?? opened(name), nowMs);
  const { failingSinceMs = nowMs } = before;
  return {
    ...before,
    failingSinceMs: Math.min(failingSinceMs, nowMs),
    lastError: { kind: error.kind, message: error.message, atMs: nowMs },
  };
}
