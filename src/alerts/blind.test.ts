import { describe, expect, it } from 'vitest';
import { alert as notified } from '../../test/contract/deliveries.ts';
import type { Alert, Blindness, NotifiedAlert } from '../core/alert.ts';
import { allBlindText, blindnessOf, blindText, isUnwatched, type Sight } from './blind.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 2, 1, 15);
const SEEN = NOW - 58 * MINUTE;
const DOWN = NOW - 55 * MINUTE;

const open = notified({ state: 'open', lastSeenMs: SEEN, matchedAtMs: SEEN });
const within = (minutes: number) => (heardMs: number) => heardMs + minutes * MINUTE;
const SIGHT: Sight = {
  isWatched: true,
  readThroughMs: NOW,
  lastReadMs: NOW,
  gaps: [],
  staleFromMs: within(20),
};
const gap = (toMs: number) => [{ fromMs: 0, toMs, problem: 'too few' }];

describe('blindnessOf', () => {
  it.each<[string, Alert, Partial<Sight>, Blindness | undefined]>([
    ['read just now', open, {}, undefined],
    ['its feed fails', open, { failingSinceMs: DOWN }, { reason: 'failing', sinceMs: DOWN }],
    [
      'nothing may be taken in',
      open,
      { failingSinceMs: DOWN, lastError: { kind: 'blocked', message: 'over budget', atMs: DOWN } },
      { reason: 'halted', sinceMs: DOWN },
    ],
    ['a poll that never ends', open, { lastReadMs: DOWN }, { reason: 'unread', sinceMs: DOWN }],
    [
      'a feed may go unread for as long as its schedule pauses',
      open,
      { lastReadMs: DOWN, staleFromMs: within(90) },
      undefined,
    ],
    ['pages without end', open, { behindSinceMs: DOWN }, { reason: 'behind', sinceMs: DOWN }],
    [
      'a gap since it was seen',
      open,
      { gaps: gap(SEEN), gapsSinceMs: DOWN },
      { reason: 'gap', sinceMs: DOWN },
    ],
    [
      'a gap, and an event that claims to be of later',
      { ...open, lastSeenMs: NOW + MINUTE },
      { gaps: gap(SEEN), gapsSinceMs: DOWN },
      { reason: 'gap', sinceMs: DOWN },
    ],
    ['a gap from before', open, { gaps: gap(SEEN - 1), gapsSinceMs: DOWN }, undefined],
    [
      'its rule is not asked',
      open,
      { quarantine: { sinceMs: DOWN, untilMs: NOW + 1 } },
      { reason: 'quarantined', sinceMs: DOWN },
    ],
    ['its rule is asked again', open, { quarantine: { sinceMs: DOWN, untilMs: NOW } }, undefined],
    ['it is over', { ...open, state: 'resolved' }, { failingSinceMs: DOWN }, undefined],
    ['its feed is watched no more', open, { isWatched: false, failingSinceMs: DOWN }, undefined],
    ['a clock ahead wrote when it was read', open, { lastReadMs: NOW + 99 * MINUTE }, undefined],
  ])('%s', (_, alert, over, expected) => {
    expect(blindnessOf(alert, { ...SIGHT, ...over }, NOW)).toEqual(expected);
  });
});

describe('what is said of it', () => {
  const blind = (reason: Blindness['reason'], over: Partial<NotifiedAlert> = {}): NotifiedAlert => ({
    ...open,
    blind: { reason, sinceMs: DOWN },
    ...over,
  });

  it.each<[NotifiedAlert, string | undefined]>([
    [blind('failing'), 'last seen 2026-03-01 14:02, feed down since 14:05 UTC'],
    [blind('halted'), 'last seen 2026-03-01 14:02, reading halted since 14:05 UTC'],
    [blind('unread'), 'last seen 2026-03-01 14:02, feed not read since 14:05 UTC'],
    [blind('behind'), 'last seen 2026-03-01 14:02, feed still being caught up with since 14:05 UTC'],
    [blind('gap'), 'last seen 2026-03-01 14:02, feed incomplete since 14:05 UTC'],
    [blind('quarantined'), 'last seen 2026-03-01 14:02, rule in quarantine since 14:05 UTC'],
    [
      blind('failing', { lastSeenMs: SEEN - 24 * 60 * MINUTE }),
      'last seen 2026-02-28 14:02, feed down since 2026-03-01 14:05 UTC',
    ],
    [
      blind('failing', { lastSeenMs: 1e300 }),
      'last seen 9999-12-31 23:59, feed down since 2026-03-01 14:05 UTC',
    ],
    [open, undefined],
  ])('%#', (alert, expected) => {
    expect(blindText(alert)).toBe(expected);
  });

  it('is said of several only where none of those that are open can be seen', () => {
    const later = blind('failing', { lastSeenMs: SEEN + MINUTE });
    expect(allBlindText([blind('failing'), later])).toBe(
      'last seen 2026-03-01 14:03, feed down since 14:05 UTC',
    );
    expect(allBlindText([later, notified({ state: 'resolved' })])).toContain('feed down');
    expect(allBlindText([later, open])).toBeUndefined();
    expect(allBlindText([notified({ state: 'resolved' })])).toBeUndefined();
    expect(allBlindText([])).toBeUndefined();
  });

  it('knows what is no longer watched from what is over', () => {
    expect(isUnwatched(notified({ state: 'resolved', resolvedBecause: 'unwatched' }))).toBe(true);
    expect(isUnwatched(notified({ state: 'resolved', resolvedBecause: 'quiet' }))).toBe(false);
    expect(isUnwatched(notified({ state: 'resolved' }))).toBe(false);
  });
});
