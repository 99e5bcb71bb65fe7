import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprint } from './fingerprint.ts';
import {
  type Bounds,
  boundsFor,
  decideFold,
  foldedFingerprint,
  Room,
  TIERS,
  type Tier,
  tierOf,
} from './fold.ts';

const BOUNDS: Bounds = { each: 10, all: 40, members: 400 };
const MIB = 1_048_576;

describe('the tier of a firing', () => {
  it.each([
    ['INFO', false, 'mild'],
    ['LOW', false, 'mild'],
    ['MEDIUM', false, 'mild'],
    ['HIGH', false, 'high'],
    ['CRITICAL', false, 'critical'],
    ['MEDIUM', true, 'exploit'],
    ['CRITICAL', true, 'exploit'],
  ] as const)('of %s, successful: %s, is %s', (severity, isExploit, tier) => {
    expect(tierOf(severity, isExploit)).toBe(tier);
  });
});

describe('one more that opens', () => {
  it.each<[string, { each: number; all: number; members?: number }, Tier, string]>([
    ['is told apart while there is room', { each: 9, all: 39 }, 'mild', 'room'],
    ['is folded where its rule has as many as it may', { each: 10, all: 10 }, 'mild', 'rule_full'],
    ['is folded where all rules together have', { each: 0, all: 40 }, 'mild', 'all_full'],
    ['has room that a flood of milder ones cannot take', { each: 10, all: 40 }, 'high', 'room'],
    ['and a CRITICAL room that HIGH ones cannot take', { each: 20, all: 80 }, 'critical', 'room'],
    ['and an exploit room that a flood of CRITICAL cannot take', { each: 40, all: 160 }, 'exploit', 'room'],
    [
      'a flood of CRITICAL folds after its own, larger allowance',
      { each: 40, all: 40 },
      'critical',
      'rule_full',
    ],
    [
      'is folded where too many that are over are still to be told of',
      { each: 0, all: 0, members: 400 },
      'mild',
      'members_full',
    ],
    ['which a CRITICAL has more room for', { each: 0, all: 0, members: 400 }, 'critical', 'room'],
    ['a flood of exploits is bounded, too', { each: 60, all: 60 }, 'exploit', 'rule_full'],
  ])('%s', (_, open, tier, reason) => {
    expect(decideFold({ members: 0, ...open }, tier, BOUNDS)).toBe(reason);
  });
});

describe('bounds', () => {
  it.each([
    [16, 64, 16],
    [128, 256, 64],
    [256, 512, 128],
    [4_096, 2_048, 512],
    [1_048_576, 2_048, 512],
  ])('for %i MiB are %i in all and %i of one rule, for the mildest', (mib, all, each) => {
    expect(boundsFor(mib * MIB)).toEqual({ all, each, members: all * 8 });
  });

  it('fit into any store that an operator may ask for', () => {
    const ordinaryBytes = 20_000;
    fc.assert(
      fc.property(fc.integer({ min: 16, max: 1e6 }), (mib) => {
        // The gravest tier goes to six times of it; alerts, groups and two notifications of each.
        expect(boundsFor(mib * MIB).all * 6 * ordinaryBytes).toBeLessThan((mib * MIB) / 2);
      }),
    );
  });
});

describe('room', () => {
  it('never lets more open than the bounds say, whatever opens in which order, nor folds what it had room for', () => {
    const opening = fc.record({
      place: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      tier: fc.constantFrom(...TIERS),
    });
    fc.assert(
      fc.property(fc.array(opening, { maxLength: 600 }), (openings) => {
        const room = new Room(new Map(), BOUNDS);
        const open = new Map<string, number>();
        for (const { place, tier } of openings) {
          if (room.take(place, tier) === 'room') open.set(place, (open.get(place) ?? 0) + 1);
        }
        const all = [...open.values()].reduce((sum, count) => sum + count, 0);
        expect(Math.max(0, ...open.values())).toBeLessThanOrEqual(BOUNDS.each * 6);
        expect(all).toBeLessThanOrEqual(BOUNDS.all * 6);
        if (openings.length <= BOUNDS.each) expect(all).toBe(openings.length);
      }),
    );
  });

  it('keeps room for what is graver, whatever milder ones came before', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 500 }),
        fc.constantFrom('mild', 'high' as const),
        (before, tier) => {
          const room = new Room(new Map(), BOUNDS);
          for (let count = 0; count < before; count += 1) room.take('a', tier);
          expect(room.take('a', 'critical')).toBe('room');
          expect(room.take('a', 'exploit')).toBe('room');
        },
      ),
    );
  });

  it('counts what was open before', () => {
    const room = new Room(new Map([['a', 9]]), BOUNDS);
    expect(room.hasFor(new Map([['a', 1]]))).toBe(true);
    expect(room.hasFor(new Map([['a', 2]]))).toBe(false);
    expect(room.take('a', 'mild')).toBe('room');
    expect(room.take('a', 'mild')).toBe('rule_full');
  });
});

it('the alert of many is no other alert of its rule, whatever actors call themselves', () => {
  const ways = [['all'], ['a', 'b'], ['ab']];
  const folded = TIERS.flatMap((tier) => ways.map((routes) => foldedFingerprint('r', 'akto', tier, routes)));
  expect(new Set(folded).size).toBe(TIERS.length * 3);
  fc.assert(
    fc.property(fc.string(), (actor) => {
      expect(folded).not.toContain(fingerprint('r', { actor, source: 'akto' }));
    }),
  );
});
