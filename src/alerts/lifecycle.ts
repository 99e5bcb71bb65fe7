import type { Alert, EventSummary } from '../core/alert.ts';
import { highestSeverity } from '../core/severity.ts';

/** How many of its newest events an alert remembers. */
const SAMPLE_SIZE = 5;

/** A match that its rule's windows let through: the reason to open an alert or to count one up. */
export interface Firing
  extends Pick<Alert, 'fingerprint' | 'rule' | 'ruleName' | 'severity' | 'source' | 'feed' | 'group'> {
  readonly description?: string;
  readonly runbook?: string;
  readonly category?: string;
  readonly event: EventSummary;
}

export interface Recorded {
  readonly alert: Alert;
  readonly reason: 'opened' | 'counted';
}

/** Folds one firing into the alert it belongs to. The rule's present words win over those at opening. */
export function record(alert: Alert | undefined, firing: Firing, nowMs: number): Recorded {
  const { event, ...facts } = firing;
  if (alert === undefined) {
    const opened = { ...facts, count: 1, firstSeenMs: event.timeMs, lastSeenMs: event.timeMs };
    return { alert: { ...opened, openedAtMs: nowMs, sample: [event] }, reason: 'opened' };
  }
  const counted: Alert = {
    ...facts,
    severity: highestSeverity(alert.severity, firing.severity),
    count: alert.count + 1,
    firstSeenMs: Math.min(alert.firstSeenMs, event.timeMs),
    lastSeenMs: Math.max(alert.lastSeenMs, event.timeMs),
    openedAtMs: alert.openedAtMs,
    sample: newest([...alert.sample, event]),
  };
  return { alert: counted, reason: 'counted' };
}

/**
 * Folds in a later state of an object that this rule has matched before. The fact was counted and told
 * then; what people look up is brought up to date.
 */
export function refresh(alert: Alert, { event, severity }: Firing): Alert {
  return {
    ...alert,
    severity: highestSeverity(alert.severity, severity),
    lastSeenMs: Math.max(alert.lastSeenMs, event.timeMs),
    sample: newest([...alert.sample.filter(({ object }) => object !== event.object), event]),
  };
}

function newest(events: readonly EventSummary[]): readonly EventSummary[] {
  return [...events].sort((a, b) => b.timeMs - a.timeMs).slice(0, SAMPLE_SIZE);
}
