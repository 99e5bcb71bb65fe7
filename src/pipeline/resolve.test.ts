import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, createBench } from '../../test/pipeline/bench.ts';
import type { StoredAlert } from '../core/alert.ts';
import type { FeedName } from '../core/event.ts';
import type { FeedState } from '../core/feed-state.ts';
import { NO_OVERRUNS } from './quarantine.ts';
import { OPERATIONS_ROUTE } from './raise.ts';
import { createResolver } from './resolve.ts';
import type { Watch } from './sight.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = 1_780_000_000_000;
const DUE = NOW + HOUR;

const ATTACKS = { source: 'akto', feed: 'malicious_events' } as const;
const ACTORS = { source: 'akto', feed: 'threat_actors' } as const;
const OTHER = { source: 'tenant two', feed: 'malicious_events' } as const;
const OWN = { source: 'tocsin', feed: 'operations' } as const;

const WATCH: Watch = {
  feeds: [ATTACKS, ACTORS, OTHER],
  rules: [
    { id: 'r', feed: 'malicious_events' },
    { id: 'r', feed: 'threat_actors' },
  ],
  destinations: [{ name: 'oncall' }],
};

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

const alert = (fingerprint: string, over: Partial<StoredAlert> = {}): StoredAlert => ({
  ...{ fingerprint, rule: 'r', ruleName: 'Rule', severity: 'HIGH', ...ATTACKS },
  ...{ group: {}, count: 1, firstSeenMs: NOW, lastSeenMs: NOW, openedAtMs: NOW, sample: [], labels: {} },
  ...{ state: 'open', episode: 1, matchedAtMs: NOW, resolveAfterMs: HOUR },
  ...{ actors: { count: 1 }, apis: { count: 1 }, seen: { actors: [], apis: [] } },
  ...over,
});

const write = (...alerts: readonly StoredAlert[]): Promise<void> =>
  bench.store.transaction((tx) => tx.writeAlerts(alerts, NOW));

function read(name: FeedName, over: Partial<FeedState> = {}): Promise<void> {
  const state = { ...name, gaps: [], lateEvents: 0, told: {}, ...over };
  return bench.store.transaction((tx) => tx.writeFeedState(state, NOW));
}

const resolverOf = (watch?: Watch) => createResolver(() => ({ ...OPERATIONS_ROUTE, to: [] }), watch);

/** Looks until nothing is found any more. @returns who ended, and when to look again */
async function sweepAll(resolver: ReturnType<typeof resolverOf>, nowMs: number) {
  const ended: string[] = [];
  for (let looks = 0; looks < 300; looks += 1) {
    const swept = await bench.store.transaction((tx) => resolver.sweep(tx, nowMs));
    resolver.committed(swept);
    ended.push(...swept.resolved.map(({ fingerprint }) => fingerprint));
    if (swept.againMs !== nowMs) return { ended: ended.sort(), againMs: swept.againMs };
  }
  throw new Error('it never comes to rest');
}

describe('alerts end', () => {
  it.each<[string, Partial<FeedState>, number, readonly string[]]>([
    ['when their feed was read so long past their last match', { readThroughMs: DUE }, DUE, ['a']],
    ['and not by the clock alone', { readThroughMs: DUE - 1 }, DUE + HOUR, []],
    ['and not where their feed was never read', {}, DUE + HOUR, []],
    ['and not by what a clock that was ahead wrote', { readThroughMs: DUE + 9 * HOUR }, DUE + HOUR, []],
    [
      'and not with a gap since',
      { readThroughMs: DUE, gaps: [{ fromMs: NOW, toMs: NOW, problem: 'x' }], gapsSinceMs: DUE },
      DUE,
      [],
    ],
  ])('%s', async (_, state, nowMs, expected) => {
    await write(alert('a'));
    await read(ATTACKS, state);
    const { ended, againMs } = await sweepAll(resolverOf(WATCH), nowMs);
    expect(ended).toEqual(expected);
    // Whoever polls says when a feed has been read.
    expect(againMs).toBeUndefined();
  });

  it('each as far as its own feed was read, whatever the others of its source do', async () => {
    await write(alert('a'), alert('b', ACTORS), alert('c', OTHER));
    await read(ATTACKS, { readThroughMs: NOW, failingSinceMs: NOW });
    await read(ACTORS, { readThroughMs: DUE });
    await read(OTHER, { readThroughMs: DUE + 1 });
    expect((await sweepAll(resolverOf(WATCH), DUE + 1)).ended).toEqual(['b', 'c']);
  });

  it('once a gap is closed, half a minute later at the latest', async () => {
    await write(alert('a'));
    await read(ATTACKS, { readThroughMs: DUE, gaps: [{ fromMs: NOW, toMs: NOW, problem: 'x' }] });
    const resolver = resolverOf(WATCH);
    expect((await sweepAll(resolver, DUE)).ended).toEqual([]);
    await read(ATTACKS, { readThroughMs: DUE + MINUTE });
    expect((await sweepAll(resolver, DUE + MINUTE)).ended).toEqual(['a']);
  });

  it('after a rule was in quarantine, when it was asked again for so long', async () => {
    await write(alert('a'));
    const untilMs = DUE + 5 * MINUTE;
    const overruns = new Map([['r', { ...NO_OVERRUNS, quarantines: 1, sinceMs: DUE, untilMs }]]);
    const resolver = resolverOf({ ...WATCH, overruns });
    for (const nowMs of [DUE, untilMs, untilMs + HOUR - 1]) {
      await read(ATTACKS, { readThroughMs: nowMs });
      expect((await sweepAll(resolver, nowMs)).ended).toEqual([]);
    }
    await read(ATTACKS, { readThroughMs: untilMs + HOUR });
    // A restart has forgotten the quarantine, and not what it put off.
    expect((await sweepAll(resolverOf(WATCH), untilMs + HOUR)).ended).toEqual(['a']);
  });

  it('of Tocsin itself, once it has looked at itself', async () => {
    await write(alert('own', { ...OWN, rule: 'tocsin-store-full' }));
    let lookedMs: number | undefined;
    const resolver = resolverOf({ ...WATCH, ownLookMs: () => lookedMs });
    expect(await sweepAll(resolver, NOW)).toEqual({ ended: [], againMs: DUE });
    expect(await sweepAll(resolver, DUE)).toEqual({ ended: [], againMs: DUE + MINUTE / 2 });
    lookedMs = DUE;
    expect((await sweepAll(resolver, DUE)).ended).toEqual(['own']);
  });

  it('by the clock, where nothing is polled', async () => {
    await write(alert('a'));
    expect(await sweepAll(resolverOf(), DUE - 1)).toEqual({ ended: [], againMs: DUE });
    expect((await sweepAll(resolverOf(), DUE)).ended).toEqual(['a']);
  });

  it('so long after now, where a clock that was ahead matched them', async () => {
    await bench.store.transaction((tx) =>
      tx.writeAlerts([alert('a', { matchedAtMs: DUE + 9 * HOUR })], DUE + 9 * HOUR),
    );
    const resolver = resolverOf(WATCH);
    for (const nowMs of [NOW, NOW + MINUTE, NOW + HOUR - 1]) {
      await read(ATTACKS, { readThroughMs: nowMs });
      expect((await sweepAll(resolver, nowMs)).ended).toEqual([]);
    }
    await read(ATTACKS, { readThroughMs: DUE });
    expect((await sweepAll(resolver, DUE)).ended).toEqual(['a']);
  });
});

describe('what is no longer watched', () => {
  it.each<[string, Partial<Watch>, readonly string[]]>([
    ['a feed', { feeds: [ACTORS, OTHER] }, ['attack', 'feed-own']],
    ['a source', { feeds: [ATTACKS, ACTORS] }, ['other']],
    ['a rule', { rules: [{ id: 'r', feed: 'threat_actors' }] }, ['attack', 'other']],
    [
      'a rule that looks at another feed now',
      { rules: [{ id: 'r', feed: 'threat_apis' }] },
      ['actor', 'attack', 'other'],
    ],
    ['a destination; its dead letters are still there', { destinations: [] }, ['held']],
    ['nothing', {}, []],
  ])('ends at the first look, and not before: %s', async (_, over, expected) => {
    await write(
      ...[alert('attack'), alert('actor', ACTORS), alert('other', OTHER)],
      alert('feed-own', { ...OWN, rule: 'tocsin-feed-failing', group: { ...ATTACKS } }),
      alert('held', { ...OWN, rule: 'tocsin-destination-held', group: { destination: 'oncall' } }),
      alert('dead', { ...OWN, rule: 'tocsin-dead-letters', group: { destination: 'oncall' } }),
      alert('store', { ...OWN, rule: 'tocsin-store-full' }),
      alert('rule', { ...OWN, rule: 'tocsin-rule-quarantined', group: { rule: 'r' } }),
    );
    expect((await sweepAll(resolverOf({ ...WATCH, ...over }), NOW)).ended).toEqual([...expected].sort());
    const over_ = (await bench.store.listAlerts({ limit: 99, states: ['resolved'] })).map(
      ({ resolvedBecause }) => resolvedBecause,
    );
    expect(over_).toEqual(expected.map(() => 'unwatched'));
  });

  it('ends however much of it there is, a part at a time', async () => {
    await write(...Array.from({ length: 1_203 }, (_, number) => alert(`a${number}`, OTHER)), alert('b'));
    const resolver = resolverOf({ ...WATCH, feeds: [ATTACKS] });
    expect((await sweepAll(resolver, NOW)).ended).toHaveLength(1_203);
  });
});

it('sixty thousand alerts of a blind feed cost no more to look at than one', async () => {
  const many = Array.from({ length: 60_000 }, (_, number) => alert(`a${number}`));
  for (let from = 0; from < many.length; from += 5_000) await write(...many.slice(from, from + 5_000));
  await write(alert('b', ACTORS));
  await read(ATTACKS, { readThroughMs: NOW, failingSinceMs: NOW });
  await read(ACTORS, { readThroughMs: DUE });
  const resolver = resolverOf(WATCH);
  const looked = async (nowMs: number): Promise<number> => {
    const before = process.cpuUsage();
    await sweepAll(resolver, nowMs);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
  // The first look asks which rules have alerts at all.
  const firstMs = await looked(DUE);
  let restMs = 0;
  for (let second = 1; second <= 100; second += 1) restMs += await looked(DUE + second * 1_000);
  expect(restMs / 100).toBeLessThan(firstMs / 10);
  expect(await bench.store.listAlerts({ limit: 99, states: ['resolved'] })).toHaveLength(1);
}, 120_000);
