import type { Random } from '../../src/core/random.ts';
import type { Hazard } from '../../src/demo/akto-simulator/index.ts';
import type { Fault } from '../../src/demo/receivers/index.ts';

/** Its name, and the most often that a life is let reach it. */
type Point = readonly [string, number];

/** Steps of the pipeline at which fault-points.ts can kill the process. */
const POINTS: readonly [Point, ...Point[]] = [
  ['begin', 40],
  ['statement', 900],
  ['commit', 40],
  ['committed', 40],
  ['send', 60],
  ['answer', 60],
  ['write', 6],
  ['sync', 6],
  ['synced', 6],
];

export const RECEIVERS = ['oncall', 'siem', 'indexer', 'soar', 'pager'] as const;
export type ReceiverName = (typeof RECEIVERS)[number];

/** How one run of the daemon ends, and what happens in it. Times are real, in ms since it was spawned. */
export interface Life {
  /** A point of the pipeline and which time there, or an instant. */
  readonly killed: { readonly point: string; readonly nth: number } | { readonly atMs: number };
  /** The last frame of the write-ahead log is damaged afterwards. */
  readonly tearsWal: boolean;
  readonly diskFull?: { readonly atMs: number; readonly forMs: number };
  readonly clockStep?: { readonly atMs: number; readonly byMs: number };
}

/** Requests `from` to `to` of a receiver, counted from 1 over all lives, meet this. */
export interface Burst<F> {
  readonly from: number;
  readonly to: number;
  readonly fault: F;
}

export interface Plan {
  readonly seed: number;
  /** Events in the feed at the start, then as each life begins or goes on. */
  readonly waves: readonly number[];
  readonly lives: readonly Life[];
  readonly receivers: Readonly<Record<ReceiverName, readonly Burst<Fault>[]>>;
  readonly feed: readonly Burst<Hazard>[];
  /** Every so many-th event is one that Splunk refuses. */
  readonly poisonEvery: number;
  /** There are more notifications than the pager may be sent: it is told sums. */
  readonly stormy: boolean;
  /** Every so many-th acknowledged request is lost after its 200. */
  readonly loseEvery: number;
}

const between = (random: Random, from: number, to: number): number =>
  from + Math.floor(random() * (to - from + 1));
const pick = <T>(random: Random, first: T, ...rest: readonly T[]): T =>
  rest[Math.floor(random() * (rest.length + 1)) - 1] ?? first;

/** The whole schedule of a round. Pure: a seed always gives the same. */
export function planRound(seed: number, random: Random): Plan {
  const waves = [between(random, 30, 110), ...Array.from({ length: 4 }, () => between(random, 8, 22))];
  const lives = Array.from({ length: between(random, 1, 3) }, () => life(random));
  const bursts = (): Burst<Fault>[] =>
    Array.from({ length: between(random, 0, 3) }, () => burst(random, 45, fault(random)));
  return {
    ...{ seed, waves, lives },
    receivers: { oncall: bursts(), siem: bursts(), indexer: bursts(), soar: bursts(), pager: bursts() },
    feed: Array.from({ length: between(random, 0, 3) }, () => burst(random, 30, hazard(random))),
    poisonEvery: pick(random, 0, 0, 17, 29),
    stormy: random() < 0.15,
    loseEvery: pick(random, 0, 0, 4, 7),
  };
}

function life(random: Random): Life {
  const [point, most] = pick(random, ...POINTS);
  const atInstant = random() < 0.35;
  const instant = { atMs: between(random, 250, 2_200) };
  const full = { atMs: between(random, 500, 1_600), forMs: between(random, 200, 900) };
  const step = {
    atMs: between(random, 400, 1_800),
    byMs: pick(random, 1, -1) * between(random, 5_000, 900_000),
  };
  const nth = between(random, 1, most);
  return {
    killed: atInstant ? instant : { point, nth },
    tearsWal: random() < 0.25,
    ...(random() < 0.2 ? { diskFull: full } : {}),
    ...(random() < 0.25 ? { clockStep: step } : {}),
  };
}

function burst<F>(random: Random, most: number, fault: F): Burst<F> {
  const from = between(random, 1, most);
  return { from, to: from + between(random, 0, 2), fault };
}

function fault(random: Random): Fault {
  return pick<Fault>(
    random,
    { kind: 'reset-before' },
    { kind: 'reset-after' },
    { kind: 'truncate' },
    { kind: 'hang', ms: 1_700 },
    { kind: 'slow-body', ms: 150 },
    { kind: 'status', status: 429, headers: { 'retry-after': '2' } },
    { kind: 'status', status: 429 },
    { kind: 'status', status: 503 },
    { kind: 'status', status: 500, body: '{"text":"Internal server error","code":8}' },
  );
}

function hazard(random: Random): Hazard {
  return pick<Hazard>(
    random,
    { kind: 'null_list', spelled: 'null' },
    { kind: 'reset' },
    { kind: 'cut' },
    { kind: 'status', status: 503 },
    { kind: 'status', status: 429, retryAfter: '2' },
    { kind: 'exception' },
    { kind: 'slow_body', pieces: 3, pauseMs: 40 },
  );
}
