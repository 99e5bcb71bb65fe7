import type { Distinct, StoredAlert } from '../core/alert.ts';
import { iso, visible } from './table.ts';

/** An alert for programs: times as ISO 8601. */
export function alertJson(alert: StoredAlert) {
  const { acknowledged: hand } = alert;
  return {
    fingerprint: alert.fingerprint,
    state: alert.state,
    severity: alert.severity,
    rule: alert.rule,
    ruleName: alert.ruleName,
    source: alert.source,
    feed: alert.feed,
    group: alert.group,
    count: alert.count,
    actors: distinctJson(alert.actors),
    apis: distinctJson(alert.apis),
    firstSeen: iso(alert.firstSeenMs),
    lastSeen: iso(alert.lastSeenMs),
    opened: iso(alert.openedAtMs),
    episode: alert.episode,
    resolved: iso(alert.resolvedAtMs),
    resolvedBecause: alert.resolvedBecause,
    ...(hand === undefined ? {} : { acknowledged: { at: iso(hand.atMs), by: hand.by, note: hand.note } }),
    exploited: alert.exploited ?? false,
    labels: alert.labels,
    severalValues: alert.several ?? [],
  };
}

/** Of an alert that nobody would see go on. */
export const UNWATCHED_LINE = 'no longer watched: its feed or rule was removed from the configuration';

function distinctJson({ count, isAtLeast }: Distinct) {
  return { count, atLeast: isAtLeast ?? false };
}

export function distinctText({ count, isAtLeast }: Distinct): string {
  return `${isAtLeast === true ? '≥' : ''}${count}`;
}

/** Who or what it is about: `actor=203.0.113.9`. */
export function groupText(group: Readonly<Record<string, string>>): string {
  const parts = Object.entries(group).filter(([, value]) => value !== '');
  return parts.length === 0 ? '-' : parts.map(([term, value]) => `${term}=${visible(value)}`).join(' ');
}

/** As many digits as people type. */
export function short(fingerprint: string): string {
  return fingerprint.slice(0, 8);
}
