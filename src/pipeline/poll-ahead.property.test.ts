import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type Bench,
  createBench,
  event,
  FEED,
  idOf,
  page,
  rules,
  source,
} from '../../test/pipeline/bench.ts';
import { settled } from '../../test/pipeline/manual-clock.ts';
import { runs } from '../../test/seed.ts';
import type { Cursor } from '../core/source.ts';
import { SourceError } from '../core/source.ts';
import { type Store, StoreError } from '../core/store.ts';
import { createIngest } from './ingest.ts';
import { createPoller } from './poll.ts';

const RULES = rules(
  'id: odd\nfilter: { filter_id: { eq: Odd } }\ninfo: { severity: HIGH }\ngroup_by: [actor]',
);
const ROUTE = {
  ...{ name: 'all', to: ['oncall'], continue: false, groupBy: ['rule'], sendResolved: true },
  timing: { groupWaitMs: 0, groupIntervalMs: 1_000, repeatIntervalMs: 3_600_000 },
  speaking: { active: [], mute: [] },
};

/** What goes wrong in one poll, by the page at which it does. */
interface Mishap {
  readonly kind: 'reader fails' | 'store fails' | 'is full' | 'stops' | 'waits' | 'none';
  readonly page: number;
}
const mishap = fc.record<Mishap>({
  kind: fc.constantFrom<Mishap['kind'][]>('reader fails', 'store fails', 'is full', 'stops', 'waits', 'none'),
  page: fc.nat(6),
});
/** Numbers of events, by page: they overlap at will. */
const feed = fc.array(fc.array(fc.nat(12), { maxLength: 5 }), { minLength: 1, maxLength: 6 });

/** A feed that is polled until its end, by daemons that live for one poll or for all. */
async function pollThrough(
  bench: Bench,
  pages: readonly (readonly number[])[],
  mishaps: readonly Mishap[],
  isMortal: boolean,
) {
  const { store, clock, telemetry } = bench;
  let now: Mishap = { kind: 'none', page: 0 };
  let committing = 0;
  let stop = new AbortController();

  const from = source(async function* (cursor: Cursor | undefined, { arrived, count }, signal) {
    const begin = Number(cursor?.['at'] ?? 0);
    for (const [index, numbers] of pages.entries()) {
      if (index < begin) continue;
      if (signal.aborted) throw new SourceError('aborted', 'stopped');
      if (now.kind === 'reader fails' && now.page === index)
        throw new SourceError('unavailable', 'no answer');
      const events = numbers.map((number) =>
        event(`e${number}`, { filterId: number % 2 === 1 ? 'Odd' : 'Even' }, number),
      );
      yield page(events, { at: index + 1 });
      if (now.kind !== 'waits' || now.page !== index) continue;
      await arrived();
      const known = new Set(pages.slice(0, index + 1).flat());
      const counted = await count({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER });
      expect(counted).toBe(known.size);
    }
  });
  const failing: Store = new Proxy(store, {
    get(target, key) {
      if (key !== 'transaction') return Reflect.get(target, key).bind(target);
      return async (work: Parameters<Store['transaction']>[0]) => {
        await settled();
        if (now.kind === 'store fails' && committing++ === now.page) throw new StoreError('locked', 'held');
        const result = await target.transaction(work);
        if (now.kind === 'stops' && committing++ === now.page) stop.abort();
        return result;
      };
    },
  });
  let asked = 0;
  const daemon = () => {
    const ingest = createIngest({
      ...{ store: failing, clock, telemetry, ruleSet: RULES, routes: [ROUTE], resolveAfterMs: 3_600_000 },
      destinations: [{ name: 'siem', send: new Set(['events'] as const) }],
      storeFull: () => (now.kind === 'is full' && asked++ === now.page ? 'free some space' : undefined),
      onCommitted: () => undefined,
    });
    return createPoller({ source: from, store: failing, clock, random: () => 0, telemetry, ingest });
  };
  let poller = daemon();
  for (const each of [...mishaps, { kind: 'none', page: 0 } satisfies Mishap]) {
    now = each;
    [committing, asked] = [0, 0];
    stop = new AbortController();
    if (isMortal) poller = daemon();
    await clock.advance(3_600_000);
    const [result] = await poller.pass(stop.signal);
    if (each.kind === 'none' || each.kind === 'waits') expect(result).toBe('read');
  }
}

/** Deliveries, matches that people will be told of, matches counted, and how far it read. */
async function booksOf({ store, telemetry }: Bench) {
  const queued = (await store.listDeliveries({ destination: 'siem', limit: 1_000 })).map(
    ({ deliveryId }) => deliveryId,
  );
  const told = await store.transaction(async (tx) => {
    const [group] = await tx.dueGroups(Number.MAX_SAFE_INTEGER, 10);
    return group === undefined ? 0 : (await tx.memberTotals(group.id, [])).newCount;
  });
  const metrics = await telemetry.metrics.registry.metrics();
  const matched = /tocsin_matches_total\{rule="odd"\} (\d+)/.exec(metrics)?.[1] ?? '0';
  const cursor = await store.readCursor(FEED.source, FEED.feed);
  return { queued, told, matched: Number(matched), cursor };
}

it('takes in each event once and counts each match once, whatever cuts its polls off and wherever', async () => {
  const mishaps = fc.array(mishap, { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(feed, mishaps, fc.boolean(), async (pages, happening, isMortal) => {
      const bench = createBench();
      try {
        await pollThrough(bench, pages, happening, isMortal);
        const { queued, told, matched, cursor } = await booksOf(bench);
        const all = [...new Set(pages.flat())];
        expect(queued.toSorted()).toEqual(all.map((number) => idOf(`e${number}`)).toSorted());
        const odd = all.filter((number) => number % 2 === 1).length;
        expect([told, matched]).toEqual([odd, odd]);
        expect(cursor).toEqual({ at: pages.length });
      } finally {
        await bench.close();
      }
    }),
    { numRuns: runs(80) },
  );
});
