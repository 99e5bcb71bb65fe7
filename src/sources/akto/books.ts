import type { Ingested } from '../../core/source.ts';
import { MOST_SURPLUS, type PollBookmark } from './bookmark.ts';
import type { Surplus } from './cursor.ts';
import type { Range } from './stride.ts';

/**
 * What was committed of the feed, held against what the feed says. Some rows never become an event of their
 * second: unusable ones, an id that stood under another second before. They are known as surplus, a second at a time,
 * or the books would differ for ever.
 */
export class Books {
  readonly #ingested: Ingested;
  readonly #bookmark: PollBookmark;

  constructor(ingested: Ingested, bookmark: PollBookmark) {
    this.#ingested = ingested;
    this.#bookmark = bookmark;
  }

  /** Comparing is of use: not while gaps are open, which are asked for anyway, nor beside too many unusable rows. */
  get areOpen(): boolean {
    const { gaps, surplus } = this.#bookmark.position;
    return gaps.length === 0 && surplus.length < MOST_SURPLUS;
  }

  /** How many rows of the range need no reading. */
  async known(range: Range): Promise<number> {
    const committed = await this.committed(range);
    const surplus = this.#bookmark.position.surplus.filter(([second]) => isWithin(second, range));
    return surplus.reduce((sum, [, rows]) => sum + rows, committed);
  }

  /** How many events of the range are committed, of all that were given. */
  async committed(range: Range): Promise<number> {
    await this.#ingested.arrived();
    return this.#count(range);
  }

  /** All rows of the range were given. @returns writes down, once they are committed as far as they can be, that the rest is surplus */
  given(range: Range, places: readonly number[]): () => Promise<void> {
    const arrived = this.#ingested.arrived();
    // Where nobody comes to write it down, nobody misses it.
    arrived.catch(() => undefined);
    return async () => {
      await arrived;
      await this.#shown(range, places);
    };
  }

  async shown(range: Range, places: readonly number[]): Promise<void> {
    await this.given(range, places)();
  }

  async #shown(range: Range, places: readonly number[]): Promise<void> {
    if (range.fromS > range.toS) return;
    const rows = places.filter((second) => isWithin(second, range)).sort((a, b) => a - b);
    this.#bookmark.setSurplus(range, await this.#surplusOf(range, rows));
  }

  /** A range that is given up: what the server counts there and was never shown is no news any more. */
  async writeOff({ fromS, toS }: Range, total: number): Promise<void> {
    const missing = total - (await this.committed({ fromS, toS }));
    this.#bookmark.setSurplus({ fromS, toS }, missing > 0 ? [[fromS, missing]] : []);
  }

  #count({ fromS, toS }: Range): Promise<number> {
    return this.#ingested.count({ fromMs: fromS * 1_000, toMs: toS * 1_000 + 999 });
  }

  async #surplusOf(range: Range, rows: readonly number[]): Promise<readonly Surplus[]> {
    const extra = rows.length - (rows.length === 0 ? 0 : await this.#count(range));
    const [first] = rows;
    if (extra <= 0 || first === undefined) return [];
    const last = rows.at(-1) ?? first;
    if (first === last) return [[first, rows.length - (await this.#count({ fromS: first, toS: first }))]];
    const middle = Math.floor((first + last) / 2);
    const older = await this.#surplusOf(
      { fromS: first, toS: middle },
      rows.filter((second) => second <= middle),
    );
    const newer = await this.#surplusOf(
      { fromS: middle + 1, toS: last },
      rows.filter((second) => second > middle),
    );
    return [...older, ...newer];
  }
}

function isWithin(second: number, { fromS, toS }: Range): boolean {
  return second >= fromS && second <= toS;
}
