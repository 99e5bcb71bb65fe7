import type { Event, Feed } from './event.ts';
import type { JsonObject } from './json.ts';

/** What a reader has read so far. Only the reader that made it looks inside; the store keeps it as JSON. */
export type Cursor = JsonObject;

/** A step of a poll: what was read, and where to go on from once it is committed. */
export interface Page {
  /** May hold events seen before; the pipeline drops those by id. */
  readonly events: readonly Event[];
  readonly cursor: Cursor;
  /** Rows that could not be understood, each in one sentence: counted and logged, never silently dropped. */
  readonly rejected: readonly string[];
  /** On the last page of a poll that ended before its feed did: there is more to read now. */
  readonly behind?: true;
}

/** Reads one feed of one source. */
export interface FeedReader {
  readonly source: string;
  readonly feed: Feed;
  /**
   * Reads everything new, a page at a time; the next page is fetched only once the last one is
   * committed. Throws {@link SourceError}.
   * @param cursor what the last committed page carried; undefined at the very first poll
   */
  poll(cursor: Cursor | undefined, signal: AbortSignal): AsyncIterable<Page>;
}

export interface Source {
  readonly name: string;
  readonly type: string;
  /** Cron with optional seconds, UTC. */
  readonly schedule: string;
  /** A poll that takes longer is cut off; what it committed stays. */
  readonly deadlineMs: number;
  /** How far behind a feed's newest event a poll may read again: the store keeps ids at least that long. */
  readonly lookbackMs: number;
  readonly readers: readonly FeedReader[];
  close(): Promise<void>;
}

/**
 * Why a poll failed.
 * - `refused`: a person must act (bad key, missing right). Probe slowly.
 * - `unavailable`: time-outs, 5xx, 429, broken answers, a null list. Try again, not before `retryAfterMs`.
 * - `aborted`: we stopped it.
 */
export type SourceErrorKind = 'refused' | 'unavailable' | 'aborted';

export class SourceError extends Error {
  readonly kind: SourceErrorKind;
  readonly retryAfterMs: number | undefined;

  /** @param message one sentence without secrets, naming what was asked and what came back */
  constructor(kind: SourceErrorKind, message: string, retryAfterMs?: number) {
    super(message);
    this.name = 'SourceError';
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}
