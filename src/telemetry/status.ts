import type { FeedName } from '../core/event.ts';
import type { Gap } from '../core/source.ts';
import type { Lag } from './metrics.ts';

/** How fresh one feed is. Times are ISO 8601; absent while nothing was read. */
export interface FeedFreshness extends FeedName {
  readonly lastRead?: string;
  readonly lagSeconds?: number;
  readonly openGaps: number;
}

/** Whether the daemon does its work now, and what keeps it from it. Holds no secrets. */
export interface Status {
  readonly ready: boolean;
  /** One sentence each. */
  readonly problems: readonly string[];
  readonly feeds: readonly FeedFreshness[];
}

interface Watched {
  readonly name: FeedName;
  problem: string | undefined;
  lastReadMs?: number;
  readToMs?: number;
  gaps: number;
}

const keyOf = ({ source, feed }: FeedName): string => JSON.stringify([source, feed]);

/** Remembers, for each thing that can fail, why it does at present, and for each feed how far it has been read. */
export function createStatus() {
  const feeds = new Map<string, Watched>();
  const destinations = new Map<string, string>();
  const blocking = new Map<string, string>();
  let storeProblem: { readonly kind: string; readonly message: string } | undefined;

  function lags(nowMs: number): readonly Lag[] {
    return [...feeds.values()].flatMap(({ name: { source, feed }, readToMs }) =>
      readToMs === undefined ? [] : [{ source, feed, seconds: Math.max(0, nowMs - readToMs) / 1_000 }],
    );
  }

  return {
    lags,
    knows: (name: FeedName): boolean => feeds.has(keyOf(name)),
    /** What an earlier configuration had and this one does not is forgotten. */
    expect(names: readonly FeedName[], destinationNames: readonly string[]): void {
      const known = new Map(feeds);
      feeds.clear();
      for (const name of names) feeds.set(keyOf(name), known.get(keyOf(name)) ?? unread(name));
      for (const name of destinations.keys()) if (!destinationNames.includes(name)) destinations.delete(name);
      // Whoever still is beyond its budget is found to be before anything is read.
      blocking.clear();
    },
    feed(name: FeedName, problem: string | undefined): void {
      watched(name).problem = problem;
    },
    progress(
      name: FeedName,
      progress: { readonly readToMs?: number; readonly lastReadMs?: number; readonly gaps?: readonly Gap[] },
    ): void {
      const feed = watched(name);
      if (progress.readToMs !== undefined) feed.readToMs = progress.readToMs;
      if (progress.lastReadMs !== undefined) feed.lastReadMs = progress.lastReadMs;
      if (progress.gaps !== undefined) feed.gaps = progress.gaps.length;
    },
    /** @returns whether this ends a hold */
    destination(name: string, problem: string | undefined): boolean {
      if (problem === undefined) return destinations.delete(name);
      destinations.set(name, problem);
      return false;
    },
    /** Reading waits for what a destination has not taken yet. */
    blocked(name: string, problem: string | undefined): void {
      if (problem === undefined) blocking.delete(name);
      else blocking.set(name, problem);
    },
    /** @returns whether this ends a failure */
    store(problem: { readonly kind: string; readonly message: string } | undefined): boolean {
      const recovered = storeProblem !== undefined && problem === undefined;
      storeProblem = problem;
      return recovered;
    },
    /** The kind of its failure. */
    storeFailing: (): string | undefined => storeProblem?.kind,
    /** A held destination does not make the daemon unready: it polls, queues, and serves the others. */
    snapshot(nowMs: number): Status {
      const failing = [...feeds.values()].flatMap(problemOf);
      failing.push(...blocking.values());
      if (storeProblem !== undefined) failing.push(`store: ${storeProblem.message}`);
      const held = [...destinations].map(([name, problem]) => `destination ${name} is held: ${problem}`);
      return {
        ready: failing.length === 0,
        problems: [...failing, ...held],
        feeds: [...feeds.values()].map((feed) => freshness(feed, nowMs)),
      };
    },
  };

  function watched(name: FeedName): Watched {
    const known = feeds.get(keyOf(name)) ?? unread(name);
    feeds.set(keyOf(name), known);
    return known;
  }
}

function unread({ source, feed }: FeedName): Watched {
  return { name: { source, feed }, problem: 'has not been read yet', gaps: 0 };
}

/** Sentences of sources name themselves; those of others do not. */
function problemOf({ name, problem }: Watched): string[] {
  if (problem === undefined) return [];
  const owner = `source "${name.source}":`;
  const sentence = problem.startsWith(owner) ? problem : `${owner} ${problem}`;
  return [`${sentence} (feed ${name.feed})`];
}

function freshness({ name, lastReadMs, readToMs, gaps }: Watched, nowMs: number): FeedFreshness {
  return {
    ...name,
    ...(lastReadMs === undefined ? {} : { lastRead: new Date(lastReadMs).toISOString() }),
    ...(readToMs === undefined ? {} : { lagSeconds: Math.round(Math.max(0, nowMs - readToMs) / 1_000) }),
    openGaps: gaps,
  };
}
