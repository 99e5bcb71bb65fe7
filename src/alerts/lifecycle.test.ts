import { describe, expect, it } from 'vitest';
import type { StoredAlert } from '../core/alert.ts';
import type { Severity } from '../core/severity.ts';
import type { Sight } from './blind.ts';
import { acknowledge, type Firing, judgeQuiet, quietDueMs, record, refresh } from './lifecycle.ts';

const HOUR = 3_600_000;
/** Far from 0, so that times before it exist. */
const NOW = 1_000_000_000;

const firing = (id: string, timeMs: number, over: Partial<Firing> = {}): Firing => ({
  fingerprint: 'f',
  rule: 'r',
  ruleName: 'Rule',
  severity: 'HIGH',
  source: 'akto',
  feed: 'malicious_events',
  group: { actor: '203.0.113.9' },
  labels: { rule: 'r', actor: '203.0.113.9' },
  resolveAfterMs: HOUR,
  event: { id, timeMs },
  ...over,
});

/** Folds them in their order, as a page does. */
function fold(...firings: readonly Firing[]): StoredAlert {
  const [first = firing('none', 0), ...rest] = firings;
  return rest.reduce(
    (alert, next, index) => record(alert, next, NOW + 1 + index).alert,
    record(undefined, first, NOW).alert,
  );
}

const OPEN = fold(firing('a', 1));
const BY = { atMs: NOW + 5, by: 'ann', note: 'on it' };
const ACKED: StoredAlert = { ...OPEN, state: 'acknowledged', acknowledged: BY };
const OVER: StoredAlert = { ...OPEN, state: 'resolved', resolvedAtMs: NOW + HOUR, count: 7, episode: 3 };

describe('record', () => {
  it('opens an alert at the first firing', () => {
    expect(record(undefined, firing('a', 500, { event: { id: 'a', timeMs: 500, actor: 'x' } }), NOW)).toEqual(
      {
        reason: 'opened',
        alert: {
          ...{ fingerprint: 'f', rule: 'r', ruleName: 'Rule', severity: 'HIGH', source: 'akto' },
          ...{ feed: 'malicious_events', group: { actor: '203.0.113.9' }, resolveAfterMs: HOUR },
          ...{ labels: { rule: 'r', actor: '203.0.113.9' }, count: 1, firstSeenMs: 500, lastSeenMs: 500 },
          ...{ openedAtMs: NOW, matchedAtMs: NOW, state: 'open', episode: 1 },
          ...{ actors: { count: 1 }, apis: { count: 0 }, sample: [{ id: 'a', timeMs: 500, actor: 'x' }] },
          seen: { actors: [expect.any(String)], apis: [] },
        },
      },
    );
  });

  it.each<[string, StoredAlert, Severity, string, Partial<StoredAlert>]>([
    ['one more of an open alert', OPEN, 'HIGH', 'counted', { count: 2, state: 'open', episode: 1 }],
    ['a milder one does not lower it', OPEN, 'LOW', 'counted', { severity: 'HIGH' }],
    ['a worse one raises it', OPEN, 'CRITICAL', 'escalated', { severity: 'CRITICAL', state: 'open' }],
    [
      'somebody has it in hand, and keeps it',
      ACKED,
      'HIGH',
      'counted',
      { state: 'acknowledged', acknowledged: BY },
    ],
    ['a milder one leaves it in hand, too', ACKED, 'INFO', 'counted', { state: 'acknowledged' }],
    [
      'worse than what was taken in hand: it is open again',
      ACKED,
      'CRITICAL',
      'escalated',
      { state: 'open' },
    ],
    [
      'it was over: a new episode, counted anew',
      OVER,
      'HIGH',
      'reopened',
      { count: 1, episode: 4, state: 'open' },
    ],
    [
      'an old severity ended with its episode',
      { ...OVER, severity: 'CRITICAL' },
      'LOW',
      'reopened',
      { severity: 'LOW' },
    ],
  ])('%s', (_, alert, severity, reason, expected) => {
    const recorded = record(alert, firing('b', 2, { severity }), NOW + 9);
    expect(recorded.reason).toBe(reason);
    expect(recorded.alert).toMatchObject({ ...expected, matchedAtMs: NOW + 9 });
  });

  it.each<[string, StoredAlert, Severity, string]>([
    ['what was taken in hand is so no longer', ACKED, 'CRITICAL', 'acknowledged'],
    ['what opens again is not over', OVER, 'HIGH', 'resolvedAtMs'],
  ])('%s', (_, alert, severity, gone) => {
    expect(record(alert, firing('b', 2, { severity }), NOW).alert).not.toHaveProperty(gone);
  });

  it.each([
    ['in order', [10, 20, 30]],
    ['newest first', [30, 20, 10]],
    ['a late one in the middle', [20, 10, 30]],
  ])('first and last seen are event times, %s', (_, times) => {
    const alert = fold(...times.map((timeMs) => firing(`e${timeMs}`, timeMs)));
    expect(alert).toMatchObject({ firstSeenMs: 10, lastSeenMs: 30, openedAtMs: NOW });
  });

  it('remembers only the newest five, whatever order they came in', () => {
    const alert = fold(...[5, 1, 9, 3, 7, 2, 8].map((timeMs) => firing(`e${timeMs}`, timeMs)));
    expect(alert.sample.map(({ id }) => id)).toEqual(['e9', 'e8', 'e7', 'e5', 'e3']);
    expect(alert.count).toBe(7);
  });

  it('speaks in the words that the rule has now, not in those it had at opening', () => {
    const opened = fold(firing('a', 1, { description: 'old words', runbook: 'https://old.example' }));
    const { alert } = record(opened, firing('b', 2, { ruleName: 'New name', description: 'new words' }), 2);
    expect(alert).toMatchObject({ ruleName: 'New name', description: 'new words' });
    expect(alert).not.toHaveProperty('runbook');
  });

  it('labels only what all its matches share: a silence for one actor hides nobody else', () => {
    const of = (actor: string) => firing(actor, 1, { labels: { rule: 'r', actor } });
    expect(fold(of('x'), of('x')).labels).toEqual({ rule: 'r', actor: 'x' });
    expect(fold(of('x'), of('y'), of('x')).labels).toEqual({ rule: 'r' });
    expect(record({ ...OVER, labels: {} }, of('z'), NOW).alert.labels).toEqual({ rule: 'r', actor: 'z' });
  });

  it.each<[string, readonly StoredAlert['labels'][], readonly string[] | undefined]>([
    ['one match has one value', [{ actor: 'x' }], undefined],
    ['all share it', [{ actor: 'x' }, { actor: 'x' }], undefined],
    ['none has any', [{}, {}], undefined],
    ['they differ', [{ actor: 'x' }, { actor: 'y' }], ['actor']],
    ['a later one has none', [{ actor: 'x' }, {}], ['actor']],
    ['the first has none', [{}, { actor: 'x' }], ['actor']],
    [
      'they differed once, whatever came after',
      [{ actor: 'x' }, { actor: 'y' }, {}, { actor: 'x' }],
      ['actor'],
    ],
    ['a flag', [{ successful_exploit: false }, { successful_exploit: true }], ['successful_exploit']],
    [
      'several terms',
      [
        { a: 1, b: 1, c: 1 },
        { a: 2, b: 1 },
      ],
      ['a', 'c'],
    ],
  ])('tells several values from none: %s', (_, labels, several) => {
    const alert = fold(...labels.map((each, index) => firing(`e${index}`, index, { labels: each })));
    expect(alert.several).toEqual(several);
    expect(Object.keys(alert.labels).filter((term) => several?.includes(term))).toEqual([]);
  });

  it('begins with one value of each in a new episode', () => {
    expect(record({ ...OVER, several: ['actor'] }, firing('b', 2), NOW).alert).not.toHaveProperty('several');
  });

  it('remembers how bad it was, and how it began', () => {
    const exploit = (id: string) => firing(id, 1, { event: { id, timeMs: 1, successfulExploit: true } });
    expect(fold(firing('a', 1), firing('b', 2))).not.toHaveProperty('exploited');
    expect(fold(firing('a', 1), exploit('b'), firing('c', 3))).toMatchObject({ exploited: true });
    expect(fold(exploit('a'))).toMatchObject({ exploited: true });
    const rose = fold(
      firing('a', 1, { severity: 'LOW' }),
      firing('b', 2, { severity: 'MEDIUM' }),
      firing('c', 3),
    );
    expect(rose).toMatchObject({ severity: 'HIGH', openedAs: 'LOW' });
    expect(fold(firing('a', 1), firing('b', 2, { severity: 'LOW' }))).not.toHaveProperty('openedAs');
  });

  it('remembers what earlier episodes came to, one time each', () => {
    const over: StoredAlert = { ...OVER, severity: 'CRITICAL', openedAs: 'LOW', exploited: true };
    const second = record(over, firing('b', 2), NOW + 5).alert;
    expect(second).toMatchObject({ past: { reached: { CRITICAL: NOW }, exploitedMs: NOW } });
    expect(second).not.toHaveProperty('exploited');
    expect(second).not.toHaveProperty('openedAs');
    expect(record(second, firing('c', 3), NOW + 6).alert.past).toEqual(second.past);
    const third = record({ ...second, state: 'resolved' }, firing('d', 4), NOW + 9).alert;
    expect(third.past).toEqual({ reached: { CRITICAL: NOW, HIGH: NOW + 5 }, exploitedMs: NOW });
  });

  it('counts different actors and APIs, not requests', () => {
    const hit = (actor: string, url: string) =>
      firing(url, 1, { event: { id: url, timeMs: 1, actor, url, method: 'GET' } });
    const alert = fold(hit('x', '/a?1'), hit('x', '/a?2'), hit('y', '/b'));
    expect(alert).toMatchObject({ actors: { count: 2 }, apis: { count: 2 } });
  });

  it('leaves the alert it was given as it was: a transaction may still be undone', () => {
    const before = fold(firing('a', 1));
    const copy = structuredClone(before);
    record(before, firing('b', 2, { severity: 'CRITICAL' }), 2);
    expect(before).toEqual(copy);
  });
});

describe('refresh', () => {
  const update = firing('later', 90, { event: { id: 'later', timeMs: 90, object: 'i1' } });
  it.each<[string, StoredAlert, Partial<StoredAlert>]>([
    ['counts nothing', OPEN, { count: 1, episode: 1, lastSeenMs: 90 }],
    ['keeps it open: it goes on', OPEN, { matchedAtMs: NOW + 9 }],
    ['leaves it in hand', ACKED, { state: 'acknowledged', acknowledged: BY }],
    ['does not open what is over', OVER, OVER],
  ])('%s', (_, alert, expected) => {
    expect(refresh(alert, update, NOW + 9)).toMatchObject(expected);
  });

  it('relies on no label that the new state contradicts, and on those that it leaves out', () => {
    const labels = { rule: 'r', host: 'h', successful_exploit: false };
    const later = { ...update, labels: { rule: 'r', successful_exploit: true, url: '/x' } };
    const refreshed = refresh({ ...OPEN, labels }, later, NOW);
    expect(refreshed).toMatchObject({ several: ['successful_exploit'] });
    expect(refreshed.labels).toEqual({ rule: 'r', host: 'h' });
    expect(refresh(refreshed, later, NOW).labels).toEqual({ rule: 'r', host: 'h' });
  });

  it('knows of an exploit that succeeded, and of a severity that rose', () => {
    const worse = { ...update, severity: 'CRITICAL' as const };
    const event = { ...update.event, successfulExploit: true };
    expect(refresh(OPEN, { ...worse, event }, NOW)).toMatchObject({ exploited: true, openedAs: 'HIGH' });
  });

  it('shows the newest state of an object, once', () => {
    const opened = fold(firing('a', 1, { event: { id: 'first', timeMs: 1, object: 'i1' } }), firing('b', 2));
    expect(refresh(opened, update, NOW).sample.map(({ id }) => id)).toEqual(['later', 'b']);
  });
});

describe('judgeQuiet', () => {
  const DAY = 24 * HOUR;
  /** Read to its end at that time, and whole. */
  const READ = (readThroughMs: number): Sight => ({ isWatched: true, readThroughMs, gaps: [] });
  it.each<[string, StoredAlert, number, object]>([
    ['just matched', OPEN, NOW, { reason: 'still_open', dueMs: NOW + HOUR }],
    [
      'a moment before its quiet is long enough',
      OPEN,
      NOW + HOUR - 1,
      { reason: 'still_open', dueMs: NOW + HOUR },
    ],
    [
      'as it is',
      OPEN,
      NOW + HOUR,
      { reason: 'quiet', alert: { state: 'resolved', resolvedAtMs: NOW + HOUR, resolvedBecause: 'quiet' } },
    ],
    [
      'long after: the daemon was away',
      OPEN,
      NOW + DAY,
      { reason: 'quiet', alert: { resolvedAtMs: NOW + DAY } },
    ],
    ['in hand, and quiet', ACKED, NOW + HOUR, { reason: 'quiet', alert: { state: 'resolved' } }],
    ['over before', OVER, NOW + DAY, { reason: 'over_before' }],
    ['no quiet is asked for', { ...OPEN, resolveAfterMs: 0 }, NOW, { reason: 'quiet' }],
    [
      'the clock went back: it is open so long from now, no longer',
      OPEN,
      NOW - DAY,
      { reason: 'still_open', dueMs: NOW - DAY + HOUR },
    ],
  ])('%s', (_, alert, nowMs, expected) => {
    expect(judgeQuiet(alert, READ(nowMs), nowMs)).toMatchObject(expected);
  });

  type Seen = Partial<Omit<Sight, 'readThroughMs'>> & { readonly readThroughMs?: number | undefined };
  const LATER = NOW + DAY;
  const DUE = NOW + HOUR;
  const gap = (fromMs: number, toMs: number) => ({ fromMs, toMs, problem: 'too few' });
  it.each<[string, StoredAlert, Seen, number, object]>([
    [
      'its feed was never read',
      OPEN,
      { readThroughMs: undefined },
      LATER,
      { reason: 'blind', because: 'unread' },
    ],
    [
      'its feed was read to a moment before',
      OPEN,
      { readThroughMs: DUE - 1 },
      LATER,
      { reason: 'blind', dueMs: DUE },
    ],
    [
      'its feed was read that far, and fails since',
      OPEN,
      { readThroughMs: DUE, failingSinceMs: DUE + 1 },
      LATER,
      { reason: 'quiet' },
    ],
    ['in hand, and its feed is blind', ACKED, { readThroughMs: NOW }, LATER, { reason: 'blind' }],
    [
      'a clock that was ahead wrote how far its feed was read',
      OPEN,
      { readThroughMs: LATER + 1 },
      LATER,
      { reason: 'blind', because: 'unread' },
    ],
    [
      'a gap ends as it was last seen',
      OPEN,
      { gaps: [gap(0, OPEN.lastSeenMs)] },
      LATER,
      { reason: 'blind', because: 'gap' },
    ],
    [
      'a gap since',
      OPEN,
      { gaps: [gap(OPEN.lastSeenMs + 1, NOW)] },
      LATER,
      { reason: 'blind', because: 'gap' },
    ],
    [
      'a gap from before it was last seen',
      OPEN,
      { gaps: [gap(0, OPEN.lastSeenMs - 1)] },
      LATER,
      { reason: 'quiet' },
    ],
    [
      'a gap that has stood for a day is how its source counts',
      OPEN,
      { gaps: [gap(0, LATER)], gapsSinceMs: LATER - DAY },
      LATER,
      { reason: 'quiet' },
    ],
    [
      'its rule is not asked',
      OPEN,
      { quarantine: { sinceMs: NOW, untilMs: LATER + 1 } },
      LATER,
      { reason: 'blind', because: 'quarantined', dueMs: LATER + 1 + HOUR },
    ],
    [
      'its rule was not asked for a while: what it missed it never sees, so its quiet began after that',
      OPEN,
      { quarantine: { sinceMs: NOW, untilMs: LATER - 1 } },
      LATER,
      { reason: 'still_open', dueMs: LATER - 1 + HOUR },
    ],
    [
      'its rule was not asked long before',
      OPEN,
      { quarantine: { sinceMs: 0, untilMs: NOW } },
      LATER,
      { reason: 'quiet' },
    ],
    [
      'it waits, whatever its feed does',
      OPEN,
      { readThroughMs: undefined, gaps: [gap(0, NOW)] },
      DUE - 1,
      { reason: 'still_open', dueMs: DUE },
    ],
    [
      'nobody looks at its feed any more: it ends at once',
      OPEN,
      { isWatched: false, readThroughMs: undefined },
      NOW,
      { reason: 'unwatched', alert: { state: 'resolved', resolvedBecause: 'unwatched', resolvedAtMs: NOW } },
    ],
    ['over before, of a feed that is gone', OVER, { isWatched: false }, LATER, { reason: 'over_before' }],
  ])('%s', (_, alert, over, nowMs, expected) => {
    const { readThroughMs, ...rest } = { ...READ(nowMs), ...over };
    const sight = { ...rest, ...(readThroughMs === undefined ? {} : { readThroughMs }) };
    expect(judgeQuiet(alert, sight, nowMs)).toMatchObject(expected);
  });

  it('forgets who had it in hand, and keeps what happened', () => {
    const verdict = judgeQuiet({ ...ACKED, count: 5 }, READ(NOW + HOUR), NOW + HOUR);
    if (verdict.reason !== 'quiet') throw new Error(verdict.reason);
    expect(verdict.alert).not.toHaveProperty('acknowledged');
    expect(verdict.alert).toMatchObject({ count: 5, episode: 1, openedAtMs: NOW });
  });

  it('every match begins the quiet anew', () => {
    const { alert } = record(OPEN, firing('b', 2), NOW + HOUR - 1);
    expect(quietDueMs(alert, NOW + HOUR)).toBe(NOW + 2 * HOUR - 1);
  });
});

describe('acknowledge', () => {
  it.each<[string, StoredAlert, object]>([
    [
      'an open alert is taken in hand',
      OPEN,
      { reason: 'acknowledged', alert: { state: 'acknowledged', acknowledged: BY } },
    ],
    ['nobody takes it out of another’s', ACKED, { reason: 'already' }],
    ['there is nothing to do about one that is over', OVER, { reason: 'over' }],
  ])('%s', (_, alert, expected) => {
    expect(acknowledge(alert, BY)).toMatchObject(expected);
  });
});
