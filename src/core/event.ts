import type { JsonObject } from './json.ts';

export const FEEDS = ['malicious_events', 'incidents', 'threat_actors', 'threat_apis'] as const;
/** What a source can be read for. */
export type Feed = (typeof FEEDS)[number];

/** One feed of one source. */
export interface FeedName {
  /** The source's name in the configuration. */
  readonly source: string;
  readonly feed: Feed;
}

/** The name alone, of what carries more: stores take data, which readers are not. */
export function feedNameOf({ source, feed }: FeedName): FeedName {
  return { source, feed };
}

/** One fact that a feed showed, as it showed it. */
export interface Event {
  /** Stable for ever and unique across sources: see {@link eventId}. Receivers de-duplicate on it. */
  readonly id: string;
  /** The source's name in the configuration. */
  readonly source: string;
  readonly feed: Feed;
  /** The feed's own id: of an object that changes, the same in all its revisions. */
  readonly feedId: string;
  /** Which state of its object this is; absent in feeds whose rows are facts and never change. */
  readonly revision?: string;
  /** Event time (not arrival), milliseconds since the epoch. */
  readonly timeMs: number;
  /** The source's own JSON, unknown keys and all. */
  readonly raw: JsonObject;
}

/**
 * source + feed + the feed's own id (+ revision, where objects change). Escaped in the parts: slashes,
 * and what is no character (a lone surrogate), since stores and receivers would make one id of two.
 */
export function eventId(source: string, feed: Feed, feedId: string, revision?: string): string {
  const parts = revision === undefined ? [source, feed, feedId] : [source, feed, feedId, revision];
  return parts.map(escapePart).join('/');
}

function escapePart(part: string): string {
  return part
    .replaceAll('%', '%25')
    .replaceAll('/', '%2F')
    .replaceAll(/\p{Surrogate}/gu, (unit) => `%u${unit.charCodeAt(0).toString(16)}`);
}
