import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, createBench, event, idOf, listening, recording } from '../../test/pipeline/bench.ts';
import { START_MS } from '../../test/pipeline/manual-clock.ts';
import type { Delivery, Outcome } from '../core/delivery.ts';
import type { Problem } from '../core/problem.ts';
import { createDeliverer } from './deliver.ts';
import {
  createHealthWatch,
  type DestinationHealth,
  type HealthSnapshot,
  judgeHealth,
} from './health-watch.ts';
import { keepLasting } from './lasting.ts';
import type { StoreUsage } from './maintain.ts';
import { createNotifier } from './notify.ts';
import { HEALTHY } from './settle.ts';

const NOW = START_MS;
const MINUTE = 60_000;
const ALIVE: DestinationHealth = { name: 'siem', health: HEALTHY, waiting: 3, dead: { recent: 0, fresh: 0 } };
const destination = (over: Partial<DestinationHealth>): HealthSnapshot => ({
  destinations: [{ ...ALIVE, ...over }],
  refused: [],
});
const failingFor = (ms: number) => ({
  ...HEALTHY,
  failures: 4,
  failingSinceMs: NOW - ms,
  problem: 'time-out',
});
const held = { ...HEALTHY, heldBecause: 'its token was revoked', failingSinceMs: NOW };
const used = (bytes: number, overBound = false): HealthSnapshot => ({
  ...{ destinations: [], refused: [] },
  store: { bytes, maxBytes: 100, overBound },
});
const refusal: Problem = { code: 'unknown-key', severity: 'error', message: 'no', file: 'a.yaml', line: 3 };

describe('judging health', () => {
  it.each<[string, HealthSnapshot, readonly string[], readonly string[]]>([
    ['all is well', destination({}), [], []],
    ['a destination is held', destination({ health: held }), [], ['tocsin-destination-held']],
    ['it is held and nothing waits: nobody knows', destination({ health: held, waiting: 0 }), [], []],
    ['it fails for less than a quarter of an hour', destination({ health: failingFor(14 * MINUTE) }), [], []],
    [
      'it fails for a quarter of an hour',
      destination({ health: failingFor(15 * MINUTE) }),
      [],
      ['tocsin-destination-failing'],
    ],
    [
      'it fails since a moment, and that was told before a restart',
      destination({ health: failingFor(1) }),
      ['tocsin-destination-failing'],
      ['tocsin-destination-failing'],
    ],
    [
      'it refused deliveries for good',
      destination({ dead: { recent: 2, fresh: 0 } }),
      [],
      ['tocsin-dead-letters'],
    ],
    [
      'reading waits for it, and it fails as well: both are told',
      destination({ overBudget: 'destination siem is beyond', health: failingFor(15 * MINUTE) }),
      [],
      ['tocsin-destination-failing', 'tocsin-destination-over-budget'],
    ],
    ['the store is far from full', used(79), [], []],
    ['the store is nearly full', used(80), [], ['tocsin-store-nearly-full']],
    [
      'it has a little more room, and was told of',
      used(78),
      ['tocsin-store-nearly-full'],
      ['tocsin-store-nearly-full'],
    ],
    ['it has room again', used(76), ['tocsin-store-nearly-full'], []],
    ['it is full at once: one page', used(101, true), [], ['tocsin-store-full']],
    [
      'it is full after it was nearly: that is not over',
      used(101, true),
      ['tocsin-store-nearly-full'],
      ['tocsin-store-full', 'tocsin-store-nearly-full'],
    ],
    ['a reload was refused', { destinations: [], refused: [refusal] }, [], ['tocsin-reload-refused']],
  ])('%s', (_, snapshot, open, rules) => {
    const facts = judgeHealth(snapshot, (rule) => open.includes(rule), NOW);
    expect(facts.map(({ fact }) => fact.rule)).toEqual(rules);
    for (const { fact } of facts) expect(fact.resolveAfterMs).toBe(10 * MINUTE);
  });

  it('says what is wrong and what to do', () => {
    const snapshot = { ...destination({ health: held }), refused: [refusal, refusal] };
    const [hold, reload] = judgeHealth(snapshot, () => false, NOW).map(({ fact }) => fact.description);
    expect(hold).toContain('takes nothing until somebody acts: its token was revoked. ');
    expect(reload).toContain('a.yaml:3: error unknown-key: no (and 1 more). "tocsin check" shows everything');
  });
});

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

interface World {
  readonly answers: Record<string, Outcome>;
  refused: readonly Problem[];
  usage: StoreUsage | undefined;
  /** Notifications by destination: `oncall opened tocsin-destination-held`. */
  readonly told: string[];
  readonly texts: string[];
  run(minutes: number): Promise<void>;
  restart(downMinutes: number): Promise<void>;
}

/** Three destinations, the loops that tell them, and a clock that goes half a minute at a time. */
function world(routesTo?: readonly string[]): World {
  const { clock, telemetry } = bench;
  const answers: Record<string, Outcome> = {};
  const told: string[] = [];
  const texts: string[] = [];
  const hear = (name: string, [delivery]: readonly Delivery[]): Outcome => {
    const outcome = answers[name] ?? { kind: 'done' };
    if (outcome.kind !== 'done' || delivery?.kind !== 'alert') return outcome;
    const { reason, alerts } = delivery.notification;
    told.push(`${name} ${reason} ${alerts.map(({ rule }) => rule).join()}`);
    texts.push(...alerts.map(({ description = '' }) => description));
    return outcome;
  };
  const names = ['oncall', 'soar'];
  const destinations = [
    ...names.map((name) => recording(name, (batch) => hear(name, batch), { send: ['alerts'], maxItems: 1 })),
    recording('siem', () => answers['siem'] ?? { kind: 'done' }, { send: ['events'], maxItems: 1 }),
  ];
  const timing = { groupWaitMs: 10_000, groupIntervalMs: 5 * MINUTE, repeatIntervalMs: 240 * MINUTE };
  const route = {
    ...{ name: 'page', continue: false, groupBy: ['rule'], timing, sendResolved: true },
    speaking: { active: [], mute: [] },
  };
  const routes = routesTo === undefined ? [] : [{ ...route, to: routesTo }];

  const start = () => {
    const { store } = bench;
    const redactor = { delivery: (delivery: Delivery) => delivery, text: (text: string) => text };
    const random = () => 0.5;
    const deliverers = destinations.map((each) =>
      createDeliverer({ store, destination: each, clock, random, telemetry, redactor }),
    );
    const notifier = createNotifier({
      ...{ store, clock, telemetry, ...listening(names, routes), onEnqueued: () => undefined },
    });
    const watch = createHealthWatch({
      ...{ store, clock, telemetry, destinations, routes, onRaised: () => undefined },
      health: (name) => deliverers[destinations.findIndex((each) => each.name === name)]?.health() ?? HEALTHY,
      storeUsage: () => state.usage,
      refused: () => state.refused,
    });
    return { deliverers, notifier, watch };
  };
  let running = start();

  async function step(): Promise<void> {
    await bench.clock.advance(30_000);
    await running.watch.pass();
    await running.notifier.pass();
    for (let round = 0; round < 4; round += 1)
      for (const { pass } of running.deliverers) await pass(new AbortController().signal);
  }

  const state: World = {
    ...{ answers, told, texts, refused: [], usage: undefined },
    async run(minutes) {
      for (let half = 0; half < minutes * 2; half += 1) await step();
    },
    async restart(downMinutes) {
      await bench.restart();
      await bench.clock.advance(downMinutes * MINUTE);
      running = start();
      await keepLasting(bench.store, { destinations, feeds: [] }, bench.clock.now());
    },
  };
  return state;
}

async function enqueueFor(name: string, feedId: string): Promise<void> {
  const nowMs = bench.clock.now();
  await bench.store.transaction(async (tx) => {
    await tx.insertEvents([{ event: event(feedId), rules: [] }], nowMs);
    await tx.enqueue([{ destination: name, kind: 'event', deliveryId: idOf(feedId) }], nowMs);
  });
}

const HOLD: Outcome = { kind: 'hold', reason: 'its token was revoked' };
const RETRY: Outcome = { kind: 'retry', reason: 'no answer within 15 s' };

describe('what Tocsin says of itself', () => {
  it('a held destination is told to the others once, stays open while it is held, and ends once it is not', async () => {
    const { answers, told, run, texts } = world();
    answers['oncall'] = HOLD;
    answers['siem'] = HOLD;
    await enqueueFor('siem', 'a');
    await run(60);
    // The first word of it makes known that the other one is held too.
    expect(told).toEqual([
      'soar opened tocsin-destination-held',
      'soar grew tocsin-destination-held,tocsin-destination-held',
    ]);
    expect(texts.join()).toContain(
      'Destination siem takes nothing until somebody acts: its token was revoked.',
    );
    delete answers['oncall'];
    delete answers['siem'];
    await run(30);
    expect(told.filter((line) => line.startsWith('soar'))).toEqual([
      'soar opened tocsin-destination-held',
      'soar grew tocsin-destination-held,tocsin-destination-held',
      'soar resolved tocsin-destination-held,tocsin-destination-held',
    ]);
  });

  it.each<[string, readonly string[] | undefined, readonly string[]]>([
    ['a route that names only the one that is held', ['oncall'], ['soar']],
    ['a route that names both', ['oncall', 'soar'], ['soar']],
    ['a route that names the other', ['soar'], ['soar']],
  ])('is heard in spite of %s', async (_, routesTo, heard) => {
    const { answers, told, run } = world(routesTo);
    answers['oncall'] = HOLD;
    await enqueueFor('oncall', 'a');
    await run(5);
    expect(told.map((line) => line.split(' ')[0])).toEqual(heard);
  });

  it('that nobody else can hear waits for the one it is about', async () => {
    const { answers, told, run } = world(['oncall']);
    answers['oncall'] = HOLD;
    answers['soar'] = HOLD;
    await enqueueFor('oncall', 'a');
    await run(5);
    expect(told).toEqual([]);
    const waiting = await bench.store.countDeliveries();
    expect(waiting.map(({ destination: name, count }) => `${name} ${count}`)).toEqual(['oncall 2', 'soar 1']);
  });

  it.each([1, 25])('is told once through a restart that took %d minutes', async (downMinutes) => {
    const { answers, told, run, restart } = world();
    answers['siem'] = RETRY;
    await enqueueFor('siem', 'a');
    await run(20);
    const before = [...told].sort();
    expect(before).toEqual([
      'oncall opened tocsin-destination-failing',
      'soar opened tocsin-destination-failing',
    ]);
    await restart(downMinutes);
    await run(40);
    expect([...told].sort()).toEqual(before);
    delete answers['siem'];
    await run(20);
    expect(told.filter((line) => line.startsWith('soar'))).toEqual([
      'soar opened tocsin-destination-failing',
      'soar resolved tocsin-destination-failing',
    ]);
  });

  it('counts dead letters in one alert a destination', async () => {
    const { answers, told, texts, run } = world();
    answers['siem'] = { kind: 'dead', reason: 'the index does not exist' };
    for (const id of ['a', 'b', 'c']) await enqueueFor('siem', id);
    await run(1);
    await run(6);
    answers['siem'] = { kind: 'dead', reason: 'the token may not write there' };
    await enqueueFor('siem', 'd');
    await run(3);
    const [alert] = await bench.store.listAlerts({ states: ['open'], limit: 9 });
    expect(alert).toMatchObject({ rule: 'tocsin-dead-letters', group: { destination: 'siem' }, count: 4 });
    await run(45);
    expect(told.filter((line) => line.startsWith('soar'))).toEqual([
      'soar opened tocsin-dead-letters',
      'soar resolved tocsin-dead-letters',
    ]);
    expect(texts[0]).toContain('the index does not exist');
    expect(alert?.description, 'the newest').toContain('the token may not write there');
  });

  it('tells of dead letters of a destination that was taken away', async () => {
    const { told, texts, run } = world();
    await enqueueFor('gone', 'a');
    await bench.store.abandonOthers(['oncall', 'soar', 'siem'], bench.clock.now());
    await run(2);
    expect([...told].sort()).toEqual([
      'oncall opened tocsin-dead-letters',
      'soar opened tocsin-dead-letters',
    ]);
    expect(texts[0]).toContain('Deliveries to destination gone went to the dead letters, 1 of late: ');
  });

  it('tells of a store that fills, of one that is full, and of neither after', async () => {
    const here = world();
    here.usage = { bytes: 85, maxBytes: 100, overBound: false };
    await here.run(8);
    here.usage = { bytes: 101, maxBytes: 100, overBound: true };
    await here.run(8);
    here.usage = { bytes: 10, maxBytes: 100, overBound: false };
    await here.run(30);
    expect(here.told.filter((line) => line.startsWith('soar'))).toEqual([
      'soar opened tocsin-store-nearly-full',
      'soar opened tocsin-store-full',
      'soar resolved tocsin-store-full',
      'soar resolved tocsin-store-nearly-full',
    ]);
  });

  it('tells of a refused reload until it is mended', async () => {
    const here = world();
    here.refused = [refusal];
    await here.run(30);
    here.refused = [];
    await here.run(20);
    expect(here.told.filter((line) => line.startsWith('soar'))).toEqual([
      'soar opened tocsin-reload-refused',
      'soar resolved tocsin-reload-refused',
    ]);
  });

  it('outlives a store that fails, and looks again', async () => {
    const { clock, telemetry, store } = bench;
    const watch = createHealthWatch({
      ...{ store, clock, telemetry, destinations: [], routes: [], onRaised: () => undefined },
      ...{ health: () => HEALTHY, storeUsage: () => undefined, refused: () => [] },
    });
    await store.close();
    expect(await watch.pass()).toBe(clock.now() + 30_000);
    await bench.restart();
  });
});
