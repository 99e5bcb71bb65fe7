import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Bench,
  createBench,
  event,
  idOf,
  messages,
  page,
  reader,
  recording,
  rules,
} from '../../test/pipeline/bench.ts';
import { wholeIngest } from '../../test/pipeline/whole-ingest.ts';
import type { Budget } from '../core/budget.ts';
import { createBudgets } from './budgets.ts';
import { createDeliverer } from './deliver.ts';

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

const MINUTE = 60_000;
const never = new AbortController().signal;

/** Each with a payload of about as many bytes, for one destination. */
async function enqueue(names: readonly string[], bytes = 1_000, destination = 'siem'): Promise<void> {
  await bench.store.transaction(async (tx) => {
    const events = names.map((name) => ({ event: event(name, { text: 'x'.repeat(bytes) }), rules: [] }));
    await tx.insertEvents(events, bench.clock.now());
    await tx.enqueue(
      names.map((name) => ({ destination, kind: 'event', deliveryId: idOf(name) }) as const),
      bench.clock.now(),
    );
  });
}

const named = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `e${String(from + index).padStart(6, '0')}`);

function budgets(budget: Budget, name = 'siem') {
  const { store, clock, telemetry } = bench;
  return createBudgets({ store, clock, telemetry, destinations: [{ name, budget }] });
}

const waiting = async (destination = 'siem'): Promise<readonly string[]> =>
  (await bench.store.listDeliveries({ state: 'pending', destination, limit: 10_000 })).map(
    ({ deliveryId }) => deliveryId,
  );
const dead = async () => bench.store.listDeliveries({ state: 'dead', limit: 10_000 });

describe('a budget with "policy: block"', () => {
  const budget: Budget = { maxBytes: 50_000, policy: 'block' };

  it('stops reading while too much waits, says why once, and goes on by itself', async () => {
    const { pass, blocked, overBudget } = budgets(budget);
    await enqueue(named(40));
    await pass();
    expect(blocked()).toBeUndefined();
    await enqueue(named(40, 40));
    await pass();
    await pass();
    const why = blocked() ?? '';
    expect(why).toMatch(/^destination siem is beyond its budget: more than 0\.1 MB wait/);
    expect(overBudget('siem')).toBe(why);
    expect(overBudget('soar')).toBeUndefined();
    expect(bench.telemetry.status()).toMatchObject({ ready: false, problems: [why] });
    expect(messages(bench.logs).filter((line) => line.includes('budget'))).toEqual([
      `reading stopped: ${why}`,
    ]);
    expect(await bench.telemetry.metrics.registry.metrics()).toContain(
      'tocsin_destination_over_budget{destination="siem"} 1',
    );
    const siem = recording('siem', undefined, { maxItems: 45 });
    const { store, clock, telemetry } = bench;
    const redactor = { delivery: <T>(delivery: T) => delivery, text: (text: string) => text };
    const deliverer = createDeliverer({
      store,
      clock,
      telemetry,
      redactor,
      random: () => 0.5,
      destination: siem,
    });
    await deliverer.pass(never);
    await pass();
    expect(blocked()).toBeUndefined();
    expect(bench.telemetry.status()).toMatchObject({ ready: true, problems: [] });
    expect(messages(bench.logs)).toContain('reading goes on: what waits is within the budget again');
    expect(await dead()).toEqual([]);
  });

  it('refuses a page whole while it is exceeded, and takes the same page after', async () => {
    const { pass, blocked } = budgets(budget);
    await enqueue(named(80));
    await pass();
    const { store, clock, telemetry } = bench;
    const ingest = wholeIngest({
      ...{ store, clock, telemetry, blocked, ruleSet: rules(), routes: [], resolveAfterMs: MINUTE },
      destinations: [{ name: 'soar', send: new Set(['events']) }],
      ...{ storeFull: () => undefined, onCommitted: () => undefined },
    });
    await expect(ingest(reader(), page([event('fresh')]))).rejects.toThrow(/beyond its budget/);
    expect(await bench.store.unseen([idOf('fresh')])).toEqual(new Set([idOf('fresh')]));
    const all = await bench.store.claim('siem', bench.clock.now(), 1, 100);
    await bench.store.settle(
      all.map(({ seq }) => ({ seq, state: 'done' })),
      bench.clock.now(),
    );
    await pass();
    await ingest(reader(), page([event('fresh')]));
    expect(await waiting('soar')).toEqual([idOf('fresh')]);
  });

  it('counts age from when each was enqueued, however often it was put off since', async () => {
    const { pass, blocked } = budgets({ maxAgeMs: 30 * MINUTE, policy: 'block' });
    await enqueue(['old']);
    await bench.clock.advance(20 * MINUTE);
    await enqueue(['young']);
    const [claimed] = await bench.store.claim('siem', bench.clock.now(), 1_000, 1);
    const putOff = {
      state: 'pending',
      reason: 'busy',
      dueMs: bench.clock.now() + 15 * MINUTE,
      counted: true,
    } as const;
    await bench.store.settle([{ seq: claimed?.seq ?? 0, ...putOff }], bench.clock.now());
    await pass();
    expect(blocked()).toBeUndefined();
    await bench.clock.advance(11 * MINUTE);
    await pass();
    expect(blocked()).toContain('the oldest has waited for 31m (budget.max_age is 30m)');
  });

  it('measures a queue of many turns, and looks at a long one more rarely', async () => {
    const { pass, blocked } = budgets({ maxBytes: 6_000 * 150, policy: 'block' });
    for (let from = 0; from < 9_000; from += 3_000) await enqueue(named(3_000, from), 100);
    expect(await pass()).toBeGreaterThanOrEqual(bench.clock.now() + 5_000);
    expect(blocked()).toBeDefined();
  });
});

describe('a budget with "policy: shed"', () => {
  it('gives up the oldest and no more than it must, keeps the order of the rest, and says so', async () => {
    await enqueue(named(80));
    const size = 1_060;
    const { pass, blocked } = budgets({ maxBytes: 50 * size, policy: 'shed' });
    await pass();
    const left = await waiting();
    expect(left.length).toBeGreaterThanOrEqual(43);
    expect(left.length).toBeLessThanOrEqual(50);
    expect(left).toEqual(named(80).slice(-left.length).map(idOf));
    const gone = await dead();
    expect(gone.map(({ deliveryId }) => deliveryId)).toEqual(named(80 - left.length).map(idOf));
    expect(gone[0]).toMatchObject({
      attempts: 0,
      reason: expect.stringMatching(/^shed to keep to the destination's budget: more than 0\.1 MB wait/),
    });
    expect(blocked()).toBeUndefined();
    expect(messages(bench.logs)).toEqual([
      'deliveries were shed: the oldest went to the dead letters unsent',
    ]);
    expect(await bench.telemetry.metrics.registry.metrics()).toContain(
      `tocsin_deliveries_shed_total{destination="siem"} ${gone.length}`,
    );
    await pass();
    expect(await waiting()).toEqual(left);
  });

  it('leaves what is under way', async () => {
    await enqueue(named(10));
    await bench.store.claim('siem', bench.clock.now(), 600_000, 3);
    await bench.clock.advance(5 * MINUTE);
    await budgets({ maxAgeMs: 2 * MINUTE, policy: 'shed' }).pass();
    expect(await waiting()).toEqual(named(3).map(idOf));
  });

  it('does not shed what was redriven for the age that it had before', async () => {
    await enqueue(named(5));
    await bench.clock.advance(5 * MINUTE);
    const { pass } = budgets({ maxAgeMs: 2 * MINUTE, policy: 'shed' });
    await pass();
    expect(await waiting()).toEqual([]);
    expect(await bench.store.redrive({ destination: 'siem' }, bench.clock.now())).toBe(5);
    await pass();
    expect(await waiting()).toEqual(named(5).map(idOf));
    const siem = recording('siem');
    const { store, clock, telemetry } = bench;
    const redactor = { delivery: <T>(delivery: T) => delivery, text: (text: string) => text };
    await createDeliverer({ store, clock, telemetry, redactor, random: () => 0.5, destination: siem }).pass(
      never,
    );
    expect(siem.batches).toEqual([named(5).map(idOf)]);
  });

  it('sheds what was put off again and again before what came later', async () => {
    await enqueue(['tried']);
    const [claimed] = await bench.store.claim('siem', bench.clock.now(), 1, 1);
    const putOff = {
      state: 'pending',
      reason: 'busy',
      dueMs: bench.clock.now() + 60 * MINUTE,
      counted: true,
    } as const;
    await bench.store.settle([{ seq: claimed?.seq ?? 0, ...putOff }], bench.clock.now());
    await bench.clock.advance(10 * MINUTE);
    await enqueue(named(5));
    await budgets({ maxBytes: 5_300, policy: 'shed' }).pass();
    expect((await dead())[0]?.deliveryId).toBe(idOf('tried'));
    expect(await waiting()).not.toContain(idOf('tried'));
  });

  it('works in turns: others have theirs while it sheds much', async () => {
    for (let from = 0; from < 9_000; from += 3_000) await enqueue(named(3_000, from), 10);
    await bench.clock.advance(5 * MINUTE);
    await enqueue(['fresh'], 10);
    const shedding = budgets({ maxAgeMs: 2 * MINUTE, policy: 'shed' }).pass();
    let turns = 0;
    let isOver = false;
    void shedding.then(() => {
      isOver = true;
    });
    while (!isOver) {
      await bench.store.nextDeliveryDueMs('other');
      turns += 1;
    }
    expect(turns).toBeGreaterThan(4);
    expect(await waiting()).toEqual([idOf('fresh')]);
    expect(await dead()).toHaveLength(9_000);
  });

  it('leaves what waits for others', async () => {
    await enqueue(named(4), 10, 'soar');
    await bench.clock.advance(5 * MINUTE);
    await budgets({ maxAgeMs: 2 * MINUTE, policy: 'shed' }).pass();
    expect(await waiting('soar')).toHaveLength(4);
  });
});
