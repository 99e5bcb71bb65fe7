import type { Alert, Blindness, NotifiedAlert } from '../core/alert.ts';
import type { FeedState } from '../core/feed-state.ts';

/** What can be seen of an alert: its feed, and whether its rule is asked. */
export interface Sight
  extends Pick<
    FeedState,
    'readThroughMs' | 'lastReadMs' | 'failingSinceMs' | 'lastError' | 'behindSinceMs' | 'gapsSinceMs' | 'gaps'
  > {
  /** False where the configuration names its feed, its rule or what else it is about no more. */
  readonly isWatched: boolean;
  /** From when on it is worth a word that its feed was not read to its end since; undefined: never. */
  readonly staleFromMs?: (heardMs: number) => number;
  /** When its rule was last not asked. */
  readonly quarantine?: { readonly sinceMs: number; readonly untilMs: number };
}

/** A gap that has stood for so long is how its source counts, and holds no alert open any more. */
const GAPS_HOLD_MS = 24 * 3_600_000;

/** Why nobody can see now whether an open alert goes on; undefined where it can be seen. */
export function blindnessOf(alert: Alert, sight: Sight, nowMs: number): Blindness | undefined {
  if (alert.state === 'resolved' || !sight.isWatched) return undefined;
  const { quarantine, failingSinceMs, behindSinceMs, gapsSinceMs = nowMs } = sight;
  if (quarantine !== undefined && nowMs < quarantine.untilMs)
    return { reason: 'quarantined', sinceMs: quarantine.sinceMs };
  if (failingSinceMs !== undefined)
    return { reason: isOurs(sight) ? 'halted' : 'failing', sinceMs: failingSinceMs };
  if (behindSinceMs !== undefined) return { reason: 'behind', sinceMs: behindSinceMs };
  const unreadSinceMs = unreadSince(alert, sight, nowMs);
  if (unreadSinceMs !== undefined) return { reason: 'unread', sinceMs: unreadSinceMs };
  return hasGapSince(alert, sight, nowMs) ? { reason: 'gap', sinceMs: gapsSinceMs } : undefined;
}

/** Whether Tocsin itself is why nothing is read: its store, or what waits for its destinations. */
function isOurs({ lastError }: Sight): boolean {
  return ['store', 'blocked', 'broken'].includes(lastError?.kind ?? '');
}

/** A time that a clock ahead wrote tells nothing: the next poll corrects it. */
function unreadSince(
  { matchedAtMs }: Alert,
  { lastReadMs, staleFromMs }: Sight,
  nowMs: number,
): number | undefined {
  const sinceMs = Math.min(lastReadMs ?? matchedAtMs, nowMs);
  return staleFromMs !== undefined && staleFromMs(sinceMs) < nowMs ? sinceMs : undefined;
}

/**
 * Whether the feed counts events it does not show from when the alert was last seen, or from later. Whoever writes the
 * events writes their times: one ahead of the match that it made is not believed.
 */
export function hasGapSince(
  { lastSeenMs, matchedAtMs }: Alert,
  { gaps, gapsSinceMs }: Sight,
  nowMs: number,
): boolean {
  if (gapsSinceMs !== undefined && nowMs - gapsSinceMs >= GAPS_HOLD_MS) return false;
  return gaps.some(({ toMs }) => toMs >= Math.min(lastSeenMs, matchedAtMs));
}

const BLIND: Readonly<Record<Blindness['reason'], string>> = {
  failing: 'feed down since',
  halted: 'reading halted since',
  unread: 'feed not read since',
  behind: 'feed still being caught up with since',
  gap: 'feed incomplete since',
  quarantined: 'rule in quarantine since',
};

/** `last seen 2026-03-01 14:02, feed down since 14:05 UTC`; undefined where all can be seen. */
export function blindText({
  lastSeenMs,
  blind,
}: Pick<NotifiedAlert, 'lastSeenMs' | 'blind'>): string | undefined {
  if (blind === undefined) return undefined;
  const [seenDay, seenTime] = minute(lastSeenMs);
  const [day, time] = minute(blind.sinceMs);
  const since = day === seenDay ? time : `${day} ${time}`;
  return `last seen ${seenDay} ${seenTime}, ${BLIND[blind.reason]} ${since} UTC`;
}

/** The same of several alerts, where none of them can be seen. */
export function allBlindText(alerts: readonly NotifiedAlert[]): string | undefined {
  const open = alerts.filter(({ state }) => state !== 'resolved');
  const [first] = open.toSorted((a, b) => (a.blind?.sinceMs ?? 0) - (b.blind?.sinceMs ?? 0));
  if (first === undefined || open.some(({ blind }) => blind === undefined)) return undefined;
  return blindText({ ...first, lastSeenMs: Math.max(...open.map(({ lastSeenMs }) => lastSeenMs)) });
}

/** How an alert ended, where that is not by its quiet. */
export const UNWATCHED = 'no longer watched';

export function isUnwatched({ state, resolvedBecause }: Pick<Alert, 'state' | 'resolvedBecause'>): boolean {
  return state === 'resolved' && resolvedBecause === 'unwatched';
}

/** `2026-03-01` and `14:02`, UTC. Times come from feeds, so that some can be written nowhere. */
function minute(ms: number): readonly [day: string, time: string] {
  const date = new Date(Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LAST_MS) : 0);
  const text = date.toISOString();
  return [text.slice(0, 10), text.slice(11, 16)];
}

/** The last millisecond of the year 9999. */
const LAST_MS = 253_402_300_799_999;
