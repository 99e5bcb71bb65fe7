import { setImmediate } from 'node:timers/promises';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import type { Random } from '../../src/core/random.ts';
import {
  type Cursor,
  type FeedProgress,
  type FeedReader,
  type Gap,
  type Page,
  type Slice,
  SourceError,
} from '../../src/core/source.ts';
import { fetchSuspectSampleData } from '../../src/demo/akto-simulator/feed.ts';
import { type Hazard, type Hazards, NO_HAZARDS } from '../../src/demo/akto-simulator/hazards.ts';
import { seededRandom } from '../../src/demo/akto-simulator/index.ts';
import { Totals } from '../../src/demo/akto-simulator/totals.ts';
import { readAhead } from '../../src/pipeline/read-ahead.ts';
import { readEventList } from '../../src/sources/akto/answer.ts';
import type { EventAnswer, EventQuery } from '../../src/sources/akto/client.ts';

/** A clock that only moves when told, or when somebody waits. `aheadMs`: how far it is off the server's. */
export class ManualClock {
  nowMs: number;
  aheadMs = 0;
  constructor(startS: number) {
    this.nowMs = startS * 1_000;
  }
  now = (): number => this.nowMs + this.aheadMs;
  sleep = async (ms: number): Promise<void> => {
    this.nowMs += ms;
  };
}

/** Half of the answers have rows too large for a page of full length. */
export const LARGEST_ROW_CHARS = 1_000;

const DIED = new Error('the consumer died');

/** What the store does with pages, in small: drops what it has by id, keeps the cursor, forgets ids that it need not keep. */
export class Consumer {
  readonly evaluated: string[] = [];
  readonly times = new Map<string, number>();
  readonly gaps: Gap[] = [];
  readonly rejected: string[] = [];
  readonly #keepMs: number;
  progress: FeedProgress | undefined;
  cursor: Cursor | undefined;

  constructor(keepMs = Number.POSITIVE_INFINITY) {
    this.#keepMs = keepMs;
  }

  async count({ fromMs, toMs }: Slice): Promise<number> {
    let count = 0;
    for (const timeMs of this.times.values()) if (timeMs >= fromMs && timeMs <= toMs) count += 1;
    return count;
  }

  /** Polls until the end, as the daemon does: pages ahead. Or dies after some: further ones are read and not committed. */
  async poll(reader: FeedReader, diesAfterPages = Number.POSITIVE_INFINITY): Promise<boolean> {
    let pages = 0;
    const over = new AbortController();
    const { signal } = over;
    const judge = async (page: Page): Promise<Page> => page;
    const count = (slice: Slice): Promise<number> => this.count(slice);
    try {
      for await (const page of readAhead(reader, { cursor: this.cursor, count, judge, signal })) {
        if (pages === diesAfterPages) throw DIED;
        pages += 1;
        // The reader comes as far as it can without this page being committed.
        await setImmediate();
        await this.take(page, reader);
      }
      return true;
    } catch (error) {
      if (!(error instanceof SourceError) && error !== DIED) throw error;
      return false;
    } finally {
      over.abort();
    }
  }

  async take(page: Page, _reader: FeedReader): Promise<void> {
    for (const { feedId, timeMs } of page.events) {
      if (this.times.has(feedId)) continue;
      this.evaluated.push(feedId);
      this.times.set(feedId, timeMs);
    }
    this.note(page);
    this.cursor = JSON.parse(JSON.stringify(page.cursor));
    this.#forget();
  }

  protected note(page: Page): void {
    this.rejected.push(...page.rejected);
    this.progress = page.progress;
    this.gaps.push(...(page.progress?.givenUp ?? []));
  }

  /** As early as the store may at all. */
  #forget(): void {
    const newest = Math.max(...this.times.values());
    for (const [id, timeMs] of this.times) if (timeMs < newest - this.#keepMs) this.times.delete(id);
  }
}

const FAILURES: Partial<Record<Hazard['kind'], SourceError>> = {
  redirect: new SourceError('refused', 'redirected'),
  forbidden: new SourceError('refused', 'forbidden'),
};

/** The simulator's feed without HTTP: the same rows, totals and hazards, so that thousands of runs take seconds. */
export class FeedInProcess {
  readonly hazards: Hazards = { ...NO_HAZARDS };
  readonly rows: JsonObject[] = [];
  readonly totals: Totals;
  readonly #random: Random;
  requests = 0;

  constructor(seed: number, clock: ManualClock) {
    this.#random = seededRandom(seed);
    this.totals = new Totals({ now: () => clock.nowMs, sleep: clock.sleep });
  }

  get url(): string {
    return 'in-process';
  }

  add(rows: readonly JsonObject[]): void {
    this.rows.push(...rows);
  }

  setHazards(hazards: Partial<Hazards>): void {
    Object.assign(this.hazards, hazards);
  }

  async fetchEvents({ fromS, toS, limit, skip, order }: EventQuery): Promise<EventAnswer> {
    const request = { index: this.requests, path: '/api/fetchSuspectSampleData', body: {} };
    this.requests += 1;
    this.hazards.beforeAnswer?.(request);
    const { answer, total, mostRows, stableOrder } = this.hazards;
    const hazard = typeof answer === 'function' ? answer(request) : answer;
    if (hazard !== undefined && hazard.kind !== 'missing_rows')
      throw FAILURES[hazard.kind] ?? new SourceError('unavailable', hazard.kind);
    const body = { skip, limit, sort: { detectedAt: order }, startTimestamp: fromS, endTimestamp: toS };
    const said = fetchSuspectSampleData.answer(body, {
      ...{ events: this.rows, templates: [], remediation: new Map(), newerServer: true },
      ...{ stableOrder, mostRows, random: this.#random },
      total: (exact) => this.totals.told(total, `${fromS} ${toS}`, exact),
    });
    if (!isJsonObject(said)) throw new Error('no object');
    const read = readEventList(said, 'akto');
    const list = { ...read, chars: read.rows.length * this.#random() * 2 * LARGEST_ROW_CHARS };
    if (hazard === undefined) return list;
    return { ...list, rows: list.rows.filter((_, place) => (place + 1) % hazard.every !== 0) };
  }
}
