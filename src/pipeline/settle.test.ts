import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { event } from '../../test/pipeline/bench.ts';
import type { ItemOutcome, Outcome } from '../core/delivery.ts';
import type { ClaimedDelivery } from '../core/store.ts';
import { afterOverlap, decideSettlement, endsOutage, HEALTHY, type Health } from './settle.ts';

const NOW = 1_000_000;
/** Jitter at its ceiling, so that waits are the bound itself. */
const most = (): number => 1;

const batch = (size: number, attempts = 0): readonly ClaimedDelivery[] =>
  Array.from({ length: size }, (_, index) => {
    const fact = event(`e${index}`);
    return { seq: index + 1, attempts, delivery: { kind: 'event', id: fact.id, event: fact, rules: [] } };
  });

const DONE: ItemOutcome = { kind: 'done' };
const RETRY: ItemOutcome = { kind: 'retry', reason: 'busy' };
const UNCLEAR: ItemOutcome = { kind: 'unclear', reason: 'what?', answer: 'huh' };
const DEAD: ItemOutcome = { kind: 'dead', reason: 'too long' };
const partial = (...items: readonly ItemOutcome[]): Outcome => ({ kind: 'partial', items });
const retryAfter = (afterMs: number): ItemOutcome => ({ ...RETRY, afterMs });
const held = (failures: number, restUntilMs = 0): Health => {
  return { failures, restUntilMs, heldBecause: 'revoked' };
};

describe('decideSettlement', () => {
  it.each<[string, Outcome, readonly string[], string]>([
    ['all of it taken', DONE, ['done', 'done'], 'delivered'],
    ['none of it ever', DEAD, ['dead', 'dead'], 'delivered'],
    ['none of it now', RETRY, ['pending', 'pending'], 'retry'],
    ['one taken, one later', partial(DONE, RETRY), ['done', 'pending'], 'partly-delivered'],
    ['one never, one later', partial(DEAD, RETRY), ['dead', 'pending'], 'partly-delivered'],
    ['one taken, one never', partial(DONE, DEAD), ['done', 'dead'], 'delivered'],
    ['each later', partial(RETRY, RETRY), ['pending', 'pending'], 'retry'],
    ['too few outcomes', partial(DONE), ['done', 'pending'], 'partly-delivered'],
    ['no outcome', partial(), ['pending', 'pending'], 'retry'],
    ['too many outcomes', partial(DONE, DONE, DEAD), ['done', 'done'], 'delivered'],
    ['held', { kind: 'hold', reason: 'revoked' }, ['pending', 'pending'], 'held'],
    ['an answer that nobody understands', UNCLEAR, ['pending', 'pending'], 'retry'],
    ['one taken, one not understood', partial(DONE, UNCLEAR), ['done', 'pending'], 'partly-delivered'],
    ['one later, one not understood', partial(RETRY, UNCLEAR), ['pending', 'pending'], 'retry'],
  ])('%s', (_, outcome, states, reason) => {
    const settled = decideSettlement(batch(2), outcome, HEALTHY, NOW, most);
    expect(settled.settlements.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(settled.settlements.map(({ state }) => state)).toEqual(states);
    expect(settled.reason).toBe(reason);
  });

  it('keeps the reason of what died, word for word', () => {
    const { settlements } = decideSettlement(batch(1), DEAD, HEALTHY, NOW, most);
    expect(settlements).toEqual([{ seq: 1, state: 'dead', reason: 'too long' }]);
  });

  it('says of an item without an outcome that there was none', () => {
    const { settlements } = decideSettlement(batch(2), partial(DONE), HEALTHY, NOW, most);
    expect(settlements[1]).toMatchObject({ reason: expect.stringContaining('no outcome'), counted: true });
  });

  it.each<[string, number | undefined, object]>([
    [
      'once: in ten seconds',
      undefined,
      { state: 'pending', dueMs: NOW + 10_000, counted: true, unclear: true },
    ],
    ['twice: in half a minute', 1, { state: 'pending', dueMs: NOW + 30_000, counted: true, unclear: true }],
    [
      'three times: never again',
      2,
      { state: 'dead', reason: expect.stringMatching(/^given up after 3 .*what\?/) },
    ],
    ['more often, by an earlier version', 7, { state: 'dead' }],
  ])('an answer that nobody understands came %s', (_, unclear, expected) => {
    const [claimed] = batch(1, 40);
    const told = claimed === undefined ? [] : [{ ...claimed, ...(unclear === undefined ? {} : { unclear }) }];
    const { settlements } = decideSettlement(told, UNCLEAR, HEALTHY, NOW, most);
    expect(settlements).toMatchObject([
      { ...expected, reason: expect.stringContaining('what?; it said: huh') },
    ]);
  });

  it.each<[string, Health, Partial<Health>]>([
    [
      'the first: a rest, and one at a time',
      HEALTHY,
      { unclear: 1, batchLimit: 1, restUntilMs: NOW + 5_000 },
    ],
    ['the second: a longer one', { ...HEALTHY, unclear: 1 }, { unclear: 2, restUntilMs: NOW + 20_000 }],
    [
      'the third: held',
      { ...HEALTHY, unclear: 2, failures: 9 },
      {
        restUntilMs: NOW + 30_000,
        failures: 1,
        heldBecause: expect.stringMatching(/^3 answers in a row.*what\?$/),
      },
    ],
    [
      'more: probed ever more rarely',
      { ...held(3), unclear: 5 },
      { restUntilMs: NOW + 240_000, heldBecause: expect.stringMatching(/^6 answers/) },
    ],
    ['the first while it is held for something else: still for that', held(1), { heldBecause: 'revoked' }],
  ])('answers that nobody understands, in a row: %s', (_, before, after) => {
    expect(decideSettlement(batch(2), UNCLEAR, before, NOW, most).health).toMatchObject(after);
  });

  it.each<[string, Outcome, number | undefined]>([
    ['something that is taken', DONE, undefined],
    ['a refusal', DEAD, undefined],
    ['no time-out', RETRY, 2],
  ])('their row ends with %s', (_, outcome, unclear) => {
    const before = { ...HEALTHY, unclear: 2 };
    expect(decideSettlement(batch(2), outcome, before, NOW, most).health.unclear).toBe(unclear);
  });

  it.each<[string, ItemOutcome, string]>([
    ['with the answer', { ...DEAD, answer: 'no' }, 'too long; it said: no'],
    ['without an empty one', { ...DEAD, answer: '' }, 'too long'],
  ])('shows why something died %s', (_, outcome, reason) => {
    const { settlements } = decideSettlement(batch(1), outcome, HEALTHY, NOW, most);
    expect(settlements).toEqual([{ seq: 1, state: 'dead', reason }]);
  });

  it.each<[string, number, ItemOutcome, number]>([
    ['the first wait is short', 0, RETRY, 1_000],
    ['doubles', 1, RETRY, 2_000],
    ['and doubles', 5, RETRY, 32_000],
    ['up to five minutes', 9, RETRY, 300_000],
    ['however often it failed', 100_000, RETRY, 300_000],
    ['what the far side asks for wins over a long wait', 9, retryAfter(5), 5],
    ['and over a short one', 0, retryAfter(3_600_000), 3_600_000],
    ['at once, if it says so', 4, retryAfter(0), 0],
  ])('an item waits: %s', (_, attempts, outcome, waitMs) => {
    const { settlements } = decideSettlement(batch(1, attempts), outcome, HEALTHY, NOW, most);
    expect(settlements).toEqual([
      { seq: 1, state: 'pending', reason: 'busy', dueMs: NOW + waitMs, counted: true },
    ]);
  });

  it.each<[string, Health, Outcome, Health]>([
    [
      'a batch that failed whole rests',
      HEALTHY,
      RETRY,
      { failures: 1, restUntilMs: NOW + 1_000, batchLimit: 1 },
    ],
    [
      'longer each time',
      { failures: 3, restUntilMs: 0 },
      RETRY,
      { failures: 4, restUntilMs: NOW + 8_000, batchLimit: 1 },
    ],
    [
      'a minute at most: others wait',
      { failures: 50, restUntilMs: 0 },
      RETRY,
      { failures: 51, restUntilMs: NOW + 60_000, batchLimit: 1 },
    ],
    [
      'as long as asked for',
      HEALTHY,
      retryAfter(7_000),
      { failures: 1, restUntilMs: NOW + 7_000, batchLimit: 1 },
    ],
    [
      'as long as the longest asked for',
      HEALTHY,
      partial(retryAfter(5), retryAfter(90), RETRY),
      { failures: 1, restUntilMs: NOW + 90, batchLimit: 1 },
    ],
    ['one item taken is health', { failures: 9, restUntilMs: 5 }, partial(DONE, RETRY, RETRY), HEALTHY],
    [
      'an item refused for itself is health',
      { failures: 9, restUntilMs: 5 },
      partial(DEAD, RETRY, RETRY),
      HEALTHY,
    ],
    ['taken whole ends a hold', held(4), DONE, HEALTHY],
    [
      'a probe that timed out is no end of a hold',
      held(1),
      RETRY,
      { failures: 2, restUntilMs: NOW + 2_000, heldBecause: 'revoked', batchLimit: 1 },
    ],
  ])('health: %s', (_, before, outcome, after) => {
    const {
      failingSinceMs: _since,
      problem: _why,
      ...health
    } = decideSettlement(...([batch(3), outcome, before, NOW, most] as const)).health;
    expect(health).toEqual(after);
  });

  it.each<[string, Health, Outcome, number | undefined]>([
    ['begins with the first batch of which nothing was taken', HEALTHY, RETRY, NOW],
    ['goes on with the next', { ...HEALTHY, failingSinceMs: NOW - 9 }, RETRY, NOW - 9],
    [
      'goes on through a hold',
      { ...HEALTHY, failingSinceMs: NOW - 9 },
      { kind: 'hold', reason: 'no' },
      NOW - 9,
    ],
    [
      'ends when anything is taken',
      { ...HEALTHY, failingSinceMs: NOW - 9 },
      partial(DONE, RETRY, RETRY),
      undefined,
    ],
    ['began under a clock that was ahead', { ...HEALTHY, failingSinceMs: NOW + 9 }, RETRY, NOW],
  ])('a failure %s', (_, before, outcome, sinceMs) => {
    expect(decideSettlement(batch(3), outcome, before, NOW, most).health.failingSinceMs).toBe(sinceMs);
  });

  it.each<[string, number, Outcome, number | undefined]>([
    ['halved where nothing was taken', 500, RETRY, 250],
    ['never less than one', 1, RETRY, 1],
    ['as before where all was well', 500, DONE, undefined],
  ])('the next batch is %s', (_, size, outcome, limit) => {
    expect(decideSettlement(batch(size), outcome, HEALTHY, NOW, most).health.batchLimit).toBe(limit);
  });

  it('one bad item among five hundred soon fails alone, and batches grow back after it', () => {
    let health = HEALTHY;
    const sizes = Array.from({ length: 9 }, () => {
      health = decideSettlement(batch(health.batchLimit ?? 500), RETRY, health, NOW, most).health;
      return health.batchLimit;
    });
    expect(sizes).toEqual([250, 125, 62, 31, 15, 7, 3, 1, 1]);
    const grown = Array.from({ length: 14 }, () => {
      health = decideSettlement(batch(1), DONE, health, NOW, most).health;
      return health.batchLimit;
    });
    expect(grown.slice(0, 3)).toEqual([2, 4, 8]);
    expect(health).toEqual(HEALTHY);
  });

  it('a hold leaves its deliveries as they were: nothing is wrong with them', () => {
    const { settlements } = decideSettlement(
      batch(1, 6),
      { kind: 'hold', reason: 'revoked' },
      HEALTHY,
      NOW,
      most,
    );
    expect(settlements).toEqual([
      { seq: 1, state: 'pending', reason: 'revoked', dueMs: NOW, counted: false },
    ]);
  });

  it.each<[string, Health, number]>([
    ['half a minute at first', HEALTHY, 30_000],
    ['half a minute after failures of another kind', { failures: 12, restUntilMs: 0 }, 30_000],
    ['longer while it lasts', held(1), 60_000],
    ['and longer', held(3), 240_000],
    ['ten minutes at most', held(5), 600_000],
    ['for ever', held(100_000), 600_000],
  ])('a hold is probed: %s', (_, before, probeMs) => {
    const { health } = decideSettlement(batch(1), { kind: 'hold', reason: 'gone' }, before, NOW, most);
    expect(health).toMatchObject({ restUntilMs: NOW + probeMs, heldBecause: 'gone' });
  });

  it('a hold that wants to be left alone is probed when it says', () => {
    const gone: Outcome = { kind: 'hold', reason: 'gone', probeAfterMs: 86_400_000 };
    for (const before of [HEALTHY, held(9)])
      expect(decideSettlement(batch(1), gone, before, NOW, most).health.restUntilMs).toBe(NOW + 86_400_000);
  });

  const item = fc.oneof(
    fc.constant<ItemOutcome>(DONE),
    fc.constant<ItemOutcome>(DEAD),
    fc.constant<ItemOutcome>(UNCLEAR),
    fc
      .option(fc.nat(3_600_000), { nil: undefined })
      .map((afterMs): ItemOutcome => (afterMs === undefined ? RETRY : retryAfter(afterMs))),
  );
  const anyOutcome: fc.Arbitrary<Outcome> = fc.oneof(
    item,
    fc.constant<Outcome>({ kind: 'hold', reason: 'revoked' }),
    fc.array(item, { maxLength: 8 }).map((items) => partial(...items)),
  );
  const anyHealth = fc.record({ failures: fc.nat(100), restUntilMs: fc.nat(NOW) });

  it('settles every delivery exactly once, and never in the past or beyond its bounds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.nat(200),
        anyOutcome,
        anyHealth,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (size, attempts, outcome, health, luck) => {
          const settled = decideSettlement(batch(size, attempts), outcome, health, NOW, () => luck);
          expect(settled.settlements.map(({ seq }) => seq)).toEqual(batch(size).map(({ seq }) => seq));
          for (const settlement of settled.settlements) {
            if (settlement.state !== 'pending') continue;
            expect(settlement.dueMs).toSatisfy(Number.isSafeInteger);
            expect(settlement.dueMs).toBeGreaterThanOrEqual(NOW);
            expect(settlement.dueMs).toBeLessThanOrEqual(NOW + 3_600_000);
          }
          expect(settled.health.restUntilMs).toBeLessThanOrEqual(NOW + 3_600_000);
        },
      ),
    );
  });
});

describe('an attempt that was under way when its destination was told to rest', () => {
  const resting: Health = {
    failures: 2,
    restUntilMs: NOW + 9_000,
    failingSinceMs: NOW - 60_000,
    problem: 'busy',
  };
  it.each<[string, Health, Outcome, Partial<Health>]>([
    ['was taken: the hold stays', held(3, NOW + 30_000), DONE, { failures: 3, restUntilMs: NOW + 30_000 }],
    ['was taken: the rest stays', resting, DONE, resting],
    ['was not taken either: no further failure', resting, RETRY, { failures: 2, restUntilMs: NOW + 9_000 }],
    ['was not, and asks for longer', resting, retryAfter(50_000), { failures: 2, restUntilMs: NOW + 50_000 }],
    [
      'is held: so is the destination',
      resting,
      { kind: 'hold', reason: 'revoked' },
      { heldBecause: 'revoked' },
    ],
    [
      'is held as the destination is: no longer for it',
      held(1, NOW + 30_000),
      { kind: 'hold', reason: 'revoked' },
      { failures: 1, restUntilMs: NOW + 30_000 },
    ],
  ])('%s', (_, health, outcome, expected) => {
    const settled = decideSettlement(batch(1), outcome, health, NOW, most);
    expect(afterOverlap(health, settled)).toMatchObject(expected);
  });
});

describe('an outage is over', () => {
  const failing = (failures: number): Health => ({ failures, restUntilMs: 0 });
  it.each<[string, Health, Outcome, number, boolean]>([
    ['once something is taken after many failures', failing(13), DONE, 500, true],
    ['once something is given up: it was answered', failing(13), DEAD, 500, true],
    ['once a hold is', held(1), DONE, 500, true],
    ['not where one bad delivery was found by halving', failing(10), DONE, 500, false],
    ['not where nothing failed', HEALTHY, DONE, 1, false],
    ['after a few of one each', failing(3), DONE, 1, true],
    ['not while it goes on', failing(90), RETRY, 1, false],
    ['nor with a hold', failing(90), { kind: 'hold', reason: 'revoked' }, 1, false],
  ])('%s', (_, health, outcome, maxItems, expected) => {
    const settled = decideSettlement(batch(1), outcome, health, NOW, most);
    expect(endsOutage(health, settled, maxItems)).toBe(expected);
  });
});
