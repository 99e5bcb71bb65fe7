import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { FeedReader } from '../../src/core/source.ts';
import { seededRandom } from '../../src/demo/akto-simulator/index.ts';
import { reachS } from '../../src/sources/akto/cursor.ts';
import { PageRows } from '../../src/sources/akto/page-rows.ts';
import { createEventReader } from '../../src/sources/akto/reader.ts';
import { Consumer, FeedInProcess, ManualClock } from './akto-feed-model.ts';

const START_S = 1_780_000_000;
const LATE_S = 900;
const POLL_S = 30;
const DEADLINE_S = 300;

/** The reader with its default settings, polling every thirty seconds. */
class Watch {
  readonly clock = new ManualClock(START_S);
  readonly feed = new FeedInProcess(7, this.clock);
  readonly consumer = new Consumer(reachS({ lateArrivalS: LATE_S }, DEADLINE_S) * 1_000);
  readonly reader: FeedReader = createEventReader({
    ...{
      source: 'akto',
      client: this.feed,
      pageRows: new PageRows(500),
      mostRows: 5_000,
      deadlineMs: DEADLINE_S * 1_000,
    },
    ...{ clock: this.clock, random: seededRandom(1), lookback: { initialS: 86_400, lateArrivalS: LATE_S } },
  });
  readonly #random = seededRandom(3);
  #made = 0;

  /** Rows spread over the last `overS` seconds. */
  appear(count: number, overS: number): void {
    const nowS = Math.floor(this.clock.nowMs / 1_000);
    const rows = Array.from({ length: count }, (): JsonObject => {
      this.#made += 1;
      return { id: `row-${this.#made}`, timestamp: nowS - Math.floor(this.#random() * overS) };
    });
    this.feed.add(rows);
  }

  /** @returns the requests of each poll */
  async polls(count: number, newRows = 0): Promise<number[]> {
    const requests: number[] = [];
    for (let polls = 0; polls < count; polls += 1) {
      this.clock.nowMs += POLL_S * 1_000;
      if (newRows > 0) this.appear(newRows, POLL_S);
      const before = this.feed.requests;
      expect(await this.consumer.poll(this.reader)).toBe(true);
      requests.push(this.feed.requests - before);
    }
    return requests;
  }

  /** Everything that appeared was evaluated, once, and nothing is left to find out. */
  expectAll(): void {
    expect(this.consumer.evaluated.length).toBe(this.#made);
    expect(new Set(this.consumer.evaluated).size).toBe(this.#made);
    expect(this.consumer.gaps).toEqual([]);
  }

  get perTenThousand(): number {
    return Math.round((this.feed.requests * 10_000) / this.#made);
  }
}

const say = (what: string): void => void process.stdout.write(`feed cost: ${what}\n`);
const most = (requests: readonly number[]): number => Math.max(...requests);

describe('requests', () => {
  it('of an idle poll: one where the feed is quiet', async () => {
    const watch = new Watch();
    watch.appear(40, 3_600);
    const idle = await watch.polls(120);
    say(`quiet feed: ${most(idle)} per idle poll`);
    expect(most(idle)).toBe(1);
    watch.expectAll();
  });

  it('of an idle poll: two at most where the look-back is larger than a page, while it flows and afterwards', async () => {
    const watch = new Watch();
    const flowing = await watch.polls(60, 300);
    const idle = await watch.polls(70);
    say(`300 events a poll: ${most(flowing)} per poll; gone idle: ${most(idle)} per idle poll`);
    expect(most(flowing)).toBeLessThanOrEqual(2);
    expect(most(idle)).toBeLessThanOrEqual(2);
    expect(idle.at(-1)).toBe(1);
    watch.expectAll();
  });

  it('of an idle poll: two at most after a storm', async () => {
    const watch = new Watch();
    const storm = await watch.polls(10, 2_000);
    const idle = await watch.polls(90);
    say(
      `storm of 2,000 events a poll: ${most(storm)} per poll; idle afterwards: ${most(idle)} per idle poll`,
    );
    expect(most(idle)).toBeLessThanOrEqual(2);
    watch.expectAll();
  });

  it('of an idle poll: two at most where the newest second is larger than a page', async () => {
    const watch = new Watch();
    await watch.polls(3);
    watch.appear(900, 1);
    await watch.polls(1);
    const idle = await watch.polls(35);
    say(
      `a second larger than a page: ${most(idle)} per idle poll, ${idle.filter((count) => count > 2).length} above two`,
    );
    expect(idle.filter((count) => count > 2).length).toBeLessThanOrEqual(1);
    watch.expectAll();
  });

  it('per 10,000 events: each is read once where it is history, and twice where it is news', async () => {
    const history = new Watch();
    history.appear(10_000, 80_000);
    await history.polls(3);
    history.expectAll();
    const flow = new Watch();
    await flow.polls(30, 2_000);
    const flowing = flow.perTenThousand;
    await flow.polls(60);
    flow.expectAll();
    say(
      `per 10,000 events: ${history.perTenThousand} of history, ${flowing} in a flow, ${flow.perTenThousand} with its audit and 60 idle polls`,
    );
    expect(history.perTenThousand).toBeLessThanOrEqual(26);
    expect(flow.perTenThousand - Math.round((60 * 10_000) / 60_000)).toBeLessThanOrEqual(45);
  });

  it('of a poll that finds one late event among thousands: a handful', async () => {
    const watch = new Watch();
    await watch.polls(40, 300);
    const late: JsonObject = { id: 'late', timestamp: Math.floor(watch.clock.nowMs / 1_000) - 800 };
    watch.feed.add([late]);
    const [requests] = await watch.polls(1);
    say(`a late event among 9,000 was found by its poll with ${requests} requests`);
    expect(watch.consumer.evaluated).toContain('late');
    expect(requests).toBeLessThanOrEqual(14);
    expect(most(await watch.polls(3))).toBeLessThanOrEqual(2);
  });

  it('of an idle poll beside rows that never become events: as ever, once they are known', async () => {
    const watch = new Watch();
    await watch.polls(40, 300);
    const nowS = Math.floor(watch.clock.nowMs / 1_000);
    watch.feed.add([
      { timestamp: nowS - 500 },
      { id: 'x', timestamp: nowS - 400.5 },
      { id: 'row-11000', timestamp: nowS - 300, url: '/other-content' },
    ]);
    await watch.polls(1);
    const idle = await watch.polls(50);
    say(`unusable and repeated rows in the look-back: ${most(idle)} per idle poll`);
    expect(most(idle)).toBeLessThanOrEqual(2);
    expect(watch.consumer.rejected).toHaveLength(2);
    watch.expectAll();
  });
});
