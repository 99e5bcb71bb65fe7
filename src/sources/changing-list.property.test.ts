import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/seed.ts';
import type { Clock } from '../core/clock.ts';
import { type Event, eventId } from '../core/event.ts';
import { isJsonObject, type Json } from '../core/json.ts';
import { type Cursor, type Gap, SourceError } from '../core/source.ts';
import { type ChangingListOptions, changingListReachMs, createChangingListReader } from './changing-list.ts';

const START_MS = Date.UTC(2026, 2, 1);
const INGESTED = { arrived: async () => undefined, count: async () => 0 };
const LATE_MS = 120_000;
const DEADLINE_MS = 20_000;
const REACH_MS = changingListReachMs(LATE_MS, DEADLINE_MS);

interface Listed {
  readonly id: string;
  readonly changedMs: number;
  readonly revision: number;
  /** When the list began to show it so; wall time. */
  readonly shownMs: number;
}

interface World {
  readonly seed: number;
  readonly pageSize: number;
  readonly objects: number;
  readonly mutations: number;
  readonly failures: number;
  readonly crashes: number;
  readonly deletes: boolean;
  readonly total: 'exact' | 'none' | 'zero' | 'frozen';
  readonly isFixedSize: boolean;
  /** A server that shows fewer rows than it was asked for. */
  readonly rowsShort: number;
  readonly requestMs: number;
  /** Changes within it tie. */
  readonly grainMs: number;
}

function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A server whose objects change while they are listed, and what is handed out of it. */
class Model {
  readonly objects = new Map<string, Listed>();
  readonly world: World;
  readonly random: () => number;
  readonly stored = new Map<string, Event>();
  nowMs = START_MS;
  requests = 0;
  isQuiet = false;
  newestMs = 0;
  readonly repeatedTooOld: string[] = [];
  readonly givenUp: Gap[] = [];
  #next = 0;
  #frozen: number | undefined;

  constructor(world: World) {
    this.world = world;
    this.random = randomOf(world.seed);
    for (let i = 0; i < world.objects; i += 1)
      this.change(`o${this.#next++}`, START_MS - this.below(600_000));
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  change(id: string, atMs: number): void {
    const revision = (this.objects.get(id)?.revision ?? 0) + 1;
    // Never back in time, at a grain at which many tie.
    const grain = Math.floor(atMs / this.world.grainMs) * this.world.grainMs;
    const changedMs = Math.max(grain, this.objects.get(id)?.changedMs ?? 0);
    this.objects.set(id, { id, changedMs, revision, shownMs: this.nowMs });
  }

  mutate(): void {
    if (this.isQuiet || this.random() >= this.world.mutations) return;
    for (let count = 1 + this.below(3); count > 0; count -= 1) {
      const ids = [...this.objects.keys()];
      const known = ids[this.below(ids.length)];
      const what = this.random();
      // Changes may be listed late, but for two requests less than a poll looks back.
      const atMs = this.nowMs - (this.random() < 0.3 ? this.below(LATE_MS - 2 * DEADLINE_MS) : 0);
      if ((what < 0.3 && ids.length < 120) || known === undefined) this.change(`o${this.#next++}`, atMs);
      else if (what < 0.35 && this.world.deletes) this.objects.delete(known);
      else this.change(known, atMs);
    }
  }

  rows(): Listed[] {
    const shuffled = [...this.objects.values()].map((each) => ({ each, key: this.random() }));
    return shuffled
      .toSorted((a, b) => b.each.changedMs - a.each.changedMs || a.key - b.key)
      .map(({ each }) => each);
  }

  total(): { total?: number } {
    const { size } = this.objects;
    this.#frozen ??= size;
    const totals = { exact: { total: size }, none: {}, zero: { total: 0 }, frozen: { total: this.#frozen } };
    return totals[this.world.total];
  }

  options(): ChangingListOptions {
    const clock: Clock = {
      now: () => this.nowMs,
      sleep: async (ms) => {
        this.nowMs += ms;
      },
    };
    return {
      source: 's',
      feed: 'threat_actors',
      pageSize: this.world.pageSize,
      isFixedSize: this.world.isFixedSize,
      deadlineMs: DEADLINE_MS,
      lookback: { initialMs: 400_000, lateArrivalMs: LATE_MS },
      clock,
      random: this.random,
      fetchPage: async ({ offset, limit }) => {
        this.requests += 1;
        this.nowMs += this.world.requestMs;
        this.mutate();
        if (!this.isQuiet && this.random() < this.world.failures)
          throw new SourceError('unavailable', 'failed');
        const { isFixedSize, pageSize, rowsShort } = this.world;
        const most = isFixedSize ? pageSize : Math.max(2, Math.min(limit, pageSize - rowsShort));
        const rows = this.rows().slice(offset, offset + most);
        return {
          rows: rows.map(({ id, changedMs, revision }) => ({ id, changedMs, revision })),
          ...this.total(),
        };
      },
      parse: (row) => toEvent(row),
    };
  }
}

function toEvent(row: Json): Event {
  const raw = isJsonObject(row) ? row : {};
  const { id, changedMs, revision } = raw;
  if (typeof id !== 'string' || typeof changedMs !== 'number') throw new Error('a row of the model');
  const name = { source: 's', feed: 'threat_actors' as const };
  const state = String(revision);
  return {
    ...name,
    id: eventId('s', 'threat_actors', id, state),
    feedId: id,
    revision: state,
    timeMs: changedMs,
    raw,
  };
}

interface Polled {
  cursor: Cursor | undefined;
  /** Read to its end, its whole look-back among it. */
  isWhole: boolean;
  isBehind: boolean;
  gaps: readonly Gap[];
}

async function poll(model: Model, before: Polled): Promise<Polled> {
  const startedMs = model.nowMs;
  const reader = createChangingListReader(model.options());
  const now: Polled = { ...before, isWhole: false, isBehind: false };
  try {
    for await (const page of reader.poll(before.cursor, INGESTED, new AbortController().signal)) {
      keep(model, page.events);
      now.cursor = page.cursor;
      now.isBehind = page.behind === true;
      now.gaps = page.progress?.gaps ?? [];
      model.givenUp.push(...(page.progress?.givenUp ?? []));
      if (!model.isQuiet && model.random() < model.world.crashes) return now;
    }
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return now;
  }
  const { lookedBack, open } = now.cursor ?? {};
  now.isWhole = isJsonObject(lookedBack) && lookedBack['startedMs'] === startedMs && open === undefined;
  return now;
}

function keep(model: Model, events: readonly Event[]): void {
  const { newestMs } = model;
  for (const event of events) {
    const known = model.stored.get(event.id);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(event))
      throw new Error('two of one id');
    if (known !== undefined && event.timeMs < newestMs - REACH_MS - 400_000)
      model.repeatedTooOld.push(event.id);
    model.stored.set(event.id, event);
    model.newestMs = Math.max(model.newestMs, event.timeMs);
  }
}

function idOf({ id, revision }: Listed): string {
  return eventId('s', 'threat_actors', id, String(revision));
}

/** Revisions that stood still for a whole poll and were not handed out, gaps that were told left out. */
function missing(model: Model, sinceMs: number, fromMs: number, gaps: readonly Gap[]): string[] {
  return [...model.objects.values()]
    .filter(({ shownMs, changedMs }) => shownMs <= sinceMs && changedMs >= fromMs)
    .filter(({ changedMs }) => !gaps.some((gap) => gap.fromMs <= changedMs && changedMs <= gap.toMs))
    .map(idOf)
    .filter((id) => !model.stored.has(id));
}

async function run(world: World): Promise<{ missed: string[]; model: Model; polls: number }> {
  const model = new Model(world);
  const floorMs = (): number => Number(state.cursor?.['startMs'] ?? Number.POSITIVE_INFINITY);
  let state: Polled = { cursor: undefined, isWhole: false, isBehind: false, gaps: [] };
  const missed: string[] = [];
  let polls = 0;
  for (; polls < 12; polls += 1) {
    const startedMs = model.nowMs;
    state = await poll(model, state);
    if (state.isWhole)
      missed.push(...missing(model, startedMs, floorMs(), [...state.gaps, ...model.givenUp]));
    if (!state.isBehind) model.nowMs += model.below(30_000);
    model.mutate();
  }
  model.isQuiet = true;
  const quietMs = model.nowMs;
  let isAtRest = false;
  for (let settling = 0; settling < 200; settling += 1, polls += 1) {
    state = await poll(model, state);
    const { lookedBack, open } = state.cursor ?? {};
    isAtRest = isJsonObject(lookedBack) && Number(lookedBack['startedMs']) >= quietMs && open === undefined;
    if (isAtRest && !state.isBehind) break;
    model.nowMs += 5_000;
  }
  if (!isAtRest) throw new Error(`never came to rest: ${JSON.stringify(state)}`);
  missed.push(...missing(model, quietMs, floorMs(), [...state.gaps, ...model.givenUp]));
  return { missed, model, polls };
}

const worlds = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  pageSize: fc.integer({ min: 4, max: 12 }),
  objects: fc.integer({ min: 0, max: 60 }),
  mutations: fc.double({ min: 0, max: 0.6, noNaN: true }),
  failures: fc.constantFrom(0, 0, 0.05, 0.3),
  crashes: fc.constantFrom(0, 0, 0.05, 0.3),
  deletes: fc.boolean(),
  total: fc.constantFrom('exact' as const, 'none' as const, 'zero' as const, 'frozen' as const),
  isFixedSize: fc.boolean(),
  rowsShort: fc.constantFrom(0, 0, 0, 1),
  requestMs: fc.constantFrom(50, 100, 300),
  grainMs: fc.constantFrom(5_000, 5_000, 5_000, 30_000),
});

describe('a list that changes while it is read', () => {
  it('hands out every revision that stood still for a poll, and never two facts under one id', async () => {
    const told = { runs: 0, polls: 0, requests: 0, events: 0 };
    const result = await fc.check(
      fc.asyncProperty(worlds, async (world) => {
        const { missed, model, polls } = await run(world);
        told.runs += 1;
        told.polls += polls;
        told.requests += model.requests;
        told.events += model.stored.size;
        expect(missed, `missed in ${JSON.stringify(world)}`).toEqual([]);
        expect(model.repeatedTooOld, `repeated too old in ${JSON.stringify(world)}`).toEqual([]);
      }),
      { numRuns: runs(2_500) },
    );
    const { failed, seed, counterexamplePath: path } = result;
    process.stdout.write(`changing list: ${JSON.stringify({ ...told, failed, seed, path })}\n`);
    expect(failed, fc.defaultReportMessage(result) ?? '').toBe(false);
  });
});
