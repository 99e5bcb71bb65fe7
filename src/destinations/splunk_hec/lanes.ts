import type { Channels, CookieJar } from './channel.ts';
import type { Collector } from './collector.ts';

/**
 * What one batch under way has to itself: the library's queue and its connection, a channel whose ids only go up while
 * nobody else sends on it, and the load balancer's cookies for that channel.
 */
export interface Lane {
  readonly collector: Collector;
  readonly channels: Channels;
  readonly cookies: CookieJar;
}

export interface Lanes {
  /** In a lane that is free, opened if none is: there are as many as calls ever overlapped. */
  use<T>(work: (lane: Lane) => Promise<T>): Promise<T>;
  close(): void;
}

export function createLanes(open: () => Lane): Lanes {
  const all: Lane[] = [];
  const free: Lane[] = [];
  const opened = (): Lane => {
    const lane = open();
    all.push(lane);
    return lane;
  };
  return {
    async use(work) {
      const lane = free.pop() ?? opened();
      try {
        return await work(lane);
      } finally {
        free.push(lane);
      }
    },
    close: () => {
      for (const { collector } of all) collector.close();
    },
  };
}

/** Runs what it is given one after the other. */
export type OneAtATime = <T>(work: () => Promise<T>) => Promise<T>;

export function createOneAtATime(): OneAtATime {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
