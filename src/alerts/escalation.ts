import type { StoredAlert } from '../core/alert.ts';
import { SEVERITIES, type Severity, severityRank } from '../core/severity.ts';
import type { SeenAlert } from '../core/store.ts';

/** What an alert keeps of how bad it was, in this episode and in those before. */
export type Course = Pick<
  StoredAlert,
  'episode' | 'openedAtMs' | 'severity' | 'exploited' | 'openedAs' | 'past'
>;

/** Why an alert is worse than what somebody saw of it. */
export type Escalation =
  | { readonly kind: 'rose'; readonly to: Severity }
  /** An exploit succeeded. */
  | { readonly kind: 'exploited' };

export function seenOf({ episode, openedAtMs, severity, exploited, past }: Course): SeenAlert {
  const isExploited = exploited === true;
  return { episode, openedAtMs, severity, exploited: isExploited, ...(past === undefined ? {} : { past }) };
}

/**
 * Whether an alert has been worse since it was seen, in the same episode or in a later one that may be over by now.
 * Episodes are told apart by when they opened: an alert that was pruned begins to count them anew.
 */
export function escalatedSince(alert: Course, seen: SeenAlert): Escalation | undefined {
  const before: Course = { ...withoutExploit(seen), ...(seen.exploited ? { exploited: true } : {}) };
  for (const severity of worseThan(seen.severity)) {
    const reachedMs = reached(alert, severity);
    if (reachedMs !== undefined && reachedMs !== reached(before, severity))
      return { kind: 'rose', to: severity };
  }
  const exploitedMs = exploitedIn(alert);
  const isNew = exploitedMs !== undefined && exploitedMs !== exploitedIn(before);
  return isNew ? { kind: 'exploited' } : undefined;
}

function withoutExploit({ exploited: _apart, ...seen }: SeenAlert): Omit<SeenAlert, 'exploited'> {
  return seen;
}

/**
 * The same of an alert that was not there to be seen: it is measured against the worst that was, and without that against
 * how it began itself. What earlier episodes did before `sinceMs` was not meant.
 */
export function escalatedUnseen(
  alert: Course,
  worstSeen: Severity | undefined,
  sinceMs: number,
): Escalation | undefined {
  const baseline = worstSeen ?? alert.openedAs ?? alert.severity;
  const isSince = (openedMs: number | undefined): boolean =>
    openedMs !== undefined && (openedMs === alert.openedAtMs || openedMs >= sinceMs);
  const rose = worseThan(baseline).find((severity) => isSince(reached(alert, severity)));
  if (rose !== undefined) return { kind: 'rose', to: rose };
  return isSince(exploitedIn(alert)) ? { kind: 'exploited' } : undefined;
}

/** Worst first. */
function worseThan(severity: Severity): readonly Severity[] {
  return SEVERITIES.slice(severityRank(severity) + 1).toReversed();
}

/** When the latest episode opened that was at least so severe. */
function reached({ severity, openedAtMs, past }: Course, wanted: Severity): number | undefined {
  if (severityRank(severity) >= severityRank(wanted)) return openedAtMs;
  const times = SEVERITIES.slice(severityRank(wanted)).flatMap((each) => past?.reached[each] ?? []);
  return times.length === 0 ? undefined : Math.max(...times);
}

/** When the latest episode opened in which an exploit succeeded. */
function exploitedIn({ exploited, openedAtMs, past }: Course): number | undefined {
  return exploited === true ? openedAtMs : past?.exploitedMs;
}

/** What the next episode remembers of all before it. Bounded: one time a severity, and one more. */
export function pastOf({ severity, openedAtMs, exploited, past }: Course): NonNullable<StoredAlert['past']> {
  const exploitedMs = exploited === true ? openedAtMs : past?.exploitedMs;
  return {
    reached: { ...past?.reached, [severity]: openedAtMs },
    ...(exploitedMs === undefined ? {} : { exploitedMs }),
  };
}
