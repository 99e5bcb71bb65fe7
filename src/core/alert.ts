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
  readonly acknowledged?: Acknowledgement;
  readonly actors: Distinct;
  readonly apis: Distinct;
  /** What silences, inhibition and commands ask it for, by term; see ALERT_TERMS. Texts are attackers' and bounded. */
  readonly labels: Readonly<Record<string, string | number | boolean>>;
}

/** An alert as the store keeps it. */
export interface StoredAlert extends Alert {
  /** Short hashes of the values behind `actors` and `apis`, bounded in number. */
  readonly seen: { readonly actors: readonly string[]; readonly apis: readonly string[] };
}

/** An alert inside one notification, with what is new since the last one that told of it. */
export interface NotifiedAlert extends Alert {
  readonly newCount: number;
  readonly context?: AlertContext;
}

/**
 * - `opened`: the group was not told of before, or was over
 * - `grew`: an alert joined it, or one became more severe
 * - `repeat`: it still goes on
 * - `resolved`: the last of its alerts is over
 */
export type NotificationReason = 'opened' | 'grew' | 'repeat' | 'resolved';

/** One message about a group of alerts, decided once and then delivered to each destination of its route. */
export interface Notification {
  /** Stable across retries, restarts and replicas. */
  readonly id: string;
  readonly route: string;
  /** Why it is sent now. */
  readonly reason: NotificationReason;
  /** The route's `group_by` values. */
  readonly group: Readonly<Record<string, string>>;
  readonly severity: Severity;
  /** Matches that no earlier notification of this group has counted. */
  readonly newCount: number;
  /** Most severe first, bounded; `omittedAlerts` more exist and are counted in `newCount`. */
  readonly alerts: readonly NotifiedAlert[];
  readonly omittedAlerts: number;
  readonly createdAtMs: number;
}
