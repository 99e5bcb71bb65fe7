import { describe, expect, it } from 'vitest';
import {
  createAggregator,
  EMPTY_WINDOW,
  observeWindow,
  type WindowCondition,
  type WindowState,
} from './index.ts';
import { MAX_IDENTITIES } from './windows.ts';

const two: WindowCondition = { matchCount: 2, windowThreshold: 2 };

function replay(condition: WindowCondition, minutes: readonly number[]): string {
  const aggregator = createAggregator(condition);
  return minutes
    .map((minute) => (aggregator.observe({ actor: 'a', timestamp: minute * 60 }) ? 'F' : '.'))
    .join('');
}

describe('a window', () => {
  it.each<[string, WindowCondition, readonly number[], string]>([
    ['fires at matchCount', two, [10, 10], '.F'],
    ['reaches back windowThreshold - 1 minutes', two, [10, 11], '.F'],
    ['but no further', two, [10, 12], '..'],
    ['clears only the current minute when it fires', two, [10, 11, 11], '.FF'],
    ['never counts later minutes', two, [12, 11], '..'],
    ['counts events that come late', two, [11, 12, 10, 11], '.F.F'],
    ['fires on each match where matchCount is 1', { matchCount: 1, windowThreshold: 1 }, [1, 1, 5], 'FFF'],
  ])('%s', (_what, condition, minutes, fired) => {
    expect(replay(condition, minutes)).toBe(fired);
  });

  it('keeps actors apart', () => {
    const aggregator = createAggregator(two);
    expect(aggregator.observe({ actor: 'a', timestamp: 60 })).toBe(false);
    expect(aggregator.observe({ actor: '__proto__', timestamp: 60 })).toBe(false);
    expect(aggregator.observe({ actor: 'a', timestamp: 60 })).toBe(true);
  });

  it('does not count what the increment filter did not pass, nor fire what the breach filter did not', () => {
    const aggregator = createAggregator(two);
    const observe = (input: { increment?: boolean; breach?: boolean }): boolean =>
      aggregator.observe({ actor: 'a', timestamp: 60, ...input });
    expect(observe({ increment: false })).toBe(false);
    expect(observe({})).toBe(false);
    expect(observe({ breach: false })).toBe(false);
    expect(observe({ increment: false })).toBe(true);
  });

  it('counts different identities, case and all, and skips the empty one', () => {
    const distinct = {
      matchCount: 1,
      windowThreshold: 5,
      distinctIdentifier: { count: 3, source: 'request_headers', key: 'x' },
    } as const;
    const aggregator = createAggregator(distinct);
    const fired = ['u', 'u', 'U', '', 'v', 'w'].map((identity) =>
      aggregator.observe({ actor: 'a', timestamp: 60, identity }),
    );
    expect(fired).toEqual([false, false, false, false, true, false]);
    const tail = 'x'.repeat(300);
    const long = ['1', '2', '3'].map((end) =>
      aggregator.observe({ actor: 'b', timestamp: 60, identity: tail + end }),
    );
    expect(long).toEqual([false, false, true]);
  });

  it('keeps a state that is plain JSON and stays small', () => {
    let state: WindowState = EMPTY_WINDOW;
    for (let minute = 0; minute < 5_000; minute += 1) {
      const observed = observeWindow({ matchCount: 1_000, windowThreshold: 5 }, state, {
        timestamp: minute * 60,
      });
      state = JSON.parse(JSON.stringify(observed.state));
    }
    expect(state.counts.length / 2).toBeLessThan(130);
  });
  it('stays small where one identity is seen in every minute of a month', () => {
    const month: WindowCondition = {
      ...{ matchCount: 1, windowThreshold: 43_200 },
      distinctIdentifier: { count: 2, source: 'event', key: 'country' },
    };
    let state: WindowState = EMPTY_WINDOW;
    for (let minute = 0; minute < 50_000; minute += 1)
      state = observeWindow(month, state, { timestamp: minute * 60, identity: 'DE' }).state;
    expect(state.seen).toEqual([['DE', [50_000 - 43_200 - 120, 49_999]]]);
  });

  it('remembers the newest identities where an attacker shows more than there is room for', () => {
    const many: WindowCondition = {
      ...{ matchCount: 1, windowThreshold: 60 },
      distinctIdentifier: { count: MAX_IDENTITIES, source: 'event', key: 'actor' },
    };
    const show = (before: WindowState, minute: number, name: string, count: number, breach: boolean) => {
      let state = before;
      let fired = false;
      for (let n = 0; n < count; n += 1)
        ({ state, fired } = observeWindow(many, state, {
          ...{ timestamp: minute * 60, identity: `${name}${n}` },
          breach,
        }));
      return { state, fired };
    };
    const first = show(EMPTY_WINDOW, 100, 'old', 900, false);
    // The old ones are out of the window by then, and still remembered for what comes late.
    const next = show(first.state, 200, 'new', MAX_IDENTITIES - 1, true);
    expect(next.fired).toBe(false);
    expect(next.state.seen).toHaveLength(MAX_IDENTITIES);
    expect(show(next.state, 201, 'last', 1, true).fired).toBe(true);
    const crowded = show(next.state, 200, 'more', 2, false);
    expect(crowded.state.seen).toHaveLength(MAX_IDENTITIES);
    expect(crowded.state.seen.filter(([identity]) => identity.startsWith('new'))).toHaveLength(
      MAX_IDENTITIES - 1,
    );
  });
});
