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
}

/** An alert inside one notification, with what is new since the last one that told of it. */
export interface NotifiedAlert extends Alert {
  readonly newCount: number;
  readonly context?: AlertContext;
}

/** One message about a group of alerts, decided once and then delivered to each destination of its route. */
export interface Notification {
  /** Stable across retries, restarts and replicas. */
  readonly id: string;
  readonly route: string;
  /** Why it is sent now. */
  readonly reason: 'opened' | 'grew' | 'repeat';
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
