import type { Clock } from '../../core/clock.ts';
import type { Event } from '../../core/event.ts';
import type { Random } from '../../core/random.ts';
import { type Page, SourceError } from '../../core/source.ts';
import { decideRetry } from '../retry.ts';
import { named } from './answer.ts';
import type { Bookmark } from './bookmark.ts';
import { type AktoClient, type EventAnswer, TooLargeError } from './client.ts';
import { LAST_SECOND } from './cursor.ts';
import type { PageRows } from './page-rows.ts';
import { parseRows } from './parse.ts';
import { RequestSize } from './request-size.ts';
import type { Shown } from './step.ts';
import type { Range } from './stride.ts';

export interface Answer extends Shown {
  readonly events: readonly Event[];
  readonly rejected: readonly string[];
  /** What tells the rejected rows apart. */
  readonly unusable: readonly string[];
  /** The second of every row as the server sorts it, unusable rows too. */
  readonly places: readonly number[];
}

export interface ReadingOptions {
  readonly source: string;
  readonly client: Pick<AktoClient, 'fetchEvents'>;
  /** Rows to ask for where the whole of a page is wanted; what answers show of their size is told it. */
  readonly pageRows: PageRows;
  /** The most rows ever asked for at once. */
  readonly mostRows: number;
  /** For one poll. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

const NOTHING: Answer = {
  ...{ events: [], rejected: [], unusable: [], seconds: [], places: [] },
  ...{ rowCount: 0, limit: 0, total: 0 },
};
/** A poll ends by itself after this part of its deadline, at a page's end, so that it is not cut off in one. */
const OVERDUE_AFTER = 0.8;

/** One poll under way: asks with retries, and knows which ids it has handed out. */
export class Reading<Mark extends Bookmark = Bookmark> {
  readonly options: ReadingOptions;
  readonly bookmark: Mark;
  readonly #signal: AbortSignal;
  readonly #startedMs: number;
  readonly #size: RequestSize;
  /** Id → second, of the seconds that may still be shown again. */
  readonly #seen = new Map<string, number>();
  #requests = 0;
  #believesTotals: boolean;

  /** @param believesTotals false where the server's counts were found to look at no range */
  constructor(bookmark: Mark, options: ReadingOptions, signal: AbortSignal, believesTotals = true) {
    this.options = options;
    this.bookmark = bookmark;
    this.#signal = signal;
    this.#startedMs = options.clock.now();
    this.#size = new RequestSize(options.mostRows);
    this.#believesTotals = believesTotals;
  }

  /** Requests that were answered. */
  get requests(): number {
    return this.#requests;
  }

  get believesTotals(): boolean {
    return this.#believesTotals;
  }

  nowS(): number {
    return Math.floor(this.options.clock.now() / 1_000);
  }

  /** Asks until there is an answer, within reason. Oldest first from the range's beginning unless told otherwise. */
  async ask(
    range: Range,
    { limit = this.options.pageRows.now, skip = 0, order = 1 as 1 | -1 } = {},
  ): Promise<Answer> {
    for (let attempt = 1; ; ) {
      this.#stopIfTold();
      const asked = this.#size.fit(limit);
      try {
        const query = { fromS: range.fromS, toS: range.toS, limit: asked, skip, order };
        const answer = await this.options.client.fetchEvents(query, this.#signal);
        this.#size.worked();
        this.options.pageRows.saw(answer.rows.length, answer.chars);
        this.#requests += 1;
        return this.#understood(answer, range, asked);
      } catch (error) {
        attempt = await this.#recover(error, asked, attempt);
      }
    }
  }

  /**
   * Whether the server counts rows where none can be: then its totals are the same for whatever it is
   * asked, prove nothing, and are not listened to from here on.
   */
  async findsTotalsDeaf(): Promise<boolean> {
    const { total, rowCount } = await this.ask({ fromS: LAST_SECOND, toS: LAST_SECOND }, { limit: 1 });
    if (total > rowCount) this.#believesTotals = false;
    return !this.#believesTotals;
  }

  /** What an answer brought that this poll has not handed out yet, to be committed with how far the poll has come. */
  page(answer: Answer = NOTHING): Page {
    const { events: shown, rejected } = answer;
    const events = shown.filter((event) => !this.#seen.has(event.id));
    for (const event of events) this.#seen.set(event.id, event.timeMs / 1_000);
    this.bookmark.handedOut(events.reduce((newest, { timeMs }) => Math.max(newest, timeMs / 1_000), 0));
    return { events, rejected, cursor: this.bookmark.cursor(), progress: this.bookmark.progress() };
  }

  /** Time to stop and leave the rest to the next poll. */
  isOverdue(): boolean {
    return this.options.clock.now() - this.#startedMs >= this.options.deadlineMs * OVERDUE_AFTER;
  }

  /** Ids of older seconds cannot be shown again by this walk; keeping them would grow without bound. */
  forgetBefore(second: number): void {
    for (const [id, seen] of this.#seen) if (seen < second) this.#seen.delete(id);
  }

  #understood({ rows, total }: EventAnswer, range: Range, limit: number): Answer {
    const parsed = parseRows(rows, this.options.source, this.nowS());
    const { places } = parsed;
    // A page of nothing but unusable rows must not hold up the feed: about where they stand is enough to go on.
    const rough = places.filter((second) => second >= range.fromS && second <= range.toS);
    const seconds = parsed.seconds.length > 0 ? parsed.seconds : rough;
    return { ...parsed, seconds, rowCount: rows.length, limit, total: this.#believesTotals ? total : 0 };
  }

  addGap(range: Range, problem: string, pollsLeft?: number, unusable?: number): void {
    this.bookmark.addGap(range, problem, pollsLeft, unusable);
  }

  /** Waits and gives the number of the next attempt, or throws. */
  async #recover(error: unknown, asked: number, attempt: number): Promise<number> {
    if (!(error instanceof SourceError)) throw error;
    if (error instanceof TooLargeError && asked > 1) {
      this.#size.neverAgain(asked);
      return attempt;
    }
    const { clock, deadlineMs, random } = this.options;
    const leftMs = this.#startedMs + deadlineMs - clock.now();
    const retry = decideRetry(error, attempt, leftMs, random);
    if (retry.kind === 'give_up') throw error;
    this.#size.failed(asked);
    await clock.sleep(retry.ms, this.#signal);
    return attempt + 1;
  }

  #stopIfTold(): void {
    if (this.#signal.aborted)
      throw new SourceError('aborted', `${named(this.options.source)} the poll was stopped`);
  }
}
