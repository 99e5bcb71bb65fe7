import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, createBench, rules } from '../../test/pipeline/bench.ts';
import { START_MS } from '../../test/pipeline/manual-clock.ts';
import { wholeIngest } from '../../test/pipeline/whole-ingest.ts';
import { type Event, eventId, type Feed } from '../core/event.ts';
import type { JsonObject } from '../core/json.ts';
import type { FeedReader } from '../core/source.ts';

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

const RULES = rules(
  `
id: stuffing
source: incidents
filter: { requests: { gte: 20 } }
info: { name: Credential stuffing, severity: HIGH }
group_by: [attack_id]
`,
  `
id: two-attacks
source: incidents
filter: { requests: { gte: 5 } }
info: { name: Two incidents, severity: LOW }
group_by: [attack_id]
aggregation_rules:
  - rule: { name: two, condition: { matchCount: 2, windowThreshold: 60 } }
`,
  `
id: new-actor
source: threat_actors
filter: { change: { eq: first_seen }, latest_attack: { eq: SQLInjection } }
info: { name: New actor, severity: MEDIUM }
group_by: [actor]
`,
);

const timing = { groupWaitMs: 0, groupIntervalMs: 1_000, repeatIntervalMs: 3_600_000 };
const ROUTE = {
  ...{ name: 'all', to: ['oncall'], continue: false, groupBy: ['rule'], sendResolved: true },
  speaking: { active: [], mute: [] },
};
const readerOf = (feed: Feed): FeedReader => ({ source: 'identity', feed, async *poll() {} });

async function take(...events: readonly Event[]): Promise<void> {
  const { store, clock, telemetry } = bench;
  const ingest = wholeIngest({
    ...{ store, clock, telemetry, ruleSet: RULES, storeFull: () => undefined, onCommitted: () => undefined },
    routes: [{ ...ROUTE, timing }],
    resolveAfterMs: 3_600_000,
    destinations: [{ name: 'siem', send: new Set(['events']) }],
  });
  const [first] = events;
  if (first !== undefined) await ingest(readerOf(first.feed), { events, cursor: {}, rejected: [] });
}

/** One state of an object. */
function state(feed: Feed, feedId: string, revision: string, raw: JsonObject): Event {
  const source = 'identity';
  return {
    id: eventId(source, feed, feedId, revision),
    source,
    feed,
    feedId,
    revision,
    timeMs: START_MS,
    raw,
  };
}
const incident = (id: string, requests: number, attackId = 'a') =>
  state('incidents', id, `r${requests}`, { incidentId: id, attackId, requests, ipAddress: '203.0.113.9' });
const actor = (id: string, revision: string, latestAttack: string) =>
  state('threat_actors', id, revision, { id, latestAttack });

/** New matches that people will be told of, by rule. */
const pending = () =>
  bench.store.transaction(async (tx) => {
    const counts: Record<string, number> = {};
    for (const { id, labels } of await tx.dueGroups(Number.MAX_SAFE_INTEGER, 100))
      counts[labels['rule'] ?? ''] = (await tx.memberTotals(id, [])).newCount;
    return counts;
  });

describe('an object that changes', () => {
  it('is told of once per rule, however often it grows', async () => {
    await take(incident('i', 3));
    expect(await pending()).toEqual({});
    await take(incident('i', 25));
    await take(incident('i', 26), incident('i', 40));
    expect(await pending()).toEqual({ stuffing: 1 });
  });

  it('keeps its alert up to date all the same', async () => {
    await take(incident('i', 25));
    await take(incident('i', 90));
    const told = await bench.store.transaction(async (tx) => {
      const [group] = await tx.dueGroups(Number.MAX_SAFE_INTEGER, 10);
      return tx.readMembers(group?.id ?? '', 10);
    });
    expect(told).toMatchObject([{ alert: { count: 1, sample: [{ object: 'i', requests: 90 }] } }]);
  });

  it('is a fact of its own beside others of the same attack', async () => {
    await take(incident('i', 25), incident('j', 30));
    expect(await pending()).toMatchObject({ stuffing: 2 });
  });

  it('counts once in a window: two states of one incident are not two incidents', async () => {
    await take(incident('i', 6), incident('i', 7));
    await take(incident('i', 8));
    expect(await pending()).toEqual({});
    await take(incident('j', 6));
    expect(await pending()).toEqual({ 'two-attacks': 1 });
  });

  it('is delivered in each of its states to whoever takes every event', async () => {
    await take(incident('i', 1), incident('i', 2));
    expect(await bench.store.listDeliveries({ destination: 'siem', limit: 10 })).toHaveLength(2);
  });

  it('stays known through a restart', async () => {
    await take(incident('i', 25));
    await bench.restart();
    await take(incident('i', 26));
    expect(await pending()).toEqual({ stuffing: 1 });
  });

  it('is new once, also within one page', async () => {
    await take(actor('203.0.113.1', 'r1', 'XSS'), actor('203.0.113.1', 'r2', 'SQLInjection'));
    await take(actor('203.0.113.2', 'r1', 'SQLInjection'));
    expect(await pending()).toEqual({ 'new-actor': 1 });
  });
});
