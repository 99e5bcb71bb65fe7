import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../core/json.ts';
import { PollBookmark } from './bookmark.ts';
import type { EventQuery } from './client.ts';
import { type Again, drainSecond } from './drain.ts';
import { PageRows } from './page-rows.ts';
import { Reading } from './reading.ts';

const SECOND = 1_780_000_000;
const MOST_ROWS = 20;
const FEWER_ROWS = 10;

/** A second behind a server that shuffles it for each answer, which takes a second. One that counts it may cut answers. */
class CrowdedSecond {
  readonly committed = new Set<string>();
  readonly #rows: JsonObject[];
  readonly #counts: boolean;
  #seed = 1;
  #nowMs = SECOND * 1_000;

  constructor(rows: JsonObject[], counts = true) {
    this.#rows = rows.map((row) => ({ timestamp: SECOND, ...row }));
    this.#counts = counts;
  }

  /** One drain, as one poll does it; what it says of the gap it leaves. */
  async drain(deadlineMs: number, again?: Pick<Again, 'pollsLeft'> & { readonly unusable: number }) {
    const bookmark = new PollBookmark(position(), 60);
    const { unusable = 0, pollsLeft = 0 } = again ?? {};
    const known: Again = {
      ...{ pollsLeft, unusable: () => unusable },
      committed: async () => this.committed.size,
    };
    const pages = drainSecond(SECOND, this.#reading(bookmark, deadlineMs), again && known);
    for await (const { events } of pages) for (const { id } of events) this.committed.add(id);
    return { gaps: bookmark.position.gaps, givenUp: bookmark.progress().givenUp ?? [] };
  }

  #reading(bookmark: PollBookmark, deadlineMs: number): Reading<PollBookmark> {
    const clock = { now: () => this.#nowMs, sleep: async () => undefined };
    return new Reading(
      bookmark,
      {
        ...{
          source: 'akto',
          pageRows: new PageRows(5),
          mostRows: MOST_ROWS,
          deadlineMs,
          clock,
          random: () => 0.5,
        },
        client: { fetchEvents: async (query) => this.#answer(query) },
      },
      AbortSignal.any([]),
    );
  }

  #random(): number {
    this.#seed = (this.#seed * 48_271) % 2_147_483_647;
    return this.#seed;
  }

  #answer({ skip, limit }: EventQuery) {
    this.#nowMs += 1_000;
    const shuffled = this.#rows
      .map((row) => ({ row, place: this.#random() }))
      .sort((a, b) => a.place - b.place)
      .map(({ row }) => row);
    const rows = shuffled.slice(skip, skip + Math.min(limit, this.#counts ? FEWER_ROWS : MOST_ROWS));
    return { rows, total: this.#counts ? this.#rows.length : 0, chars: 0 };
  }
}

function position() {
  const seconds = { highWaterS: SECOND, floorS: 1, newestS: SECOND, auditS: SECOND, readS: SECOND };
  return { ...seconds, gaps: [], surplus: [], lost: [] };
}

function events(count: number): JsonObject[] {
  return Array.from({ length: count }, (_, n) => ({ id: `event-${n}` }));
}

describe('a second larger than the largest answer', () => {
  it('tells rows without an id apart by what is in them, though the same is said of each', async () => {
    const second = new CrowdedSecond([...events(30), { url: '/a' }, { url: '/b' }, { url: '/c' }]);
    expect(await second.drain(300_000)).toEqual({ gaps: [], givenUp: [] });
    expect(second.committed.size).toBe(30);
  });

  it('is read in several polls where one has no time for enough passes', async () => {
    const second = new CrowdedSecond([...events(60), { url: '/a' }, { url: '/b' }]);
    let { gaps } = await second.drain(12_000);
    expect(gaps).toMatchObject([{ pollsLeft: 10, unusable: 2 }]);
    for (const gap of gaps) {
      for (let polls = 0; polls < 10 && gaps.length > 0; polls += 1)
        ({ gaps } = await second.drain(12_000, { pollsLeft: 9 - polls, unusable: gap.unusable ?? 0 }));
    }
    expect(gaps).toEqual([]);
    expect(second.committed.size).toBe(60);
  });

  it('is not taken for read when a server that counts nothing is cut off in the middle of it', async () => {
    const second = new CrowdedSecond(events(60), false);
    for (let n = 0; n < 55; n += 1) second.committed.add(`akto/malicious_events/event-${n}`);
    const { givenUp } = await second.drain(3_000, { pollsLeft: 0, unusable: 0 });
    expect(second.committed.size).toBeLessThan(60);
    expect(givenUp).toHaveLength(1);
  });
});
