import type { Alert, AlertState, Notification, StoredAlert } from './alert.ts';
import type { Delivery, MatchedRule } from './delivery.ts';
import type { Event, FeedName } from './event.ts';
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

/** What one window holds. Plain JSON. */
export interface WindowState {
  /** Matches a minute: `[minute, matches, minute, matches, …]`, oldest first. */
  readonly counts: readonly number[];
  /** By identity, the minutes in which it was seen, as ranges: `[first, last, first, last, …]`, oldest first. */
  readonly seen: readonly (readonly [identity: string, minutes: readonly number[]])[];
}

export interface StoredWindow extends WindowKey {
  readonly state: WindowState;
  /** Wall time after which nothing can use it any more. */
  readonly expiresMs: number;
}

/** That a destination knows of a group's present opening, and must hear of its end. */
export interface ToldAt {
  /** In a message of its own, or counted or named in one that sums up. */
  readonly how: 'message' | 'summary';
  /** Wall time. */
  readonly sinceMs: number;
  /** The incidents of the opening that it has; absent: the first alone. */
  readonly incidents?: readonly number[];
}

/** Alerts of one route that share its `group_by` values and therefore one notification. */
export interface AlertGroup {
  readonly id: string;
  /** Where alerts find it: a hash of its route and labels. Its id stays when a changed configuration moves it; absent: its id. */
  readonly place?: string;
  /** The name of its route as it is shown, and what tells the route from others; absent: its name. */
  readonly route: string;
  readonly routeId?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Names of the destinations that hear what is new. */
  readonly to: readonly string[];
  /** When it opened, the last time. */
  readonly openedMs: number;
  /** What names this opening to the outside. Absent in one that an earlier version opened. */
  readonly key?: string;
  /** Who knows of this opening. */
  readonly told?: Readonly<Record<string, ToldAt>>;
  /** When it is looked at; undefined while it is closed: all its alerts are over, and whoever is to know does. */
  readonly dueMs?: number;
  /** How urgent what is to be told is: due groups are taken by it; see alerts/urgency.ts. */
  readonly urgency?: number;
  /** The most urgent that was told since it opened. */
  readonly toldUrgency?: number;
  /** Why it will be told of then, as far as can be told now. */
  readonly reason: Notification['reason'];
  /** What kept it, or some of its alerts, from being told of when it was last looked at. */
  readonly heldBecause?: 'muted' | 'silenced' | 'inhibited' | 'acknowledged';
  /** The time interval that kept its opening from being told. */
  readonly mutedBy?: string;
  /** When people were last told of it; undefined while nobody was since it opened. */
  readonly lastNotifiedMs?: number;
  /** When people were first told of it since it opened. */
  readonly firstNotifiedMs?: number;
  /** When it was last told of in a way that wakes nobody. */
  readonly lastQuietMs?: number;
  /** It came back soon after its end and is mild: until then it wakes nobody. */
  readonly quietUntilMs?: number;
  /** When its further destinations were told, since nobody had acknowledged it. */
  readonly escalatedMs?: number;
  /** Open alerts that it was told are in somebody's hands. */
  readonly acknowledgedTold?: number;
  /** All of it was told to be in somebody's hands: at a pager, what is news after that is an incident of its own. */
  readonly isHandled?: true;
  /** Incidents of this opening; absent: one. */
  readonly incidents?: number;
  /** The worst alert that it told of: what its end is about where that alert has left. */
  readonly face?: string;
  /** When a feed showed the oldest news that is not told of; wall time. */
  readonly shownMs?: number;
  /** All its news was read in the first look-back of its feed. */
  readonly isLookBack?: true;
  /** Notifications made so far. */
  readonly sequence: number;
  /** When it closed, the last time; and when people were last told of it before that. */
  readonly closedMs?: number;
  readonly toldBeforeMs?: number;
  /** When it opened within the last day, the present opening too; oldest first, bounded in number. */
  readonly openings?: readonly number[];
}

/** What an alert's matches come from. */
export type AlertFeedName = Pick<Alert, 'source' | 'feed'>;

export interface FeedWithAlerts extends AlertFeedName {
  readonly dueMs: number;
}

export type PutOff = Pick<Alert, 'fingerprint'> & { readonly dueMs: number };

export type RuleWithAlerts = AlertFeedName & Pick<Alert, 'rule'>;

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
  readonly told?: { readonly episode: number; readonly severity: Severity; readonly urgency: number };
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
  /** One of them is more severe than told. */
  readonly hasRise: boolean;
  /** The most urgent of the open ones, and of those among them that are news; 0 where there is none. */
  readonly urgency: number;
  readonly newsUrgency: number;
  /** Open ones that were told of, and those among them that are acknowledged. */
  readonly toldOpen: number;
  readonly toldAcknowledged: number;
  /** Told of, and over since. */
  readonly ended: number;
  /** Event time of the newest match of those with matches not told of; 0 where there is none. */
  readonly newestMs: number;
}

/** How many are open of one source and rule. */
export interface OpenCount {
  /** `["SOURCE","RULE"]`. */
  readonly place: string;
  readonly count: number;
}

/** Matches that no message counts: kept quiet until they were over, or `ended` where ends are not told. */
export interface UnheardCount {
  readonly reason: 'muted' | 'silenced' | 'inhibited' | 'ended';
  readonly rule: string;
  readonly count: number;
}

/** What an alert was like when somebody made a silence: what comes to more than that was not meant. */
export interface SeenAlert extends Pick<StoredAlert, 'episode' | 'openedAtMs' | 'severity' | 'past'> {
  readonly exploited: boolean;
}

/** A time in which certain alerts tell nobody, as an operator asked for it. */
export interface StoredSilence {
  readonly id: string;
  /** The filter as it was written: YAML. Empty where `fingerprints` says what is meant, so that an earlier version keeps nothing quiet by it. */
  readonly when: string;
  /** The alerts that are meant, and no others. */
  readonly fingerprints?: readonly string[];
  /** For each alert that it names it is over with the episode that was seen. */
  readonly untilResolved?: true;
  /** An alert that becomes worse than what was seen is silent no longer. */
  readonly breakOnEscalation?: true;
  /** By fingerprint, bounded in number; and the worst severity among all that were covered. */
  readonly seen?: Readonly<Record<string, SeenAlert>>;
  readonly worstSeen?: Severity;
  readonly reason: string;
  readonly createdBy: string;
  readonly createdMs: number;
  readonly startsMs: number;
  readonly endsMs: number;
}

/** An open alert that may keep others quiet: somebody was told of its present episode, or it waits for nothing but its turn. */
export interface InhibitingAlert {
  readonly alert: StoredAlert;
  readonly isTold: boolean;
  /** Groups that have not told of it and are to, soon or without being held. */
  readonly waitsIn: readonly AlertGroup[];
}

/**
 * What one destination was not told in messages of their own, to be told in one. Names are attackers' texts, bounded.
 * - `critical`, `alert`, `ended`, `muted`: alerts by name, with their matches; `muted` ones were over before anybody was told
 */
export interface OverflowCount {
  readonly kind: OverflowKind;
  readonly name: string;
  readonly count: number;
}

export const OVERFLOW_KINDS = [
  'rule',
  'actor',
  'api',
  'severity',
  'notification',
  'match',
  'critical',
  'alert',
  'ended',
  'muted',
] as const;
export type OverflowKind = (typeof OVERFLOW_KINDS)[number];

export interface OutboxRow {
  readonly destination: string;
  readonly kind: Delivery['kind'];
  /** The event's or the notification's id: the delivery's identity at its destination. */
  readonly deliveryId: string;
  /** What is more urgent leaves first; 0 and absent: in its turn. */
  readonly urgency?: number;
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
  /** Those among them whose answer was unclear, since it was enqueued or redriven; absent where there is none. */
  readonly unclear?: number;
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
      /** The answer was unclear: the next attempt is told how many were. */
      readonly unclear?: true;
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

/** Which waiting notifications are to be summed up. */
export interface WaitingTaken {
  readonly destination: string;
  readonly beforeMs: number;
  /** What is as urgent as that waits on, and so does what comes behind it in its group. */
  readonly belowUrgency: number;
  /** What it wrote is brought up to date there: what changes a message that was delivered waits on. */
  readonly edits: boolean;
  readonly limit: number;
  readonly reason: string;
}

export interface TakenNotification {
  readonly notification: Notification;
  readonly isKnown: boolean;
}

export interface ToldCount {
  readonly destination: string;
  readonly count: number;
}

/** A place in what waits for a destination, in the order in which it is due. */
export interface WaitingMark {
  readonly dueMs: number;
  readonly seq: number;
}

export interface WaitingPart {
  /** Of its payloads. */
  readonly bytes: number;
  /** Where to go on; absent where that was all. */
  readonly next?: WaitingMark;
}

/** Which deliveries are to go to the dead letters unsent: the oldest of a destination that are under no lease. */
export interface ShedRequest {
  readonly destination: string;
  /** Only those that wait since before that. */
  readonly beforeMs?: number;
  /** No more than it takes to be rid of so many bytes. */
  readonly bytes?: number;
  readonly reason: string;
  readonly limit: number;
}

export interface Shed {
  readonly count: number;
  readonly bytes: number;
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
  /** The store is over its bound. */
  readonly overBound: boolean;
  /** Space is short, and more of it can be cleared by the next call. */
  readonly isUnfinished: boolean;
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
