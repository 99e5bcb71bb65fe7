import type { Alert, AlertContext } from './alert.ts';
import type { Event, FeedName } from './event.ts';
import type { JsonObject } from './json.ts';
import type { RuleTemplates, SourceStatistics, SourceVocabulary } from './source-knowledge.ts';

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
  /** How complete the feed is once this page is committed. */
  readonly progress?: FeedProgress;
}

/** A time range of a feed, milliseconds since the epoch, both ends inclusive. */
export interface Slice {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A slice of which the feed has more than it shows. */
export interface Gap extends Slice {
  /** One sentence without secrets. */
  readonly problem: string;
}

/** What a reader knows of its feed's completeness. */
export interface FeedProgress {
  /** Whatever the feed showed with an event time up to here has been read. */
  readonly readToMs: number;
  /** Where polls look at a part of the feed: when the reading began that last went through all of it. Wall time. */
  readonly wholeAsOfMs?: number;
  /** An event older than this came late: its time had been read before. Absent while history is read. */
  readonly lateBeforeMs?: number;
  /** Slices that did not add up and are asked for again. */
  readonly gaps: readonly Gap[];
  /** Slices that are asked for no more, told once, on the page that gives them up. */
  readonly givenUp?: readonly Gap[];
}

/** What has been committed of a feed: the other side of a reader's books. */
export interface Ingested {
  /** Resolves once every page that was given so far is committed. Rejects with {@link SourceError} where one will not be. */
  arrived(): Promise<void>;
  /** Distinct events, committed by now, whose time lies in the slice. */
  count(slice: Slice): Promise<number>;
}

/** Reads one feed of one source. */
export interface FeedReader extends FeedName {
  /**
   * Reads everything new, a page at a time. Further pages are asked for before one is committed; that they are committed
   * in their order, or not at all, is certain. Throws {@link SourceError}.
   * @param cursor what the last committed page carried; undefined at the very first poll
   */
  poll(cursor: Cursor | undefined, ingested: Ingested, signal: AbortSignal): AsyncIterable<Page>;
  /**
   * Reads history: all of one slice, oldest first, apart from the polls and their cursor. Absent where the
   * feed keeps none. Throws {@link SourceError}.
   * @param cursor what the last committed page of the same slice carried; undefined at its beginning
   */
  readSlice?(slice: Slice, cursor: Cursor | undefined, signal: AbortSignal): AsyncIterable<Page>;
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
  /** A feed that fails for longer is an alert of its own. */
  readonly staleAfterMs: number;
  readonly readers: readonly FeedReader[];
  /**
   * What else the source knows about an alert, within its own time-out and from its own bounded cache.
   * Never throws: what could not be had is named in the answer.
   */
  enrich?(alert: Alert, signal: AbortSignal): Promise<AlertContext>;
  /** The rules that it judges by itself. Throws {@link SourceError}. */
  fetchTemplates?(signal: AbortSignal): Promise<RuleTemplates>;
  /** The names that its events can carry. Throws {@link SourceError}. */
  fetchVocabulary?(signal: AbortSignal): Promise<SourceVocabulary>;
  /** What it counts itself. Never throws: what could not be had is named in the answer. */
  fetchStatistics?(slice: Slice, signal: AbortSignal): Promise<SourceStatistics>;
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
