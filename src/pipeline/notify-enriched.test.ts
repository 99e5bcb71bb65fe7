import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, createBench, listening, messages } from '../../test/pipeline/bench.ts';
import { START_MS, settled } from '../../test/pipeline/manual-clock.ts';
import { expectNotification } from '../alerts/group.ts';
import type { Notification, StoredAlert } from '../core/alert.ts';
import type { Source } from '../core/source.ts';
import { type Store, StoreError, type StoreTx } from '../core/store.ts';
import { createEnricher } from './enrich.ts';
import { createNotifier } from './notify.ts';

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

const timing = { groupWaitMs: 0, groupIntervalMs: 300_000, repeatIntervalMs: 3_600_000 };
const ROUTE = {
  ...{ name: 'page', to: ['oncall'], continue: false, groupBy: ['actor'], timing },
  ...{ sendResolved: true, speaking: { active: [], mute: [] } },
};

type Enrich = NonNullable<Source['enrich']>;
const knows: Enrich = async ({ fingerprint }) => ({ remediation: `fix ${fingerprint}`, missing: [] });
const hangs: Enrich = () => new Promise(() => undefined);

function notifierOf(sources: Readonly<Record<string, Enrich>>, store: Store = bench.store) {
  const { clock, telemetry } = bench;
  const enricher = createEnricher({
    sources: Object.entries(sources).map(([name, enrich]) => ({ name, enrich })),
    clock,
    telemetry,
  });
  return createNotifier({
    ...{ store, clock, telemetry, enricher, ...listening(['oncall'], [ROUTE]) },
    onEnqueued: () => undefined,
  });
}

const alert = (fingerprint: string, over: Partial<StoredAlert> = {}): StoredAlert => ({
  ...{ fingerprint, rule: 'r', ruleName: 'Rule', severity: 'HIGH', source: 'akto', feed: 'malicious_events' },
  ...{ group: {}, count: 1, firstSeenMs: 0, lastSeenMs: 0, openedAtMs: 0, sample: [] },
  ...{ state: 'open', episode: 1, matchedAtMs: START_MS, resolveAfterMs: 3_600_000, labels: {} },
  ...{ actors: { count: 1 }, apis: { count: 1 }, seen: { actors: [], apis: [] } },
  ...over,
});

/** A group of its own for the alert, due now; a match more where it is there already. */
async function pend(each: StoredAlert, group = each.fingerprint): Promise<void> {
  const nowMs = bench.clock.now();
  await bench.store.transaction(async (tx) => {
    const target = { route: 'page', labels: { group }, to: ['oncall'], timing };
    const fresh = expectNotification(undefined, target, { stir: 'news', urgency: 7 }, nowMs);
    const [known] = await tx.readGroups([fresh.id]);
    await tx.writeAlerts([each], nowMs);
    await tx.writeGroups([expectNotification(known, target, { stir: 'growth', urgency: 7 }, nowMs)], nowMs);
    await tx.addPending([{ group: fresh.id, fingerprint: each.fingerprint, count: 1 }]);
  });
}

async function sent(): Promise<readonly Notification[]> {
  const claimed = await bench.store.claim('oncall', bench.clock.now(), 0, 100);
  return claimed.flatMap(({ delivery }) => (delivery.kind === 'alert' ? [delivery.notification] : []));
}

const toldOf = async (): Promise<string[]> =>
  (await sent()).flatMap(({ alerts }) => alerts.map(({ fingerprint }) => fingerprint));

/** Lets whoever waits for the store have his turns. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await settled();
}

describe('a notifier with sources to ask', () => {
  it('tells with each alert what its source knows, the same to everybody who reads it later', async () => {
    await pend(alert('a'), 'g');
    await pend(alert('b', { severity: 'CRITICAL' }), 'g');
    await notifierOf({ akto: knows }).pass();
    const [told] = await sent();
    expect(told?.alerts.map(({ fingerprint, context }) => [fingerprint, context?.remediation])).toEqual([
      ['b', 'fix b'],
      ['a', 'fix a'],
    ]);
    await bench.restart();
    expect((await sent())[0]).toEqual(told);
  });

  it('asks nobody while a transaction is open', async () => {
    let open = 0;
    const store = new Proxy(bench.store, {
      get: (target, key) =>
        key !== 'transaction'
          ? Reflect.get(target, key).bind(target)
          : async (work: (tx: StoreTx) => Promise<unknown>) => {
              open += 1;
              return target.transaction(work).finally(() => {
                open -= 1;
              });
            },
    });
    const openWhenAsked: number[] = [];
    const enrich: Enrich = async () => {
      openWhenAsked.push(open);
      return { missing: [] };
    };
    for (const id of ['a', 'b', 'c']) await pend(alert(id));
    await notifierOf({ akto: enrich }, store).pass();
    expect(openWhenAsked).toEqual([0, 0, 0]);
    expect(await toldOf()).toHaveLength(3);
  });

  it('waits 5 s for a source that hangs, and for nobody else’s', async () => {
    await pend(alert('slow', { severity: 'CRITICAL' }));
    await pend(alert('quick', { source: 'other', severity: 'LOW' }));
    await pend(alert('own', { source: 'tocsin', feed: 'operations' }));
    const pass = notifierOf({ akto: hangs, other: knows, tocsin: hangs }).pass();
    await settle();
    expect((await toldOf()).sort()).toEqual(['own', 'quick']);
    // Due only now, while the first is still waited for: the next look finds it.
    await pend(alert('later', { source: 'other' }));
    await bench.clock.advance(250);
    await settle();
    expect(await toldOf()).toContain('later');
    expect(await toldOf()).not.toContain('slow');
    for (let ms = 250; ms < 5_000; ms += 250) {
      await bench.clock.advance(250);
      await settle();
    }
    await pass;
    const told = (await sent()).find(({ severity }) => severity === 'CRITICAL');
    expect(told?.createdAtMs).toBe(bench.clock.now());
    expect(told?.alerts[0]?.context?.missing.join()).toContain('did not answer within 5 s');
    expect(bench.clock.naps).toEqual([]);
  });

  it('tells of a match that came while it asked, and counts it, without knowing more of it', async () => {
    let answer = (): void => undefined;
    const slow: Enrich = (each) =>
      new Promise((resolve) => {
        answer = () => resolve({ remediation: `fix ${each.fingerprint}`, missing: [] });
      });
    await pend(alert('a'), 'g');
    const pass = notifierOf({ akto: slow }).pass();
    await settle();
    await pend(alert('a'), 'g');
    await pend(alert('b'), 'g');
    answer();
    await pass;
    const [told] = await sent();
    expect(told?.newCount).toBe(3);
    expect(told?.alerts.map(({ newCount, context }) => [newCount, context?.remediation])).toEqual([
      [2, 'fix a'],
      [1, undefined],
    ]);
  });

  it('tells each group once, though another process told of it meanwhile', async () => {
    let answer = (): void => undefined;
    const slow: Enrich = () =>
      new Promise((resolve) => {
        answer = () => resolve({ missing: [] });
      });
    await pend(alert('a'));
    const pass = notifierOf({ akto: slow }).pass();
    await settle();
    await notifierOf({ akto: knows }).pass();
    answer();
    await pass;
    expect(await sent()).toHaveLength(1);
  });

  it('loses nothing by a crash while it asks', async () => {
    await pend(alert('a'));
    void notifierOf({ akto: hangs }).pass();
    await settle();
    await bench.restart();
    await notifierOf({ akto: knows }).pass();
    expect(await sent()).toMatchObject([{ newCount: 1, alerts: [{ context: { remediation: 'fix a' } }] }]);
  });

  it('tells at once what is due when the daemon is stopped', async () => {
    await pend(alert('a'));
    const stop = new AbortController();
    const pass = notifierOf({ akto: hangs }).pass(stop.signal);
    await settle();
    stop.abort();
    await pass;
    expect(await toldOf()).toEqual(['a']);
    expect(bench.clock.naps).toEqual([]);
  });

  it('comes again soon where the store took nothing, and has lost nothing', async () => {
    await pend(alert('a'));
    const store = new Proxy(bench.store, {
      get: (target, key) =>
        key !== 'transaction'
          ? Reflect.get(target, key).bind(target)
          : (work: (tx: StoreTx) => Promise<unknown>) =>
              target.transaction((tx) =>
                work(
                  new Proxy(tx, {
                    get: (inner, name) => {
                      if (name === 'insertNotification')
                        throw new StoreError('full', 'no space left; free some');
                      return Reflect.get(inner, name).bind(inner);
                    },
                  }),
                ),
              ),
    });
    expect(await notifierOf({ akto: knows }, store).pass()).toBe(bench.clock.now() + 1_000);
    expect(await sent()).toEqual([]);
    expect(messages(bench.logs).join('\n')).toContain('store failed');
    await notifierOf({ akto: knows }).pass();
    expect(await sent()).toHaveLength(1);
  });

  it('tells of a storm of groups within the 5 s, those that nobody could be asked about among them', async () => {
    for (let group = 0; group < 150; group += 1) await pend(alert(`a${group}`));
    const pass = notifierOf({ akto: hangs }).pass();
    await settle();
    expect((await bench.store.listDeliveries({ limit: 1_000 })).length).toBe(120);
    for (let ms = 0; ms < 5_000; ms += 250) {
      await bench.clock.advance(250);
      await settle();
    }
    await pass;
    expect((await bench.store.listDeliveries({ limit: 1_000 })).length).toBe(150);
  });

  it('looks once for all that is answered at what keeps alerts quiet: there may be thousands that do', async () => {
    for (let group = 0; group < 100; group += 1) await pend(alert(`a${group}`));
    let looks = 0;
    const store = new Proxy(bench.store, {
      get: (target, key) =>
        key !== 'transaction'
          ? Reflect.get(target, key).bind(target)
          : (work: (tx: StoreTx) => Promise<unknown>) =>
              target.transaction((tx) =>
                work(
                  new Proxy(tx, {
                    get: (inner, name) => {
                      if (name === 'readSilences') looks += 1;
                      return Reflect.get(inner, name).bind(inner);
                    },
                  }),
                ),
              ),
    });
    await notifierOf({ akto: knows }, store).pass();
    expect((await bench.store.listDeliveries({ limit: 1_000 })).length).toBe(100);
    expect(looks).toBeLessThan(10);
  });
});
