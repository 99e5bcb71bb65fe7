import type { Acknowledgement, EventSummary, ResolvedBecause, StoredAlert } from '../core/alert.ts';
import { highestSeverity, type Severity, severityRank } from '../core/severity.ts';
import { hasGapSince, type Sight } from './blind.ts';
import { countDistinct, withValue } from './distinct.ts';
import { pastOf } from './escalation.ts';

/** How many of its newest events an alert remembers. */
const SAMPLE_SIZE = 5;

type Told = 'fingerprint' | 'rule' | 'ruleName' | 'severity' | 'source' | 'feed' | 'group' | 'resolveAfterMs';

/** A match that its rule's windows let through: the reason to open an alert or to count one up. */
export interface Firing extends Pick<StoredAlert, Told | 'labels'> {
  readonly description?: string;
  readonly runbook?: string;
  readonly category?: string;
  readonly event: EventSummary;
}

/**
 * - `opened`: nobody knew of it
 * - `reopened`: it was over, and counts anew
 * - `escalated`: it is more severe than before, or its first exploit succeeded, so an acknowledgement no longer covers it
 * - `counted`: one more
 */
export type RecordReason = 'opened' | 'reopened' | 'escalated' | 'counted';

export interface Recorded {
  readonly alert: StoredAlert;
  readonly reason: RecordReason;
}

/** Folds one firing into the alert it belongs to. The rule's present words win over those at opening. */
export function record(alert: StoredAlert | undefined, firing: Firing, nowMs: number): Recorded {
  if (alert === undefined) return { alert: open(firing, 1, nowMs), reason: 'opened' };
  if (alert.state === 'resolved') {
    return { alert: { ...open(firing, alert.episode + 1, nowMs), past: pastOf(alert) }, reason: 'reopened' };
  }
  const { event, ...facts } = firing;
  const { acknowledged, description: _said, runbook: _then, category: _before, ...rest } = alert;
  const isExploit = event.successfulExploit === true && alert.exploited !== true;
  const isWorse = isExploit || severityRank(firing.severity) > severityRank(alert.severity);
  const keepsHand = acknowledged !== undefined && !isWorse;
  const counted: StoredAlert = {
    ...rest,
    ...facts,
    ...seenWith(alert.seen, event),
    ...shared(alert, firing.labels),
    severity: highestSeverity(alert.severity, firing.severity),
    ...openedAs(alert, firing.severity),
    count: alert.count + 1,
    firstSeenMs: Math.min(alert.firstSeenMs, event.timeMs),
    lastSeenMs: Math.max(alert.lastSeenMs, event.timeMs),
    sample: newest([...alert.sample, event]),
    state: keepsHand ? 'acknowledged' : 'open',
    matchedAtMs: nowMs,
    ...exploitedBy(event),
    ...(keepsHand ? { acknowledged } : {}),
  };
  return { alert: counted, reason: isWorse ? 'escalated' : 'counted' };
}

function open({ event, ...facts }: Firing, episode: number, nowMs: number): StoredAlert {
  return {
    ...facts,
    ...seenWith({ actors: [], apis: [] }, event),
    ...{ count: 1, firstSeenMs: event.timeMs, lastSeenMs: event.timeMs, sample: [event] },
    ...{ state: 'open', episode, openedAtMs: nowMs, matchedAtMs: nowMs },
    ...exploitedBy(event),
  };
}

function exploitedBy({ successfulExploit }: EventSummary): Pick<StoredAlert, 'exploited'> {
  return successfulExploit === true ? { exploited: true } : {};
}

/** How severe it began, where it is worse from now on. */
function openedAs({ severity, openedAs: began }: StoredAlert, next: Severity): Pick<StoredAlert, 'openedAs'> {
  if (began !== undefined) return { openedAs: began };
  return severityRank(next) > severityRank(severity) ? { openedAs: severity } : {};
}

/**
 * Only what all matches share: a silence for one actor must not hide what others do in the same alert. Terms in which they
 * differ, or that some of them lack, are remembered as such: many actors are not the same as none.
 */
function shared(
  { labels: known, several = [] }: StoredAlert,
  fresh: StoredAlert['labels'],
): Pick<StoredAlert, 'labels' | 'several'> {
  const terms = new Set([...Object.keys(known), ...Object.keys(fresh)]);
  const differing = [...terms].filter((term) => known[term] !== fresh[term]);
  const all = [...new Set([...several, ...differing])];
  const same = Object.entries(known).filter(([term, value]) => fresh[term] === value);
  return { labels: Object.fromEntries(same), ...(all.length === 0 ? {} : { several: all }) };
}

/** A later state of an object says otherwise of it: neither is what silences may rely on. What it leaves out stands. */
function revised(
  { labels: known, several = [] }: StoredAlert,
  fresh: StoredAlert['labels'],
): Pick<StoredAlert, 'labels' | 'several'> {
  const changed = Object.keys(known).filter(
    (term) => fresh[term] !== undefined && fresh[term] !== known[term],
  );
  if (changed.length === 0) return { labels: known, ...(several.length === 0 ? {} : { several }) };
  const same = Object.entries(known).filter(([term]) => !changed.includes(term));
  return { labels: Object.fromEntries(same), several: [...new Set([...several, ...changed])] };
}

function seenWith(
  seen: StoredAlert['seen'],
  { actor, method = '', host = '', url }: EventSummary,
): Pick<StoredAlert, 'seen' | 'actors' | 'apis'> {
  const api = url === undefined ? undefined : `${method} ${host}${url.split('?', 1)[0]}`;
  const next = { actors: withValue(seen.actors, actor), apis: withValue(seen.apis, api) };
  return { seen: next, actors: countDistinct(next.actors), apis: countDistinct(next.apis) };
}

/**
 * Folds in a later state of an object that this rule has matched before. The fact was counted and told
 * then; what people look up is brought up to date, and an alert that is over stays over. One that is worse than before is in
 * nobody's hands.
 */
export function refresh(alert: StoredAlert, { event, severity, labels }: Firing, nowMs: number): StoredAlert {
  if (alert.state === 'resolved') return alert;
  const isExploit = event.successfulExploit === true && alert.exploited !== true;
  const isWorse = isExploit || severityRank(severity) > severityRank(alert.severity);
  const { acknowledged: _lifted, ...rest } = alert;
  return {
    ...(isWorse ? { ...rest, state: 'open' as const } : alert),
    severity: highestSeverity(alert.severity, severity),
    ...openedAs(alert, severity),
    ...revised(alert, labels),
    lastSeenMs: Math.max(alert.lastSeenMs, event.timeMs),
    matchedAtMs: nowMs,
    ...exploitedBy(event),
    sample: newest([...alert.sample.filter(({ object }) => object !== event.object), event]),
  };
}

/**
 * What a look at an alert's quiet found:
 * - `quiet`: its feed has been read without a match for long enough, so it is over
 * - `unwatched`: nobody looks at its feed any more, or asks its rule, so it is over as far as anybody can tell
 * - `still_open`: its quiet has not lasted long enough
 * - `blind`: it has lasted long enough, as far as the clock tells, and nobody has seen whether it was quiet
 * - `over_before`
 */
export type QuietVerdict =
  | { readonly reason: 'quiet' | 'unwatched'; readonly alert: StoredAlert }
  | { readonly reason: 'still_open'; readonly dueMs: number }
  | { readonly reason: 'blind'; readonly because: 'unread' | 'gap' | 'quarantined'; readonly dueMs: number }
  | { readonly reason: 'over_before' };

/** Resolves an alert whose feed has been read to its end, without a gap, so long past its last match. */
export function judgeQuiet(alert: StoredAlert, sight: Sight, nowMs: number): QuietVerdict {
  if (alert.state === 'resolved') return { reason: 'over_before' };
  if (!sight.isWatched) return { reason: 'unwatched', alert: resolved(alert, 'unwatched', nowMs) };
  const { readThroughMs, quarantine } = sight;
  const matchedDueMs = quietDueMs(alert, nowMs);
  // What a rule was not asked about, it will not be asked about later: its quiet begins when it is asked again.
  const dueMs = Math.max(matchedDueMs, (quarantine?.untilMs ?? 0) + alert.resolveAfterMs);
  if (nowMs < matchedDueMs) return { reason: 'still_open', dueMs };
  if (quarantine !== undefined && nowMs < quarantine.untilMs)
    return { reason: 'blind', because: 'quarantined', dueMs };
  if (nowMs < dueMs) return { reason: 'still_open', dueMs };
  // A time ahead of the clock was written before the clock went back, and proves nothing.
  const isRead = readThroughMs !== undefined && readThroughMs <= nowMs && readThroughMs >= dueMs;
  if (!isRead) return { reason: 'blind', because: 'unread', dueMs };
  if (hasGapSince(alert, sight, nowMs)) return { reason: 'blind', because: 'gap', dueMs };
  return { reason: 'quiet', alert: resolved(alert, 'quiet', nowMs) };
}

function resolved(alert: StoredAlert, because: ResolvedBecause, nowMs: number): StoredAlert {
  const { acknowledged: _done, ...rest } = alert;
  return { ...rest, state: 'resolved', resolvedAtMs: nowMs, resolvedBecause: because };
}

/** When an open alert's quiet is long enough unless it matches again. A clock that was ahead when it matched holds it open no longer. */
export function quietDueMs({ matchedAtMs, resolveAfterMs }: StoredAlert, nowMs: number): number {
  return Math.min(matchedAtMs, nowMs) + resolveAfterMs;
}

export type AcknowledgeVerdict =
  | { readonly reason: 'acknowledged'; readonly alert: StoredAlert }
  | { readonly reason: 'already' | 'over' };

export function acknowledge(alert: StoredAlert, by: Acknowledgement): AcknowledgeVerdict {
  if (alert.state === 'resolved') return { reason: 'over' };
  if (alert.state === 'acknowledged') return { reason: 'already' };
  return { reason: 'acknowledged', alert: { ...alert, state: 'acknowledged', acknowledged: by } };
}

function newest(events: readonly EventSummary[]): readonly EventSummary[] {
  return [...events].sort((a, b) => b.timeMs - a.timeMs).slice(0, SAMPLE_SIZE);
}
