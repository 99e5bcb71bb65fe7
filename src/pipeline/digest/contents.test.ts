import { describe, expect, it } from 'vitest';
import {
  arriving,
  begin,
  bench,
  commit,
  DAY_2,
  DAY_MS,
  digester,
  feedRead,
  HOUR_MS,
  hit,
  idle,
  only,
} from '../../../test/pipeline/digest-bench.ts';
import { START_MS } from '../../../test/pipeline/manual-clock.ts';
import type { SourceStatistics } from '../../core/source-knowledge.ts';

const STATISTICS: SourceStatistics = {
  severities: [{ name: 'HIGH', count: 3 }],
  categories: [
    { name: 'XSS', count: 1 },
    { name: 'SQLI', count: 2 },
  ],
  actors: [{ name: 'FR', count: 2 }],
  timeline: [
    { atMs: DAY_2 - 3 * HOUR_MS, counts: [{ name: 'SQLI', count: 1 }] },
    {
      atMs: DAY_2 - 2 * HOUR_MS,
      counts: [
        { name: 'SQLI', count: 5 },
        { name: 'XSS', count: 2 },
      ],
    },
    { atMs: DAY_2 - HOUR_MS, counts: [] },
  ],
  dailyActors: [{ atMs: START_MS + DAY_MS, total: 9, critical: 2 }],
  missing: [],
};

describe('what a digest says', () => {
  it('counts the period, and what each was before', async () => {
    bench.clock.nowMs = DAY_2 - 2 * DAY_MS;
    await digester().pass();
    bench.clock.nowMs = DAY_2 - DAY_MS;
    await commit([hit('old-1', 30), hit('old-2', 31, { actor: '198.51.100.1' })], ['Scan']);
    await digester().pass();
    await arriving();
    await commit([hit('edge', 24), hit('a', 23.5), hit('b', 1)], ['Scan', 'Probe']);
    await commit([hit('c', 0.5, { actor: '192.0.2.7', country: 'DE', url: '/y' }), hit('next', 0)]);
    bench.clock.nowMs = DAY_2;
    await digester().pass();
    const { totals, tables, chart, notes } = only(await arriving());
    expect(totals.slice(0, 3)).toEqual([
      { name: 'Events', count: 4, before: 2 },
      { name: 'Matched by rules', count: 3, before: 2 },
      { name: 'Actors', count: 2, before: 2 },
    ]);
    expect(Object.fromEntries(tables.map(({ title, rows }) => [title, rows]))).toEqual({
      'Top rules': [
        { name: 'Probe', count: 3, before: 0 },
        { name: 'Scan', count: 3, before: 2 },
      ],
      'Top actors': [
        { name: '203.0.113.9', count: 3, before: 1 },
        { name: '192.0.2.7', count: 1, before: 0 },
      ],
      'Top countries': [
        { name: 'FR', count: 3, before: 2 },
        { name: 'DE', count: 1, before: 0 },
      ],
      'Top APIs': [
        { name: 'GET a.example/x', count: 3, before: 2 },
        { name: 'GET a.example/y', count: 1, before: 0 },
      ],
    });
    expect(chart?.bars.map(({ count }) => count)).toEqual([2, ...Array(22).fill(0), 2]);
    expect(notes).toEqual([]);
  });

  it('names which figures are the source’s own, and where they differ from ours', async () => {
    const sources = [idle({ fetchStatistics: async () => STATISTICS })];
    await begin({ sources });
    await feedRead(DAY_2 + 60_000);
    await commit([hit('a', 1), hit('b', 2, { severity: 'LOW' })]);
    await digester({ sources }).pass();
    const { tables, notes } = only(await arriving());
    expect(tables.map(({ title }) => title)).toEqual([
      'Severity (akto)',
      'Top categories (akto)',
      'Top actors',
      'Top countries',
      'Actors by country (akto)',
      'Top APIs',
      'Actors by day (akto)',
    ]);
    expect(tables[1]?.rows.map(({ name }) => name)).toEqual(['SQLI', 'XSS']);
    expect(tables[6]?.rows).toEqual([{ name: '2026-03-02, 2 of them critical', count: 9 }]);
    expect(notes).toEqual([
      'akto itself counts 3 events in this period, Tocsin has 2: 1 may not have been read yet; see "tocsin sources".',
      "By akto's own timeline most came at 2026-03-03 06:00: 7, 5 of them SQLI.",
      'This is the first digest of its name: the period before is not compared.',
      'Figures without the name of a source are what Tocsin itself has read.',
    ]);
  });

  it('comes without the figures of a source that does not answer in time, and says so', async () => {
    const hanging = idle({ fetchStatistics: () => new Promise(() => undefined) });
    const throwing = idle({
      name: 'other',
      readers: [],
      fetchStatistics: () => Promise.reject(new Error('secret')),
    });
    const sources = [hanging, throwing];
    await begin({ sources });
    await feedRead(DAY_2 + 60_000);
    const pass = digester({ sources }).pass();
    await untilAsleep();
    await bench.clock.advance(30_000);
    await pass;
    const { notes } = only(await arriving());
    expect(notes.slice(0, 2)).toEqual([
      'source "akto": its own figures did not come within 30 s',
      'source "other": its own figures could not be read',
    ]);
  });

  it('says what was not delivered and what waits', async () => {
    await begin();
    await bench.store.transaction(async (tx) => {
      await tx.insertEvents(
        [
          { event: hit('a', 1), rules: [] },
          { event: hit('b', 1), rules: [] },
        ],
        DAY_2 - HOUR_MS,
      );
      const rows = ['a', 'b'].map((id) => ({
        destination: 'siem',
        kind: 'event' as const,
        deliveryId: hit(id, 1).id,
      }));
      await tx.enqueue(rows, DAY_2 - HOUR_MS);
    });
    const [claimed] = await bench.store.claim('siem', DAY_2 - HOUR_MS, 1, 1);
    const seq = claimed?.seq ?? -1;
    await bench.store.settle([{ seq, state: 'dead', reason: 'no' }], DAY_2 - HOUR_MS);
    await digester().pass();
    const { totals, notes } = only(await arriving());
    expect(totals.at(-1)).toEqual({ name: 'Not delivered', count: 1 });
    expect(notes.slice(0, 2)).toEqual([
      'siem: 1 delivery of this period went to the dead letters; see "tocsin deliveries list --state dead".',
      'siem: 1 delivery waits, the oldest since 2026-03-03 07:00.',
    ]);
  });

  it('says where the store keeps too little to compare, or to count', async () => {
    await begin();
    await digester().pass();
    await arriving();
    bench.clock.nowMs = DAY_2 + DAY_MS;
    await digester({ eventsMs: DAY_MS + HOUR_MS }).pass();
    expect(only(await arriving()).notes[0]).toContain('retention.events keeps less than two periods');
    bench.clock.nowMs = DAY_2 + 2 * DAY_MS;
    await digester({ eventsMs: HOUR_MS }).pass();
    expect(only(await arriving()).notes[0]).toContain('are no longer kept (retention.events)');
  });

  it('counts events whose content was cleared in the totals, and says so', async () => {
    await begin();
    await commit([hit('a', 1), hit('b', 2)]);
    await bench.store.prune(
      { eventsMs: 30 * DAY_MS, deadLettersMs: DAY_MS, maxBytes: 1, lookbackMs: DAY_MS },
      bench.clock.now() - 10 * DAY_MS,
    );
    await digester().pass();
    const { totals, tables, notes } = only(await arriving());
    expect(totals[0]).toEqual({ name: 'Events', count: 2 });
    expect(tables).toEqual([]);
    expect(notes[0]).toBe(
      '2 events with neither actor nor API, or whose content was cleared to make room: in the totals only.',
    );
  });

  it('keeps its row where events are kept for an hour only: it is not made again', async () => {
    await begin();
    await digester().pass();
    await arriving();
    bench.clock.nowMs = DAY_2 + 5 * HOUR_MS;
    const retention = { eventsMs: HOUR_MS, deadLettersMs: HOUR_MS, maxBytes: 1, lookbackMs: 0 };
    await bench.store.prune(retention, bench.clock.nowMs);
    await digester().pass();
    expect(await arriving()).toEqual([]);
  });

  it('counts 100,000 events of as many actors without holding them all, others having their turn', async () => {
    await begin();
    for (let chunk = 0; chunk < 20; chunk += 1) {
      const events = Array.from({ length: 5_000 }, (_, i) =>
        hit(`${chunk}-${i}`, 1, { actor: `10.${chunk}.${i >> 8}.${i & 255}`, url: `/p/${chunk}/${i}` }),
      );
      await commit(events, ['Scan']);
    }
    let turns = 0;
    let longestMs = 0;
    let lastMs = performance.now();
    const ticking = setInterval(() => {
      const nowMs = performance.now();
      longestMs = Math.max(longestMs, nowMs - lastMs);
      lastMs = nowMs;
      turns += 1;
    }, 0);
    await digester().pass();
    clearInterval(ticking);
    process.stdout.write(
      `digest of 100,000 events: ${turns} turns for others, longest wait ${Math.round(longestMs)} ms\n`,
    );
    const { totals, tables, notes } = only(await arriving());
    expect(totals[0]).toEqual({ name: 'Events', count: 100_000 });
    expect(totals[2]?.name).toBe('Actors (at least)');
    expect(tables.find(({ title }) => title === 'Top rules')?.rows).toEqual([
      { name: 'Scan', count: 100_000 },
    ]);
    expect(JSON.stringify(notes)).toContain('counts by name, and of names, are at least so many');
    expect(turns).toBeGreaterThan(20);
  });
});

/** Until a pass waits for the clock, as it does for a source. */
async function untilAsleep(): Promise<void> {
  while (bench.clock.naps.length === 0) await bench.clock.sleep(0);
  for (let turn = 0; turn < 20; turn += 1) await bench.clock.sleep(0);
}
