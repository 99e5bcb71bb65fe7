import { getHeapStatistics } from 'node:v8';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Bench, createBench } from './bench.ts';
import { START_MS } from './manual-clock.ts';
import {
  attack,
  busiestMinute,
  MINUTE_MS,
  matchesOf,
  perMinute,
  type Storming,
  storming,
  sum,
} from './storming.ts';

const PAGE = 5_000;

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

/** All matches in one minute, a page at a time. */
async function storm(run: Storming, matches: number, actors: number): Promise<void> {
  for (let first = 0; first < matches; first += PAGE) {
    const atS = Math.floor((first / matches) * 60);
    await run.runUntil(START_MS + atS * 1_000);
    const length = Math.min(PAGE, matches - first);
    await run.take(Array.from({ length }, (_, index) => attack(first + index, actors, atS)));
  }
  await run.runUntil(START_MS + MINUTE_MS);
}

/** Of this thread alone: other tests run beside it in this process. */
const heapMb = (): number => Math.round(getHeapStatistics().used_heap_size / 1_000_000);

/** Figures for whoever reads the test's output. */
function show(what: string, run: Storming, beforeMb: number): void {
  const figures = {
    messagesPerMinute: perMinute(run.oncall),
    sum: sum(run.oncall),
    heapGrowthMb: heapMb() - beforeMb,
  };
  process.stdout.write(`${what}: ${JSON.stringify(figures)}\n`);
}

/** All of it takes half a minute; the first row is run whole. */
const SCALE = process.env['STORM_FULL'] === undefined ? 10 : 1;

it.each<[number, number, string]>([
  [100_000, 50, 'actor'],
  [100_000 / SCALE, 50, 'rule'],
  [20_000 / SCALE, 10_000 / SCALE, 'actor'],
  [20_000 / SCALE, 10_000 / SCALE, 'rule'],
])(
  '%i matches by %i actors in a minute, told of by %s: a few messages whose numbers add up, and every event to the SIEM',
  async (matches, actors, groupBy) => {
    const what = `${matches} matches by ${actors} actors, by ${groupBy}`;
    const beforeMb = heapMb();
    const run = storming(bench, [groupBy]);
    await storm(run, matches, actors);
    show(what, run, beforeMb);
    expect(run.oncall.length).toBeLessThanOrEqual(10);
    expect(heapMb() - beforeMb).toBeLessThan(600);
    // Everything ends, and what was kept back until then is told.
    await run.drain();
    show('and until all was over', run, beforeMb);
    expect(sum(run.oncall)).toBe(matches);
    expect(sum(run.soar)).toBe(matches);
    expect(busiestMinute(run.oncall)).toBeLessThanOrEqual(10);
    expect(run.siem.size).toBe(matches);
    expect(await bench.store.countDeliveries()).toEqual([]);
    expect(await bench.store.listAlerts({ states: ['open', 'acknowledged'], limit: 1 })).toEqual([]);
  },
  60_000,
);

it('the tables of what was summed up add up to its matches, and blame nobody for what others did', async () => {
  const run = storming(bench, ['rule']);
  await storm(run, 1_000, 3);
  await run.drain();
  const byActor = storming(bench, ['actor']);
  await byActor.take(Array.from({ length: 2_400 }, (_, index) => attack(10_000 + index, 1_200, 90_000)));
  await byActor.drain();
  const digests = [...run.oncall, ...byActor.oncall].filter(({ delivery }) => delivery.kind === 'digest');
  expect(digests.length).toBeGreaterThan(0);
  for (const message of digests) {
    if (message.delivery.kind !== 'digest') continue;
    for (const { title, rows, omittedCount } of message.delivery.digest.tables) {
      if (!title.startsWith('Top ')) continue;
      const shown = rows.reduce((total, { count }) => total + count, 0);
      expect(shown + omittedCount, title).toBe(matchesOf(message));
      if (title === 'Top actors') expect(rows.every(({ count }) => count <= 2)).toBe(true);
    }
  }
});
