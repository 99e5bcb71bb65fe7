import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, createBench, event, idOf, messages, recording } from '../../test/pipeline/bench.ts';
import { settled } from '../../test/pipeline/manual-clock.ts';
import { runs } from '../../test/seed.ts';
import type { Destination, Outcome } from '../core/delivery.ts';
import { type Store, StoreError } from '../core/store.ts';
import { createDeliverer } from './deliver.ts';

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

const never = new AbortController().signal;
const DONE: Outcome = { kind: 'done' };

async function enqueue(count: number, from = 0): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `e${from + index}`);
  await bench.store.transaction(async (tx) => {
    await tx.insertEvents(
      names.map((name) => ({ event: event(name), rules: [] })),
      bench.clock.now(),
    );
    const rows = names.map(
      (name) => ({ destination: 'siem', kind: 'event', deliveryId: idOf(name) }) as const,
    );
    await tx.enqueue(rows, bench.clock.now());
  });
}

const states = async (): Promise<readonly string[]> =>
  (await bench.store.listDeliveries({ limit: 1_000 })).map(({ state }) => state);

/** A far side that answers when it is told to, the longest waiting first unless told which. */
function patient(maxInFlight: number, maxItems = 1) {
  const waiting: ((outcome: Outcome) => void)[] = [];
  let most = 0;
  const far = recording(
    'siem',
    () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        most = Math.max(most, waiting.length);
      }),
    { maxItems },
  );
  return {
    destination: { ...far, maxInFlight } satisfies Destination,
    batches: far.batches,
    waiting,
    most: () => most,
    async answer(outcome: Outcome = DONE, which = 0): Promise<void> {
      waiting.splice(which, 1)[0]?.(outcome);
      await settled();
    },
  };
}

function deliver(destination: Destination, store: Store = bench.store) {
  const { clock, telemetry } = bench;
  const redactor = { delivery: <T>(delivery: T) => delivery, text: (text: string) => text };
  return createDeliverer({ store, destination, clock, random: () => 0.5, telemetry, redactor });
}

/** Long enough for a pass to claim and send all that it may. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await settled();
}

/** Answers whatever comes until the pass is over. */
async function through(
  far: ReturnType<typeof patient>,
  pass: Promise<unknown>,
  answer: () => readonly [Outcome, number] = () => [DONE, 0],
): Promise<void> {
  let isOver = false;
  void pass.then(() => {
    isOver = true;
  });
  while (!isOver || far.waiting.length > 0) {
    await idle();
    if (far.waiting.length > 0) await far.answer(...answer());
  }
}

/** Until as many are under way at once; gives the pass that waits for them. */
async function warmUp(
  far: ReturnType<typeof patient>,
  deliverer: ReturnType<typeof deliver>,
  until: number,
): Promise<{ readonly pass: Promise<unknown> }> {
  for (;;) {
    const pass = deliverer.pass(never);
    await idle();
    if (far.waiting.length >= until) return { pass };
    await through(far, pass);
  }
}

describe('several batches under way', () => {
  it('are as many as the answers allow, never hold a delivery twice, and never more than the destination takes', async () => {
    await enqueue(60);
    const far = patient(3);
    const deliverer = deliver(far.destination);
    for (let round = 0; round < 60 && (await states()).includes('pending'); round += 1) {
      await through(far, deliverer.pass(never));
    }
    expect(far.most()).toBe(3);
    const sent = far.batches.flat();
    expect(new Set(sent).size).toBe(60);
    expect(sent).toHaveLength(60);
    expect(await states()).toEqual(Array.from({ length: 60 }, () => 'done'));
  });

  it('are one where the destination says nothing of more', async () => {
    await enqueue(30);
    const far = patient(1);
    const deliverer = deliver(far.destination);
    for (let round = 0; round < 30; round += 1) {
      await through(far, deliverer.pass(never));
    }
    expect(far.most()).toBe(1);
    expect(far.batches.flat()).toEqual(Array.from({ length: 30 }, (_, index) => idOf(`e${index}`)));
  });

  it('finish when the destination is held, and what they were taken for ends no hold that came after they were sent', async () => {
    await enqueue(40);
    const far = patient(3);
    const deliverer = deliver(far.destination);
    const { pass } = await warmUp(far, deliverer, 3);
    const before = far.batches.length;
    await far.answer({ kind: 'hold', reason: 'the token was revoked' });
    await far.answer();
    await far.answer();
    await pass;
    await deliverer.ended();
    expect(deliverer.health()?.heldBecause).toBe('the token was revoked');
    expect(bench.telemetry.status().problems).toEqual(['destination siem is held: the token was revoked']);
    await deliverer.pass(never);
    expect(far.batches).toHaveLength(before);
    await bench.clock.advance(30_000);
    const probe = deliverer.pass(never);
    await idle();
    expect(far.waiting, 'one asks, and one only').toHaveLength(1);
    await far.answer();
    await probe;
    expect(deliverer.health()?.heldBecause).toBeUndefined();
  });

  it('that fail together are one failure: the rest is no longer for having sent more', async () => {
    await enqueue(40);
    const far = patient(4);
    const deliverer = deliver(far.destination);
    const { pass } = await warmUp(far, deliverer, 4);
    while (far.waiting.length > 0) await far.answer({ kind: 'retry', reason: 'timed out' });
    await pass;
    await deliverer.ended();
    expect(deliverer.health()?.failures).toBe(1);
    await bench.clock.advance(60_000);
    const next = deliverer.pass(never);
    await idle();
    expect(far.waiting, 'after an outage one tries').toHaveLength(1);
    await far.answer();
    await next;
  });

  it('are not sent beside themselves by a clock that went ahead of their leases', async () => {
    await enqueue(40);
    const far = patient(4);
    const deliverer = deliver(far.destination);
    const { pass } = await warmUp(far, deliverer, 3);
    await far.answer();
    await pass;
    const before = far.batches.length;
    await bench.clock.advance(3_600_000);
    const late = deliverer.pass(never);
    await idle();
    expect(far.batches).toHaveLength(before);
    await through(far, late);
    while ((await states()).includes('pending')) await through(far, deliverer.pass(never));
    expect(new Set(far.batches.flat()).size).toBe(far.batches.flat().length);
  });

  it('are all written down before anything more is sent, once the store takes it', async () => {
    await enqueue(40);
    let refuses = false;
    const store = new Proxy(bench.store, {
      get: (target, key) => {
        if (key !== 'settle' || !refuses) return Reflect.get(target, key).bind(target);
        return async () => {
          throw new StoreError('full', 'no space left; free some');
        };
      },
    });
    const far = patient(3);
    const deliverer = deliver(far.destination, store);
    const { pass } = await warmUp(far, deliverer, 3);
    const [before, done] = [far.batches.length, (await states()).filter((state) => state === 'done').length];
    refuses = true;
    while (far.waiting.length > 0) await far.answer();
    expect(await pass).toBe(bench.clock.now() + 1_000);
    expect(await deliverer.pass(never)).toBe(bench.clock.now() + 1_000);
    expect(far.batches).toHaveLength(before);
    refuses = false;
    const next = deliverer.pass(never);
    await idle();
    expect((await states()).filter((state) => state === 'done')).toHaveLength(done + 3);
    while (far.waiting.length > 0) await far.answer();
    await next;
    expect(new Set(far.batches.flat()).size).toBe(far.batches.flat().length);
    expect(messages(bench.logs).filter((line) => line.startsWith('store failed'))).toHaveLength(2);
  });

  it('leave the loop to go on with what comes meanwhile', async () => {
    await enqueue(40);
    const far = patient(4);
    const deliverer = deliver(far.destination);
    await through(far, (await warmUp(far, deliverer, 2)).pass);
    while ((await states()).includes('pending')) await through(far, deliverer.pass(never));
    await enqueue(1, 100);
    await deliverer.pass(never);
    expect(far.waiting, 'it does not wait for that one').toHaveLength(1);
    await enqueue(1, 101);
    await deliverer.pass(never);
    expect(far.waiting).toHaveLength(2);
    await far.answer();
    await far.answer();
    await deliverer.ended();
    expect(await states()).not.toContain('pending');
  });

  it('end each delivery once, whatever the far side answers and in which order', async () => {
    const outcome = fc.constantFrom<Outcome>(
      DONE,
      DONE,
      DONE,
      { kind: 'retry', reason: 'busy' },
      { kind: 'hold', reason: 'revoked' },
      { kind: 'dead', reason: 'too long' },
      { kind: 'partial', items: [DONE, { kind: 'retry', reason: 'busy', afterMs: 5_000 }] },
    );
    let from = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(outcome, fc.nat(7)), { maxLength: 40 }), async (answers) => {
        await enqueue(12, from);
        from += 12;
        const far = patient(4, 2);
        const deliverer = deliver(far.destination);
        const taken: string[] = [];
        const queue = [...answers];
        for (let step = 0; step < 400 && (await states()).includes('pending'); step += 1) {
          await through(far, deliverer.pass(never), () => {
            const [given, which] = queue.shift() ?? [DONE, 0];
            return [given, which % far.waiting.length];
          });
          await bench.clock.advance(600_000);
        }
        taken.push(...far.batches.flat());
        expect((await states()).filter((state) => state === 'pending')).toEqual([]);
        expect(new Set(taken).size).toBe(12);
      }),
      { numRuns: runs(25) },
    );
  });
});
