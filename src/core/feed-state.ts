import type { FeedName } from './event.ts';
import type { Gap } from './source.ts';

/** The rhythm of a feed: its days, oldest first, bounded in number. */
export interface ArrivalHistory {
  /** `longestGapMs`: between two neighbouring events, of which the later one lies in this day. */
  readonly days: readonly { readonly day: number; readonly events: number; readonly longestGapMs: number }[];
  readonly newestMs: number;
}

/** How a feed does: what `tocsin sources`, metrics and `/readyz` show of it, restarts included. */
export interface FeedState extends FeedName {
  /** When it was last read to its end; wall time. */
  readonly lastReadMs?: number;
  /**
   * Whatever it showed up to that wall time has been read: when the poll began that came to its end, or earlier where polls
   * look at a part of the feed. Nothing is over before it was read that far.
   */
  readonly readThroughMs?: number;
  /** Since when polls end because their time is up, with more to read; absent while they come to the feed's end. */
  readonly behindSinceMs?: number;
  /** Since when there have been gaps without a pause; absent while there are none. */
  readonly gapsSinceMs?: number;
  /** When a page of it was last committed; wall time. */
  readonly lastPageMs?: number;
  /** Since when polls fail; absent while they do not. */
  readonly failingSinceMs?: number;
  readonly lastError?: { readonly kind: string; readonly message: string; readonly atMs: number };
  /** Whatever it showed with an event time up to here has been read. */
  readonly readToMs?: number;
  readonly gaps: readonly Gap[];
  /** Events found after their time had been read. */
  readonly lateEvents: number;
  readonly arrivals?: ArrivalHistory;
  /** Since when each operational alert of this feed stands; absent while it does not. */
  readonly told: { readonly failingMs?: number; readonly silentMs?: number };
}
