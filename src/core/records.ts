import type { Notification, StoredAlert } from './alert.ts';
import type { MatchedRule } from './delivery.ts';
import type { Digest } from './digest.ts';
import type { Event } from './event.ts';
import type { JsonObject } from './json.ts';
import type {
  AlertGroup,
  DeliveryRecord,
  GroupMember,
  InhibitingAlert,
  Store,
  StoredWindow,
  WindowKey,
} from './store.ts';

/** An event as the store remembers it. */
export interface EventRecord extends Omit<Event, 'raw'> {
  /** Absent where the payload was cleared to make room. */
  readonly raw?: JsonObject;
  readonly committedMs: number;
  /** When the poll began that read it; absent where no poll did: history, or an earlier version. */
  readonly polledMs?: number;
  /** Those that matched when it was judged. */
  readonly rules: readonly MatchedRule[];
}

/** Attempts in a row that ended alike. The attempt that a delivery was taken in is not among them. */
export interface Attempts {
  /**
   * - `retry`: put off; `held`: nothing passes there until a person acts; `dead`: never to be taken
   * - `unclear`: put off, since the answer said neither yes nor no; the store counts these, so that they are few
   * - `redriven`, `discarded`: what a person did about it
   */
  readonly outcome: 'retry' | 'held' | 'unclear' | 'dead' | 'redriven' | 'discarded';
  readonly fromMs: number;
  /** Of the last of them. */
  readonly atMs: number;
  readonly times: number;
  readonly reason?: string;
}

export interface DeliveryHistory extends DeliveryRecord {
  /** The latest few, oldest first. */
  readonly history: readonly Attempts[];
  /** While an attempt is under way: when another may be made, should nothing be heard of this one. */
  readonly leaseUntilMs?: number;
}

/** An alert's place in a group that has not told all of it, or that it is still open in. */
export interface Membership extends Omit<GroupMember, 'alert'> {
  readonly group: AlertGroup;
}

/**
 * What one fact left in the store, for commands that look while a daemon writes: nothing here locks, and all of it
 * goes by an index or is bounded. Every method may throw {@link StoreError}.
 */
export interface Records {
  readEvent(id: string): Promise<EventRecord | undefined>;
  /** Ids of events that begin so, in their order. */
  eventIds(prefix: string, limit: number): Promise<readonly string[]>;
  /** Ids of events that have this id in their feed, whatever the source; of objects that change, all revisions. */
  eventIdsInFeeds(feedId: string, limit: number): Promise<readonly string[]>;
  /** By their fingerprints' beginning, in their order. */
  findAlerts(prefix: string, limit: number): Promise<readonly StoredAlert[]>;
  /** Not resolved, the most severe first. */
  openAlerts(limit: number): Promise<readonly StoredAlert[]>;
  /** As transactions see them. */
  inhibitingAlerts(dueByMs: number, limit: number): Promise<readonly InhibitingAlert[]>;
  /** Alerts that hold the event in their sample, among the `limit` first that changed since. */
  alertsShowing(eventId: string, sinceMs: number, limit: number): Promise<readonly StoredAlert[]>;
  membershipsOf(fingerprint: string): Promise<readonly Membership[]>;
  readGroup(id: string): Promise<AlertGroup | undefined>;
  readWindows(keys: readonly WindowKey[]): Promise<readonly StoredWindow[]>;
  readNotification(id: string): Promise<Notification | undefined>;
  readDigest(id: string): Promise<Digest | undefined>;
  /** Ids of notifications that begin so, in their order. */
  notificationIds(prefix: string, limit: number): Promise<readonly string[]>;
  /** Those of a group made since, oldest first. */
  notificationsOf(group: string, sinceMs: number, limit: number): Promise<readonly Notification[]>;
  /** Those that list the alert, oldest first, among the `limit` first made since. */
  notificationsListing(fingerprint: string, sinceMs: number, limit: number): Promise<readonly Notification[]>;
  readDelivery(seq: number): Promise<DeliveryHistory | undefined>;
  /** One for each destination that it was or is to go to, by their names. */
  deliveriesOf(deliveryId: string): Promise<readonly DeliveryHistory[]>;
}

/** A store that can be looked into. */
export interface RecordedStore extends Store {
  readonly records: Records;
}
