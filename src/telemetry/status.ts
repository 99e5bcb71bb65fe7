import type { Feed } from '../core/event.ts';

interface FeedName {
  readonly source: string;
  readonly feed: Feed;
}

/** Whether the daemon does its work now, and what keeps it from it. Holds no secrets. */
export interface Status {
  readonly ready: boolean;
  /** One sentence each. */
  readonly problems: readonly string[];
}

const NOT_POLLED = 'has not been read yet';

/** Remembers, for each thing that can fail, why it does at present. */
export function createStatus() {
  const feeds = new Map<string, string | undefined>();
  const destinations = new Map<string, string>();
  let storeProblem: { readonly kind: string; readonly message: string } | undefined;
  const key = ({ source, feed }: FeedName): string => `source ${source} (${feed})`;

  return {
    /** What an earlier configuration had and this one does not is forgotten. */
    expect(names: readonly FeedName[], destinationNames: readonly string[]): void {
      const known = new Map(feeds);
      feeds.clear();
      for (const name of names)
        feeds.set(key(name), known.has(key(name)) ? known.get(key(name)) : NOT_POLLED);
      for (const name of destinations.keys()) if (!destinationNames.includes(name)) destinations.delete(name);
    },
    feed(name: FeedName, problem: string | undefined): void {
      feeds.set(key(name), problem);
    },
    /** @returns whether this ends a hold */
    destination(name: string, problem: string | undefined): boolean {
      if (problem === undefined) return destinations.delete(name);
      destinations.set(name, problem);
      return false;
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
    snapshot(): Status {
      const failing = [...feeds].flatMap(([name, problem]) =>
        problem === undefined ? [] : [`${name}: ${problem}`],
      );
      if (storeProblem !== undefined) failing.push(`store: ${storeProblem.message}`);
      const held = [...destinations].map(([name, problem]) => `destination ${name} is held: ${problem}`);
      return { ready: failing.length === 0, problems: [...failing, ...held] };
    },
  };
}
