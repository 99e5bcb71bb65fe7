import type { AlertState, Notification, StoredAlert } from './alert.ts';
import type { Delivery, MatchedRule } from './delivery.ts';
import type { Digest } from './digest.ts';
import type { Event, Feed, FeedName } from './event.ts';
import type { FeedState } from './feed-state.ts';
import type { Severity } from './severity.ts';
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
  /** When it opened, the last time. */
  readonly openedMs: number;
  /** When it is looked at; undefined while it is closed: all its alerts are over, and whoever is to know does. */
  readonly dueMs?: number;
  /** Why it will be told of then, as far as can be told now. */
  readonly reason: Notification['reason'];
  /** What kept it, or some of its alerts, from being told of when it was last looked at. */
  readonly heldBecause?: 'muted' | 'silenced' | 'inhibited' | 'acknowledged';
  /** Undefined while nobody was told since it opened. */
  readonly lastNotifiedMs?: number;
  /** Destinations that had its opening only as part of a summary. */
  readonly summedUpFor?: readonly string[];
  /** Notifications made so far. */
  readonly sequence: number;
}

/** Matches of one alert that a group has not told of yet. */
export interface PendingCount {
  readonly group: string;
  readonly fingerprint: string;
  readonly count: number;
}

/** One alert as one group knows it. */
export interface GroupMember {
  readonly alert: StoredAlert;
  /** Matches not told of. */
  readonly newCount: number;
  /** What was told of it; absent while nothing was. */
  readonly told?: { readonly episode: number; readonly severity: Severity };
}

/** Over the members of a group, some left out. */
export interface MemberTotals {
  readonly alerts: number;
  /** Not resolved, acknowledged ones too. */
  readonly open: number;
  readonly acknowledged: number;
  readonly newCount: number;
  /** An open alert that was not told of in this episode, or is more severe than told. */
  readonly hasNews: boolean;
  /** Event time of the newest match of those with matches not told of; 0 where there is none. */
  readonly newestMs: number;
}

/** Matches that no message counts: kept quiet until they were over, or `ended` where ends are not told. */
export interface UnheardCount {
  readonly reason: 'muted' | 'silenced' | 'inhibited' | 'ended';
  readonly rule: string;
  readonly count: number;
}

/** A time in which certain alerts tell nobody, as an operator asked for it. */
export interface StoredSilence {
  readonly id: string;
  /** The filter as it was written: YAML. */
  readonly when: string;
  readonly reason: string;
  readonly createdBy: string;
  readonly createdMs: number;
  readonly startsMs: number;
  readonly endsMs: number;
}

/** What one destination was not told in messages of their own, to be told in one. Names are attackers' texts, bounded. */
export interface OverflowCount {
  readonly kind: 'rule' | 'actor' | 'api' | 'severity' | 'notification' | 'match';
  readonly name: string;
  readonly count: number;
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

export interface AlertFilter {
  readonly states?: readonly AlertState[];
  /** Its beginning is enough. */
  readonly fingerprint?: string;
  readonly limit: number;
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
  /**
   * Inserts events that must be new. Throws {@link StoreError} `conflict` if one is known.
   * @param polledMs when the poll began that read them
   */
  insertEvents(events: readonly JudgedEvent[], nowMs: number, polledMs?: number): Promise<void>;
  writeCursor(source: string, feed: Feed, cursor: Cursor, nowMs: number): Promise<void>;
  readFeedState(name: FeedName): Promise<FeedState | undefined>;
  writeFeedState(state: FeedState, nowMs: number): Promise<void>;
  writeBackfill(state: BackfillState, nowMs: number): Promise<void>;
  insertDigest(digest: Digest): Promise<void>;
  readWindows(keys: readonly WindowKey[]): Promise<readonly StoredWindow[]>;
  writeWindows(windows: readonly StoredWindow[]): Promise<void>;
  readAlerts(fingerprints: readonly string[]): Promise<readonly StoredAlert[]>;
  writeAlerts(alerts: readonly StoredAlert[], nowMs: number): Promise<void>;
  /** Open alerts whose quiet may have lasted long enough, the longest first. */
  quietAlerts(nowMs: number, limit: number): Promise<readonly StoredAlert[]>;
  /** Those that are not resolved, the most severe first. */
  openAlerts(limit: number): Promise<readonly StoredAlert[]>;
  /** The groups that an alert is a member of. */
  groupsOf(fingerprint: string): Promise<readonly AlertGroup[]>;
  readGroups(ids: readonly string[]): Promise<readonly AlertGroup[]>;
  writeGroups(groups: readonly AlertGroup[], nowMs: number): Promise<void>;
  addPending(counts: readonly PendingCount[]): Promise<void>;
  dueGroups(nowMs: number, limit: number): Promise<readonly AlertGroup[]>;
  /** The most severe members first, then those with most to tell. */
  readMembers(group: string, limit: number): Promise<readonly GroupMember[]>;
  /** One member each, in the order asked; undefined where the group does not know the alert. */
  readTold(
    members: readonly { readonly group: string; readonly fingerprint: string }[],
  ): Promise<readonly GroupMember['told'][]>;
  /** @param except fingerprints of members to leave out */
  memberTotals(group: string, except: readonly string[]): Promise<MemberTotals>;
  /** All members but those are told of as they are now; resolved ones among them leave the group. */
  markTold(group: string, except: readonly string[]): Promise<void>;
  /** Matches not told of, by rule; and everybody leaves the group. */
  dissolve(group: string): Promise<readonly { readonly rule: string; readonly count: number }[]>;
  addUnheard(counts: readonly UnheardCount[], nowMs: number): Promise<void>;
  writeSilence(silence: StoredSilence): Promise<void>;
  /** Those that have not ended. */
  readSilences(nowMs: number): Promise<readonly StoredSilence[]>;
  readBucket(destination: string): Promise<{ readonly tokens: number; readonly atMs: number } | undefined>;
  writeBucket(destination: string, bucket: { readonly tokens: number; readonly atMs: number }): Promise<void>;
  /**
   * Notifications that wait for a destination since before that time, and under no lease: they count as
   * delivered from now on, with that reason.
   */
  takeWaiting(
    destination: string,
    beforeMs: number,
    limit: number,
    reason: string,
    nowMs: number,
  ): Promise<readonly Notification[]>;
  /** Notifications that wait for a destination: how many, and since when. */
  countWaiting(destination: string): Promise<{ readonly count: number; readonly sinceMs?: number }>;
  /** Whether a digest of that kind waits for a destination. */
  isDigestWaiting(destination: string, kind: Digest['kind']): Promise<boolean>;
  addOverflow(destination: string, counts: readonly OverflowCount[], nowMs: number): Promise<void>;
  hasOverflow(destination: string): Promise<boolean>;
  /** Everything that overflowed for a destination, and since when; and forgets it. */
  takeOverflow(
    destination: string,
  ): Promise<{ readonly counts: readonly OverflowCount[]; readonly sinceMs: number } | undefined>;
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
  /** When the next group or the quiet of an alert is due; undefined while none is. */
  nextGroupDueMs(): Promise<number | undefined>;
  /** Newest first; those that ended up to `sinceMs` too. */
  listSilences(sinceMs: number): Promise<readonly StoredSilence[]>;
  /** Ends one now; false where none of that id is left. What it kept quiet is looked at again. */
  expireSilence(id: string, nowMs: number): Promise<boolean>;
  /** What a destination wrote down under a key; see {@link DestinationMemory}. */
  readMemory(destination: string, key: string): Promise<string | undefined>;
  writeMemory(destination: string, key: string, value: string, nowMs: number): Promise<void>;
  /** Most severe first; where resolved ones are among them, newest change first. */
  listAlerts(filter: AlertFilter): Promise<readonly StoredAlert[]>;
  /** Kept quiet until over, by reason and rule, in the hours that the slice touches. */
  countUnheard(slice: Slice): Promise<readonly UnheardCount[]>;
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
