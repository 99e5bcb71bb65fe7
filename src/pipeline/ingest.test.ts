import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Bench,
  createBench,
  event,
  FEED,
  idOf,
  page,
  reader,
  rules,
} from '../../test/pipeline/bench.ts';
import { wholeIngest } from '../../test/pipeline/whole-ingest.ts';
import type { Route } from '../alerts/route.ts';
import type { Stream } from '../core/delivery.ts';
import type { Event } from '../core/event.ts';
import type { Store, StoreTx } from '../core/store.ts';
import { ALERT_TERMS, ALL_TERMS, compileFilter, type TermSource } from '../rules/index.ts';
import type { IngestDeps } from './ingest.ts';

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

const RULES = rules(
  `
id: injection
filter: { filter_id: { eq: SQLInjection } }
info: { name: Injection, severity: HIGH, category: { name: INJ } }
group_by: [actor]
`,
  `
id: burst
filter: { filter_id: { eq: Probe } }
info: { name: Burst, severity: LOW }
group_by: [actor]
aggregation_rules:
  - rule: { name: three, condition: { matchCount: 3, windowThreshold: 5 } }
`,
);

const timing = { groupWaitMs: 10_000, groupIntervalMs: 300_000, repeatIntervalMs: 3_600_000 };
const route = (name: string, over: Partial<Route<TermSource>> = {}): Route<TermSource> => {
  const always = { sendResolved: true, speaking: { active: [], mute: [] } };
  return { name, to: ['oncall'], continue: false, groupBy: ['rule'], timing, ...always, ...over };
};
const to = (name: string, ...send: Stream[]) => ({ name, send: new Set(send) });

/** A route's filter, compiled as the configuration compiles it. */
function when(filter: object) {
  const compiled = compileFilter(filter, { terms: new Map([...ALL_TERMS, ...ALERT_TERMS]), owner: 'when' });
  if (compiled.filter === undefined) throw new Error(JSON.stringify(compiled.problems));
  return compiled.filter;
}

/** Ingests pages of the bench's feed as a process does that may have been started just now. */
function ingest(over: Partial<IngestDeps> = {}) {
  const { store, clock, telemetry } = bench;
  const take = wholeIngest({
    ...{ store, clock, telemetry, ruleSet: RULES, routes: [route('all')], resolveAfterMs: 3_600_000 },
    ...{ destinations: [to('siem', 'events')], storeFull: () => undefined, onCommitted: () => undefined },
    ...over,
  });
  return (events: readonly Event[], cursor = {}) => take(reader(), page(events, cursor));
}

const attack = (id: string, raw = {}, atS = 0) => event(id, { filterId: 'SQLInjection', ...raw }, atS);
const probe = (id: string, atS = 0, raw = {}) => event(id, { filterId: 'Probe', ...raw }, atS);

const queued = async (destination: string): Promise<string[]> =>
  (await bench.store.listDeliveries({ destination, limit: 1_000 })).map(({ deliveryId }) => deliveryId);

/** What the groups would tell if they were told of now, by the names of their routes. */
const waiting = () =>
  bench.store.transaction(async (tx) => {
    const groups = await tx.dueGroups(Number.MAX_SAFE_INTEGER, 1_000);
    const told = groups.map(async ({ id, route: name, labels, reason, to: names }) => {
      const { newCount } = await tx.memberTotals(id, []);
      const members = await tx.readMembers(id, 100);
      const counts = members.map((member) => [
        member.alert.rule,
        member.alert.group['actor'],
        member.newCount,
      ]);
      return { route: name, labels, reason, to: names, newCount, counts: counts.sort() };
    });
    return (await Promise.all(told)).sort((a, b) => (a.route < b.route ? -1 : 1));
  });

describe('a page', () => {
  it('is taken in whole: events, cursor and deliveries', async () => {
    await ingest()([attack('a'), event('b')], { at: 2 });
    expect(await bench.store.unseen([idOf('a'), idOf('b')])).toEqual(new Set());
    expect(await bench.store.readCursor(FEED.source, FEED.feed)).toEqual({ at: 2 });
    expect(await queued('siem')).toEqual([idOf('a'), idOf('b')]);
    expect(await waiting()).toMatchObject([{ newCount: 1, counts: [['injection', '203.0.113.9', 1]] }]);
  });

  it('moves the cursor even where it holds nothing new', async () => {
    const take = ingest();
    await take([], { at: 1 });
    expect(await bench.store.readCursor(FEED.source, FEED.feed)).toEqual({ at: 1 });
  });

  it.each<[string, readonly (readonly Event[])[]]>([
    ['inside the page', [[attack('a'), attack('b'), attack('a')]]],
    ['in a later page', [[attack('a')], [attack('a'), attack('b')], [attack('b')]]],
    ['with other content', [[attack('a'), attack('b')], [attack('a', { severity: 'CRITICAL' })]]],
  ])('counts and delivers an event once that stands twice: %s', async (_, pages) => {
    for (const events of pages) await ingest()(events);
    expect(await queued('siem')).toEqual([idOf('a'), idOf('b')]);
    expect(await waiting()).toMatchObject([{ newCount: 2 }]);
  });

  it('recognises its events after a restart', async () => {
    await ingest()([attack('a')]);
    await bench.restart();
    await ingest()([attack('a')]);
    expect(await waiting()).toMatchObject([{ newCount: 1 }]);
  });

  it('wakes the deliveries only where something is new', async () => {
    let woken = 0;
    const onCommitted = (): void => {
      woken += 1;
    };
    const take = ingest({ onCommitted });
    await take([attack('a')]);
    await take([attack('a')]);
    await take([]);
    expect(woken).toBe(1);
  });

  it('that fails in the middle leaves nothing, and is taken in whole the next time', async () => {
    for (const failing of ['enqueue', 'addPending', 'writeAlerts', 'writeWindows', 'writeCursor'] as const) {
      const broken = ingest({ store: breaking(bench.store, failing) });
      await expect(broken([attack('a'), probe('b')], { at: 1 })).rejects.toThrow('the power went');
      expect(await bench.store.unseen([idOf('a'), idOf('b')])).toEqual(new Set([idOf('a'), idOf('b')]));
      expect(await bench.store.readCursor(FEED.source, FEED.feed)).toBeUndefined();
      expect(await waiting()).toEqual([]);
    }
    await ingest()([attack('a'), probe('b')], { at: 1 });
    expect(await queued('siem')).toEqual([idOf('a'), idOf('b')]);
    expect(await waiting()).toMatchObject([{ newCount: 1 }]);
  });

  it('is refused while the store is full', async () => {
    const full = ingest({ storeFull: () => 'the store is over its bound; mend the destinations' });
    await expect(full([attack('a')], { at: 1 })).rejects.toMatchObject({ kind: 'full' });
    expect(await bench.store.unseen([idOf('a')])).toEqual(new Set([idOf('a')]));
  });

  it('stops before what is kept for telling, settling and pruning, and goes on once there is room', async () => {
    const asked: number[] = [];
    let isFull = true;
    const storeFull = (bytes?: number): string | undefined => {
      if (bytes !== undefined) asked.push(bytes);
      return bytes !== undefined && isFull ? 'it is over its bound' : undefined;
    };
    await expect(ingest({ storeFull })([attack('a')], { at: 1 })).rejects.toMatchObject({ kind: 'full' });
    expect(await bench.store.unseen([idOf('a')])).toEqual(new Set([idOf('a')]));
    expect(await bench.store.readCursor(FEED.source, FEED.feed)).toBeUndefined();
    // With what the page would have added.
    expect(asked[0]).toBeGreaterThan(0);
    const makeRoom = async (): Promise<void> => {
      isFull = false;
    };
    await ingest({ storeFull, makeRoom })([attack('a')], { at: 1 });
    expect(await waiting()).toMatchObject([{ newCount: 1 }]);
  });

  it('tells what it held, by counters', async () => {
    await ingest()([attack('a'), attack('a'), event('b')]);
    await ingest()([event('b'), event('c')]);
    const text = await bench.telemetry.metrics.registry.metrics();
    const labels = '{source="akto",feed="malicious_events"}';
    expect(text).toContain(`tocsin_events_total${labels} 3`);
    expect(text).toContain(`tocsin_events_repeated_total${labels} 2`);
    expect(text).toContain('tocsin_matches_total{rule="injection"} 1');
  });
});

describe('streams', () => {
  it('take every event, those that matched, or none', async () => {
    await ingest({
      destinations: [
        to('all', 'events'),
        to('some', 'matches', 'alerts'),
        to('both', 'events', 'matches'),
        to('people', 'alerts'),
      ],
    })([attack('a'), event('b'), probe('c')]);
    expect(await queued('all')).toEqual([idOf('a'), idOf('b'), idOf('c')]);
    expect(await queued('both')).toEqual([idOf('a'), idOf('b'), idOf('c')]);
    // A match is a match before its window is full.
    expect(await queued('some')).toEqual([idOf('a'), idOf('c')]);
    expect(await queued('people')).toEqual([]);
  });

  it('tell which rules matched, with their severities', async () => {
    await ingest()([attack('a')]);
    const [claimed] = await bench.store.claim('siem', bench.clock.now(), 0, 1);
    expect(claimed?.delivery).toMatchObject({
      rules: [{ rule: 'injection', name: 'Injection', severity: 'HIGH' }],
    });
  });
});

describe('windows', () => {
  const fired = async (): Promise<number> =>
    (await waiting()).reduce((sum, { newCount }) => sum + newCount, 0);

  it('fill across pages', async () => {
    const take = ingest();
    await take([probe('a', 0)]);
    await take([probe('b', 60)]);
    expect(await fired()).toBe(0);
    await take([probe('c', 120)]);
    expect(await fired()).toBe(1);
  });

  it('fill across a restart', async () => {
    await ingest()([probe('a', 0), probe('b', 60)]);
    await bench.restart();
    await ingest()([probe('c', 120)]);
    expect(await fired()).toBe(1);
  });

  it('count no event twice that is read again', async () => {
    const take = ingest();
    for (let round = 0; round < 5; round += 1) await take([probe('a', 0), probe('b', 60)]);
    expect(await fired()).toBe(0);
  });

  it('do not count what a failed page held', async () => {
    const broken = ingest({ store: breaking(bench.store, 'writeCursor') });
    await expect(broken([probe('a'), probe('b')])).rejects.toThrow();
    await ingest()([probe('c')]);
    expect(await fired()).toBe(0);
  });

  it('are those of one group', async () => {
    await ingest()([probe('a'), probe('b', 0, { actor: '203.0.113.10' }), probe('c')]);
    expect(await fired()).toBe(0);
  });

  it('go by event time: what lies too far apart does not fill one', async () => {
    await ingest()([probe('a', 0), probe('b', 60), probe('c', 3_600)]);
    expect(await fired()).toBe(0);
  });
});

describe('routes', () => {
  const urgent = route('urgent', { when: when({ severity: { gte: 'HIGH' } }), to: ['oncall'] });
  const rest = route('rest', { to: ['siem'], groupBy: ['rule', 'actor'] });
  const threeProbes = [probe('p1', 0), probe('p2', 1), probe('p3', 2)];

  it('are chosen by severity', async () => {
    await ingest({ routes: [urgent, rest] })([attack('a'), ...threeProbes]);
    expect(await waiting()).toMatchObject([
      { route: 'rest', to: ['siem'], labels: { rule: 'burst', actor: '203.0.113.9' } },
      { route: 'urgent', to: ['oncall'], labels: { rule: 'injection' } },
    ]);
  });

  it('take an alert each where the first goes on', async () => {
    await ingest({ routes: [{ ...urgent, continue: true }, rest] })([attack('a')]);
    expect((await waiting()).map((group) => [group.route, group.newCount])).toEqual([
      ['rest', 1],
      ['urgent', 1],
    ]);
  });

  it('tell a destination that two of them name by the first, and its other alerts by the second', async () => {
    const both = route('both', { to: ['siem', 'oncall'] });
    await ingest({ routes: [{ ...urgent, continue: true }, both] })([attack('a'), ...threeProbes]);
    await ingest({
      routes: [
        { ...urgent, continue: true },
        { ...both, groupBy: [] },
      ],
    })([attack('b'), ...threeProbes.map((_, index) => probe(`q${index}`, 600 + index))]);
    const groups = await waiting();
    const counts = (name: string) => groups.flatMap((group) => (group.to.includes(name) ? group.counts : []));
    // What was counted stays where it is, though the second route groups otherwise by now.
    const all = [
      ['burst', '203.0.113.9', 2],
      ['injection', '203.0.113.9', 2],
    ];
    expect(counts('siem').sort()).toEqual(all);
    expect(counts('oncall').sort()).toEqual(all);
  });

  it('may take none: the alert is kept and nobody is told', async () => {
    await ingest({ routes: [urgent] })(threeProbes);
    expect(await waiting()).toEqual([]);
  });

  it('see the terms of the rule and of the event', async () => {
    const filters = [
      { rule: { eq: 'injection' } },
      { category: { eq: 'INJ' } },
      { status_code: { eq: 500 } },
    ];
    for (const [index, filter] of filters.entries()) {
      const payload = JSON.stringify({ method: 'GET', path: '/x', statusCode: '500' });
      const only = [route(`r${index}`, { when: when(filter) })];
      await ingest({ routes: only })([attack(`e${index}`, { payload, actor: `203.0.113.${index}` })]);
    }
    expect((await waiting()).map((group) => group.route)).toEqual(['r0', 'r1', 'r2']);
  });

  it('see the single headers of the event: such a filter compiles, so it must be able to match', async () => {
    const filter = when({ request_headers: { for_one: { key: { eq: 'x-tenant' }, value: { eq: 'shop' } } } });
    const payload = JSON.stringify({ method: 'GET', path: '/', requestHeaders: '{"x-tenant":"shop"}' });
    await ingest({ routes: [route('shop', { when: filter })] })([attack('a', { payload })]);
    expect(await waiting()).toMatchObject([{ route: 'shop' }]);
  });

  it('add up: pending counts are the firings, by alert, over pages and restarts', async () => {
    const actors = ['203.0.113.1', '203.0.113.2'];
    for (let round = 0; round < 3; round += 1) {
      await ingest()(
        actors.flatMap((actor) => [
          attack(`${round}-${actor}`, { actor }),
          attack(`${round}b-${actor}`, { actor }),
        ]),
      );
      await bench.restart();
    }
    expect(await waiting()).toMatchObject([
      { newCount: 12, counts: actors.map((actor) => ['injection', actor, 6]) },
    ]);
  });
});

describe('what an attacker writes', () => {
  /** A capture with more headers than may be looked at. */
  const crowded = JSON.stringify({
    method: 'GET',
    path: '/',
    requestHeaders: JSON.stringify(
      Object.fromEntries(Array.from({ length: 5_001 }, (_, i) => [`h${i}`, 'x'])),
    ),
  });

  it('stops no page: an event with thousands of headers is taken in and counted', async () => {
    await ingest()([attack('a', { payload: crowded })], { at: 1 });
    expect(await queued('siem')).toEqual([idOf('a')]);
    expect(await waiting()).toMatchObject([{ newCount: 1 }]);
  });

  it('stops no page: an event whose payload does not decode is taken in, judged and counted', async () => {
    await ingest()([attack('a', { payload: 'request_headers {' }), attack('b')], { at: 1 });
    expect(await queued('siem')).toEqual([idOf('a'), idOf('b')]);
    expect(await waiting()).toMatchObject([{ newCount: 2 }]);
    const text = await bench.telemetry.metrics.registry.metrics();
    expect(text).toContain('tocsin_payloads_undecodable_total{source="akto",feed="malicious_events"} 1');
  });

  it('stops no page: a route may group by what is too much to look at', async () => {
    const routes = [route('by header', { groupBy: ['request_headers'] })];
    await ingest({ routes })([attack('a', { payload: crowded })], { at: 1 });
    expect(await waiting()).toMatchObject([{ labels: { request_headers: '' } }]);
  });

  it.each<[string, object]>([
    ['as one text', { request_headers: { contains_either: 'x' } }],
    ['one by one', { request_headers: { for_one: { key: { eq: 'h1' } } } }],
  ])('stops no page: a route may look at what is too much to look at, %s', async (_, filter) => {
    const routes = [route('headers', { when: when(filter) }), route('others')];
    await ingest({ routes })([attack('a', { payload: crowded })], { at: 1 });
    expect(await waiting()).toMatchObject([{ route: 'others' }]);
  });

  it('stops no page: an event that breaks the rules themselves goes on without a verdict', async () => {
    const broken: typeof RULES = {
      rules: RULES.rules,
      match: (view) => {
        if (view.raw['id'] === 'a') throw new RangeError(`too deep: ${view.raw['secret']}`);
        return RULES.match(view);
      },
    };
    await ingest({ ruleSet: broken })([attack('a', { secret: 'hunter2' }), attack('b')]);
    expect(await queued('siem')).toEqual([idOf('a'), idOf('b')]);
    expect(await waiting()).toMatchObject([{ newCount: 1 }]);
    expect(bench.logs).toContainEqual(expect.objectContaining({ level: 'error', event: idOf('a') }));
    expect(JSON.stringify(bench.logs)).not.toContain('hunter2');
  });

  it.each<[string, object]>([
    ['keys of Object.prototype', JSON.parse('{"__proto__":{"severity":"LOW"},"constructor":"x"}')],
    ['an actor of a megabyte', { actor: 'x'.repeat(1_000_000) }],
    ['an actor that is a lone surrogate', { actor: '\ud800' }],
    ['an actor with a NUL', { actor: 'a\u0000b' }],
    ['an actor that is no text', { actor: { a: [1, 2] } }],
    ['a payload that is a number', { payload: 7 }],
    ['a line break in what a key holds', { filterId: 'SQLInjection', host: 'a\n"level":"error"' }],
  ])('is taken in: %s', async (_, raw) => {
    await ingest()([attack('a', raw)], { at: 1 });
    expect(await queued('siem')).toEqual([idOf('a')]);
    const [group] = await waiting();
    expect(group?.newCount).toBe(1);
    expect(JSON.stringify(group).length).toBeLessThan(10_000);
  });

  it('cannot join two actors into one alert', async () => {
    await ingest()([
      attack('a', { actor: 'x","y' }),
      attack('b', { actor: 'x' }),
      attack('c', { actor: 'y' }),
    ]);
    const [group] = await waiting();
    expect(group?.counts).toHaveLength(3);
  });

  it('stops no page: two ids that are no valid text are two events', async () => {
    await ingest()([attack('a\ud800'), attack('a\ud801')], { at: 1 });
    expect(await queued('siem')).toHaveLength(2);
  });
});

/** A store whose transactions fail at one step. */
function breaking(store: Store, step: keyof StoreTx): Store {
  const failing = (tx: StoreTx): StoreTx =>
    new Proxy(tx, {
      get: (target, key) => {
        if (key !== step) return Reflect.get(target, key).bind(target);
        return async () => {
          throw new Error('the power went');
        };
      },
    });
  return new Proxy(store, {
    get: (target, key) => {
      if (key !== 'transaction') return Reflect.get(target, key).bind(target);
      return (work: (tx: StoreTx) => Promise<unknown>) => target.transaction((tx) => work(failing(tx)));
    },
  });
}
