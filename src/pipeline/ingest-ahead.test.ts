import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Bench,
  createBench,
  event,
  FEED,
  idOf,
  messages,
  openBeside,
  page,
  reader,
  rules,
} from '../../test/pipeline/bench.ts';
import { settled } from '../../test/pipeline/manual-clock.ts';
import { type Event, eventId } from '../core/event.ts';
import type { FeedReader, Gap, Page } from '../core/source.ts';
import { type Store, StoreError } from '../core/store.ts';
import { createIngest, type IngestDeps, type Intake } from './ingest.ts';

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

/** A back-reference takes the last one's pattern beyond what can be judged in linear time. */
const RULES = rules(
  'id: injection\nfilter: { filter_id: { eq: SQLInjection } }\ninfo: { severity: HIGH }\ngroup_by: [actor]',
  'id: stuffing\nsource: incidents\nfilter: { requests: { gte: 20 } }\ninfo: { severity: HIGH }\ngroup_by: [attack_id]',
  'id: greedy\nfilter: { url: { regex: "^(\\\\w+\\\\s?)*\\\\1$" } }',
);
const ROUTE = {
  ...{ name: 'all', to: ['oncall'], continue: false, groupBy: ['rule'], sendResolved: true },
  timing: { groupWaitMs: 0, groupIntervalMs: 1_000, repeatIntervalMs: 3_600_000 },
  speaking: { active: [], mute: [] },
};

function intakes(over: Partial<IngestDeps> = {}): (from?: FeedReader) => Intake {
  const { store, clock, telemetry } = bench;
  const open = createIngest({
    ...{ store, clock, telemetry, ruleSet: RULES, routes: [ROUTE], resolveAfterMs: 3_600_000 },
    destinations: [
      { name: 'siem', send: new Set(['events']) },
      { name: 'oncall', send: new Set(['alerts']) },
    ],
    ...{ storeFull: () => undefined, onCommitted: () => undefined, ...over },
  });
  return (from = reader()) => open(from);
}

/** One poll: each page is judged before the one before it is committed. */
async function takeAhead({ judge, commit }: Intake, pages: readonly Page[]): Promise<void> {
  let before: Awaited<ReturnType<typeof judge>> | undefined;
  for (const each of pages) {
    const judged = await judge(each);
    if (before !== undefined) await commit(before);
    before = judged;
  }
  if (before !== undefined) await commit(before);
}

const attack = (id: string, raw = {}): Event => event(id, { filterId: 'SQLInjection', ...raw });
const queued = async (): Promise<string[]> =>
  (await bench.store.listDeliveries({ destination: 'siem', limit: 1_000 })).map(
    ({ deliveryId }) => deliveryId,
  );

/** New matches that people will be told of, by rule. */
const pending = () =>
  bench.store.transaction(async (tx) => {
    const groups = await tx.dueGroups(Number.MAX_SAFE_INTEGER, 100);
    const counts = groups.map(async ({ id, labels }) => {
      const { newCount } = await tx.memberTotals(id, []);
      return [labels['rule'] ?? '', newCount] as const;
    });
    return Object.fromEntries(await Promise.all(counts));
  });

async function metric(name: string): Promise<number> {
  const text = await bench.telemetry.metrics.registry.metrics();
  const line = text.split('\n').find((each) => each.startsWith(name));
  return Number(line?.split(' ').at(-1) ?? 0);
}
const LABELS = '{source="akto",feed="malicious_events"}';

describe('pages judged ahead', () => {
  it.each<[string, readonly (readonly Event[])[]]>([
    [
      'in the next page',
      [
        [attack('a'), attack('b')],
        [attack('b'), attack('c')],
      ],
    ],
    ['in the page after the next', [[attack('a')], [attack('b')], [attack('a'), attack('c')]]],
    [
      'in the next and the one after it',
      [[attack('a')], [attack('a'), attack('b')], [attack('b'), attack('a'), attack('c')]],
    ],
    [
      'with other content',
      [
        [attack('a'), attack('b')],
        [attack('b', { severity: 'CRITICAL' }), attack('c')],
      ],
    ],
    [
      'twice in one page, and again in the next',
      [
        [attack('a'), attack('a'), attack('b')],
        [attack('b'), attack('c'), attack('c')],
      ],
    ],
    ['in a page with nothing else', [[attack('a'), attack('b'), attack('c')], [attack('c')]]],
  ])('take in, deliver and count an event once that stands %s', async (_, pages) => {
    const given = pages.map((events, index) => page(events, { at: index + 1 }));
    await takeAhead(intakes()(), given);
    expect(await queued()).toEqual(['a', 'b', 'c'].map(idOf));
    expect(await pending()).toEqual({ injection: 3 });
    expect(await metric(`tocsin_events_total${LABELS}`)).toBe(3);
    expect(await metric(`tocsin_events_repeated_total${LABELS}`)).toBe(pages.flat().length - 3);
    expect(await metric('tocsin_matches_total{rule="injection"}')).toBe(3);
    expect(await bench.store.readCursor(FEED.source, FEED.feed)).toEqual({ at: pages.length });
  });

  it('find nothing new that was committed while the store answered', async () => {
    const answered = Promise.withResolvers<void>();
    const store: Store = new Proxy(bench.store, {
      get: (target, key) => {
        if (key !== 'unseen') return Reflect.get(target, key).bind(target);
        return async (ids: readonly string[]) => {
          const unseen = await target.unseen(ids);
          if (ids.includes(idOf('b'))) await answered.promise;
          return unseen;
        };
      },
    });
    const { judge, commit } = intakes({ store })();
    const first = await judge(page([attack('a')]));
    const second = judge(page([attack('a'), attack('b')]));
    await settled();
    await commit(first);
    answered.resolve();
    await commit(await second);
    expect(await queued()).toEqual([idOf('a'), idOf('b')]);
  });

  it('of two sources keep out of each other: the same id is an event of each', async () => {
    const open = intakes();
    const other = { ...reader(), source: 'staging' };
    const of = (each: Event): Event => ({
      ...each,
      source: 'staging',
      id: eventId('staging', FEED.feed, each.feedId),
    });
    const [mine, theirs] = [open(), open(other)];
    const [one, two] = await Promise.all([
      mine.judge(page([attack('a')])),
      theirs.judge(page([of(attack('a'))])),
    ]);
    const [three, four] = await Promise.all([
      mine.judge(page([attack('a'), attack('b')])),
      theirs.judge(page([of(attack('a')), of(attack('b'))])),
    ]);
    await Promise.all([mine.commit(one), theirs.commit(two)]);
    await Promise.all([mine.commit(three), theirs.commit(four)]);
    expect(await queued()).toHaveLength(4);
    expect(await pending()).toEqual({ injection: 4 });
  });
});

describe('a page that is thrown away after it was judged', () => {
  it('is fresh to the next poll, and its matches count once', async () => {
    const open = intakes();
    await open().judge(page([attack('a'), attack('b')]));
    await takeAhead(open(), [page([attack('a')]), page([attack('a'), attack('b')])]);
    expect(await queued()).toEqual([idOf('a'), idOf('b')]);
    expect(await pending()).toEqual({ injection: 2 });
    expect(await metric('tocsin_matches_total{rule="injection"}')).toBe(2);
  });

  it('since the one before it failed leaves nothing, whatever of that one it left out', async () => {
    const { store, fail } = failing();
    const open = intakes({ store });
    const poll = open();
    const first = await poll.judge(page([attack('a'), attack('b')], { at: 1 }));
    await poll.judge(page([attack('b'), attack('c')], { at: 2 }));
    fail(1);
    await expect(poll.commit(first)).rejects.toMatchObject({ kind: 'full' });
    expect(await queued()).toEqual([]);
    expect(await store.readCursor(FEED.source, FEED.feed)).toBeUndefined();
    await takeAhead(open(), [page([attack('a'), attack('b')]), page([attack('b'), attack('c')])]);
    expect(await queued()).toEqual(['a', 'b', 'c'].map(idOf));
    expect(await pending()).toEqual({ injection: 3 });
  });

  it.each<[string, Partial<IngestDeps>, object]>([
    ['full', { storeFull: () => 'free some space' }, { kind: 'full' }],
    ['blocked', { blocked: () => 'destination siem is beyond its budget' }, { name: 'IngestBlocked' }],
  ])('since the store was %s meanwhile is refused, and taken in later', async (_, refusing, error) => {
    let refuses = false;
    const only = <T>(why: (() => T | undefined) | undefined) => (refuses ? why?.() : undefined);
    const open = intakes({
      storeFull: () => only(refusing.storeFull),
      blocked: () => only(refusing.blocked),
    });
    const poll = open();
    const judged = await poll.judge(page([attack('a')], { at: 1 }));
    refuses = true;
    await expect(poll.commit(judged)).rejects.toMatchObject(error);
    await expect(poll.judge(page([attack('b')]))).rejects.toMatchObject(error);
    refuses = false;
    expect(await bench.store.unseen([idOf('a')])).toEqual(new Set([idOf('a')]));
    await takeAhead(open(), [page([attack('a')]), page([attack('b')])]);
    expect(await pending()).toEqual({ injection: 2 });
  });

  it('since another process committed its events is a conflict, and no news afterwards', async () => {
    const open = intakes();
    const poll = open();
    const judged = await poll.judge(page([attack('a'), attack('b')], { at: 1 }));
    const other = openBeside(bench.file);
    await other.transaction((tx) => tx.insertEvents([{ event: attack('b'), rules: [] }], 0));
    await other.close();
    await expect(poll.commit(judged)).rejects.toMatchObject({ kind: 'conflict' });
    await takeAhead(open(), [page([attack('a'), attack('b')]), page([attack('b')])]);
    expect(await queued()).toEqual([idOf('a')]);
    expect(await pending()).toEqual({ injection: 1 });
  });
});

describe('what judging found', () => {
  const hostile = (id: string): Event => event(id, { url: `${'word '.repeat(2_000)}!` });
  const overrunning = page(Array.from({ length: 8 }, (_, index) => hostile(`e${index}`)));
  const QUARANTINED = 'tocsin-rule-quarantined';

  it('is told, once, by the next page of any feed where its own is thrown away', async () => {
    const open = intakes();
    await open().judge(overrunning);
    expect(await pending()).toEqual({});
    await takeAhead(open({ ...reader(), source: 'staging' }), [page([]), page([])]);
    expect(await pending()).toEqual({ [QUARANTINED]: 1 });
  });

  it('is told, once, by the page before where that is committed first, and wakes who tells of it', async () => {
    let woken = 0;
    const onCommitted = (): void => {
      woken += 1;
    };
    const poll = intakes({ onCommitted })();
    const first = await poll.judge(page([]));
    const second = await poll.judge(overrunning);
    await poll.commit(first);
    expect([await pending(), woken]).toEqual([{ [QUARANTINED]: 1 }, 1]);
    await poll.commit(second);
    expect(await pending()).toEqual({ [QUARANTINED]: 1 });
  });

  it('is told once, however often the store refused it', async () => {
    const { store, fail } = failing();
    const open = intakes({ store });
    const poll = open();
    const judged = await poll.judge(overrunning);
    fail(3);
    await expect(poll.commit(judged)).rejects.toThrow();
    for (const _ of [1, 2]) await expect(takeAhead(open(), [page([])])).rejects.toThrow();
    await takeAhead(open(), [page([]), page([])]);
    expect(await pending()).toEqual({ [QUARANTINED]: 1 });
    expect(messages(bench.logs).filter((line) => line.startsWith('rule quarantined'))).toHaveLength(1);
  });
});

it('gaps that a page gives up are told with it, once, however often the store refused it', async () => {
  const { store, fail } = failing();
  const open = intakes({ store });
  const gap: Gap = { fromMs: 0, toMs: 1_000, problem: 'the source counts 7 events there and shows 6' };
  const giving = { ...page([attack('a')]), progress: { readToMs: 1, gaps: [], givenUp: [gap] } };
  fail(3);
  for (const _ of [1, 2, 3]) await expect(takeAhead(open(), [giving])).rejects.toThrow();
  await takeAhead(open({ ...reader(), source: 'staging' }), [page([])]);
  expect(await pending(), 'nothing was given up yet').toEqual({});
  await takeAhead(open(), [giving]);
  expect(await pending()).toEqual({ injection: 1, 'tocsin-feed-incomplete': 1 });
});

describe('a page with later states of objects', () => {
  const incidents: FeedReader = { source: 'identity', feed: 'incidents', async *poll() {} };
  function state(feedId: string, requests: number): Event {
    const raw = { incidentId: feedId, attackId: 'a', requests, ipAddress: '203.0.113.9' };
    const revision = `r${requests}`;
    const id = eventId('identity', 'incidents', feedId, revision);
    return { id, source: 'identity', feed: 'incidents', feedId, revision, timeMs: 1, raw };
  }
  /** Whether it has been judged once everything else came to rest. */
  async function isJudged(judging: Promise<unknown>): Promise<boolean> {
    let isOver = false;
    void judging.then(() => {
      isOver = true;
    });
    for (let turn = 0; turn < 20; turn += 1) await settled();
    return isOver;
  }

  it('waits until the earlier ones are committed: what they matched is told of once', async () => {
    const { judge, commit } = intakes()(incidents);
    const first = await judge(page([state('i', 25)]));
    const second = judge(page([state('i', 40), state('j', 30)]));
    expect(await isJudged(second)).toBe(false);
    await commit(first);
    await commit(await second);
    expect(await pending()).toEqual({ stuffing: 2 });
    expect(await queued()).toHaveLength(3);
  });

  it('waits for nothing where it shows the same states again', async () => {
    const { judge, commit } = intakes()(incidents);
    const first = await judge(page([state('i', 25)]));
    const second = judge(page([state('i', 25)]));
    expect(await isJudged(second)).toBe(true);
    await commit(first);
    await commit(await second);
    expect(await pending()).toEqual({ stuffing: 1 });
  });

  it.each([
    { why: 'the store failed', failures: 1, isFull: false },
    { why: 'nothing may be taken in', failures: 0, isFull: true },
  ])('is let go where the page before is never committed: $why', async ({ failures, isFull }) => {
    const { store, fail } = failing();
    let full: string | undefined;
    const open = intakes({ store, storeFull: () => full });
    const { judge, commit } = open(incidents);
    const first = await judge(page([state('i', 25)]));
    const second = judge(page([state('i', 40)]));
    fail(failures);
    if (isFull) full = 'free some space';
    await expect(commit(first)).rejects.toThrow(StoreError);
    full = undefined;
    expect(await isJudged(second)).toBe(true);
    await takeAhead(open(incidents), [page([state('i', 25)])]);
    await takeAhead(open(incidents), [page([state('i', 25), state('i', 40)])]);
    expect(await pending()).toEqual({ stuffing: 1 });
  });
});

/** The bench's store, whose next transactions fail as often as told. */
function failing(): { readonly store: Store; readonly fail: (times: number) => void } {
  let left = 0;
  const store: Store = new Proxy(bench.store, {
    get(target, key) {
      if (key !== 'transaction' || left === 0) return Reflect.get(target, key).bind(target);
      return async () => {
        left -= 1;
        throw new StoreError('full', 'no space left; free some');
      };
    },
  });
  return {
    store,
    fail: (times) => {
      left = times;
    },
  };
}
