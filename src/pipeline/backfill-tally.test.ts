import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { event, FEED, page } from '../../test/pipeline/bench.ts';
import { START_MS } from '../../test/pipeline/manual-clock.ts';
import { runs } from '../../test/seed.ts';
import type { BackfillState } from '../core/store.ts';
import { viewOf } from '../rules/index.ts';
import { advanced, barMs, firstBarMs } from './backfill-tally.ts';
import type { Verdict } from './judge.ts';

const DAY_MS = 86_400_000;
const begun: BackfillState = {
  ...{ id: 'x', ...FEED, fromMs: START_MS, toMs: START_MS + 7 * DAY_MS - 1 },
  ...{ startedMs: START_MS, read: 0, fresh: 0, matches: {} },
};

function by(actor: string, atS = 0): Verdict {
  const each = event(`${actor}@${atS}`, { actor }, atS);
  return { event: each, view: viewOf(each.raw, each.feed), matches: [], matchedBefore: new Set() };
}

const tallied = (pages: readonly (readonly Verdict[])[]): BackfillState['tally'] =>
  pages.reduce((state, verdicts) => advanced(state, page([]), verdicts), begun).tally;

describe('actors', () => {
  it('a thousand strangers hide nobody who is frequent, and fill no memory', () => {
    const strangers = Array.from({ length: 1_000 }, (_, index) => by(`stranger-${index}`));
    const frequent = Array.from({ length: 50 }, (_, index) => by('203.0.113.9', index));
    const actors = tallied([strangers, frequent, strangers])?.actors ?? [];
    expect(actors).toHaveLength(300);
    const found = actors.find(({ name }) => name === '203.0.113.9');
    expect((found?.count ?? 0) - (found?.over ?? 0)).toBe(50);
  });

  it('never claims more than there were, nor misses who made a three-hundredth of all', () => {
    const names = fc.array(fc.array(fc.nat(600), { maxLength: 400 }), { maxLength: 5 });
    fc.assert(
      fc.property(names, (pages) => {
        const actors = tallied(pages.map((each) => each.map((name) => by(`a${name}`))))?.actors ?? [];
        const truth = Map.groupBy(pages.flat(), (name) => `a${name}`);
        const total = pages.flat().length;
        for (const { name, count, over } of actors) {
          const real = truth.get(name)?.length ?? 0;
          expect(count - over <= real && real <= count).toBe(true);
        }
        const kept = new Set(actors.map(({ name }) => name));
        for (const [name, all] of truth) expect(all.length <= total / 300 || kept.has(name)).toBe(true);
      }),
      { numRuns: runs(50) },
    );
  });

  it('a long name is cut, and one like a prototype key counts', () => {
    const actors = tallied([[by('x'.repeat(1e5)), by('__proto__')]])?.actors ?? [];
    expect(actors.map(({ name }) => name.length)).toEqual([100, 9]);
  });
});

describe('the chart', () => {
  const HOUR_MS = 3_600_000;
  it.each([
    ['an hour', HOUR_MS, HOUR_MS, 1],
    ['a day', DAY_MS, HOUR_MS, 24],
    ['a week', 7 * DAY_MS, DAY_MS, 7],
    ['ten years', 3_650 * DAY_MS, 118 * DAY_MS, 31],
  ])('%s', (_, lastsMs, stepMs, bars) => {
    const state = { ...begun, toMs: begun.fromMs + lastsMs - 1 };
    expect([barMs(state), firstBarMs(state)]).toEqual([stepMs, START_MS]);
    expect(advanced(state, page([]), []).tally?.bars).toHaveLength(bars);
  });

  it('begins at a full day, and drops an event from outside of the slice', () => {
    const state = { ...begun, fromMs: begun.fromMs + HOUR_MS };
    expect(firstBarMs(state)).toBe(START_MS);
    expect(tallied([[by('a', 3_600), by('b', -DAY_MS), by('c', 30 * 86_400)]])?.bars).toEqual([
      1, 0, 0, 0, 0, 0, 0,
    ]);
  });
});

it('keeps what pages told of gaps, open ones as the last page told', () => {
  const gap = { fromMs: 1, toMs: 2, problem: 'nine are missing' };
  const first = advanced(begun, { ...page([]), progress: { readToMs: 1, gaps: [gap], givenUp: [gap] } }, []);
  const second = advanced(first, { ...page([]), progress: { readToMs: 1, gaps: [] } }, []);
  expect(second.tally).toMatchObject({ gaps: [], givenUp: [gap] });
});
