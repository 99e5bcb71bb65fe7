import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, createBench, event, page, reader, rules } from '../../test/pipeline/bench.ts';
import { wholeIngest } from '../../test/pipeline/whole-ingest.ts';
import { runs } from '../../test/seed.ts';
import type { Bounds } from '../alerts/fold.ts';
import { MANY } from '../alerts/fold.ts';
import type { Route } from '../alerts/route.ts';
import type { StoredAlert } from '../core/alert.ts';
import type { Event } from '../core/event.ts';
import type { AlertGroup } from '../core/store.ts';
import { ALERT_TERMS, ALL_TERMS, compileFilter, type TermSource } from '../rules/index.ts';
import { createResolver } from './resolve.ts';

const BOUNDS: Bounds = { each: 4, all: 12, members: 400 };
const HOUR_MS = 3_600_000;

const RULES = rules(
  'id: injection\nfilter: { filter_id: { eq: Sql } }\ninfo: { name: Injection, severity: HIGH, description: Look at it. }\ngroup_by: [actor]',
  'id: probe\nfilter: { filter_id: { eq: Probe } }\ninfo: { severity: MEDIUM }\ngroup_by: [actor]',
  'id: takeover\nfilter: { filter_id: { eq: Takeover } }\ninfo: { severity: CRITICAL }\ngroup_by: [actor]',
  'id: wide\nfilter: { filter_id: { eq: Wide } }\ninfo: { severity: MEDIUM }\ngroup_by: [host]',
  `
id: burst
filter: { filter_id: { eq: Try } }
info: { severity: LOW }
group_by: [actor]
aggregation_rules:
  - rule: { name: three, condition: { matchCount: 3, windowThreshold: 5 } }
`,
);

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

const timing = { groupWaitMs: 10_000, groupIntervalMs: 300_000, repeatIntervalMs: HOUR_MS };
const route = (name: string, over: Partial<Route<TermSource>> = {}): Route<TermSource> => ({
  ...{ name, to: ['oncall'], continue: false, groupBy: ['rule', 'actor'], timing, sendResolved: true },
  speaking: { active: [], mute: [] },
  ...over,
});

function when(filter: object) {
  const compiled = compileFilter(filter, { terms: new Map([...ALL_TERMS, ...ALERT_TERMS]), owner: 'when' });
  if (compiled.filter === undefined) throw new Error(JSON.stringify(compiled.problems));
  return compiled.filter;
}

function take(events: readonly Event[], routes = [route('all')], bounds = BOUNDS): Promise<void> {
  const { store, clock, telemetry } = bench;
  const ingest = wholeIngest({
    ...{ store, clock, telemetry, ruleSet: RULES, routes, bounds, resolveAfterMs: HOUR_MS },
    ...{ destinations: [], storeFull: () => undefined, onCommitted: () => undefined },
  });
  return ingest(reader(), page(events));
}

let made = 0;
/** One match by an actor of that number. */
function match(filterId: string, actor: number, raw = {}): Event {
  made += 1;
  return event(`e${made}`, { filterId, actor: `10.0.${actor >> 8}.${actor & 255}`, ...raw });
}
const matches = (filterId: string, actors: number, from = 0, raw = {}): readonly Event[] =>
  Array.from({ length: actors }, (_, index) => match(filterId, from + index, raw));

const alerts = async (): Promise<readonly StoredAlert[]> => bench.store.listAlerts({ limit: 10_000 });
const open = async (rule: string): Promise<readonly StoredAlert[]> =>
  (await alerts()).filter((alert) => alert.rule === rule && alert.state === 'open');
const count = (some: readonly StoredAlert[]): number => some.reduce((sum, alert) => sum + alert.count, 0);
const many = async (rule: string): Promise<StoredAlert | undefined> =>
  (await open(rule)).find(({ ruleName }) => ruleName.includes('many'));

const groups = (): Promise<readonly AlertGroup[]> =>
  bench.store.transaction((tx) => tx.dueGroups(Number.MAX_SAFE_INTEGER, 10_000));
const pending = async (): Promise<number> => {
  const all = await groups();
  const totals = await bench.store.transaction((tx) =>
    Promise.all(all.map(({ id }) => tx.memberTotals(id, []))),
  );
  return totals.reduce((sum, { newCount }) => sum + newCount, 0);
};

describe('actors that an attacker invents', () => {
  it('fold into one alert that counts them, names the rule and the APIs, and shows a sample', async () => {
    await take(matches('Sql', 500, 0, { url: '/shop', method: 'GET' }));
    await take(matches('Sql', 500, 500, { url: '/bank', method: 'POST' }));
    const all = await open('injection');
    expect(all).toHaveLength(9);
    expect(count(all)).toBe(1_000);
    const folded = await many('injection');
    expect(folded).toMatchObject({
      ...{ ruleName: 'Injection: many actors', severity: 'HIGH', count: 992, group: { actor: MANY.high } },
      ...{ actors: { isAtLeast: true }, apis: { count: 2 } },
    });
    expect(folded?.description).toMatch(/^Matches of more actors.*\n\nLook at it\.$/s);
    expect(folded?.sample).toHaveLength(5);
    expect(folded?.sample[0]?.actor).toMatch(/^10\./);
    // A silence for one actor does not hide it, and it is like no other alert in its actors.
    expect(folded?.labels).toMatchObject({ rule: 'injection', severity: 'HIGH' });
    expect(folded?.labels).not.toHaveProperty('actor');
    expect(folded?.several).toContain('actor');
  });

  it('are told of in one group', async () => {
    await take(matches('Sql', 300));
    const told = await groups();
    expect(told).toHaveLength(9);
    expect(told.map(({ labels }) => labels['actor'])).toContain(MANY.high);
    expect(await pending()).toBe(300);
  });

  it('go on in the alerts that they have', async () => {
    await take(matches('Sql', 8));
    await take(matches('Sql', 50));
    const all = await open('injection');
    expect(all.filter(({ count: times }) => times === 2)).toHaveLength(8);
    expect((await many('injection'))?.count).toBe(42);
  });

  it('have alerts of their own again once others are over, through a restart', async () => {
    await take(matches('Probe', 10));
    await bench.restart();
    await bench.clock.advance(HOUR_MS + 1);
    await bench.store.transaction((tx) => createResolver(() => route('all')).sweep(tx, bench.clock.now()));
    await take(matches('Probe', 4, 100));
    expect((await open('probe')).map(({ ruleName }) => ruleName)).toEqual(Array(4).fill('probe'));
  });

  it('take no room from what is graver, nor from rules that are not flooded while there is room in all', async () => {
    await take(matches('Probe', 400));
    await take(matches('Sql', 400));
    await take([...matches('Takeover', 9), match('Probe', 999, { successfulExploit: true })]);
    expect((await open('takeover')).map(({ count: times }) => times)).toEqual(Array(9).fill(1));
    const exploit = (await open('probe')).find(({ group }) => group['actor'] === '10.0.3.231');
    expect(exploit).toMatchObject({ count: 1 });
  });

  it('fold only among their like', async () => {
    await take([...matches('Takeover', 40), ...matches('Probe', 40)]);
    await take(matches('Probe', 40, 900, { successfulExploit: true }));
    const folded = (await alerts()).filter(({ ruleName }) => ruleName.includes('many'));
    expect(
      folded.map(({ rule, severity, group, count: times }) => [rule, severity, group['actor'], times]),
    ).toEqual(
      expect.arrayContaining([
        ['takeover', 'CRITICAL', MANY.critical, 24],
        ['probe', 'MEDIUM', MANY.mild, 40],
        ['probe', 'MEDIUM', MANY.exploit, 17],
      ]),
    );
  });

  it('are told to whom they would be told otherwise', async () => {
    const routes = [
      route('mine', { when: when({ actor: { contains_either_cidr: ['10.0.0.0/24'] } }) }),
      route('severe', { when: when({ severity: { gte: 'HIGH' }, rule: { eq: 'injection' } }) }),
      route('rest'),
    ];
    await take([...matches('Sql', 400), ...matches('Probe', 300, 256)], routes);
    const told = await groups();
    const newOf = async (name: string): Promise<number> => {
      const ids = told.filter((group) => group.route === name).map(({ id }) => id);
      const totals = await bench.store.transaction((tx) =>
        Promise.all(ids.map((id) => tx.memberTotals(id, []))),
      );
      return totals.reduce((sum, { newCount }) => sum + newCount, 0);
    };
    expect([await newOf('mine'), await newOf('severe'), await newOf('rest')]).toEqual([256, 144, 300]);
  });
});

describe('groups by what alerts do not tell apart', () => {
  const byUrl = [route('by-url', { groupBy: ['rule', 'url'] })];

  it('are no more than the alerts, and count everything', async () => {
    const events = Array.from({ length: 500 }, (_, index) =>
      match('Probe', index % 40, { url: `/${index}` }),
    );
    for (let first = 0; first < 500; first += 50) await take(events.slice(first, first + 50), byUrl);
    const all = await open('probe');
    expect(all).toHaveLength(5);
    expect((await groups()).length).toBeLessThanOrEqual(all.length);
    expect(await pending()).toBe(500);
  });

  it('are bounded while nobody may be told, though alerts are over again and again', async () => {
    const bounds = { each: 4, all: 12, members: 20 };
    for (let round = 0; round < 12; round += 1) {
      const events = Array.from({ length: 30 }, (_, index) => {
        made += 1;
        const raw = { filterId: 'Probe', actor: `10.1.${round}.${index}`, url: `/${round}/${index}` };
        return event(`m${made}`, raw, round * 3_601);
      });
      await take(events, byUrl, bounds);
      await bench.clock.advance(HOUR_MS + 1_000);
      await bench.store.transaction((tx) => createResolver(() => route('all')).sweep(tx, bench.clock.now()));
    }
    // Nobody tells of any of these groups, as in a mute time.
    expect(await bench.store.transaction((tx) => tx.countMembers())).toBeLessThanOrEqual(20 + 2);
    expect(await pending()).toBe(12 * 30);
  });
});

describe('windows', () => {
  const windows = (): Promise<number> =>
    bench.store.transaction(async (tx) => {
      const counts = await tx.countWindows(bench.clock.now());
      return counts.reduce((sum, each) => sum + each.count, 0);
    });

  it('of many are one, that counts them all together: its rule fires sooner, never later', async () => {
    await take(matches('Try', 6));
    expect(await windows()).toBe(5);
    expect(await open('burst')).toEqual([]);
    // The two that found no room, and one more.
    await take(matches('Try', 1, 100));
    expect(await open('burst')).toMatchObject([{ group: { actor: MANY.mild }, count: 1 }]);
  });

  it('go on for those who have one, and nobody leaves those of many while they count', async () => {
    await take(matches('Try', 6));
    await take([match('Try', 0), match('Try', 0)]);
    expect(await open('burst')).toMatchObject([{ group: { actor: '10.0.0.0' }, count: 1 }]);
    await take([match('Try', 5)], undefined, { each: 400, all: 400, members: 400 });
    expect(await many('burst')).toMatchObject({ count: 1 });
  });

  it('that have expired take no room', async () => {
    await take(matches('Try', 6));
    await bench.clock.advance(30 * HOUR_MS);
    expect(await windows()).toBe(0);
    made += 1;
    await take([event(`late${made}`, { filterId: 'Try', actor: '203.0.113.7' }, 30 * 3_600)]);
    expect(await windows()).toBe(1);
  });
});

it('counts every match exactly once, and opens no more than there is room for, whatever comes', async () => {
  const filters = ['Sql', 'Probe', 'Takeover', 'Wide'] as const;
  const one = fc.record({
    filter: fc.constantFrom(...filters),
    actor: fc.nat({ max: 200 }),
    url: fc.nat({ max: 50 }),
    successfulExploit: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(one, { maxLength: 60 }), { maxLength: 6 }), async (pages) => {
      await bench.close();
      bench = createBench();
      const routes = [route('by-url', { groupBy: ['url', 'actor'] })];
      for (const each of pages) {
        const events = each.map(({ filter, actor, url, successfulExploit }) =>
          match(filter, actor, { host: `h${actor}`, url: `/${url}`, successfulExploit }),
        );
        await take(events, routes);
      }
      const all = await alerts();
      const total = pages.reduce((sum, { length }) => sum + length, 0);
      expect(count(all)).toBe(total);
      expect(await pending()).toBe(total);
      const own = all.filter(({ ruleName }) => !ruleName.includes('many'));
      expect(own.length).toBeLessThanOrEqual(BOUNDS.all * 6);
      for (const { id } of RULES.rules)
        expect(own.filter(({ rule }) => rule === id).length).toBeLessThanOrEqual(BOUNDS.each * 6);
      expect((await groups()).length).toBeLessThanOrEqual(all.length);
    }),
    { numRuns: runs(25) },
  );
}, 120_000);
