import { createHash } from 'node:crypto';
import type { WindowState } from '../core/store.ts';
import {
  countOne,
  countsSince,
  meets,
  type Ranges,
  rangesSince,
  sumOf,
  withMinute,
  withoutCount,
  withoutMinute,
} from './minutes.ts';

export type { WindowState } from '../core/store.ts';

/** When matches become an alert. */
export interface WindowCondition {
  /** Matches in the window that fire; ignored where `distinctIdentifier` is set. */
  readonly matchCount: number;
  /** Minutes. */
  readonly windowThreshold: number;
  /** Count only matches that passed this filter too. */
  readonly incrementFilter?: 'success_filter' | 'failure_filter';
  /** Fire only on matches that passed this filter too. */
  readonly thresholdBreachFilter?: 'success_filter' | 'failure_filter';
  /** Count different values at this place of the exchange instead of matches. */
  readonly distinctIdentifier?: DistinctIdentifier;
}

export interface DistinctIdentifier {
  readonly count: number;
  /** `event` is our addition to the language: the key is then a term. */
  readonly source: 'request_payload' | 'response_payload' | 'request_headers' | 'event';
  readonly key: string;
}

export interface WindowInput {
  /** Event time, seconds since the epoch. */
  readonly timestamp: number;
  readonly identity?: string | undefined;
  /** False: the match does not count. */
  readonly increment?: boolean | undefined;
  /** False: the match cannot fire. */
  readonly breach?: boolean | undefined;
}

/** Different identities that a window remembers, and the most that a rule may ask for: an attacker chooses them. */
export const MAX_IDENTITIES = 10_000;
/** Longer ones are remembered by their digest. */
const MAX_IDENTITY_LENGTH = 256;
/** Minutes kept beyond the window, for events that arrive late. */
const LATE_MINUTES = 120;

export const EMPTY_WINDOW: WindowState = { counts: [], seen: [] };

/** Counts one match and tells whether the rule fires on it. Firing forgets what was counted in this minute only. */
export function observeWindow(
  condition: WindowCondition,
  state: WindowState,
  input: WindowInput,
): { readonly state: WindowState; readonly fired: boolean } {
  // Without an identity there is nothing to count, and nothing that could fire.
  if (condition.distinctIdentifier && (input.identity ?? '') === '') return { state, fired: false };
  const minute = Math.floor(input.timestamp / 60);
  const now = input.increment === false ? state : counted(condition, state, minute, input.identity);
  const fired = input.breach !== false && reached(condition, now, minute);
  const left = fired ? withoutMinuteOf(now, minute) : now;
  return { state: pruned(left, condition.windowThreshold), fired };
}

function counted(
  condition: WindowCondition,
  { counts, seen }: WindowState,
  minute: number,
  identity: string | undefined,
): WindowState {
  return condition.distinctIdentifier
    ? { counts, seen: withSight(seen, bounded(identity ?? ''), minute) }
    : { counts: countOne(counts, minute), seen };
}

function withSight(seen: WindowState['seen'], identity: string, minute: number): WindowState['seen'] {
  const at = seen.findIndex(([known]) => known === identity);
  const ranges = seen[at]?.[1] ?? [];
  const now = withMinute(ranges, minute);
  if (now === ranges) return seen;
  if (at >= 0) return seen.with(at, [identity, now]);
  return seen.length < MAX_IDENTITIES ? [...seen, [identity, now]] : inPlaceOfOldest(seen, identity, minute);
}

/** The one that was not seen for longest makes room: a rule fires before so many stand in its window. */
function inPlaceOfOldest(seen: WindowState['seen'], identity: string, minute: number): WindowState['seen'] {
  let oldest = 0;
  for (let at = 1; at < seen.length; at += 1) if (lastOf(seen[at]) < lastOf(seen[oldest])) oldest = at;
  return lastOf(seen[oldest]) < minute ? seen.with(oldest, [identity, [minute, minute]]) : seen;
}

function lastOf(sight: WindowState['seen'][number] | undefined): number {
  return sight?.[1].at(-1) ?? Number.NEGATIVE_INFINITY;
}

function bounded(identity: string): string {
  return identity.length > MAX_IDENTITY_LENGTH ? digest(identity) : identity;
}

function digest(identity: string): string {
  return createHash('sha256').update(identity).digest('base64url');
}

function reached(
  { distinctIdentifier, matchCount, windowThreshold }: WindowCondition,
  { counts, seen }: WindowState,
  minute: number,
): boolean {
  const first = minute - windowThreshold + 1;
  if (distinctIdentifier === undefined) return sumOf(counts, first, minute) >= matchCount;
  return seen.filter(([, ranges]) => meets(ranges, first, minute)).length >= distinctIdentifier.count;
}

function withoutMinuteOf({ counts, seen }: WindowState, minute: number): WindowState {
  return {
    counts: withoutCount(counts, minute),
    seen: each(seen, (ranges) => withoutMinute(ranges, minute)),
  };
}

function pruned(state: WindowState, windowMinutes: number): WindowState {
  const newest = newestOf(state);
  if (newest === undefined) return EMPTY_WINDOW;
  const oldest = newest - windowMinutes - LATE_MINUTES + 1;
  return {
    counts: countsSince(state.counts, oldest),
    seen: each(state.seen, (ranges) => rangesSince(ranges, oldest)),
  };
}

function each(seen: WindowState['seen'], change: (ranges: Ranges) => Ranges): WindowState['seen'] {
  // Most often nothing changes, and nothing is copied to find that.
  if (seen.every(([, ranges]) => change(ranges) === ranges)) return seen;
  return seen
    .map(([identity, ranges]) => [identity, change(ranges)] as const)
    .filter(([, ranges]) => ranges.length > 0);
}

/** The newest minute that anything is counted in. */
function newestOf({ counts, seen }: WindowState): number | undefined {
  return seen.reduce<number | undefined>(
    (newest, [, ranges]) => latest(newest, ranges.at(-1)),
    counts.at(-2),
  );
}

function latest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

/** What a window holds, up to the newest minute that it counted in. */
export interface WindowTotal {
  /** Matches and different identities. */
  readonly count: number;
  readonly oldestMinute: number;
  readonly newestMinute: number;
}

/** Undefined where nothing is counted. */
export function windowTotal(state: WindowState, windowMinutes: number): WindowTotal | undefined {
  const newestMinute = newestOf(state);
  if (newestMinute === undefined) return undefined;
  const first = newestMinute - windowMinutes + 1;
  const counts = countsSince(state.counts, first);
  const seen = each(state.seen, (ranges) => rangesSince(ranges, first));
  const oldest = [counts[0], ...seen.map(([, ranges]) => ranges[0])].filter((minute) => minute !== undefined);
  return {
    count: sumOf(counts, first, newestMinute) + seen.length,
    oldestMinute: Math.min(...oldest),
    newestMinute,
  };
}

/** Windows of one condition for many actors, kept in memory. */
export interface Aggregator {
  /** True where the rule fires. `timestamp` in seconds. */
  observe(input: WindowInput & { readonly actor: string }): boolean;
}

export function createAggregator(condition: WindowCondition): Aggregator {
  const states = new Map<string, WindowState>();
  return {
    observe({ actor, ...input }) {
      const { state, fired } = observeWindow(condition, states.get(actor) ?? EMPTY_WINDOW, input);
      states.set(actor, state);
      return fired;
    },
  };
}
