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

const rssMb = (): number => Math.round(process.memoryUsage().rss / 1_000_000);

/** Figures for whoever reads the test's output. */
function show(what: string, run: Storming, beforeMb: number): void {
  const figures = {
    messagesPerMinute: perMinute(run.oncall),
    sum: sum(run.oncall),
    rssGrowthMb: rssMb() - beforeMb,
  };
  process.stdout.write(`${what}: ${JSON.stringify(figures)}\n`);
}

it.each<[string, number, number, readonly string[]]>([
  ['100,000 matches by 50 actors, told of by actor', 100_000, 50, ['actor']],
  ['100,000 matches by 50 actors, told of together', 100_000, 50, ['rule']],
  ['20,000 matches by 10,000 spoofed actors, told of by actor', 20_000, 10_000, ['actor']],
  ['20,000 matches by 10,000 spoofed actors, told of together', 20_000, 10_000, ['rule']],
])(
  '%s, all in a minute: a few messages whose numbers add up, and every event to the SIEM',
  async (what, matches, actors, groupBy) => {
    const beforeMb = rssMb();
    const run = storming(bench, groupBy);
    await storm(run, matches, actors);
    show(what, run, beforeMb);
    expect(run.oncall.length).toBeLessThanOrEqual(10);
    expect(rssMb() - beforeMb).toBeLessThan(600);
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
  await byActor.take(Array.from({ length: 3_000 }, (_, index) => attack(10_000 + index, 1_500, 90_000)));
  await byActor.drain();
  const digests = [...run.oncall, ...byActor.oncall].filter(({ delivery }) => delivery.kind === 'digest');
  expect(digests.length).toBeGreaterThan(0);
  for (const message of digests) {
    if (message.delivery.kind !== 'digest') continue;
    for (const { title, rows, omittedCount } of message.delivery.digest.tables) {
      const shown = rows.reduce((total, { count }) => total + count, 0);
      expect(shown + omittedCount, title).toBe(matchesOf(message));
      if (title === 'Top actors') expect(rows.every(({ count }) => count <= 2)).toBe(true);
    }
  }
});
