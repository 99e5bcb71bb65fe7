import type { FeedName } from '../core/event.ts';
import type { FeedState } from '../core/feed-state.ts';
import type { BackfillState } from '../core/store.ts';
import type { SliceReader } from '../pipeline/backfill.ts';
import { nameOf, shortIso } from './backfill-result.ts';
import type { GivenRange } from './backfill-time.ts';

export interface Wanted {
  readonly reader: SliceReader;
  readonly range: GivenRange;
  /** How far behind what they have read the polls of the feed look again. */
  readonly lookbackMs: number;
  readonly isTrial: boolean;
  /** Begin anew, whatever was done before. */
  readonly again: boolean;
}

/** What is known of the feed and of this very backfill. */
export interface Known {
  readonly feed: FeedState | undefined;
  readonly stored: BackfillState | undefined;
}

export type Plan =
  /** `reason`: from its beginning, from where it stopped, or from its beginning to where the polls read. */
  | {
      readonly kind: 'read';
      readonly reason: 'begins' | 'goes_on' | 'begins_shorter';
      readonly state: BackfillState;
    }
  | { readonly kind: 'done'; readonly state: BackfillState }
  /** Nothing of it is left: the polls read it themselves, from `liveFromMs` on. */
  | { readonly kind: 'live'; readonly liveFromMs: number }
  /** Where the polls read is not known, because none has come to an end. */
  | { readonly kind: 'never_polled' };

/** The same words mean the same backfill, so that it can be gone on with: `7d` stays `7d` tomorrow. */
export function backfillId({ source, feed }: FeedName, { from, to }: GivenRange): string {
  return [source, feed, from.text, to.text].join('/');
}

/**
 * What is to be read. A backfill leaves alone what the polls still look at: an event that it took in first would
 * be known to them, and nobody would be paged for it.
 */
export function planBackfill(wanted: Wanted, { feed, stored }: Known, nowMs: number): Plan {
  const { isTrial, again, range } = wanted;
  if (isTrial) return { kind: 'read', reason: 'begins', state: newState(wanted, range.to.ms - 1, nowMs) };
  if (stored !== undefined && !again) {
    if (stored.finishedMs === undefined) return { kind: 'read', reason: 'goes_on', state: stored };
    if (!range.from.isRelative && !range.to.isRelative) return { kind: 'done', state: stored };
  }
  const liveFromMs = liveFrom(feed, wanted.lookbackMs);
  if (liveFromMs === undefined) return { kind: 'never_polled' };
  if (range.from.ms >= liveFromMs) return { kind: 'live', liveFromMs };
  const isShorter = range.to.ms > liveFromMs;
  const state = newState(wanted, Math.min(range.to.ms, liveFromMs) - 1, nowMs);
  return { kind: 'read', reason: isShorter ? 'begins_shorter' : 'begins', state };
}

function liveFrom(feed: FeedState | undefined, lookbackMs: number): number | undefined {
  const readToMs = feed?.readToMs ?? feed?.lastReadMs;
  if (feed === undefined || readToMs === undefined) return undefined;
  return Math.min(readToMs - lookbackMs, ...feed.gaps.map(({ fromMs }) => fromMs));
}

function newState({ reader, range }: Wanted, toMs: number, nowMs: number): BackfillState {
  return {
    id: backfillId(reader, range),
    ...{ source: reader.source, feed: reader.feed, fromMs: range.from.ms, toMs },
    ...{ startedMs: nowMs, read: 0, fresh: 0, matches: {} },
  };
}

/** What is about to happen, for the operator. */
export function sentenceOf(plan: Plan, { reader: { source, feed } }: Wanted): string {
  switch (plan.kind) {
    case 'never_polled':
      return `${source} ${feed} has not been polled yet, so it is not known where its polls begin; let "tocsin run" read it once`;
    case 'live':
      return `${source} ${feed}: the polls read everything from ${shortIso(plan.liveFromMs)} on by themselves; nothing is left to do`;
    case 'done':
      return `${nameOf(plan.state)}: done already, at ${shortIso(plan.state.finishedMs ?? 0)}; "--again" reads it anew`;
    case 'read':
      return `${nameOf(plan.state)}: ${REASONS[plan.reason]}`;
  }
}

const REASONS = {
  begins: 'reading',
  goes_on: 'going on from where it stopped',
  begins_shorter: 'reading; what is later the polls read by themselves',
};
