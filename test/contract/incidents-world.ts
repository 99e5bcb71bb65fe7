import { expect } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Event } from '../../src/core/event.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import type { Random } from '../../src/core/random.ts';
import { type Cursor, type FeedReader, SourceError } from '../../src/core/source.ts';
import { seededRandom } from '../../src/demo/http-hazards/seeded.ts';
import {
  type IncidentsHazards,
  type IncidentsRequest,
  type IncidentsSimulator,
  isoTime,
  startIncidentsSimulator,
} from '../../src/demo/incidents-simulator/index.ts';
import { listIncidents } from '../../src/demo/incidents-simulator/listing.ts';
import { incidentsSource } from '../../src/sources/incidents/index.ts';
import { createIncidentReader } from '../../src/sources/incidents/reader.ts';

const START_S = 1_780_000_000;
export const LATE_S = 120;
export const INITIAL_S = 600;
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
export class Consumer {
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
      for await (const page of reader.poll(
        this.cursor,
        { arrived: async () => undefined, count: async () => 0 },
        AbortSignal.any([]),
      )) {
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

export const revision = (id: string, { updateTime, requests }: JsonObject): string =>
  `${id} ${updateTime} ${requests}`;

export interface Change {
  readonly kind: 'new' | 'growth' | 'growth_within_its_second' | 'gone';
  /** How long ago it happened; the list shows it only now. */
  readonly lateS: number;
  readonly which: number;
}

/** The service's incidents, and what has ever been true of them. */
export class World {
  readonly clock = new ManualClock();
  readonly feed: Feed;
  readonly present = new Map<string, { updateS: number; requests: number }>();
  readonly ever = new Set<string>();
  #made = 0;

  constructor(feed: Feed) {
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

  reading(pageSize: number, seed: number): Reading {
    return this.feed.reading({ pageSize, clock: this.clock, random: seededRandom(seed) });
  }
}

interface ReadingOptions {
  readonly pageSize: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** A process that reads the feed. */
export interface Reading {
  readonly reader: FeedReader;
  close(): Promise<void>;
}

type Simulated = Pick<IncidentsSimulator, 'add' | 'update' | 'setHazards' | 'revokeTokens' | 'close'>;

/** The service, and how to read it. */
export interface Feed extends Simulated {
  readonly requests: readonly unknown[];
  reading(options: ReadingOptions): Reading;
}

export interface Habits {
  readonly seed: number;
  readonly mostRows: number;
  readonly tokenUses: number;
  readonly expiresIn: Json | undefined;
}

/** The simulator on a port, read by the source whole. */
export async function feedOverHttp({ seed, ...hazards }: Habits): Promise<Feed> {
  const simulator = await startIncidentsSimulator({ client, seed, hazards });
  const reading = ({ pageSize, ...deps }: ReadingOptions): Reading => {
    const config = incidentsSource.config.parse({
      ...{ name: 'identity', type: 'incidents', url: simulator.url, page_size: pageSize, deadline: '5m' },
      ...{ client_id: client.id, client_secret: client.secret },
      ...{ initial_lookback: `${INITIAL_S}s`, late_arrival: `${LATE_S}s` },
    });
    const source = incidentsSource.create(config, deps);
    return { reader: source.readers[0] ?? expect.fail('no reader'), close: () => source.close() };
  };
  return { ...simulator, reading };
}

/** The same list without a network, for many runs: tokens play no part. */
export function feedInProcess({ seed, mostRows }: Habits): Feed {
  const random = seededRandom(seed);
  const rows = new Map<string, JsonObject>();
  const requests: IncidentsRequest[] = [];
  const hazards: Partial<IncidentsHazards> = {};
  const fetchIncidents = async (limit: number, offset: number): Promise<JsonObject[]> => {
    const asked = { index: requests.length, method: 'GET', path: '/incidents', query: new Map() };
    const request = { ...asked, authorized: true };
    requests.push(request);
    hazards.beforeAnswer?.(asked);
    const { answer } = hazards;
    if ((typeof answer === 'function' ? answer(request) : answer) !== undefined)
      throw new SourceError('unavailable', 'the answer was no good');
    const query = { limit, offset, sortBy: 'updateTime', order: -1, filters: [] } as const;
    return listIncidents([...rows.values()], query, { stableOrder: false, mostRows, random });
  };
  const lookback = { initialMs: INITIAL_S * 1_000, lateArrivalMs: LATE_S * 1_000 };
  const fixed = { source: 'identity', client: { fetchIncidents }, deadlineMs: 300_000, lookback };
  return {
    requests,
    add: (incidents) => {
      for (const incident of incidents) rows.set(String(incident['incidentId']), incident);
    },
    update: (id, changes) => void rows.set(id, { ...rows.get(id), ...changes }),
    setHazards: (changed) => void Object.assign(hazards, changed),
    revokeTokens: () => {},
    close: async () => {},
    reading: (options) => ({ reader: createIncidentReader({ ...fixed, ...options }), close: async () => {} }),
  };
}
