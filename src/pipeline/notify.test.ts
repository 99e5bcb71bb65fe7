import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, createBench, listening } from '../../test/pipeline/bench.ts';
import { expectNotification, type Stir } from '../alerts/group.ts';
import type { Route } from '../alerts/route.ts';
import type { StoredAlert } from '../core/alert.ts';
import type { Severity } from '../core/severity.ts';
import { type AlertGroup, StoreError } from '../core/store.ts';
import type { TermSource } from '../rules/index.ts';
import { createNotifier, recipients } from './notify.ts';

let bench: Bench;
let woken: number;
beforeEach(() => {
  bench = createBench();
  woken = 0;
});
afterEach(() => bench.close());

const WAIT_MS = 10_000;
const timing = { groupWaitMs: WAIT_MS, groupIntervalMs: 300_000, repeatIntervalMs: 3_600_000 };

const ROUTE: Route<TermSource> = {
  ...{ name: 'urgent', to: ['oncall'], continue: false, groupBy: ['rule'], timing, sendResolved: true },
  speaking: { active: [], mute: [] },
};

function notifier(names: readonly string[] = ['oncall', 'siem'], routes = [ROUTE], store = bench.store) {
  const { clock, telemetry } = bench;
  const onEnqueued = (): void => {
    woken += 1;
  };
  return createNotifier({ store, clock, telemetry, ...listening(names, routes), onEnqueued });
}

const alert = (fingerprint: string, severity: Severity = 'HIGH'): StoredAlert => ({
  ...{ fingerprint, rule: 'r', ruleName: 'Rule', severity, source: 'akto', feed: 'malicious_events' },
  ...{ group: {}, count: 1, firstSeenMs: 0, lastSeenMs: 0, openedAtMs: 0, sample: [], labels: {} },
  ...{ state: 'open', episode: 1, matchedAtMs: bench.clock.now(), resolveAfterMs: 86_400_000 },
  ...{ actors: { count: 1 }, apis: { count: 1 }, seen: { actors: [], apis: [] } },
});

/** Counts matches of alerts in the group of a route, as ingest does. */
async function pend(
  counts: Readonly<Record<string, number>>,
  { route = 'urgent', to = ['oncall'], severity = 'HIGH' as Severity, stir = 'news' as Stir } = {},
): Promise<AlertGroup> {
  const nowMs = bench.clock.now();
  return bench.store.transaction(async (tx) => {
    const target = { route, labels: { rule: 'r' }, to, timing };
    const fresh = expectNotification(undefined, target, { stir, urgency: 7 }, nowMs);
    const [known] = await tx.readGroups([fresh.id]);
    const group = expectNotification(known, target, { stir, urgency: 7 }, nowMs);
    await tx.writeAlerts(
      Object.keys(counts).map((fingerprint) => alert(fingerprint, severity)),
      nowMs,
    );
    await tx.writeGroups([group], nowMs);
    const rows = Object.entries(counts).map(([fingerprint, count]) => ({
      group: group.id,
      fingerprint,
      count,
    }));
    await tx.addPending(rows);
    return group;
  });
}

async function sent(destination: string) {
  const claimed = await bench.store.claim(destination, bench.clock.now(), 0, 100);
  return claimed.flatMap(({ delivery }) => (delivery.kind === 'alert' ? [delivery.notification] : []));
}

describe('recipients', () => {
  const group: AlertGroup = {
    ...{
      id: 'g',
      route: 'r',
      labels: {},
      to: ['oncall', 'gone'],
      openedMs: 0,
      reason: 'opened',
      sequence: 0,
    },
  };
  it.each<[string, readonly string[], readonly string[]]>([
    ['those of the route that there are', ['siem', 'oncall'], ['oncall']],
    ['none that a reload took away', ['oncall', 'soar'], ['oncall']],
    ['everybody where none is left: rather than nobody', ['siem', 'soar'], ['siem', 'soar']],
    ['nobody where nobody takes alerts', [], []],
  ])('%s', (_, there, expected) => {
    const listeners = there.map((name) => ({ name }));
    expect(recipients(group, listeners).map(({ name }) => name)).toEqual(expected);
  });
});

describe('a notifier', () => {
  it('does nothing where nothing waits', async () => {
    expect(await notifier().pass()).toBeUndefined();
    expect(woken).toBe(0);
  });

  it('comes again when the group is due, and tells of it not a moment before', async () => {
    await pend({ f: 3 });
    const { pass } = notifier();
    await bench.clock.advance(WAIT_MS - 1);
    expect(await pass()).toBe(bench.clock.now() + 1);
    expect(await sent('oncall')).toEqual([]);
    await bench.clock.advance(1);
    expect(await pass()).toBe(bench.clock.now() + timing.repeatIntervalMs);
    expect(await sent('oncall')).toMatchObject([{ newCount: 3, reason: 'opened', route: 'urgent' }]);
    expect(woken).toBe(1);
  });

  it('tells each destination of the route under one id, and nobody else', async () => {
    await pend({ f: 1 }, { to: ['oncall', 'siem'] });
    await bench.clock.advance(WAIT_MS);
    await notifier(['oncall', 'siem', 'soar']).pass();
    const [toOncall] = await sent('oncall');
    expect(await sent('siem')).toEqual([toOncall]);
    expect(await sent('soar')).toEqual([]);
  });

  it('counts what came since the last notification, and no match twice', async () => {
    const { pass } = notifier();
    await pend({ f: 3 });
    await bench.clock.advance(WAIT_MS);
    await pass();
    await pend({ f: 2, g: 1 });
    await bench.clock.advance(300_000);
    await pass();
    const told = await sent('oncall');
    expect(told.map(({ newCount, reason }) => [newCount, reason])).toEqual([
      [3, 'opened'],
      [3, 'grew'],
    ]);
    expect(new Set(told.map(({ id }) => id)).size).toBe(2);
  });

  it('lists ten alerts, the worst of them, and counts all', async () => {
    const mild = Object.fromEntries(Array.from({ length: 14 }, (_, index) => [`mild-${index}`, 2]));
    await pend(mild, { severity: 'LOW' });
    await pend({ worst: 1 }, { severity: 'CRITICAL' });
    await bench.clock.advance(WAIT_MS);
    await notifier().pass();
    const [told] = await sent('oncall');
    expect(told).toMatchObject({ severity: 'CRITICAL', newCount: 29, omittedAlerts: 5 });
    expect(told?.alerts.map(({ fingerprint }) => fingerprint)).toHaveLength(10);
    expect(told?.alerts[0]).toMatchObject({ fingerprint: 'worst', newCount: 1 });
  });

  it('tells everybody of a group whose destination a reload took away', async () => {
    await pend({ f: 1 }, { to: ['gone'] });
    await bench.clock.advance(WAIT_MS);
    await notifier(['oncall', 'siem']).pass();
    expect(await sent('oncall')).toHaveLength(1);
    expect(await sent('siem')).toHaveLength(1);
    expect(await sent('gone')).toEqual([]);
  });

  it('tells of what was due while the process was down, once', async () => {
    await pend({ f: 1 });
    await bench.restart();
    await bench.clock.advance(86_400_000);
    await notifier().pass();
    await bench.restart();
    await notifier().pass();
    expect(await sent('oncall')).toHaveLength(1);
  });

  it('is undone whole where the store fails, and tells later of the same', async () => {
    await pend({ f: 4 });
    await bench.clock.advance(WAIT_MS);
    const { store } = bench;
    const broken = new Proxy(store, {
      get: (target, key) =>
        key !== 'transaction'
          ? Reflect.get(target, key).bind(target)
          : (work: Parameters<typeof store.transaction>[0]) =>
              target.transaction(async (tx) => {
                await work(tx);
                throw new StoreError('full', 'no space left; free some');
              }),
    });
    expect(await notifier(['oncall'], [ROUTE], broken).pass()).toBe(bench.clock.now() + 1_000);
    expect(await sent('oncall')).toEqual([]);
    await notifier().pass();
    expect(await sent('oncall')).toMatchObject([{ newCount: 4 }]);
  });

  it('leaves no group in the past: a look that changes nothing would be one without end', async () => {
    await pend({ f: 1 });
    await pend({ g: 1 }, { route: 'gone', to: ['gone'] });
    const { pass } = notifier();
    let looks = 0;
    for (let dueMs = await pass(); dueMs !== undefined; dueMs = await pass()) {
      expect(dueMs).toBeGreaterThan(bench.clock.now());
      await bench.clock.advance(dueMs - bench.clock.now());
      looks += 1;
    }
    expect(looks).toBeLessThan(60);
    expect((await sent('oncall')).at(-1)).toMatchObject({
      reason: 'resolved',
      alerts: [{ state: 'resolved' }],
    });
  });

  it('tells of a group of a route that a reload took away once, and of its end; it repeats nothing', async () => {
    await pend({ f: 1 }, { route: 'gone' });
    const { pass } = notifier();
    for (let dueMs = await pass(); dueMs !== undefined; dueMs = await pass())
      await bench.clock.advance(dueMs - bench.clock.now());
    expect((await sent('oncall')).map(({ reason }) => reason)).toEqual(['opened', 'resolved']);
  });

  it('looks at once at what a clock that was ahead put off', async () => {
    await bench.clock.advance(30 * 86_400_000);
    await pend({ f: 1 });
    await bench.clock.advance(-30 * 86_400_000);
    await bench.restart();
    await notifier().pass();
    expect(await sent('oncall')).toMatchObject([{ newCount: 1 }]);
  });
});
