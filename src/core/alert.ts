import type { Feed } from './event.ts';
import type { Severity } from './severity.ts';

/** What is told of an event inside an alert: bounded, flat, and never the payload itself. */
export interface EventSummary {
  readonly id: string;
  readonly timeMs: number;
  readonly actor?: string;
  readonly method?: string;
  readonly host?: string;
  readonly url?: string;
  readonly country?: string;
  readonly statusCode?: number;
  readonly filterId?: string;
  readonly successfulExploit?: boolean;
  /** The feed's own id of the object, where the object changes: its newest revision stands for all. */
  readonly object?: string;
  /** Under which the source keeps the requests of an aggregated event. */
  readonly refId?: string;
  readonly eventType?: string;
  /** Attempts that an incident counts. */
  readonly requests?: number;
}

/** One of the requests behind an aggregated event. All texts are attackers' and bounded. */
export interface Evidence {
  readonly timeMs?: number;
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly statusCode?: number;
}

/** What the source knew about an alert when it was told of. */
export interface AlertContext {
  /** Markdown, bounded. */
  readonly remediation?: string;
  /** The newest few, of `total`. */
  readonly evidence?: { readonly requests: readonly Evidence[]; readonly total: number };
  /** The incident as it stands now. Texts are attackers' and bounded. */
  readonly incident?: {
    readonly id: string;
    readonly attackId?: string;
    readonly requests?: number;
    readonly userAgent?: string;
    readonly updatedMs?: number;
  };
  /** What could not be fetched, in one sentence each. */
  readonly missing: readonly string[];
}

/** What an alert is about: events of a feed, or Tocsin's own doing (source `tocsin`). */
export type AlertFeed = Feed | 'operations';

/**
 * - `open`: it goes on, or has not been quiet for long enough
 * - `acknowledged`: open, and somebody has it in hand
 * - `resolved`: it was quiet for its `resolve_after`
 */
export type AlertState = 'open' | 'acknowledged' | 'resolved';

/**
 * - `quiet`: its feed was read without a match for its `resolve_after`
 * - `unwatched`: its feed or its rule was removed from the configuration, so nobody would see it go on
 */
export type ResolvedBecause = 'quiet' | 'unwatched';

/**
 * Why nobody can see whether an alert goes on:
 * - `failing`: the polls of its feed fail
 * - `halted`: they fail because nothing may be taken in, or nothing can be written down
 * - `unread`: its feed has not been read to its end for too long
 * - `behind`: what the feed has shown since is still being read
 * - `gap`: the feed counts events since its last match that it does not show
 * - `quarantined`: its rule is not asked
 */
export interface Blindness {
  readonly reason: 'failing' | 'halted' | 'unread' | 'behind' | 'gap' | 'quarantined';
  /** Wall time. */
  readonly sinceMs: number;
}

/** Who took an alert in hand. */
export interface Acknowledgement {
  readonly atMs: number;
  readonly by: string;
  readonly note?: string;
}

/** How many different values were seen. */
export interface Distinct {
  readonly count: number;
  /** There are at least so many: more are not told apart. */
  readonly isAtLeast?: true;
}

/** One ongoing fact about one group of events: the thing a person is told about. */
export interface Alert {
  /** Hash of rule id and group values; see alerts/fingerprint.ts. */
  readonly fingerprint: string;
  readonly rule: string;
  readonly ruleName: string;
  readonly description?: string;
  readonly runbook?: string;
  readonly severity: Severity;
  readonly category?: string;
  readonly source: string;
  readonly feed: AlertFeed;
  /** The rule's `group_by` values, `{actor: '203.0.113.9'}`. An absent value is ''. */
  readonly group: Readonly<Record<string, string>>;
  /** Matches since the alert opened. */
  readonly count: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  readonly openedAtMs: number;
  /** The newest few events. */
  readonly sample: readonly EventSummary[];
  readonly state: AlertState;
  /** Counts its openings, from 1: counts and times are those of the present one. */
  readonly episode: number;
  /** Wall time of its newest match. */
  readonly matchedAtMs: number;
  /** It is over after so much quiet; ms. */
  readonly resolveAfterMs: number;
  readonly resolvedAtMs?: number;
  /** Of one that is over; absent in what an earlier version wrote. */
  readonly resolvedBecause?: ResolvedBecause;
  readonly acknowledged?: Acknowledgement;
  readonly actors: Distinct;
  readonly apis: Distinct;
  /** What silences, inhibition and commands ask it for, by term; see ALERT_TERMS. Texts are attackers' and bounded. */
  readonly labels: Readonly<Record<string, string | number | boolean>>;
  /** One of its matches was an exploit that succeeded. */
  readonly exploited?: true;
}

/** An alert as the store keeps it. */
export interface StoredAlert extends Alert {
  /** Short hashes of the values behind `actors` and `apis`, bounded in number. */
  readonly seen: { readonly actors: readonly string[]; readonly apis: readonly string[] };
  /** Terms in which its matches differ: they have no label, which is not the same as having no value. */
  readonly several?: readonly string[];
  /** How severe its present episode began, where it is more severe by now. */
  readonly openedAs?: Severity;
  /**
   * What earlier episodes came to: when the latest opened that was so severe, and the latest in which an exploit
   * succeeded. Absent in the first.
   */
  readonly past?: {
    readonly reached: Readonly<Partial<Record<Severity, number>>>;
    readonly exploitedMs?: number;
  };
}

/** An alert inside one notification, with what is new since the last one that told of it. */
export interface NotifiedAlert extends Alert {
  readonly newCount: number;
  readonly context?: AlertContext;
  /** Of an open one: nobody could see whether it went on when it was told of. */
  readonly blind?: Blindness;
}

/**
 * - `opened`: the group was not told of before, or was over
 * - `grew`: an alert joined it, or one became more severe
 * - `repeat`: it still goes on
 * - `escalated`: nobody acknowledged it in time, so further destinations are told, to whom it is an opening
 * - `shrank`: some of its alerts are over, others go on; wakes nobody and counts no match
 * - `acknowledged`: somebody took open alerts of it in hand; wakes nobody and counts no match
 * - `resolved`: the last of its alerts is over
 */
export const NOTIFICATION_REASONS = [
  'opened',
  'grew',
  'repeat',
  'escalated',
  'shrank',
  'acknowledged',
  'resolved',
] as const;
export type NotificationReason = (typeof NOTIFICATION_REASONS)[number];

/** One message about a group of alerts, decided once and then delivered to each destination that is to hear it. */
export interface Notification {
  /** Stable across retries, restarts and replicas; see core/notification-id.ts. */
  readonly id: string;
  readonly route: string;
  /** Why it is sent now. */
  readonly reason: NotificationReason;
  /** The route's `group_by` values. */
  readonly group: Readonly<Record<string, string>>;
  /**
   * What names the group's present opening to the outside: a pager's incident, a list's group. The same from its first
   * notification to the one that says it is over, and no other opening's. Absent in what an earlier version wrote.
   */
  readonly key?: string;
  /** The worst of its alerts. */
  readonly severity: Severity;
  /** Matches that no earlier notification of this group has counted; 0 where it wakes nobody. */
  readonly newCount: number;
  /** Most severe first, as many as one part holds; `omittedAlerts` more exist and are counted in `newCount`. */
  readonly alerts: readonly NotifiedAlert[];
  readonly omittedAlerts: number;
  /**
   * Whoever keeps a list of alerts is sent all of them, in as many parts as their size asks for. The first part is what
   * everybody else gets. Absent where there is only one. `number` counts from 1.
   */
  readonly part?: { readonly number: number; readonly of: number };
  /** All open alerts of the group are in somebody's hands. */
  readonly isAcknowledged?: true;
  /** It wakes nobody: a mild alert that came back soon after its end. Its matches are counted by a later one. */
  readonly isQuiet?: true;
  /** It came back soon after its end: which time within a day this is, and the opening whose message or thread goes on. */
  readonly recurrence?: { readonly times: number; readonly continues: string };
  /**
   * Whoever acknowledged an incident is paged no more by it: news after that is an incident of its own. Counts those of
   * this opening from 2; absent for the first.
   */
  readonly incident?: number;
  /** Of one that is escalated: for how long nobody acknowledged it. */
  readonly unacknowledgedMs?: number;
  /** When a feed showed the oldest of the news that it tells; wall time. Absent where it tells none. */
  readonly shownMs?: number;
  readonly createdAtMs: number;
}
