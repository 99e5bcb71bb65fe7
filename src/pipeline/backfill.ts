import { LRUCache } from 'lru-cache';
import type { Clock } from '../core/clock.ts';
import type { FeedReader, Page, Slice } from '../core/source.ts';
import { type BackfillState, type Store, StoreError, type StoreTx } from '../core/store.ts';
import type { RuleSet } from '../rules/index.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { backfillDigest } from './backfill-digest.ts';
import { advanced } from './backfill-tally.ts';
import { eventRows, type Recipient } from './event-rows.ts';
import { dedupe, revisionsOf } from './ingest.ts';
import { createJudge, matchedRules, type Verdict } from './judge.ts';

/** A reader of a feed that keeps its history. */
export interface SliceReader extends FeedReader {
  readSlice(slice: Slice, cursor: BackfillState['cursor'], signal: AbortSignal): AsyncIterable<Page>;
}

export interface BackfillDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly ruleSet: RuleSet;
  readonly destinations: readonly Recipient[];
}

/** Where the pages of a backfill go: into the store, or nowhere where it is only tried. */
export interface BackfillBook {
  /** The first entry: counts at nothing, over those of an earlier backfill of that id. */
  begin(state: BackfillState): Promise<void>;
  takeIn(reader: FeedReader, state: BackfillState, page: Page): Promise<BackfillState>;
  finish(state: BackfillState): Promise<BackfillState>;
}

/** What an operator has to know or to do before a backfill can go on. */
export class BackfillError extends Error {
  override readonly name = 'BackfillError';
}

/** Between tries to commit a page that somebody else was in the way of. */
const RETRY_MS = 200;
const MOST_TRIES = 10;

/**
 * Takes history in. Events go to whoever takes events, each once and whole, while people get one summary at the
 * end instead of history's pages: no alert, no group and no window of the present is touched.
 */
export function createBackfillBook(deps: BackfillDeps): BackfillBook {
  const { store, clock } = deps;
  const judge = createJudge(deps.ruleSet, clock, deps.telemetry);
  const windowed = windowedRules(deps.ruleSet);

  async function tryPage(reader: FeedReader, state: BackfillState, page: Page): Promise<BackfillState> {
    await expectAlone(store, state);
    const fresh = await dedupe(store, page.events);
    const { verdicts } = await judge(fresh, await revisionsOf(store, reader, fresh));
    const next = advanced(state, page, verdicts);
    await store.transaction((tx) => commitPage(tx, verdicts, next, deps));
    return next;
  }

  return {
    begin: (state) => store.transaction((tx) => tx.writeBackfill(state, clock.now())),
    async takeIn(reader, state, page) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await tryPage(reader, state, page);
        } catch (error) {
          if (!isPassing(error) || tries === MOST_TRIES) throw error;
          await clock.sleep(RETRY_MS);
        }
      }
    },
    async finish(state) {
      await expectAlone(store, state);
      const finished = { ...state, finishedMs: clock.now() };
      await store.transaction((tx) => commitEnd(tx, finished, windowed, deps));
      return finished;
    },
  };
}

/** Those that fire only on several matches: of history their single matches are counted. */
export function windowedRules({ rules }: RuleSet): ReadonlySet<string> {
  return new Set(rules.filter(({ aggregations }) => aggregations.length > 0).map(({ id }) => id));
}

async function commitPage(
  tx: StoreTx,
  verdicts: readonly Verdict[],
  next: BackfillState,
  { clock, destinations }: BackfillDeps,
): Promise<void> {
  const nowMs = clock.now();
  await tx.insertEvents(
    verdicts.map((verdict) => ({ event: verdict.event, rules: matchedRules(verdict) })),
    nowMs,
  );
  await tx.enqueue(eventRows(verdicts, destinations), nowMs);
  await tx.writeBackfill(next, nowMs);
}

/** The summary and the end are one fact: a crash between them would lose it or tell it twice. */
async function commitEnd(
  tx: StoreTx,
  finished: BackfillState,
  windowed: ReadonlySet<string>,
  { clock, destinations }: BackfillDeps,
): Promise<void> {
  const nowMs = clock.now();
  await tx.writeBackfill(finished, nowMs);
  const people = destinations.filter(({ send }) => send.has('alerts'));
  // Of nothing new there is nothing to tell.
  if (finished.fresh === 0 || people.length === 0) return;
  const digest = backfillDigest(finished, windowed, nowMs);
  await tx.insertDigest(digest);
  await tx.enqueue(
    people.map(({ name }) => ({ destination: name, kind: 'digest' as const, deliveryId: digest.id })),
    nowMs,
  );
}

/** Two that read the same slice would each count half of it. */
async function expectAlone(store: Store, { id, startedMs, read }: BackfillState): Promise<void> {
  const stored = await store.readBackfill(id);
  if (stored?.startedMs === startedMs && stored.read === read && stored.finishedMs === undefined) return;
  throw new BackfillError('another "tocsin backfill" reads the same slice now; let that one finish');
}

/** The daemon committed one of the same events meanwhile, or held the store for a while. */
function isPassing(error: unknown): boolean {
  return error instanceof StoreError && (error.kind === 'conflict' || error.kind === 'locked');
}

/** Ids that a trial remembers, since it writes nothing down: readers may show an event twice, close together. */
const MOST_REMEMBERED = 100_000;

/** Judges and counts, and leaves nothing behind. */
export function createTrialBook({ store, clock, telemetry, ruleSet }: BackfillDeps): BackfillBook {
  const judge = createJudge(ruleSet, clock, telemetry);
  const shown = new LRUCache<string, true>({ max: MOST_REMEMBERED });
  return {
    begin: async () => undefined,
    async takeIn(reader, state, page) {
      const unseen = await dedupe(store, page.events);
      const fresh = unseen.filter(({ id }) => !shown.has(id));
      for (const { id } of fresh) shown.set(id, true);
      const { verdicts } = await judge(fresh, await revisionsOf(store, reader, fresh));
      return advanced(state, page, verdicts);
    },
    finish: async (state) => ({ ...state, finishedMs: clock.now() }),
  };
}

/** How far a backfill is, and the page that brought it there; none with the last one, which is finished. */
export interface BackfillStep {
  readonly state: BackfillState;
  readonly page?: Page;
}

/**
 * Reads what is left of a slice, a step a page that was taken in. Ends early, at a page's end, once `signal` aborts. Throws SourceError, {@link StoreError}, {@link BackfillError}.
 * @param ready resolves when the next page may be asked for
 */
export async function* readBackfill(
  reader: SliceReader,
  begun: BackfillState,
  book: BackfillBook,
  ready: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): AsyncGenerator<BackfillStep> {
  let state = begun;
  const slice = { fromMs: begun.fromMs, toMs: begun.toMs };
  for (let isBehind = true; isBehind; ) {
    isBehind = false;
    await ready(signal);
    if (signal.aborted) return;
    for await (const page of reader.readSlice(slice, state.cursor, signal)) {
      state = await book.takeIn(reader, state, page);
      yield { state, page };
      isBehind = page.behind === true;
      await ready(signal);
      if (signal.aborted) return;
    }
  }
  yield { state: await book.finish(state) };
}
