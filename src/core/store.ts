import type { Alert, Notification, NotifiedAlert } from './alert.ts';
import type { Delivery, MatchedRule } from './delivery.ts';
import type { Digest } from './digest.ts';
import type { Event, Feed, FeedName } from './event.ts';
import type { FeedState } from './feed-state.ts';
import type { Cursor, Gap, Slice } from './source.ts';

/** Which events of one aggregation condition are counted together. */
export interface WindowKey {
  readonly rule: string;
  /** Position of the condition in the rule's `aggregation_rules`. */
  readonly condition: number;
  /** The rule's `group_by` values, as one text. */
  readonly group: string;
}

export interface StoredBin {
  readonly minute: number;
  readonly count: number;
  readonly identities: readonly string[];
}

export interface StoredWindow extends WindowKey {
  /** As rules/windows.ts left it, a bin a minute. */
  readonly state: { readonly bins: readonly StoredBin[] };
  /** Wall time after which nothing can use it any more. */
  readonly expiresMs: number;
}

/** Alerts of one route that share its `group_by` values and therefore one notification. */
export interface AlertGroup {
  readonly id: string;
  readonly route: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Names of the destinations to tell. */
  readonly to: readonly string[];
  readonly openedMs: number;
  /** When to tell of what is pending; undefined while nothing is. */
  readonly dueMs?: number;
  /** Why it will be told then. */
  readonly reason: Notification['reason'];
  readonly lastNotifiedMs?: number;
  /** Notifications made so far. */
  readonly sequence: number;
}

/** Matches of one alert that a group has not told of yet. */
export interface PendingCount {
  readonly group: string;
  readonly fingerprint: string;
  readonly count: number;
}

/** What a group has to tell: its worst alerts and, exactly, what the rest amounts to. */
export interface PendingAlerts {
  readonly alerts: readonly NotifiedAlert[];
  readonly omittedAlerts: number;
  /** Over all of them, omitted ones too. */
  readonly newCount: number;
}

export interface OutboxRow {
  readonly destination: string;
  readonly kind: Delivery['kind'];
  /** The event's or the notification's id: the delivery's identity at its destination. */
  readonly deliveryId: string;
}

export interface JudgedEvent {
  readonly event: Event;
  readonly rules: readonly MatchedRule[];
}

/** A delivery taken out for one attempt. */
export interface ClaimedDelivery {
  readonly seq: number;
  /** Attempts before this one. */
  readonly attempts: number;
  readonly delivery: Delivery;
}

/** What to write down of one attempt at one delivery. */
export type Settlement =
  | { readonly seq: number; readonly state: 'done' }
  | {
      readonly seq: number;
      readonly state: 'pending';
      readonly reason: string;
      readonly dueMs: number;
      readonly counted: boolean;
    }
  | { readonly seq: number; readonly state: 'dead'; readonly reason: string };

export type DeliveryState = 'pending' | 'done' | 'dead';

/** A delivery as operators see it. */
export interface DeliveryRecord {
  readonly seq: number;
  readonly destination: string;
  readonly kind: Delivery['kind'];
  readonly deliveryId: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly reason?: string;
  readonly enqueuedMs: number;
  readonly dueMs: number;
  readonly settledMs?: number;
}

export interface DeliveryCount {
  readonly destination: string;
  readonly state: DeliveryState;
  readonly count: number;
  /** When the oldest of them was enqueued; wall time. */
  readonly oldestMs?: number;
}

export interface DeliveryFilter {
  readonly state?: DeliveryState;
  readonly destination?: string;
  readonly deliveryId?: string;
  readonly limit: number;
}

/** Which dead deliveries are meant: all, one destination's, or those with these numbers. */
export interface DeliverySelection {
  readonly destination?: string;
  readonly seqs?: readonly number[];
}

export interface Retention {
  /** Delivered events, notifications and quiet alerts are kept this long. */
  readonly eventsMs: number;
  readonly deadLettersMs: number;
  readonly maxBytes: number;
  /** How far behind a feed's newest event its reader reads again: ids inside must be kept, whatever their age. */
  readonly lookbackMs: number;
}

export interface PruneReport {
  readonly deletedEvents: number;
  readonly clearedPayloads: number;
  readonly bytes: number;
  /** Everything that may go is gone and the store is still over its bound. */
  readonly overBound: boolean;
}

/** History that is read outside the polls, so that it can go on after an interruption. */
export interface BackfillState extends FeedName, Slice {
  readonly id: string;
  /** Of its last committed page; absent before the first. */
  readonly cursor?: Cursor;
  readonly startedMs: number;
  /** Wall time; absent while there is more to read. */
  readonly finishedMs?: number;
  /** Events read, and those among them that had never been committed. */
  readonly read: number;
  readonly fresh: number;
  /** Matches by rule, of the fresh ones. */
  readonly matches: Readonly<Record<string, number>>;
  /** Absent before the first page. */
  readonly tally?: BackfillTally;
}

/** What the summary of a backfill counts besides; names are attackers' texts, bounded in length and number. */
export interface BackfillTally {
  /** Fresh events that some rule matched. */
  readonly matched: number;
  /** Rows that could not be understood. */
  readonly rejected: number;
  /** Fresh events in equal steps from the slice's beginning. */
  readonly bars: readonly number[];
  /** Fresh events by actor: at least `count - over` of each, at most `count`. */
  readonly actors: readonly { readonly name: string; readonly count: number; readonly over: number }[];
  /** Of what the feed did not show whole. */
  readonly gaps: readonly Gap[];
  readonly givenUp: readonly Gap[];
}

/** What a digest counts of one event. Texts are attackers' and bounded; absent where the payload was cleared. */
export interface EventFacts extends FeedName {
  readonly seq: number;
  readonly timeMs: number;
  readonly rules: readonly MatchedRule[];
  readonly actor?: string;
  readonly country?: string;
  readonly method?: string;
  readonly host?: string;
  readonly url?: string;
  readonly category?: string;
  readonly severity?: string;
}

/** Everything inside one transaction: all of it is committed, or none. */
export interface StoreTx {
  /** Inserts events that must be new. Throws {@link StoreError} `conflict` if one is known. */
  insertEvents(events: readonly JudgedEvent[], nowMs: number): Promise<void>;
  writeCursor(source: string, feed: Feed, cursor: Cursor, nowMs: number): Promise<void>;
  readFeedState(name: FeedName): Promise<FeedState | undefined>;
  writeFeedState(state: FeedState, nowMs: number): Promise<void>;
  writeBackfill(state: BackfillState, nowMs: number): Promise<void>;
  insertDigest(digest: Digest): Promise<void>;
  readWindows(keys: readonly WindowKey[]): Promise<readonly StoredWindow[]>;
  writeWindows(windows: readonly StoredWindow[]): Promise<void>;
  readAlerts(fingerprints: readonly string[]): Promise<readonly Alert[]>;
  writeAlerts(alerts: readonly Alert[], nowMs: number): Promise<void>;
  readGroups(ids: readonly string[]): Promise<readonly AlertGroup[]>;
  writeGroups(groups: readonly AlertGroup[], nowMs: number): Promise<void>;
  addPending(counts: readonly PendingCount[]): Promise<void>;
  dueGroups(nowMs: number, limit: number): Promise<readonly AlertGroup[]>;
  readPending(group: string, limit: number): Promise<PendingAlerts>;
  clearPending(group: string): Promise<void>;
  insertNotification(notification: Notification): Promise<void>;
  /** A row that its destination already has (in any state) is left as it is. */
  enqueue(rows: readonly OutboxRow[], nowMs: number): Promise<void>;
}

/** The one place where state lives. Every method may throw {@link StoreError}. */
export interface Store {
  transaction<T>(work: (tx: StoreTx) => Promise<T>): Promise<T>;
  /** Which of these events have never been committed. */
  unseen(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * Of objects that change: the rules that any committed revision matched, by the object's feed id. An object
   * that was never seen is not in the map.
   */
  readMatchedBefore(
    name: FeedName,
    feedIds: readonly string[],
  ): Promise<ReadonlyMap<string, ReadonlySet<string>>>;
  readCursor(source: string, feed: Feed): Promise<Cursor | undefined>;
  /** Committed events of a feed whose event time lies in the slice. */
  countEvents(name: FeedName, slice: Slice): Promise<number>;
  readFeedStates(): Promise<readonly FeedState[]>;
  readBackfill(id: string): Promise<BackfillState | undefined>;
  hasDigest(id: string): Promise<boolean>;
  /** Events of a slice (event time) in the order of their `seq`, after `afterSeq` (0 at first), at most `limit`. */
  scanEvents(slice: Slice, afterSeq: number, limit: number): Promise<readonly EventFacts[]>;
  /** Alerts opened in the slice (wall time), and deliveries that went to the dead letters in it, by destination. */
  countInSlice(slice: Slice): Promise<{
    readonly alertsOpened: number;
    readonly notifications: number;
    readonly deadLetters: readonly { readonly destination: string; readonly count: number }[];
  }>;
  /** When the next group is due; undefined while none is pending. */
  nextGroupDueMs(): Promise<number | undefined>;
  /** Takes up to `limit` due deliveries of a destination, oldest first, and hides them from others until the lease ends. */
  claim(
    destination: string,
    nowMs: number,
    leaseMs: number,
    limit: number,
  ): Promise<readonly ClaimedDelivery[]>;
  settle(settlements: readonly Settlement[], nowMs: number): Promise<void>;
  /** When the next delivery of a destination is due; undefined while none is pending. */
  nextDeliveryDueMs(destination: string): Promise<number | undefined>;
  listDeliveries(filter: DeliveryFilter): Promise<readonly DeliveryRecord[]>;
  /** Dead deliveries become pending again; returns how many. */
  redrive(selection: DeliverySelection, nowMs: number): Promise<number>;
  /** Dead deliveries are given up for good; returns how many. */
  discard(selection: DeliverySelection, nowMs: number): Promise<number>;
  /** Deliveries that wait for a destination not named here go to the dead letters; returns how many. */
  abandonOthers(destinations: readonly string[], nowMs: number): Promise<number>;
  /** When each rule last raised or raised again an alert that is still kept; event time. */
  lastHits(): Promise<readonly { rule: string; lastHitMs: number }[]>;
  /** Pending and dead rows by destination, for metrics. */
  countDeliveries(): Promise<readonly DeliveryCount[]>;
  prune(retention: Retention, nowMs: number): Promise<PruneReport>;
  close(): Promise<void>;
}

/**
 * - `full`: no space, on the disk or under the store's bound
 * - `read-only`: the file or its file system may not be written
 * - `conflict`: an event is already there, so somebody else wrote it
 * - `newer`: made by a newer version
 * - `locked`: another daemon uses it
 * - `broken`: anything else
 */
export type StoreErrorKind = 'full' | 'read-only' | 'conflict' | 'newer' | 'locked' | 'broken';

export class StoreError extends Error {
  readonly kind: StoreErrorKind;
  constructor(kind: StoreErrorKind, message: string) {
    super(message);
    this.name = 'StoreError';
    this.kind = kind;
  }
}
