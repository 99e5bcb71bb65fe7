import { describe, expect, it } from 'vitest';
import type { Severity } from '../core/severity.ts';
import type { AlertGroup } from '../core/store.ts';
import {
  afterClosing,
  afterLooking,
  afterTelling,
  expectNotification,
  expectResolved,
  type Fired,
  type GroupTarget,
  type Hold,
  LOOK_AGAIN_MS,
  type Stir,
  stirOf,
  type ToldNow,
} from './group.ts';
import { urgencyFrom } from './urgency.ts';

const WAIT = 10_000;
const INTERVAL = 300_000;
const REPEAT = 4 * 3_600_000;
const YEAR = 365 * 86_400_000;
/** Far from 0, so that times before it exist. */
const NOW = 1_000_000_000_000;
const timing = { groupWaitMs: WAIT, groupIntervalMs: INTERVAL, repeatIntervalMs: REPEAT };
const telling = { timing, sendResolved: true };

const target = (over: Partial<GroupTarget> = {}): GroupTarget => ({
  ...{ route: 'urgent', labels: { rule: 'r' }, to: ['oncall'], timing },
  ...over,
});

const CLOSED: AlertGroup = {
  ...{
    id: 'g',
    route: 'urgent',
    labels: { rule: 'r' },
    to: ['oncall'],
    openedMs: 0,
    reason: 'resolved',
    sequence: 3,
  },
};
/** Nobody was told yet; it is due in `inMs`. */
const waiting = (inMs = WAIT, over: Partial<AlertGroup> = {}): AlertGroup => ({
  ...{ ...CLOSED, reason: 'opened', dueMs: NOW + inMs },
  ...over,
});
/** It was told of so long ago, and will be again after `repeat_interval`. */
const told = (agoMs: number, over: Partial<AlertGroup> = {}): AlertGroup => ({
  ...{ ...CLOSED, reason: 'repeat', lastNotifiedMs: NOW - agoMs, dueMs: NOW - agoMs + REPEAT },
  ...{ toldUrgency: urgencyFrom('HIGH'), told: { oncall: { how: 'message', sinceMs: NOW - agoMs } } },
  ...over,
});
const fired = (stir: Stir, urgency = urgencyFrom('HIGH')): Fired => ({ stir, urgency });
type Due = readonly [reason: AlertGroup['reason'], inMs: number];

describe('stirOf', () => {
  it.each<[string, readonly [number, Severity] | undefined, Severity, Stir, number?]>([
    ['never told of', undefined, 'LOW', 'news', 1],
    ['told of in this episode, as severe', [2, 'LOW'], 'LOW', 'growth'],
    ['told of as more severe', [2, 'HIGH'], 'LOW', 'growth'],
    ['more severe than told', [2, 'LOW'], 'MEDIUM', 'rise'],
    ['never told of, and it was there before', undefined, 'LOW', 'return', 2],
    ['told of in an earlier episode', [1, 'CRITICAL'], 'LOW', 'return'],
    ['told of in an earlier episode as less severe', [1, 'LOW'], 'HIGH', 'rise'],
  ])('%s', (_, known, severity, expected, episode = 2) => {
    const before = known && { episode: known[0], severity: known[1], urgency: urgencyFrom(known[1]) };
    expect(stirOf(before, { episode, severity })).toBe(expected);
  });
});

describe('expectNotification', () => {
  it('opens a group that nobody knows', () => {
    const group = expectNotification(undefined, target(), fired('news'), NOW);
    expect(group).toMatchObject({ route: 'urgent', labels: { rule: 'r' }, to: ['oncall'], openedMs: NOW });
    expect(group).toMatchObject({ sequence: 0, dueMs: NOW + WAIT, reason: 'opened' });
  });

  it('opens a closed group anew, and goes on counting its notifications', () => {
    const group = expectNotification(CLOSED, target(), fired('news'), NOW);
    expect(group).toMatchObject({ id: 'g', openedMs: NOW, sequence: 3, dueMs: NOW + WAIT, reason: 'opened' });
  });

  it('tells at once where group_wait is 0', () => {
    const now = { ...timing, groupWaitMs: 0 };
    expect(expectNotification(undefined, target({ timing: now }), fired('news'), NOW)).toMatchObject({
      dueMs: NOW,
    });
  });

  const held = { heldBecause: 'silenced' } as const;
  it.each<[string, AlertGroup, Stir, Due]>([
    ['it waits to be told of: more of it changes nothing', waiting(5), 'growth', ['opened', 5]],
    ['nor does news', waiting(5), 'news', ['opened', 5]],
    ['news at the moment it was told of', told(0), 'news', ['grew', INTERVAL]],
    ['news a moment after', told(1), 'news', ['grew', INTERVAL - 1]],
    ['news just before the interval is over', told(INTERVAL - 1), 'news', ['grew', 1]],
    ['news as it is', told(INTERVAL), 'news', ['grew', 0]],
    ['news long after', told(INTERVAL + 1), 'news', ['grew', 0]],
    ['news after the repetition was due: somebody was away', told(REPEAT + 9), 'news', ['grew', -9]],
    ['growth waits for the repetition', told(0), 'growth', ['repeat', REPEAT]],
    ['growth a moment before it', told(REPEAT - 1), 'growth', ['repeat', 1]],
    ['growth of what waits as news', told(9, { reason: 'grew', dueMs: NOW + 7 }), 'growth', ['grew', 7]],
    ['more news does not put news off', told(9, { reason: 'grew', dueMs: NOW + 7 }), 'news', ['grew', 7]],
    [
      'news of what was about to be told as over',
      told(9, { reason: 'resolved', dueMs: NOW + 7 }),
      'news',
      ['grew', INTERVAL - 9],
    ],
    [
      'silenced: more of the same is not looked at sooner',
      waiting(60_000, held),
      'growth',
      ['opened', 60_000],
    ],
    ['silenced: news is, for it may be audible', waiting(60_000, held), 'news', ['opened', WAIT]],
    ['silenced, told of before: news', told(INTERVAL, held), 'news', ['grew', 0]],
    [
      'in hand: growth waits',
      told(REPEAT, { heldBecause: 'acknowledged', dueMs: NOW + 50 }),
      'growth',
      ['repeat', 50],
    ],
    ['in hand: news does not', told(INTERVAL, { heldBecause: 'acknowledged' }), 'news', ['grew', 0]],
    [
      'written by a version that knew no ends, news',
      { ...CLOSED, lastNotifiedMs: NOW - 9 },
      'news',
      ['grew', INTERVAL - 9],
    ],
    ['the clock went back a little', told(-1, { dueMs: NOW + REPEAT + 1 }), 'news', ['grew', INTERVAL]],
    ['the clock went back a year: news', told(-YEAR), 'news', ['grew', INTERVAL]],
    ['the clock went back a year: growth', told(-YEAR), 'growth', ['repeat', REPEAT]],
    ['the clock went back while it waited', waiting(YEAR), 'growth', ['opened', WAIT]],
    ['the clock went back while it was silenced', waiting(YEAR, held), 'growth', ['opened', LOOK_AGAIN_MS]],
  ])('%s', (_, group, stir, [reason, inMs]) => {
    const next = expectNotification(group, target(), fired(stir), NOW);
    expect({ reason: next.reason, inMs: (next.dueMs ?? 0) - NOW }).toEqual({ reason, inMs });
    expect(next.sequence).toBe(3);
  });

  it('keeps the time of a group that waits: a steady stream cannot put it off', () => {
    let group = expectNotification(undefined, target(), fired('news'), NOW);
    for (let ms = 1; ms < WAIT; ms += 100)
      group = expectNotification(group, target(), fired('news'), NOW + ms);
    expect(group).toMatchObject({ dueMs: NOW + WAIT, reason: 'opened' });
  });

  it.each<[string, AlertGroup]>([
    ['waits', waiting()],
    ['was told of', told(0)],
    ['is silenced', waiting(9, held)],
    ['is over', CLOSED],
  ])('takes over the destinations that the route names now: a group that %s', (_, group) => {
    expect(expectNotification(group, target({ to: ['new'] }), fired('growth'), NOW).to).toEqual(['new']);
  });
});

describe('expectResolved', () => {
  it.each<[string, AlertGroup, number, Due]>([
    ['others of it are open: lists hear of it after the interval', told(9), 1, ['repeat', INTERVAL - 9]],
    ['others of it are open, and it is looked at sooner', told(9, { dueMs: NOW + 5 }), 1, ['repeat', 5]],
    ['nobody was told yet: that it was is told in its time', waiting(5), 0, ['opened', 5]],
    ['quiet all along: it closes now', waiting(60_000, { heldBecause: 'silenced' }), 0, ['opened', 0]],
    ['just told of: not sooner than group_interval', told(0), 0, ['resolved', INTERVAL]],
    ['just before the interval is over', told(INTERVAL - 1), 0, ['resolved', 1]],
    ['told of long ago', told(INTERVAL), 0, ['resolved', 0]],
    [
      'news that waits is told with the end',
      told(9, { reason: 'grew', dueMs: NOW + 1 }),
      0,
      ['resolved', INTERVAL - 9],
    ],
    ['its end is expected already', told(9, { reason: 'resolved', dueMs: NOW + 1 }), 0, ['resolved', 1]],
    ['the clock went back', told(-YEAR), 0, ['resolved', INTERVAL]],
  ])('%s', (_, group, open, [reason, inMs]) => {
    const next = expectResolved(group, open, telling, NOW);
    expect({ reason: next.reason, inMs: (next.dueMs ?? 0) - NOW }).toEqual({ reason, inMs });
  });

  it('is looked at now where its end is not told', () => {
    const next = expectResolved(told(0), 0, { timing, sendResolved: false }, NOW);
    expect(next).toMatchObject({ reason: 'resolved', dueMs: NOW });
  });
});

describe('afterTelling', () => {
  const now = (reason: AlertGroup['reason'], hidden?: Hold): ToldNow => ({
    ...{
      reason,
      isQuiet: false,
      isOver: false,
      closes: false,
      urgency: 1,
      acknowledged: 0,
      isHandled: false,
    },
    made: 1,
    ...(hidden === undefined ? {} : { hidden }),
  });
  const silenced = (inMs: number): Hold => ({ reason: 'silenced', dueMs: NOW + inMs });
  it.each<[string, Hold | undefined, number, AlertGroup['heldBecause']]>([
    ['it is told of again when it still goes on then', undefined, REPEAT, undefined],
    ['some of it is silenced: looked at when that ends', silenced(INTERVAL + 9), INTERVAL + 9, 'silenced'],
    ['be that before group_interval: it may be worse than what was told', silenced(9), 9, 'silenced'],
    ['not after repeat_interval', silenced(REPEAT + 9), REPEAT, 'silenced'],
  ])('%s', (_, hidden, inMs, heldBecause) => {
    const next = afterTelling(waiting(0), now('opened', hidden), telling, NOW);
    expect(next).toMatchObject({ reason: 'repeat', sequence: 4, lastNotifiedMs: NOW, dueMs: NOW + inMs });
    expect(next.heldBecause).toBe(heldBecause);
  });

  it('closes what is over, keeping what its next opening goes on from', () => {
    const next = afterTelling(told(9), { ...now('resolved'), isOver: true, closes: true }, telling, NOW);
    const memory = { toldBeforeMs: NOW - 9, closedMs: NOW };
    expect(next).toEqual({ ...CLOSED, ...memory, reason: 'resolved', sequence: 4 });
    expect(afterClosing(waiting(0, { heldBecause: 'muted' }), NOW)).toEqual({ ...CLOSED, reason: 'opened' });
  });
});

describe('afterLooking', () => {
  it.each<[string, AlertGroup, Hold['reason'] | undefined, Partial<AlertGroup>]>([
    ['held: why, and until when', waiting(), 'muted', { heldBecause: 'muted', dueMs: NOW + 9 }],
    [
      'held for another reason',
      told(9, { heldBecause: 'muted' }),
      'silenced',
      { heldBecause: 'silenced', lastNotifiedMs: NOW - 9 },
    ],
    ['told by a clock that was ahead: as if now', told(-YEAR), 'inhibited', { lastNotifiedMs: NOW }],
  ])('%s', (_, group, held, expected) => {
    expect(afterLooking(group, NOW + 9, NOW, held)).toMatchObject(expected);
  });

  it('forgets what held it once nothing does', () => {
    expect(afterLooking(told(0, { heldBecause: 'muted' }), NOW + 9, NOW)).not.toHaveProperty('heldBecause');
  });
});
