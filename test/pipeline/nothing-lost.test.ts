import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Notification } from '../../src/core/alert.ts';
import type { Delivery, ItemOutcome, Outcome } from '../../src/core/delivery.ts';
import type { Event } from '../../src/core/event.ts';
import { type Settlement, type Store, StoreError } from '../../src/core/store.ts';
import { createDeliverer, type Deliverer } from '../../src/pipeline/deliver.ts';
import { createNotifier } from '../../src/pipeline/notify.ts';
import { createRedactor } from '../../src/redaction/index.ts';
import { createAggregator } from '../../src/rules/index.ts';
import { runs } from '../seed.ts';
import { type Bench, createBench, event, idOf, listening, page, reader, recording, rules } from './bench.ts';
import { wholeIngest } from './whole-ingest.ts';

const RULES = rules(
  'id: attack\nfilter: { filter_id: { eq: Attack } }\ninfo: { severity: HIGH }',
  `
id: probes
filter: { filter_id: { eq: Probe } }
info: { severity: LOW }
aggregation_rules:
  - rule: { name: two, condition: { matchCount: 2, windowThreshold: 5 } }
`,
);
const ROUTE = {
  ...{ name: 'all', to: ['oncall'], continue: false, groupBy: ['rule'] },
  timing: { groupWaitMs: 10_000, groupIntervalMs: 60_000, repeatIntervalMs: 600_000 },
  sendResolved: true,
  speaking: { active: [], mute: [] },
};
const DESTINATIONS = ['siem', 'oncall'] as const;
type Name = (typeof DESTINATIONS)[number];

/** Everything the feed ever shows: attacks fire each, probes by twos, the rest never. */
const EVENTS: readonly Event[] = Array.from({ length: 12 }, (_, index) =>
  event(
    `e${index}`,
    { filterId: ['Attack', 'Probe', 'Probe', 'Other'][index % 4] ?? '', actor: `203.0.113.${index % 2}` },
    index * 20,
  ),
);

type Step =
  | { readonly kind: 'page'; readonly shown: readonly number[]; readonly breaks: boolean }
  | { readonly kind: 'notify' }
  | { readonly kind: 'deliver'; readonly to: Name; readonly outcome: Outcome; readonly recorded: boolean }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'redrive' }
  | { readonly kind: 'restart' };

const item = fc.constantFrom<ItemOutcome>(
  { kind: 'done' },
  { kind: 'retry', reason: 'busy' },
  { kind: 'retry', reason: 'busy', afterMs: 5_000 },
  { kind: 'dead', reason: 'too long' },
);
const outcome = fc.oneof<fc.Arbitrary<Outcome>[]>(
  item,
  fc.constant({ kind: 'hold', reason: 'revoked' }),
  fc.array(item, { maxLength: 4 }).map((items) => ({ kind: 'partial', items })),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('page' as const),
    shown: fc.array(fc.nat(EVENTS.length - 1), { maxLength: 6 }),
    breaks: fc.boolean(),
  }),
  fc.constant({ kind: 'notify' as const }),
  fc.record({
    kind: fc.constant('deliver' as const),
    to: fc.constantFrom(...DESTINATIONS),
    outcome,
    recorded: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1_000, 10_000, 60_000, 700_000) }),
  fc.constant({ kind: 'redrive' as const }),
  fc.constant({ kind: 'restart' as const }),
);

/** What the far sides saw, and what the store was told to write down as done: it outlives every process. */
class Ledger {
  readonly taken = new Map<string, Set<string>>(DESTINATIONS.map((name) => [name, new Set()]));
  readonly doneSeqs: number[] = [];
  readonly notifications = new Map<string, Notification>();
  readonly contradictions: string[] = [];

  offered(delivery: Delivery): void {
    if (delivery.kind !== 'alert') return;
    const known = this.notifications.get(delivery.id) ?? delivery.notification;
    if (JSON.stringify(known) !== JSON.stringify(delivery.notification))
      this.contradictions.push(delivery.id);
    this.notifications.set(delivery.id, known);
  }

  answered(name: string, batch: readonly Delivery[], given: Outcome): void {
    for (const [index, { id }] of batch.entries()) {
      const own = given.kind === 'partial' ? given.items[index] : given;
      if (own?.kind === 'done') this.taken.get(name)?.add(id);
    }
  }

  settled(settlements: readonly Settlement[]): void {
    this.doneSeqs.push(...settlements.filter(({ state }) => state === 'done').map(({ seq }) => seq));
  }
}

/** One life of the daemon, between two restarts. */
class Life {
  outcome: Outcome = { kind: 'done' };
  records = true;
  commits = true;
  readonly #store: Store;
  readonly #ingest: ReturnType<typeof wholeIngest>;
  readonly #notifier: ReturnType<typeof createNotifier>;
  readonly #deliverers: ReadonlyMap<Name, Deliverer>;

  constructor({ store, clock, telemetry }: Bench, ledger: Ledger) {
    this.#store = this.#failing(store, ledger);
    const deps = { store: this.#store, clock, telemetry };
    this.#ingest = wholeIngest({
      ...{
        ...deps,
        ruleSet: RULES,
        routes: [ROUTE],
        resolveAfterMs: 3_600_000,
        destinations: [{ name: 'siem', send: new Set(['events']) }],
      },
      ...{ storeFull: () => undefined, onCommitted: () => undefined },
    });
    this.#notifier = createNotifier({
      ...deps,
      ...listening(['oncall'], [ROUTE]),
      onEnqueued: () => undefined,
    });
    const answer = (name: Name) => (batch: readonly Delivery[]) => {
      batch.forEach((delivery) => void ledger.offered(delivery));
      ledger.answered(name, batch, this.outcome);
      return this.outcome;
    };
    this.#deliverers = new Map(
      DESTINATIONS.map((name) => {
        const destination = recording(name, answer(name), { maxItems: 4 });
        return [
          name,
          createDeliverer({ ...deps, destination, random: () => 0.5, redactor: createRedactor() }),
        ];
      }),
    );
  }

  #failing(store: Store, ledger: Ledger): Store {
    const full = new StoreError('full', 'no space left; free some');
    const settle: Store['settle'] = async (settlements, nowMs) => {
      if (!this.records) throw full;
      await store.settle(settlements, nowMs);
      ledger.settled(settlements);
    };
    const transaction: Store['transaction'] = (work) =>
      store.transaction(async (tx) => {
        const result = await work(tx);
        if (!this.commits) throw full;
        return result;
      });
    return new Proxy(store, {
      get: (target, key) => {
        if (key === 'settle') return settle;
        return key === 'transaction' ? transaction : Reflect.get(target, key).bind(target);
      },
    });
  }

  async page(events: readonly Event[], breaks: boolean): Promise<void> {
    this.commits = !breaks;
    const failed = await this.#ingest(reader(), page(events)).then(
      () => false,
      (error: unknown) => error instanceof StoreError,
    );
    this.commits = true;
    expect(failed).toBe(breaks);
  }

  notify = () => this.#notifier.pass();

  async deliver(to: Name, given: Outcome, recorded: boolean): Promise<number | undefined> {
    this.outcome = given;
    this.records = recorded;
    return this.#deliverers.get(to)?.pass(new AbortController().signal);
  }
}

/** How often rules fire when these events are committed in this order. */
function firings(committed: readonly Event[]): number {
  const windows = createAggregator({ matchCount: 2, windowThreshold: 5 });
  return committed.filter(({ raw, timeMs }) => {
    if (raw['filterId'] === 'Attack') return true;
    if (raw['filterId'] !== 'Probe') return false;
    return windows.observe({ actor: String(raw['actor']), timestamp: timeMs / 1_000 });
  }).length;
}

class Story {
  readonly ledger = new Ledger();
  readonly committed = new Map<string, Event>();
  readonly #bench: Bench;
  #life: Life;

  constructor(bench: Bench) {
    this.#bench = bench;
    this.#life = new Life(bench, this.ledger);
  }

  async take(next: Step): Promise<void> {
    const { clock, store } = this.#bench;
    if (next.kind === 'page')
      return this.#page(
        next.shown.flatMap((index) => EVENTS[index] ?? []),
        next.breaks,
      );
    if (next.kind === 'notify') await this.#life.notify();
    if (next.kind === 'wait') await clock.advance(next.ms);
    if (next.kind === 'redrive') await store.redrive({}, clock.now());
    if (next.kind === 'deliver') await this.#life.deliver(next.to, next.outcome, next.recorded);
    if (next.kind !== 'restart') return;
    await this.#bench.restart();
    this.#life = new Life(this.#bench, this.ledger);
  }

  async #page(events: readonly Event[], breaks: boolean): Promise<void> {
    await this.#life.page(events, breaks);
    if (breaks) return;
    for (const each of events) if (!this.committed.has(each.id)) this.committed.set(each.id, each);
  }

  /** All is well again: the feed is read to its end, and everything waiting is told and sent. */
  async drain(): Promise<void> {
    await this.#page(EVENTS, false);
    for (let round = 0; round < 200; round += 1) {
      const due = [
        await this.#life.notify(),
        await this.#life.deliver('siem', { kind: 'done' }, true),
        await this.#life.deliver('oncall', { kind: 'done' }, true),
      ].filter((dueMs) => dueMs !== undefined);
      if (due.length === 0) return;
      await this.#bench.clock.advance(Math.max(0, Math.min(...due) - this.#bench.clock.now()));
    }
    throw new Error('what waits is never sent');
  }
}

it('whatever happens between any two steps: nothing is lost, nothing counted twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const bench = createBench();
      try {
        const story = new Story(bench);
        for (const next of steps) await story.take(next);
        await story.drain();
        await judge(bench, story);
      } finally {
        await bench.close();
      }
    }),
    { numRuns: runs(50) },
  );
});

async function judge(bench: Bench, { ledger, committed }: Story): Promise<void> {
  const rows = await bench.store.listDeliveries({ limit: 10_000 });
  const siem = rows.filter(({ destination }) => destination === 'siem');
  expect(siem.map(({ deliveryId }) => deliveryId).sort()).toEqual(
    EVENTS.map(({ feedId }) => idOf(feedId)).sort(),
  );
  expect(rows.filter(({ state }) => state === 'pending')).toEqual([]);
  for (const { destination, deliveryId, state } of rows)
    if (state === 'done') expect(ledger.taken.get(destination)).toContain(deliveryId);
  expect(ledger.doneSeqs.sort()).toEqual(
    rows.flatMap(({ seq, state }) => (state === 'done' ? [seq] : [])).sort(),
  );

  const told = [...ledger.notifications.values()];
  expect(told.map(({ id }) => id).sort()).toEqual(
    rows.flatMap(({ kind, deliveryId }) => (kind === 'alert' ? [deliveryId] : [])).sort(),
  );
  expect(told.reduce((sum, { newCount }) => sum + newCount, 0)).toBe(firings([...committed.values()]));
  expect(ledger.contradictions).toEqual([]);
}
