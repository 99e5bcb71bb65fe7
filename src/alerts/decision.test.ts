import { describe, expect, it } from 'vitest';
import type { AlertGroup, MemberTotals } from '../core/store.ts';
import { decideGroup, type GroupDecision, type GroupView } from './decision.ts';
import { LOOK_AGAIN_MS } from './group.ts';

const MINUTE = 60_000;
const INTERVAL = 5 * MINUTE;
const REPEAT = 240 * MINUTE;
const YEAR = 365 * 24 * 60 * MINUTE;
const NOW = 1_000_000_000_000;
const timing = { groupWaitMs: 10_000, groupIntervalMs: INTERVAL, repeatIntervalMs: REPEAT };
const telling = { timing, sendResolved: true };
const silently = { timing, sendResolved: false };

const group = (over: Partial<AlertGroup> = {}): AlertGroup => ({
  ...{
    id: 'g',
    route: 'r',
    labels: {},
    to: ['oncall'],
    openedMs: 0,
    dueMs: NOW,
    reason: 'opened',
    sequence: 0,
  },
  ...over,
});
const toldAgo = (ms: number, over: Partial<AlertGroup> = {}): AlertGroup =>
  group({
    ...{ reason: 'repeat', lastNotifiedMs: NOW - ms, toldUrgency: 7 },
    told: { oncall: { how: 'message', sinceMs: NOW - ms } },
    ...over,
  });
const held = (heldBecause: NonNullable<AlertGroup['heldBecause']>) => ({ heldBecause });

/** So many alerts, of which so many are open and so many of those in hand. */
const audible = (
  alerts: number,
  open = alerts,
  acknowledged = 0,
  over: Partial<MemberTotals> = {},
): MemberTotals => ({
  ...{ alerts, open, acknowledged, newCount: alerts, hasNews: false, newestMs: NOW, hasRise: false },
  ...{ urgency: 7, newsUrgency: 0, toldOpen: 0, toldAcknowledged: 0, ended: 0 },
  ...over,
});
const news = (alerts = 1, open = alerts, acknowledged = 0) =>
  audible(alerts, open, acknowledged, { hasNews: true });
const NOBODY = audible(0);

type Quieted = GroupView['quieted'];
const NONE: Quieted = { alerts: 0, open: 0, isInhibited: false };
const silenced = (inMs: number, open = 1): Quieted => ({
  alerts: 1,
  open,
  isInhibited: false,
  untilMs: NOW + inMs,
});
const inhibited = (open = 1): Quieted => ({ alerts: 1, open, isInhibited: true });

const tell = (reason: AlertGroup['reason']): GroupDecision => ({ action: 'tell', reason });
const hold = (reason: 'muted' | 'silenced' | 'inhibited' | 'acknowledged', inMs: number): GroupDecision => ({
  ...{ action: 'hold', reason, dueMs: NOW + inMs },
});
const wait = (reason: 'too_soon' | 'nothing_new', inMs: number): GroupDecision => ({
  ...{ action: 'wait', reason, dueMs: NOW + inMs },
});
const close = (reason: 'over' | 'over_unheard'): GroupDecision => ({ action: 'close', reason });

type Row = readonly [string, AlertGroup, MemberTotals, Quieted, number | undefined, GroupDecision];

describe('decideGroup', () => {
  it.each<Row>([
    ['nobody was told yet', group(), news(), NONE, undefined, tell('opened')],
    [
      'though somebody has it in hand: others are to know',
      group(),
      news(1, 1, 1),
      NONE,
      undefined,
      tell('opened'),
    ],
    ['in a mute time', group(), news(), NONE, NOW + MINUTE, hold('muted', MINUTE)],
    [
      'in a long mute time: looked at now and then, plans change',
      group(),
      news(),
      NONE,
      NOW + YEAR,
      hold('muted', LOOK_AGAIN_MS),
    ],
    ['all of it silenced', group(), NOBODY, silenced(MINUTE), undefined, hold('silenced', MINUTE)],
    ['silenced for long', group(), NOBODY, silenced(YEAR), undefined, hold('silenced', LOOK_AGAIN_MS)],
    ['all of it inhibited', group(), NOBODY, inhibited(), undefined, hold('inhibited', MINUTE)],
    [
      'some silenced, some inhibited: whatever may end first',
      ...([
        group(),
        NOBODY,
        { ...silenced(YEAR, 2), isInhibited: true },
        undefined,
        hold('silenced', MINUTE),
      ] as const),
    ],
    ['muted and silenced', group(), NOBODY, silenced(MINUTE), NOW + 2 * MINUTE, hold('muted', 2 * MINUTE)],
    ['some of it is audible', group(), news(), silenced(MINUTE), undefined, tell('opened')],
    ['the silence is over', group(held('silenced')), news(), NONE, undefined, tell('opened')],
    ['the mute time is over', group(held('muted')), news(), NONE, undefined, tell('opened')],
    [
      'what is audible is over, the rest silenced',
      group(),
      audible(1, 0),
      silenced(MINUTE),
      undefined,
      tell('opened'),
    ],
    [
      'but not where the silence outlasted it',
      ...([
        group(held('silenced')),
        audible(1, 0),
        silenced(MINUTE),
        undefined,
        hold('silenced', MINUTE),
      ] as const),
    ],
    ['some of it is over, some goes on', group(held('muted')), news(2, 1), NONE, undefined, tell('opened')],
  ])('not told of, open: %s', (_, given, heard, quiet, mutedUntilMs, expected) => {
    expect(decideGroup(viewOf(given, heard, quiet, mutedUntilMs), telling, NOW)).toEqual(expected);
  });

  it.each<Row>([
    [
      'over before anybody could be told: the daemon was away',
      group(),
      audible(1, 0),
      NONE,
      undefined,
      tell('opened'),
    ],
    [
      'a mute time outlasted it: told in a summary',
      group({ heldBecause: 'muted', mutedBy: 'night' }),
      audible(1, 0),
      NONE,
      undefined,
      { action: 'tell', reason: 'opened', wasMuted: true },
    ],
    [
      'over in a mute time: kept for its end',
      group(),
      audible(1, 0),
      NONE,
      NOW + MINUTE,
      hold('muted', MINUTE),
    ],
    [
      'a silence outlasted it',
      group(held('silenced')),
      NOBODY,
      silenced(MINUTE, 0),
      undefined,
      close('over_unheard'),
    ],
    [
      'another alert outlasted it',
      group(held('inhibited')),
      NOBODY,
      inhibited(0),
      undefined,
      close('over_unheard'),
    ],
    ['some was silenced, some not', group(), audible(1, 0), silenced(MINUTE, 0), undefined, tell('opened')],
    ['nothing is in it', group(), NOBODY, NONE, undefined, close('over')],
  ])('not told of, over: %s', (_, given, heard, quiet, mutedUntilMs, expected) => {
    expect(decideGroup(viewOf(given, heard, quiet, mutedUntilMs), telling, NOW)).toEqual(expected);
  });

  it.each<Row>([
    ['news as the interval is over', toldAgo(INTERVAL), news(), NONE, undefined, tell('grew')],
    ['news a moment before', toldAgo(INTERVAL - 1), news(), NONE, undefined, wait('too_soon', 1)],
    [
      'news pages though the rest is in hand',
      toldAgo(INTERVAL),
      news(2, 2, 1),
      NONE,
      undefined,
      tell('grew'),
    ],
    ['news in a mute time', toldAgo(INTERVAL), news(), NONE, NOW + MINUTE, hold('muted', MINUTE)],
    [
      'the news is silenced',
      toldAgo(INTERVAL),
      audible(1),
      silenced(MINUTE),
      undefined,
      hold('silenced', MINUTE),
    ],
    [
      'the news is inhibited',
      toldAgo(INTERVAL),
      audible(1),
      inhibited(),
      undefined,
      hold('inhibited', MINUTE),
    ],
    [
      'the silence ended too soon after',
      toldAgo(1, held('silenced')),
      news(),
      NONE,
      undefined,
      wait('too_soon', INTERVAL - 1),
    ],
    [
      'news, and some is silenced',
      toldAgo(1),
      news(),
      silenced(YEAR),
      undefined,
      hold('silenced', INTERVAL - 1),
    ],
    ['it still goes on', toldAgo(REPEAT), audible(1), NONE, undefined, tell('repeat')],
    ['not time to say so again', toldAgo(REPEAT - 1), audible(1), NONE, undefined, wait('nothing_new', 1)],
    ['it is in hand', toldAgo(REPEAT), audible(2, 2, 2), NONE, undefined, hold('acknowledged', REPEAT)],
    ['of two one is in hand', toldAgo(REPEAT), audible(2, 2, 1), NONE, undefined, tell('repeat')],
    [
      'of two one is over and one in hand',
      toldAgo(REPEAT),
      audible(2, 1, 1),
      NONE,
      undefined,
      hold('acknowledged', REPEAT),
    ],
    [
      'all that goes on is silenced',
      toldAgo(REPEAT),
      audible(1, 0),
      silenced(MINUTE),
      undefined,
      hold('silenced', MINUTE),
    ],
    ['it goes on in a mute time', toldAgo(REPEAT), audible(1), NONE, NOW + MINUTE, hold('muted', MINUTE)],
    [
      'the clock went back a year: as if told now',
      toldAgo(-YEAR),
      news(),
      NONE,
      undefined,
      wait('too_soon', INTERVAL),
    ],
    ['and its repetition', toldAgo(-YEAR), audible(1), NONE, undefined, wait('nothing_new', REPEAT)],
  ])('told of, open: %s', (_, given, heard, quiet, mutedUntilMs, expected) => {
    expect(decideGroup(viewOf(given, heard, quiet, mutedUntilMs), telling, NOW)).toEqual(expected);
  });

  it.each<Row>([
    ['its end', toldAgo(INTERVAL), audible(2, 0), NONE, undefined, tell('resolved')],
    ['its end, in a mute time', toldAgo(INTERVAL), audible(1, 0), NONE, NOW + MINUTE, tell('resolved')],
    [
      'its end, after a mute time',
      toldAgo(INTERVAL, held('muted')),
      audible(1, 0),
      NONE,
      undefined,
      tell('resolved'),
    ],
    [
      'some of it was silenced to the end',
      toldAgo(INTERVAL),
      audible(1, 0),
      silenced(MINUTE, 0),
      undefined,
      tell('resolved'),
    ],
    ['all of it was', toldAgo(INTERVAL), NOBODY, silenced(MINUTE, 0), undefined, tell('resolved')],
  ])('told of, over: %s', (_, given, heard, quiet, mutedUntilMs, expected) => {
    expect(decideGroup(viewOf(given, heard, quiet, mutedUntilMs), telling, NOW)).toEqual(expected);
  });

  it.each<[string, AlertGroup, MemberTotals, GroupDecision]>([
    ['its end is not told where nobody wants to hear it', toldAgo(INTERVAL), audible(1, 0), close('over')],
    ['what was over before it was told of is told', group(), audible(1, 0), tell('opened')],
    ['what goes on is told', toldAgo(REPEAT), audible(1), tell('repeat')],
  ])('without send_resolved: %s', (_, given, heard, expected) => {
    expect(decideGroup(viewOf(given, heard, NONE, undefined), silently, NOW)).toEqual(expected);
  });
});

function viewOf(
  given: AlertGroup,
  heard: MemberTotals,
  quieted: Quieted,
  mutedUntilMs: number | undefined,
): GroupView {
  const all = { ...heard, alerts: heard.alerts + quieted.alerts, open: heard.open + quieted.open };
  return {
    ...{ group: given, all, audible: heard, quieted },
    ...(mutedUntilMs === undefined ? {} : { muted: { by: 'night', untilMs: mutedUntilMs } }),
  };
}
