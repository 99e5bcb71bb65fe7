import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { notification } from '../../test/contract/deliveries.ts';
import { type Bench, createBench, event, idOf, messages, recording } from '../../test/pipeline/bench.ts';
import { settled } from '../../test/pipeline/manual-clock.ts';
import type { Destination, Outcome } from '../core/delivery.ts';
import { type Store, StoreError } from '../core/store.ts';
import { createDeliverer } from './deliver.ts';

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

const never = new AbortController().signal;
const SIZE = 2;
const MOST = 4;
const COUNT = 60;
const DONE: Outcome = { kind: 'done' };

const names = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

async function enqueue(prefix: string, count: number): Promise<void> {
  await bench.store.transaction(async (tx) => {
    const events = names(prefix, count).map((name) => ({ event: event(name), rules: [] }));
    await tx.insertEvents(events, bench.clock.now());
    const rows = names(prefix, count).map(
      (name) => ({ destination: 'siem', kind: 'event', deliveryId: idOf(name) }) as const,
    );
    await tx.enqueue(rows, bench.clock.now());
  });
}

const pending = async (): Promise<number> =>
  (await bench.store.listDeliveries({ state: 'pending', limit: 1_000 })).length;

/** A far side that takes several batches at once and answers when told; answers at once while it warms up. */
function patient() {
  const waiting: ((outcome: Outcome) => void)[] = [];
  let isPatient = false;
  const far = recording(
    'siem',
    () => (isPatient ? new Promise((resolve) => void waiting.push(resolve)) : DONE),
    { maxItems: SIZE },
  );
  const destination: Destination = { ...far, maxInFlight: MOST };
  return {
    ...{ destination, waiting, batches: far.batches },
    becomePatient(): void {
      isPatient = true;
    },
    answerAll(outcome: Outcome = DONE): void {
      for (const answer of waiting.splice(0)) answer(outcome);
    },
  };
}

/** The bench's store, which counts claims that are asked for while another is under way, and fails those it is told to. */
function watched() {
  let underWay = 0;
  let asked = 0;
  const seen = { most: 0, fails: (_number: number): Error | undefined => undefined };
  const store: Store = new Proxy(bench.store, {
    get(target, key) {
      if (key !== 'claim') return Reflect.get(target, key).bind(target);
      return async (...args: Parameters<Store['claim']>) => {
        underWay += 1;
        asked += 1;
        seen.most = Math.max(seen.most, underWay);
        try {
          const error = seen.fails(asked);
          await settled();
          if (error !== undefined) throw error;
          return await target.claim(...args);
        } finally {
          underWay -= 1;
        }
      };
    },
  });
  const restart = (): void => {
    asked = 0;
    seen.most = 0;
  };
  return { store, seen, restart };
}

function deliver(destination: Destination, store: Store) {
  const { clock, telemetry } = bench;
  const redactor = { delivery: <T>(delivery: T) => delivery, text: (text: string) => text };
  return createDeliverer({ store, destination, clock, random: () => 0.5, telemetry, redactor });
}

async function idle(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) await settled();
}

/** A deliverer whose destination has shown that it takes all it may be given at once. */
async function warmedUp() {
  const far = patient();
  const { store, seen, restart } = watched();
  const deliverer = deliver(far.destination, store);
  await enqueue('warm', 300);
  for (let round = 0; round < 300 && (await pending()) > 0; round += 1) await deliverer.pass(never);
  await deliverer.ended();
  await enqueue('e', COUNT);
  const before = far.batches.length;
  far.becomePatient();
  restart();
  return { far, seen, deliverer, sent: () => far.batches.slice(before) };
}

async function drain(
  { pass, ended }: Awaited<ReturnType<typeof warmedUp>>['deliverer'],
  far: ReturnType<typeof patient>,
): Promise<void> {
  for (let round = 0; round < 400 && (await pending()) > 0; round += 1) {
    const passing = pass(never);
    let isOver = false;
    void passing.then(() => {
      isOver = true;
    });
    while (!isOver) {
      await settled();
      far.answerAll();
    }
  }
  await ended();
}

describe('where much waits', () => {
  it('is asked for several batches at once, each in its order, and nothing twice', async () => {
    const { far, seen, deliverer, sent } = await warmedUp();
    const passing = deliverer.pass(never);
    await idle();
    expect(far.waiting).toHaveLength(MOST);
    expect(seen.most, 'one shows that much waits, the rest are asked for together').toBe(MOST - 1);
    far.answerAll();
    await passing;
    await drain(deliverer, far);
    expect(sent().flat()).toEqual(names('e', COUNT).map(idOf));
  });

  it.each([
    ['one of several claims fails', [3]],
    ['all but one of several fail', [2, 4]],
  ])('sends and writes down what it has where %s', async (_, numbers) => {
    const { far, seen, deliverer, sent } = await warmedUp();
    seen.fails = (number) =>
      numbers.includes(number) ? new StoreError('locked', 'another process holds it') : undefined;
    const passing = deliverer.pass(never);
    await idle();
    expect(far.waiting, 'what failed was asked for again').toHaveLength(MOST);
    far.answerAll();
    await passing;
    await deliverer.ended();
    expect(await pending()).toBe(COUNT - MOST * SIZE);
    expect(sent().flat()).toHaveLength(MOST * SIZE);
    await drain(deliverer, far);
    expect(sent().flat().toSorted(), 'each once').toEqual(names('e', COUNT).map(idOf).toSorted());
  });

  it('says so where every further claim fails, and what is under way is written down all the same', async () => {
    const { far, seen, deliverer, sent } = await warmedUp();
    seen.fails = (number) => (number > 1 ? new StoreError('locked', 'another process holds it') : undefined);
    expect(await deliverer.pass(never)).toBe(bench.clock.now() + 1_000);
    expect(messages(bench.logs)).toContainEqual(expect.stringContaining('another process holds it'));
    expect(far.waiting).toHaveLength(1);
    far.answerAll();
    await deliverer.ended();
    expect(await pending()).toBe(COUNT - SIZE);
    seen.fails = () => undefined;
    await drain(deliverer, far);
    expect(sent().flat().toSorted(), 'each once').toEqual(names('e', COUNT).map(idOf).toSorted());
  });

  it('does not take a bug for a store that refuses', async () => {
    const { far, seen, deliverer } = await warmedUp();
    seen.fails = (number) => (number > 1 ? new TypeError('x is not a function') : undefined);
    await expect(deliverer.pass(never)).rejects.toThrow(TypeError);
    far.answerAll();
    await deliverer.ended();
    expect(await pending()).toBe(COUNT - SIZE);
  });
});

it('gives the notifications of one group to one batch at a time, however many are asked for at once', async () => {
  const ids = ['a', 'b'].flatMap((group) =>
    Array.from({ length: 6 }, (_, index) => `alert/${group}/x/${index + 1}`),
  );
  await bench.store.transaction(async (tx) => {
    for (const id of ids) await tx.insertNotification(notification({ id }));
    await tx.enqueue(
      ids.map((deliveryId) => ({ destination: 'siem', kind: 'alert' as const, deliveryId })),
      0,
    );
  });
  const told: string[] = [];
  for (let round = 0; round < 20 && told.length < ids.length; round += 1) {
    const asked = [1, 2, 3, 4].map(() => bench.store.claim('siem', 0, 1_000, 2));
    const batches = await Promise.all(asked);
    const groups = batches.map((batch) => new Set(batch.map(({ delivery }) => delivery.id.slice(0, 8))));
    const all = groups.flatMap((each) => [...each]);
    expect(new Set(all).size, 'no group is in two batches').toBe(all.length);
    // The later batch is answered first.
    for (const batch of batches.toReversed()) {
      told.push(...batch.map(({ delivery }) => delivery.id));
      await bench.store.settle(
        batch.map(({ seq }) => ({ seq, state: 'done' })),
        0,
      );
    }
  }
  for (const group of ['alert/a', 'alert/b'])
    expect(told.filter((id) => id.startsWith(group))).toEqual(ids.filter((id) => id.startsWith(group)));
});
