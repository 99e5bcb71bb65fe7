import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Notification, StoredAlert } from '../../src/core/alert.ts';
import type { Digest } from '../../src/core/digest.ts';
import type { AlertGroup, OverflowCount, StoredSilence, StoreTx } from '../../src/core/store.ts';
import { type Bench, createBench, FEED } from '../pipeline/bench.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = 1_000 * DAY;

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

const within = <T>(work: (tx: StoreTx) => Promise<T>): Promise<T> => bench.store.transaction(work);

const alert = (fingerprint: string, over: Partial<StoredAlert> = {}): StoredAlert => ({
  ...{ fingerprint, rule: 'r', ruleName: 'Rule', severity: 'HIGH', source: 'akto', feed: 'malicious_events' },
  ...{ group: {}, count: 1, firstSeenMs: 1, lastSeenMs: 2, openedAtMs: 3, sample: [], labels: {} },
  ...{ state: 'open', episode: 1, matchedAtMs: NOW, resolveAfterMs: HOUR },
  ...{ actors: { count: 1 }, apis: { count: 1 }, seen: { actors: [], apis: [] } },
  ...over,
});
const group = (id: string, over: Partial<AlertGroup> = {}): AlertGroup => ({
  ...{ id, route: 'all', labels: {}, to: ['oncall'], openedMs: 0, reason: 'opened', sequence: 0 },
  ...over,
});
const notification = (id: string): Notification => ({
  ...{
    id,
    route: 'all',
    reason: 'opened',
    group: {},
    severity: 'HIGH',
    newCount: 3,
    alerts: [],
    omittedAlerts: 1,
  },
  createdAtMs: NOW,
});

describe('alerts', () => {
  test('come up when they have been quiet for long enough, the longest first, until they are over', async () => {
    await within((tx) =>
      tx.writeAlerts(
        [alert('late', { matchedAtMs: NOW + 5 }), alert('early'), alert('over', { state: 'resolved' })],
        NOW,
      ),
    );
    const quiet = (atMs: number) =>
      within(async (tx) => (await tx.quietAlerts(FEED, atMs, 9)).map((each) => each.fingerprint));
    expect(await within((tx) => tx.feedsWithAlerts(NOW))).toEqual([{ ...FEED, dueMs: NOW + HOUR }]);
    expect(await quiet(NOW + HOUR - 1)).toEqual([]);
    expect(await quiet(NOW + HOUR)).toEqual(['early']);
    await bench.restart();
    expect(await quiet(NOW + HOUR + 5)).toEqual(['early', 'late']);
    await within((tx) => tx.writeAlerts([alert('early', { state: 'resolved' })], NOW));
    expect(await quiet(NOW + DAY)).toEqual(['late']);
  });

  test('that a clock ahead wrote come up now', async () => {
    await within((tx) => tx.writeAlerts([alert('f', { matchedAtMs: NOW + DAY })], NOW + DAY));
    expect(await within((tx) => tx.feedsWithAlerts(NOW))).toEqual([{ ...FEED, dueMs: NOW }]);
    expect(await within((tx) => tx.quietAlerts(FEED, NOW, 9))).toHaveLength(1);
  });

  test('are listed by state, the most severe of those that go on first, and by the beginning of their fingerprint', async () => {
    const alerts = [
      alert('ab', { severity: 'LOW' }),
      alert('ac', { state: 'acknowledged' }),
      alert('b', { state: 'resolved' }),
    ];
    await within((tx) => tx.writeAlerts(alerts, NOW));
    const listed = async (filter: object) =>
      (await bench.store.listAlerts({ limit: 9, ...filter })).map(({ fingerprint }) => fingerprint);
    expect((await listed({})).length).toBe(3);
    expect(await listed({ states: ['open', 'acknowledged'] })).toEqual(['ac', 'ab']);
    expect((await listed({ fingerprint: 'a' })).sort()).toEqual(['ab', 'ac']);
    expect(await listed({ fingerprint: '%' })).toEqual([]);
    expect((await within((tx) => tx.openAlerts(1))).map(({ fingerprint }) => fingerprint)).toEqual(['ac']);
  });
});

describe('members of a group', () => {
  const pend = (tx: StoreTx, counts: Readonly<Record<string, number>>) =>
    tx.addPending(Object.entries(counts).map(([fingerprint, count]) => ({ group: 'g', fingerprint, count })));

  test('are told of as they are now; those kept quiet are not, and those that are over leave', async () => {
    const totals = await within(async (tx) => {
      await tx.writeAlerts(
        [alert('a'), alert('b'), alert('hidden'), alert('over', { state: 'resolved' })],
        NOW,
      );
      await pend(tx, { a: 1, b: 2, hidden: 4, over: 8 });
      const before = await tx.memberTotals('g', ['hidden']);
      await tx.markTold('g', ['hidden']);
      return [before, await tx.memberTotals('g', ['hidden']), await tx.memberTotals('g', [])];
    });
    expect(totals).toMatchObject([
      { alerts: 3, open: 2, newCount: 11, hasNews: true, newestMs: 2 },
      { alerts: 2, open: 2, newCount: 0, hasNews: false, newestMs: 0 },
      { alerts: 3, open: 3, newCount: 4, hasNews: true },
    ]);
  });

  test.each<[string, Partial<StoredAlert>, boolean]>([
    ['more of the same is none', { count: 9 }, false],
    ['more severe', { severity: 'CRITICAL' }, true],
    ['milder', { severity: 'LOW' }, false],
    ['another episode', { episode: 2 }, true],
    ['what is over is none', { episode: 2, state: 'resolved' }, false],
  ])('news: %s', async (_, over, hasNews) => {
    const totals = await within(async (tx) => {
      await tx.writeAlerts([alert('a')], NOW);
      await pend(tx, { a: 1 });
      await tx.markTold('g', []);
      await tx.writeAlerts([alert('a', over)], NOW);
      return tx.memberTotals('g', []);
    });
    expect(totals.hasNews).toBe(hasNews);
  });

  test('all leave when it is dissolved, with what was not told of by rule', async () => {
    const [counts, again, groups] = await within(async (tx) => {
      await tx.writeAlerts(
        [alert('a'), alert('b'), alert('c', { rule: 's' }), alert('d', { rule: 't' })],
        NOW,
      );
      await pend(tx, { a: 1, b: 2, c: 4, d: 0 });
      await tx.writeGroups([group('g')], NOW);
      const before = await tx.groupsOf('a');
      return [await tx.dissolve('g'), await tx.dissolve('g'), before] as const;
    });
    expect(counts.toSorted((x, y) => x.count - y.count)).toEqual([
      { rule: 'r', count: 3 },
      { rule: 's', count: 4 },
    ]);
    expect(again).toEqual([]);
    expect(groups).toMatchObject([{ id: 'g' }]);
  });

  test('are not forgotten before they were told of, however old; once they have left they are', async () => {
    const old = NOW - 300 * DAY;
    await within(async (tx) => {
      await tx.writeAlerts([alert('a', { state: 'resolved' }), alert('b', { state: 'resolved' })], old);
      await tx.writeGroups([group('g', { dueMs: NOW })], old);
      await pend(tx, { a: 5 });
    });
    const retention = { eventsMs: DAY, deadLettersMs: DAY, maxBytes: 1e9, lookbackMs: 0 };
    await bench.store.prune(retention, NOW);
    const left = async () =>
      (await bench.store.listAlerts({ limit: 9 })).map(({ fingerprint }) => fingerprint);
    expect(await left()).toEqual(['a']);
    expect(await within((tx) => tx.memberTotals('g', []))).toMatchObject({ newCount: 5 });
    await within(async (tx) => {
      await tx.dissolve('g');
      await tx.writeGroups([group('g')], old);
    });
    await bench.store.prune(retention, NOW);
    expect(await left()).toEqual([]);
    expect(await within((tx) => tx.readGroups(['g']))).toEqual([]);
  });
});

describe('due groups', () => {
  test.each<[string, (nowMs: number) => Promise<unknown>]>([
    ['by looking for what is due', (nowMs) => within((tx) => tx.dueGroups(nowMs, 9))],
    [
      'by pruning',
      (nowMs) =>
        bench.store.prune({ eventsMs: DAY, deadLettersMs: DAY, maxBytes: 1e9, lookbackMs: 0 }, nowMs),
    ],
  ])('that a clock far ahead wrote are due now, body and index alike: %s', async (_, look) => {
    await within((tx) => tx.writeGroups([group('g', { dueMs: NOW + 100 * DAY })], NOW + 100 * DAY));
    await look(NOW);
    expect(await bench.store.nextGroupDueMs()).toBe(NOW);
    expect(await within((tx) => tx.readGroups(['g']))).toMatchObject([{ dueMs: NOW }]);
  });

  test('that are held for long keep their time', async () => {
    await within((tx) => tx.writeGroups([group('g', { dueMs: NOW + 30 * DAY })], NOW));
    expect(await within((tx) => tx.dueGroups(NOW + 1, 9))).toEqual([]);
    expect(await bench.store.nextGroupDueMs()).toBe(NOW + 30 * DAY);
  });
});

describe('silences', () => {
  const silence = (id: string, endsMs: number): StoredSilence => ({
    ...{
      id,
      when: 'rule: { eq: r }',
      reason: 'deploy',
      createdBy: 'ann',
      createdMs: NOW,
      startsMs: NOW,
      endsMs,
    },
  });

  test('are there until they end, over restarts', async () => {
    await within((tx) => tx.writeSilence(silence('s', NOW + 10)));
    await bench.restart();
    expect(await within((tx) => tx.readSilences(NOW + 9))).toEqual([silence('s', NOW + 10)]);
    expect(await within((tx) => tx.readSilences(NOW + 10))).toEqual([]);
    expect(await bench.store.listSilences(NOW)).toHaveLength(1);
  });

  test('end once, and what they kept quiet is looked at now; what is quiet for another reason is not', async () => {
    await within(async (tx) => {
      await tx.writeSilence(silence('s', NOW + DAY));
      const held = { dueMs: NOW + DAY };
      await tx.writeGroups(
        [group('a', { ...held, heldBecause: 'silenced' }), group('b', { ...held, heldBecause: 'muted' })],
        NOW,
      );
    });
    expect(await bench.store.expireSilence('s', NOW + 5)).toBe(true);
    expect(await bench.store.expireSilence('s', NOW + 5)).toBe(false);
    expect(await bench.store.expireSilence('unknown', NOW + 5)).toBe(false);
    expect(await within((tx) => tx.readSilences(NOW + 5))).toEqual([]);
    expect(await within((tx) => tx.dueGroups(NOW + 5, 9))).toMatchObject([{ id: 'a', dueMs: NOW + 5 }]);
  });
});

describe('a silence that names alerts', () => {
  const named = (fingerprints: readonly string[]): StoredSilence => ({
    ...{ id: 'n', when: '', fingerprints, untilResolved: true, breakOnEscalation: true, worstSeen: 'HIGH' },
    ...{ seen: { f: { episode: 2, openedAtMs: 7, severity: 'HIGH', exploited: false } } },
    ...{ reason: 'known', createdBy: 'ann', createdMs: NOW, startsMs: NOW, endsMs: NOW + DAY },
  });

  test('is there as it was made, over restarts', async () => {
    await within((tx) => tx.writeSilence(named(['f'])));
    await bench.restart();
    expect(await bench.store.listSilences(NOW)).toEqual([named(['f'])]);
  });

  test('leaves to be looked at, when it ends, whatever holds an alert of its, and no group that waits its turn', async () => {
    await within(async (tx) => {
      await tx.writeSilence(named(['f', 'g']));
      const dueMs = NOW + HOUR;
      await tx.writeGroups(
        [
          group('inhibited', { dueMs, heldBecause: 'inhibited' }),
          group('partly', { dueMs, heldBecause: 'silenced', lastNotifiedMs: 5 }),
          group('waiting', { dueMs }),
          group('other', { dueMs, heldBecause: 'muted' }),
        ],
        NOW,
      );
      await tx.addPending([
        { group: 'inhibited', fingerprint: 'f', count: 1 },
        { group: 'partly', fingerprint: 'g', count: 1 },
        { group: 'waiting', fingerprint: 'f', count: 1 },
        { group: 'other', fingerprint: 'x', count: 1 },
      ]);
    });
    await bench.store.expireSilence('n', NOW + 5);
    const due = await within((tx) => tx.dueGroups(NOW + 5, 9));
    expect(due.map(({ id }) => id).toSorted()).toEqual(['inhibited', 'partly']);
  });
});

describe('alerts that may keep others quiet', () => {
  const told = async (id: string, over: Partial<AlertGroup>, told = true): Promise<void> => {
    await within(async (tx) => {
      await tx.writeAlerts([alert(id)], NOW);
      const known = told ? { told: { oncall: { how: 'message' as const, sinceMs: NOW } } } : {};
      await tx.writeGroups([group(`g-${id}`, { ...known, ...over })], NOW);
      await tx.addPending([{ group: `g-${id}`, fingerprint: id, count: 1 }]);
      if (told) await tx.markTold(`g-${id}`, []);
    });
  };
  const inhibiting = (limit = 9) =>
    within(async (tx) => {
      const found = await tx.inhibitingAlerts(NOW + 10, limit);
      return found.map(({ alert: { fingerprint }, isTold, waitsIn }) => [
        fingerprint,
        isTold ? 'told' : waitsIn.map(({ id }) => id).join(),
      ]);
    });

  test('are those that were told of in their episode, or wait to be', async () => {
    await told('told', { dueMs: NOW + DAY, lastNotifiedMs: NOW });
    await told('silenced-after', { dueMs: NOW + DAY, lastNotifiedMs: NOW, heldBecause: 'silenced' });
    await told('over', { dueMs: NOW + DAY, lastNotifiedMs: NOW });
    await told('reopened', { dueMs: NOW + DAY, lastNotifiedMs: NOW, heldBecause: 'silenced' });
    await told('waits', { dueMs: NOW + HOUR }, false);
    await told('held', { dueMs: NOW + 11, heldBecause: 'silenced' }, false);
    await told('held-until-now', { dueMs: NOW + 10, heldBecause: 'silenced' }, false);
    await told('closed', {}, false);
    await told('back-quietly', { dueMs: NOW + HOUR, told: {} });
    await within((tx) => tx.writeAlerts([alert('unrouted')], NOW));
    await within((tx) =>
      tx.writeAlerts([alert('over', { state: 'resolved' }), alert('reopened', { episode: 2 })], NOW),
    );
    expect((await inhibiting()).toSorted()).toEqual([
      ['held-until-now', 'g-held-until-now'],
      ['silenced-after', 'told'],
      ['told', 'told'],
      ['waits', 'g-waits'],
    ]);
  });

  test('count in the groups that have not told of them alone', async () => {
    await told('f', { dueMs: NOW + DAY, lastNotifiedMs: NOW, heldBecause: 'silenced' }, false);
    await within(async (tx) => {
      await tx.writeGroups([group('other', { dueMs: NOW + HOUR })], NOW);
      await tx.addPending([{ group: 'other', fingerprint: 'f', count: 1 }]);
    });
    expect(await inhibiting()).toEqual([['f', 'other']]);
  });

  test('are the most severe where there are too many, and those nobody is told of take no place', async () => {
    await told('held', { dueMs: NOW + DAY, heldBecause: 'silenced' }, false);
    for (const id of ['a', 'b', 'c']) await told(id, { dueMs: NOW + HOUR });
    await within((tx) =>
      tx.writeAlerts(
        [
          alert('held', { severity: 'CRITICAL' }),
          alert('b', { severity: 'CRITICAL' }),
          alert('c', { severity: 'LOW' }),
        ],
        NOW,
      ),
    );
    expect(await inhibiting(2)).toEqual([
      ['b', 'told'],
      ['a', 'told'],
    ]);
  });
});

test('what nobody heard adds up by day, reason and rule', async () => {
  await within(async (tx) => {
    await tx.addUnheard(
      [
        { reason: 'silenced', rule: 'r', count: 2 },
        { reason: 'ended', rule: 'r', count: 7 },
      ],
      NOW,
    );
    await tx.addUnheard([{ reason: 'silenced', rule: 'r', count: 3 }], NOW + 1);
    await tx.addUnheard([{ reason: 'muted', rule: 's', count: 1 }], NOW + DAY);
  });
  const of = (fromMs: number, toMs: number) => bench.store.countUnheard({ fromMs, toMs });
  expect((await of(NOW, NOW)).toSorted((a, b) => a.count - b.count)).toEqual([
    { reason: 'silenced', rule: 'r', count: 5 },
    { reason: 'ended', rule: 'r', count: 7 },
  ]);
  expect(await of(NOW + DAY, NOW + 2 * DAY)).toEqual([{ reason: 'muted', rule: 's', count: 1 }]);
});

describe('what waits for a destination', () => {
  beforeEach(() =>
    within(async (tx) => {
      for (const [index, id] of ['a', 'b', 'c'].entries()) {
        await tx.insertNotification(notification(id));
        await tx.enqueue([{ destination: 'oncall', kind: 'alert', deliveryId: id }], NOW + index);
      }
    }),
  );
  const take = (beforeMs: number) =>
    within((tx) =>
      tx.takeWaiting(
        { destination: 'oncall', beforeMs, belowUrgency: 9, edits: false, limit: 9, reason: 'summed up' },
        NOW + 10,
      ),
    );

  test('is counted, and since when', async () => {
    expect(await within((tx) => tx.countWaiting('oncall'))).toEqual({ count: 3, sinceMs: NOW });
    expect(await within((tx) => tx.countWaiting('siem'))).toEqual({ count: 0 });
  });

  test('is taken when it waited for too long, once, and is not delivered any more', async () => {
    expect((await take(NOW + 2)).map(({ notification: { id } }) => id)).toEqual(['a', 'b']);
    expect(await take(NOW + 2)).toEqual([]);
    expect(await within((tx) => tx.countWaiting('oncall'))).toEqual({ count: 1, sinceMs: NOW + 2 });
    const claimed = await bench.store.claim('oncall', NOW + 10, 0, 9);
    expect(claimed.map(({ delivery }) => delivery.id)).toEqual(['c']);
  });

  test('is left alone while it is on its way: it may have arrived', async () => {
    await bench.store.claim('oncall', NOW + 9, 1_000, 1);
    expect((await take(NOW + 100)).map(({ notification: { id } }) => id)).toEqual(['b', 'c']);
  });

  describe('of several openings', () => {
    const BEFORE = NOW + 5;
    const id = (group: string, number: number | string): string => `alert/${group}/x/${number}`;
    interface Waiting {
      readonly urgency?: number;
      readonly atMs?: number;
      readonly reason?: Notification['reason'];
    }
    const wait = (deliveryId: string, { urgency = 5, atMs = NOW, reason = 'opened' }: Waiting = {}) =>
      within(async (tx) => {
        await tx.insertNotification({ ...notification(deliveryId), reason });
        await tx.enqueue([{ destination: 'chat', kind: 'alert', deliveryId, urgency }], atMs);
      });
    const taken = async (edits = false, belowUrgency = 9) => {
      const rows = await within((tx) =>
        tx.takeWaiting(
          { destination: 'chat', beforeMs: BEFORE, belowUrgency, edits, limit: 9, reason: 'summed up' },
          NOW + 100,
        ),
      );
      return rows.map(({ notification: { id: each }, isKnown }) => [each, isKnown]);
    };
    const deliver = async (count: number) => {
      const claimed = await bench.store.claim('chat', NOW + 50, 0, count);
      await bench.store.settle(
        claimed.map(({ seq }) => ({ seq, state: 'done' as const })),
        NOW + 50,
      );
    };

    test('an end that came later is taken with the beginning that waited for too long', async () => {
      await wait(id('a', 1));
      await wait(id('a', 2), { atMs: BEFORE + 1, reason: 'resolved' });
      await wait(id('ab', 2), { atMs: BEFORE + 1, reason: 'resolved' });
      expect(await taken()).toEqual([
        [id('a', 1), false],
        [id('a', 2), false],
      ]);
      expect(await taken()).toEqual([]);
    });

    test('what a delivery was made of before is known, and what was only summed up is not', async () => {
      await wait(id('a', 1));
      await deliver(1);
      await wait(id('a', 2), { reason: 'grew' });
      await wait(id('b', 1));
      expect(await taken()).toEqual([
        [id('a', 2), true],
        [id('b', 1), false],
      ]);
      await wait(id('b', 2), { reason: 'grew' });
      expect(await taken()).toEqual([[id('b', 2), false]]);
    });

    test('a further part and a further opening are told apart', async () => {
      await wait(id('a', 1));
      await deliver(1);
      await wait(id('a', '2.10'), { reason: 'grew' });
      await wait('alert/a/y/3');
      expect(await taken()).toEqual([
        [id('a', '2.10'), true],
        ['alert/a/y/3', false],
      ]);
    });

    test('what is severe is left, and so is what is behind it', async () => {
      await wait(id('a', 1), { urgency: 9 });
      await wait(id('a', 2), { urgency: 1, reason: 'resolved' });
      await wait(id('b', 1), { urgency: 8 });
      expect(await taken()).toEqual([[id('b', 1), false]]);
    });

    test('what changes a message that is there is left where messages are edited; without one it is taken', async () => {
      await wait(id('a', 1));
      await deliver(1);
      await wait(id('a', 2), { reason: 'resolved' });
      await wait(id('b', 1));
      await wait(id('b', 2), { reason: 'resolved' });
      expect(await taken(true)).toEqual([
        [id('b', 1), false],
        [id('b', 2), false],
      ]);
      expect(await taken(false)).toEqual([[id('a', 2), true]]);
    });
  });

  test('a digest of a kind waits until it is delivered', async () => {
    const waits = () => within((tx) => tx.isDigestWaiting('oncall', 'storm'));
    const digest: Digest = {
      ...{ id: 'storm/1', kind: 'storm', title: 'Summed up', fromMs: 0, toMs: 1, timeZone: 'UTC' },
      ...{ totals: [], tables: [], notes: [], createdAtMs: NOW },
    };
    expect(await waits()).toBe(false);
    await within(async (tx) => {
      await tx.insertDigest(digest);
      await tx.enqueue([{ destination: 'oncall', kind: 'digest', deliveryId: digest.id }], NOW);
    });
    expect(await waits()).toBe(true);
    const claimed = await bench.store.claim('oncall', NOW + 10, 0, 9);
    await bench.store.settle(
      claimed.map(({ seq }) => ({ seq, state: 'done' as const })),
      NOW,
    );
    expect(await waits()).toBe(false);
  });
});

describe('what is to be summed up', () => {
  const named = (name: string, count = 1): OverflowCount => ({ kind: 'actor', name, count });

  test('adds up by kind and name, since the first of it, and is taken once', async () => {
    const taken = await within(async (tx) => {
      await tx.addOverflow('oncall', [named('x', 2), { kind: 'match', name: '', count: 2 }], NOW);
      await tx.addOverflow('oncall', [named('x', 3), named('y')], NOW + 5);
      await tx.addOverflow('other', [named('z')], NOW);
      expect(await tx.hasOverflow('oncall')).toBe(true);
      return [
        await tx.takeOverflow('oncall'),
        await tx.takeOverflow('oncall'),
        await tx.hasOverflow('oncall'),
      ];
    });
    expect(taken).toEqual([
      { sinceMs: NOW, counts: [named('x', 5), { kind: 'match', name: '', count: 2 }, named('y')] },
      undefined,
      false,
    ]);
    expect(await within((tx) => tx.hasOverflow('other'))).toBe(true);
  });

  test('keeps no more names than it may, and every count', async () => {
    const taken = await within(async (tx) => {
      for (let page = 0; page < 5; page += 1)
        await tx.addOverflow(
          'oncall',
          Array.from({ length: 1_000 }, (_, index) => named(`actor-${page * 600 + index}`)),
          NOW + page,
        );
      return tx.takeOverflow('oncall');
    });
    expect(taken?.counts.length).toBeLessThanOrEqual(1_001);
    expect(taken?.counts.reduce((sum, { count }) => sum + count, 0)).toBe(5_000);
    expect(taken?.counts.find(({ name }) => name === 'actor-700')?.count).toBe(2);
  });

  test('buckets are kept by destination, over restarts', async () => {
    await within((tx) => tx.writeBucket('oncall', { tokens: 2.5, atMs: NOW }));
    await bench.restart();
    expect(await within((tx) => tx.readBucket('oncall'))).toEqual({ tokens: 2.5, atMs: NOW });
    expect(await within((tx) => tx.readBucket('siem'))).toBeUndefined();
  });
});

describe('groups', () => {
  const places = (asked: readonly string[]) =>
    within(async (tx) => (await tx.groupsAt(asked)).map(({ id }) => id));

  test('are found where they are, one that is open after those that are closed', async () => {
    await within(async (tx) => {
      await tx.writeGroups([group('open', { place: 'p', dueMs: NOW })], NOW);
      await tx.writeGroups([group('closed', { place: 'p' }), group('p', { place: 'elsewhere' })], NOW + 9);
      await tx.writeGroups([group('own', { dueMs: NOW })], NOW);
    });
    expect(await places(['p'])).toEqual(['closed', 'open']);
    expect(await places(['own', 'nowhere'])).toEqual(['own']);
    expect(await places([])).toEqual([]);
  });

  test('that are open are found by their alerts, the oldest first', async () => {
    await within(async (tx) => {
      await tx.writeGroups(
        [
          group('young', { dueMs: NOW, openedMs: 9 }),
          group('old', { dueMs: NOW, openedMs: 2 }),
          group('closed', { openedMs: 1 }),
        ],
        NOW,
      );
      const counts = ['young', 'old', 'closed'].map((id) => ({ group: id, fingerprint: 'a', count: 1 }));
      await tx.addPending([...counts, { group: 'young', fingerprint: 'b', count: 1 }]);
    });
    const found = await within((tx) => tx.openGroupsOf(['a', 'b', 'c']));
    expect(found.map((each) => [each.fingerprint, each.group.id])).toEqual([
      ['a', 'old'],
      ['a', 'young'],
      ['b', 'young'],
    ]);
  });

  test('that are open count as told at each destination that had a message of them', async () => {
    const message = { how: 'message' as const, sinceMs: 1 };
    const told = { oncall: message, siem: { how: 'summary' as const, sinceMs: 1 } };
    await within((tx) =>
      tx.writeGroups(
        [
          group('a', { dueMs: NOW, told }),
          group('b', { dueMs: NOW, told: { oncall: message, 'a "b" $.c': message } }),
          group('closed', { told }),
          group('new', { dueMs: NOW }),
        ],
        NOW,
      ),
    );
    expect(await bench.store.countTold()).toEqual([
      { destination: 'a "b" $.c', count: 1 },
      { destination: 'oncall', count: 2 },
    ]);
  });

  describe('what they have told of an alert', () => {
    beforeEach(() =>
      within(async (tx) => {
        await tx.writeAlerts([alert('open'), alert('over', { state: 'resolved' }), alert('hidden')], NOW);
        const counts = ['open', 'over', 'hidden'].map((fingerprint) => ({
          group: 'g',
          fingerprint,
          count: 2,
        }));
        await tx.addPending(counts);
      }),
    );
    const members = () =>
      within(async (tx) =>
        Object.fromEntries(
          (await tx.readMembers('g', 9)).map((each) => [
            each.alert.fingerprint,
            [each.newCount, each.told?.episode],
          ]),
        ),
      );

    test('quietly counts no match and loses none that is over', async () => {
      await within((tx) => tx.markSeen('g', ['hidden']));
      expect(await members()).toEqual({ open: [2, 1], over: [2, 1], hidden: [2, undefined] });
    });

    test('aloud counts them, and what is over leaves', async () => {
      await within((tx) => tx.markTold('g', ['hidden']));
      expect(await members()).toEqual({ open: [0, 1], hidden: [2, undefined] });
    });

    test('of its end lets it leave, unless it has matches that were not told of', async () => {
      await within(async (tx) => {
        await tx.markTold('g', ['hidden', 'over']);
        await tx.markSeen('g', ['hidden']);
        await tx.writeAlerts([alert('open', { state: 'resolved' })], NOW);
        await tx.markEnded('g', ['hidden']);
      });
      expect(await members()).toEqual({ over: [2, undefined], hidden: [2, undefined] });
    });
  });
});
