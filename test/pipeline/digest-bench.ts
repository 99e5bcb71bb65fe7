import { afterEach, beforeEach } from 'vitest';
import type { Digest } from '../../src/core/digest.ts';
import type { Event } from '../../src/core/event.ts';
import type { FeedState } from '../../src/core/feed-state.ts';
import type { Source } from '../../src/core/source.ts';
import type { Store } from '../../src/core/store.ts';
import { createDeliverer } from '../../src/pipeline/deliver.ts';
import type { DigestPlan } from '../../src/pipeline/digest/compose.ts';
import { createDigester } from '../../src/pipeline/digest/digester.ts';
import { createRedactor } from '../../src/redaction/index.ts';
import { type Bench, createBench, event, FEED, recording, source } from './bench.ts';
import { START_MS } from './manual-clock.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** Two periods have ended before it; the bench begins at midnight. */
export const DAY_2 = START_MS + 2 * DAY_MS + 8 * HOUR_MS;

export const plan = (over: Partial<DigestPlan> = {}): DigestPlan => ({
  name: 'daily',
  to: ['oncall'],
  schedule: { every: 'day', at: { hour: 8, minute: 0 }, on: 1, timeZone: 'UTC' },
  top: 3,
  ...over,
});

export const idle = (over: Partial<Source> = {}): Source => source(async function* () {}, over);

/** A fresh one for each test of the file that imports this. */
export let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

interface Given {
  readonly plans?: readonly DigestPlan[];
  readonly sources?: readonly Source[];
  readonly eventsMs?: number;
  readonly store?: Store;
}

export function digester({
  plans = [plan()],
  sources = [],
  eventsMs = 30 * DAY_MS,
  store = bench.store,
}: Given = {}) {
  const { clock, telemetry } = bench;
  return createDigester({ store, clock, telemetry, plans, sources, eventsMs, onEnqueued: () => undefined });
}

/** Everything that waits for a destination, as it would arrive. */
export async function arriving(name = 'oncall'): Promise<Digest[]> {
  const { store, clock, telemetry } = bench;
  const destination = recording(name, () => ({ kind: 'done' }));
  const random = (): number => 0;
  const redactor = createRedactor();
  await createDeliverer({ store, destination, clock, random, telemetry, redactor }).pass(
    new AbortController().signal,
  );
  return destination.deliveries.flatMap((each) => (each.kind === 'digest' ? [each.digest] : []));
}

/** The daemon ran through the first period, so that the second one is told of. */
export async function begin(given: Given = {}): Promise<void> {
  bench.clock.nowMs = DAY_2 - DAY_MS;
  await digester(given).pass();
  bench.clock.nowMs = DAY_2;
}

export async function commit(events: readonly Event[], rules: readonly string[] = []): Promise<void> {
  const judged = events.map((each) => ({
    event: each,
    rules: rules.map((rule) => ({ rule, name: rule, severity: 'HIGH' as const })),
  }));
  await bench.store.transaction((tx) => tx.insertEvents(judged, bench.clock.now()));
}

export async function feedRead(lastReadMs: number, over: Partial<FeedState> = {}): Promise<void> {
  const state: FeedState = { ...FEED, lastReadMs, gaps: [], lateEvents: 0, told: {}, ...over };
  await bench.store.transaction((tx) => tx.writeFeedState(state, bench.clock.now()));
}

const secondsTo = (timeMs: number): number => (timeMs - START_MS) / 1_000;
/** @param hours before the digest's end */
export const hit = (id: string, hours: number, raw: Record<string, string> = {}): Event =>
  event(
    id,
    { country: 'FR', method: 'GET', host: 'a.example', url: `/x?id=${id}`, ...raw },
    secondsTo(DAY_2 - hours * HOUR_MS),
  );

export const only = (digests: readonly Digest[]): Digest => {
  const [first, ...more] = digests;
  if (first === undefined || more.length > 0) throw new Error(`${digests.length} digests`);
  return first;
};
