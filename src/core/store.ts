import type { Notification, StoredAlert } from './alert.ts';
import type { Digest } from './digest.ts';
import type { Feed, FeedName } from './event.ts';
import type { FeedState } from './feed-state.ts';
import type { Cursor, Slice } from './source.ts';
import type {
  AlertFeedName,
  AlertFilter,
  AlertGroup,
  BackfillState,
  ClaimedDelivery,
  DeliveryCount,
  DeliveryFilter,
  DeliveryRecord,
  DeliverySelection,
  EventFacts,
  FeedWithAlerts,
  GroupMember,
  InhibitingAlert,
  JudgedEvent,
  MemberTotals,
  OpenCount,
  OutboxRow,
  OverflowCount,
  PendingCount,
  PruneReport,
  PutOff,
  Retention,
  RuleWithAlerts,
  Settlement,
  Shed,
  ShedRequest,
  StoredSilence,
  StoredWindow,
  TakenNotification,
  ToldCount,
  UnheardCount,
  WaitingMark,
  WaitingPart,
  WaitingTaken,
  WindowKey,
} from './store-records.ts';

export type * from './store-records.ts';

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
  /** Feeds that have open alerts, and when the quiet of the first of each may have lasted long enough. */
  feedsWithAlerts(nowMs: number): Promise<readonly FeedWithAlerts[]>;
  /** Open alerts of a feed whose quiet may have lasted long enough by then, the longest first. */
  quietAlerts(feed: AlertFeedName, untilMs: number, limit: number): Promise<readonly StoredAlert[]>;
  /** Open alerts that are to be looked at later than their quiet asks for. Whatever writes one makes it due anew. */
  putOffAlerts(puts: readonly PutOff[]): Promise<void>;
  /** Rules that have open alerts. Looks at all of these: for once in a while. */
  rulesWithAlerts(): Promise<readonly RuleWithAlerts[]>;
  /** Open alerts of a rule, in no order. */
  alertsOfRule(rule: RuleWithAlerts, limit: number): Promise<readonly StoredAlert[]>;
  /** Those that are not resolved, the most severe first. */
  openAlerts(limit: number): Promise<readonly StoredAlert[]>;
  /**
   * Open alerts that may keep others quiet, the most severe first: some group has told of their present episode, or is to and
   * is not held, or is looked at until `dueByMs`. What nobody is to be told of is not among them.
   */
  inhibitingAlerts(dueByMs: number, limit: number): Promise<readonly InhibitingAlert[]>;
  /** By source and rule. */
  countOpenAlerts(): Promise<readonly OpenCount[]>;
  /** By source and rule: those that have not expired. */
  countWindows(nowMs: number): Promise<readonly OpenCount[]>;
  /** Alerts as members of groups, in all. */
  countMembers(): Promise<number>;
  /** Which of these alerts are open. */
  openAmong(fingerprints: readonly string[]): Promise<readonly string[]>;
  /** What the store holds with what this transaction has added, in bytes. */
  usedBytes(): Promise<number>;
  /** The groups that an alert is a member of. */
  groupsOf(fingerprint: string): Promise<readonly AlertGroup[]>;
  readGroups(ids: readonly string[]): Promise<readonly AlertGroup[]>;
  /** The groups that alerts find at these places, open ones last. */
  groupsAt(places: readonly string[]): Promise<readonly AlertGroup[]>;
  /** The open groups that these alerts are members of. */
  openGroupsOf(
    fingerprints: readonly string[],
  ): Promise<readonly { readonly fingerprint: string; readonly group: AlertGroup }[]>;
  writeGroups(groups: readonly AlertGroup[], nowMs: number): Promise<void>;
  addPending(counts: readonly PendingCount[]): Promise<void>;
  /** The most urgent first, then the longest due. */
  dueGroups(nowMs: number, limit: number): Promise<readonly AlertGroup[]>;
  /** The most urgent members first, then those with most to tell. */
  readMembers(group: string, limit: number): Promise<readonly GroupMember[]>;
  /** One member each, in the order asked; undefined where the group does not know the alert. */
  readTold(
    members: readonly { readonly group: string; readonly fingerprint: string }[],
  ): Promise<readonly GroupMember['told'][]>;
  /** @param except fingerprints of members to leave out */
  memberTotals(group: string, except: readonly string[]): Promise<MemberTotals>;
  /** All members but those are told of as they are now; resolved ones among them leave the group. */
  markTold(group: string, except: readonly string[]): Promise<void>;
  /** All members but those are told of as they are now, and their matches are not: they are told later. */
  markSeen(group: string, except: readonly string[]): Promise<void>;
  /** That members but those are over is told: they leave the group, or wait only for their matches to be told. */
  markEnded(group: string, except: readonly string[]): Promise<void>;
  /** Matches not told of, by rule; and everybody leaves the group. */
  dissolve(group: string): Promise<readonly { readonly rule: string; readonly count: number }[]>;
  addUnheard(counts: readonly UnheardCount[], nowMs: number): Promise<void>;
  writeSilence(silence: StoredSilence): Promise<void>;
  /** Those that have not ended. */
  readSilences(nowMs: number): Promise<readonly StoredSilence[]>;
  readBucket(destination: string): Promise<{ readonly tokens: number; readonly atMs: number } | undefined>;
  writeBucket(destination: string, bucket: { readonly tokens: number; readonly atMs: number }): Promise<void>;
  /**
   * Notifications that wait for a destination since before that time, under no lease and less urgent than that, oldest
   * first: they count as delivered from now on, with that reason. `isKnown`: a message of the same opening was delivered
   * there before.
   */
  takeWaiting(taking: WaitingTaken, nowMs: number): Promise<readonly TakenNotification[]>;
  /** Whether a notification of an opening waits for a destination. */
  isNotificationWaiting(destination: string, opening: string): Promise<boolean>;
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
  /** What names this installation: random, made once, the same for as long as the store lives. */
  readInstance(): Promise<string>;
  /** Open groups by the destinations that know of them by a message. */
  countTold(): Promise<readonly ToldCount[]>;
  /** When the next group is due; undefined while none is. Alerts are due as far as their feeds are read: see {@link StoreTx.feedsWithAlerts}. */
  nextGroupDueMs(): Promise<number | undefined>;
  /** Newest first; those that ended up to `sinceMs` too. */
  listSilences(sinceMs: number): Promise<readonly StoredSilence[]>;
  /** Ends one now; false where none of that id is left. What it kept quiet is looked at again. */
  expireSilence(id: string, nowMs: number): Promise<boolean>;
  /** Makes due what something keeps quiet: a new configuration may say otherwise of it. */
  lookAtHeld(nowMs: number): Promise<void>;
  /** What a destination wrote down under a key; see {@link DestinationMemory}. */
  readMemory(destination: string, key: string): Promise<string | undefined>;
  writeMemory(destination: string, key: string, value: string, nowMs: number): Promise<void>;
  /** Most severe first; where resolved ones are among them, newest change first. */
  listAlerts(filter: AlertFilter): Promise<readonly StoredAlert[]>;
  /** Kept quiet until over, by reason and rule, in the hours that the slice touches. */
  countUnheard(slice: Slice): Promise<readonly UnheardCount[]>;
  /**
   * Takes up to `limit` due deliveries of a destination, oldest first and fewer where they are large, and hides them from others until the lease ends.
   * What cannot be read any more goes to the dead letters instead.
   */
  claim(
    destination: string,
    nowMs: number,
    leaseMs: number,
    limit: number,
  ): Promise<readonly ClaimedDelivery[]>;
  settle(settlements: readonly Settlement[], nowMs: number): Promise<void>;
  /** What was put off and is under no lease goes back to its place in its destination's queue, and is due; returns how many. */
  restorePlaces(destination: string, nowMs: number): Promise<number>;
  /** When the next delivery of a destination is due; undefined while none is pending. */
  nextDeliveryDueMs(destination: string): Promise<number | undefined>;
  listDeliveries(filter: DeliveryFilter): Promise<readonly DeliveryRecord[]>;
  /** Why the newest dead letter of a destination is one; undefined while there is none. */
  newestDeadReason(destination: string): Promise<string | undefined>;
  /** Dead deliveries become pending again, as if enqueued now; returns how many. */
  redrive(selection: DeliverySelection, nowMs: number): Promise<number>;
  /** Dead deliveries are given up for good; returns how many. */
  discard(selection: DeliverySelection, nowMs: number): Promise<number>;
  /** Deliveries that wait for a destination not named here go to the dead letters; returns how many. */
  abandonOthers(destinations: readonly string[], nowMs: number): Promise<number>;
  /** A part of what waits for a destination: at most `limit` deliveries, behind `after` where there is one. */
  measureWaiting(destination: string, after: WaitingMark | undefined, limit: number): Promise<WaitingPart>;
  /** Since when the oldest delivery waits for a destination; undefined while none does. */
  oldestWaitingMs(destination: string): Promise<number | undefined>;
  /** To the dead letters with the oldest deliveries of a destination: at most `limit` of them a call. */
  shed(request: ShedRequest, nowMs: number): Promise<Shed>;
  /** When each rule last raised or raised again an alert that is still kept; event time. */
  lastHits(): Promise<readonly { rule: string; lastHitMs: number }[]>;
  /** Pending and dead rows by destination, for metrics. */
  countDeliveries(): Promise<readonly DeliveryCount[]>;
  prune(retention: Retention, nowMs: number): Promise<PruneReport>;
  /** What the store holds, in bytes. */
  usedBytes(): Promise<number>;
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
