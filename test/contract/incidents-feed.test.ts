import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/core/event.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { type Cursor, type FeedReader, type Source, SourceError } from '../../src/core/source.ts';
import { seededRandom } from '../../src/demo/http-hazards/seeded.ts';
import {
  type HttpHazard,
  type IncidentsSimulator,
  isoTime,
  startIncidentsSimulator,
} from '../../src/demo/incidents-simulator/index.ts';
import { incidentsSource } from '../../src/sources/incidents/index.ts';

const START_S = 1_780_000_000;
const LATE_S = 120;
const INITIAL_S = 600;
const REQUEST_MS = 50;
/** `INCIDENT_RUNS=2000` for a long look. */
const RUNS = Number(process.env['INCIDENT_RUNS'] ?? 60);
const client = { id: 'tocsin', secret: 'secret' };

/** A clock that only moves when told, or when somebody waits. */
class ManualClock {
  nowMs = START_S * 1_000;
  now = (): number => this.nowMs;
  sleep = async (ms: number): Promise<void> => {
    this.nowMs += ms;
  };
}

/** The pipeline in small: commits a page whole, drops what it has, keeps the cursor. */
class Consumer {
  readonly revisions = new Set<string>();
  readonly #ids = new Set<string>();
  cursor: Cursor | undefined;

  /** Polls until the end, or dies after some pages: the last one read but not committed. */
  async poll(
    reader: FeedReader,
    diesAfterPages = Number.POSITIVE_INFINITY,
  ): Promise<'read' | 'behind' | 'failed'> {
    let pages = 0;
    let result: 'read' | 'behind' = 'read';
    try {
      for await (const page of reader.poll(this.cursor, { count: async () => 0 }, AbortSignal.any([]))) {
        if (pages === diesAfterPages) return 'failed';
        pages += 1;
        for (const event of page.events) this.#commit(event);
        expect(page.rejected).toEqual([]);
        this.cursor = JSON.parse(JSON.stringify(page.cursor));
        result = page.behind ? 'behind' : 'read';
      }
      return result;
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      return 'failed';
    }
  }

  #commit({ id, feedId, raw }: Event): void {
    if (!this.#ids.has(id)) this.revisions.add(revision(feedId, raw));
    this.#ids.add(id);
  }
}

const revision = (id: string, { updateTime, requests }: JsonObject): string =>
  `${id} ${updateTime} ${requests}`;

interface Change {
  readonly kind: 'new' | 'growth' | 'growth_within_its_second' | 'gone';
  /** How long ago it happened; the list shows it only now. */
  readonly lateS: number;
  readonly which: number;
}

interface Round {
  /** Seconds since the round before. */
  readonly passed: number;
  readonly before: readonly Change[];
  /** Changes while it pages, before the answer of that number. */
  readonly during: readonly (Change & { readonly answer: number })[];
  readonly hazards: readonly { readonly answer: number; readonly hazard: HttpHazard | 'revoke' }[];
  readonly diesAfterPages: number;
  readonly restarts: boolean;
}

/** The service's incidents, and what has ever been true of them. */
class World {
  readonly clock = new ManualClock();
  readonly feed: IncidentsSimulator;
  readonly present = new Map<string, { updateS: number; requests: number }>();
  readonly ever = new Set<string>();
  #made = 0;

  constructor(feed: IncidentsSimulator) {
    this.feed = feed;
  }

  passes(ms: number): void {
    this.clock.nowMs += ms;
  }

  change({ kind, lateS, which }: Change): void {
    const atS = Math.floor(this.clock.nowMs / 1_000) - lateS;
    const ids = [...this.present.keys()];
    const id = ids[which % Math.max(1, ids.length)];
    const known = id === undefined ? undefined : this.present.get(id);
    if (kind === 'new' || id === undefined || known === undefined) this.#show(`i${this.#made++}`, atS, 1);
    else if (kind === 'gone') this.#remove(id);
    else this.#grow(id, known, kind === 'growth' ? Math.max(known.updateS, atS) : known.updateS);
  }

  /** What has stood still for longer than late changes take does not change back then. */
  #grow(id: string, { requests }: { readonly requests: number }, updateS: number): void {
    const isRecent = updateS >= Math.floor(this.clock.nowMs / 1_000) - LATE_S;
    if (isRecent) this.#show(id, updateS, requests + 1);
  }

  #show(id: string, updateS: number, requests: number): void {
    const row = { incidentId: id, attackId: 'A', requests, updateTime: isoTime(updateS) };
    this.present.set(id, { updateS, requests });
    this.ever.add(revision(id, row));
    this.feed.add([row]);
  }

  /** The simulator cannot forget: an incident that leaves the list is one that is as old as can be. */
  #remove(id: string): void {
    this.present.delete(id);
    this.feed.update(id, { updateTime: isoTime(START_S - 100 * INITIAL_S) });
  }

  source(pageSize: number, seed: number): Source {
    const config = incidentsSource.config.parse({
      ...{ name: 'identity', type: 'incidents', url: this.feed.url, page_size: pageSize, deadline: '5m' },
      ...{ client_id: client.id, client_secret: client.secret },
      ...{ initial_lookback: `${INITIAL_S}s`, late_arrival: `${LATE_S}s` },
    });
    return incidentsSource.create(config, { clock: this.clock, random: seededRandom(seed) });
  }
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom<Change['kind'][]>(
    'new',
    'new',
    'growth',
    'growth',
    'growth_within_its_second',
    'gone',
  ),
  lateS: fc.oneof(fc.integer({ min: 0, max: LATE_S }), fc.constantFrom(0, 1, LATE_S)),
  which: fc.nat(1_000),
});
const answer = fc.integer({ min: 0, max: 12 });
const hazard = fc.constantFrom<(HttpHazard | 'revoke')[]>(
  'revoke',
  'revoke',
  { kind: 'null_list', spelled: 'null' },
  { kind: 'null_list', spelled: 'missing' },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 429, retryAfter: '1' },
  { kind: 'json', status: 401, body: {} },
  { kind: 'json', status: 403, body: {} },
  { kind: 'login_page' },
  { kind: 'redirect' },
  { kind: 'reset' },
  { kind: 'half' },
);
const round: fc.Arbitrary<Round> = fc.record({
  passed: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 60, max: 2_000 })),
  before: fc.array(change, { maxLength: 12 }),
  during: fc.array(
    fc.tuple(change, answer).map(([each, at]) => ({ ...each, answer: at })),
    { maxLength: 4 },
  ),
  hazards: fc.array(fc.record({ answer, hazard }), { maxLength: 4 }),
  diesAfterPages: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 5 })),
  restarts: fc.boolean(),
});
const scenario = fc.record({
  seed: fc.nat(1_000_000),
  pageSize: fc.integer({ min: 2, max: 9 }),
  backlog: fc.array(fc.integer({ min: 0, max: INITIAL_S }), { maxLength: 30 }),
  crowd: fc.integer({ min: 0, max: 20 }),
  mostRows: fc.option(fc.integer({ min: 2, max: 6 }), { nil: Number.POSITIVE_INFINITY, freq: 4 }),
  tokenUses: fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 1, 3),
  expiresIn: fc.constantFrom(600, 600_000, '600', 0, undefined, 1),
  rounds: fc.array(round, { minLength: 1, maxLength: 5 }),
});

function misbehave(world: World, { during, hazards }: Round): void {
  const { feed } = world;
  const first = feed.requests.length;
  feed.setHazards({
    beforeAnswer: ({ index }) => {
      world.passes(REQUEST_MS);
      for (const each of during) if (first + each.answer === index) world.change(each);
      if (hazards.some((each) => each.hazard === 'revoke' && first + each.answer === index))
        feed.revokeTokens();
    },
    answer: ({ index }) => {
      const found = hazards.find((each) => first + each.answer === index)?.hazard;
      return found === 'revoke' ? undefined : found;
    },
  });
}

const readerOf = ({ readers }: Source): FeedReader => readers[0] ?? expect.fail('a source without a reader');

/** Plays a scenario to its end; gives what was never read, and what was read and never true. */
async function play({ seed, pageSize, backlog, crowd, rounds, ...habits }: Scenario) {
  const { mostRows, tokenUses, expiresIn } = habits;
  const world = new World(
    await startIncidentsSimulator({ client, seed, hazards: { mostRows, tokenUses, expiresIn } }),
  );
  const consumer = new Consumer();
  let source = world.source(pageSize, seed);
  try {
    for (const lateS of backlog) world.change({ kind: 'new', lateS, which: 0 });
    for (let n = 0; n < crowd; n += 1) world.change({ kind: 'new', lateS: 60, which: 0 });
    // The first poll decides where history begins: what fails before its first page has no promise yet.
    await consumer.poll(readerOf(source), 1);
    for (const next of rounds) {
      world.clock.nowMs += next.passed * 1_000;
      for (const each of next.before) world.change(each);
      misbehave(world, next);
      await consumer.poll(readerOf(source), next.diesAfterPages);
      if (!next.restarts) continue;
      await source.close();
      source = world.source(pageSize, seed);
    }
    world.feed.setHazards({ answer: undefined, beforeAnswer: () => world.passes(REQUEST_MS) });
    const calm: string[] = [];
    for (let polls = 0; polls < 3; polls += 1) {
      world.clock.nowMs += 30_000;
      calm.push(await consumer.poll(readerOf(source)));
    }
    const last = [...world.present].map(([id, { updateS, requests }]) =>
      revision(id, { updateTime: isoTime(updateS), requests }),
    );
    return {
      calm,
      missed: last.filter((each) => !consumer.revisions.has(each)),
      invented: [...consumer.revisions].filter((each) => !world.ever.has(each)),
      requests: world.feed.requests.length,
    };
  } finally {
    await source.close();
    await world.feed.close();
  }
}

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

describe('reading incidents, whatever the service does', () => {
  it('reads the last state of each, through growth, ties, late updates, ending tokens, failures and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (run) => {
        const { calm, missed, invented, requests } = await play(run);
        expect(requests).toBeLessThan(3_000);
        expect({ calm, missed, invented }).toEqual({
          calm: ['read', 'read', 'read'],
          missed: [],
          invented: [],
        });
      }),
      { numRuns: RUNS, interruptAfterTimeLimit: 40_000 },
    );
  }, 60_000);
});
