import type { Clock } from '../core/clock.ts';
import type { Event, Feed } from '../core/event.ts';
import type { Json } from '../core/json.ts';
import type { Random } from '../core/random.ts';
import { type FeedProgress, type Gap, type Page, SourceError } from '../core/source.ts';
import {
  type Lookback,
  type Part,
  type Plan,
  type Position,
  toCursor,
  type Walk,
  withoutSpan,
  withPart,
} from './changing-list-cursor.ts';
import type { Shown } from './changing-list-step.ts';
import { TooLargeError } from './net-failure.ts';
import { decideRetry } from './retry.ts';
import { named } from './sentence.ts';

export interface ListQuery {
  /** Rows to pass over. */
  readonly offset: number;
  readonly limit: number;
  /** Nothing that last changed before this is wanted: a server that can leave it out may. Epoch milliseconds. */
  readonly fromMs: number;
}

export interface ListAnswer {
  /** Sorted newest change first. */
  readonly rows: readonly Json[];
  /** How many the whole list has, where the server tells. A hint. */
  readonly total?: number;
}

/** A row that became no event. */
export interface Unusable {
  /** One sentence without secrets. */
  readonly problem: string;
  /** Where it stands in the order, if that can be told. */
  readonly changedMs?: number;
}

export interface ChangingListOptions {
  readonly source: string;
  readonly feed: Feed;
  /** Rows a request; with `isFixedSize` the server chooses, and it is this many. */
  readonly pageSize: number;
  readonly isFixedSize: boolean;
  /** For one poll. */
  readonly deadlineMs: number;
  readonly lookback: Lookback;
  readonly clock: Clock;
  readonly random: Random;
  /** One request without retries. Throws {@link SourceError}. */
  fetchPage(query: ListQuery, signal: AbortSignal): Promise<ListAnswer>;
  /** An event's `timeMs` is when its object last changed: what the list is sorted by. */
  parse(row: Json, nowMs: number): Event | Unusable;
}

export interface Answer extends Shown {
  readonly events: readonly Event[];
  readonly rejected: readonly string[];
}

/** A poll ends by itself after this part of its deadline, at a page's end, so that it is not cut off in one. */
const OVERDUE_AFTER = 0.8;
const MOST_GAPS = 20;
/** Pages join by a row that both show. */
const LEAST_ROWS = 2;

/** One poll of a changing list under way: asks with retries and knows how far it has come. */
export class ListReading {
  readonly options: ChangingListOptions;
  readonly plan: Plan;
  readonly #signal: AbortSignal;
  /** As many rows as a full page has; fewer after a failure. */
  #limit: number;
  #most: number;
  #position: Position;
  #requests = 0;
  /** Where the gaps of this poll begin. */
  readonly #found = new Set<number>();
  readonly #givenUp: Gap[] = [];
  #late: number | undefined;

  constructor(plan: Plan, options: ChangingListOptions, signal: AbortSignal) {
    this.options = options;
    this.plan = plan;
    this.#signal = signal;
    this.#limit = options.pageSize;
    this.#most = options.pageSize;
    this.#position = plan.position;
    this.#late = plan.lateBeforeMs;
  }

  get open(): readonly Part[] {
    return this.#position.open ?? [];
  }

  get stride(): number {
    return this.#limit;
  }

  /** Asks until there is an answer, within reason. */
  async ask(offset: number, fromMs: number): Promise<Answer> {
    for (let attempt = 1; ; ) {
      this.#stopIfTold();
      const limit = this.#limit;
      try {
        const answer = await this.options.fetchPage({ offset, limit, fromMs }, this.#signal);
        this.#requests += 1;
        this.#limit = Math.min(this.#most, limit * 2);
        return this.#understood(answer, offset, limit);
      } catch (error) {
        attempt = await this.#recover(error, attempt);
      }
    }
  }

  /** Whether anything is behind a short page: then pages are shorter here than was asked for. */
  async isLast(answer: Answer, fromMs: number): Promise<boolean> {
    const behind = await this.ask(answer.offset + answer.times.length, fromMs);
    if (behind.times.length === 0) return true;
    this.#most = Math.max(LEAST_ROWS, Math.min(this.#most, answer.times.length));
    this.#limit = Math.min(this.#limit, this.#most);
    return false;
  }

  page(answer?: Answer, isWanted: (timeMs: number) => boolean = () => true): Page {
    const events = (answer?.events ?? []).filter(({ timeMs }) => isWanted(timeMs));
    const rejected = answer?.rejected ?? [];
    return { events, rejected, cursor: toCursor(this.#position), progress: this.#progress() };
  }

  /** The front's first answer: what changes from now on is newer, and the next poll's. */
  begin({ times }: Answer): void {
    const newestMs = times.find((time) => time !== undefined) ?? 0;
    const highMs = Math.max(this.#position.highMs, Math.min(newestMs, this.plan.startedMs));
    this.#position = { ...this.#position, highMs };
    this.#lookedBack(highMs);
  }

  /** Of `walk`, what is newer than where it stands `at` has been read. */
  leave(walk: Walk, { fromMs, coveredMs, offset }: Walk): void {
    if (coveredMs === undefined) return;
    const read = withoutSpan(this.open, fromMs, walk.coveredMs ?? Number.MAX_SAFE_INTEGER);
    const open = coveredMs < fromMs ? read : withPart(read, { fromMs, coveredMs, offset });
    this.#position = { ...this.#position, open };
    this.#lookedBack();
  }

  finish({ fromMs, coveredMs }: Walk): void {
    const toMs = coveredMs ?? Number.MAX_SAFE_INTEGER;
    this.#position = { ...this.#position, open: withoutSpan(this.open, fromMs, toMs) };
    if (coveredMs !== undefined || !this.plan.isFull) return;
    this.#lookedBack();
    this.#settleGaps();
  }

  /** What is read from now on was left over: nothing in it is late. */
  readHistory(): void {
    this.#late = undefined;
  }

  /** These rows did not add up. */
  addGap(gap: Gap): void {
    this.#found.add(gap.fromMs);
    const all = [...this.#gaps.filter(({ fromMs }) => fromMs !== gap.fromMs), gap];
    this.#givenUp.push(...all.slice(0, -MOST_GAPS));
    this.#position = { ...this.#position, gaps: all.slice(-MOST_GAPS) };
  }

  /** Time to stop and leave the rest to the next poll. */
  isOverdue(): boolean {
    return this.options.clock.now() - this.plan.startedMs >= this.options.deadlineMs * OVERDUE_AFTER;
  }

  get #gaps(): readonly Gap[] {
    return this.#position.gaps ?? [];
  }

  /** Of what may still change late all has been asked for anew; what is older is out of reach. */
  #settleGaps(): void {
    const isNew = ({ fromMs }: Gap): boolean => this.#found.has(fromMs);
    this.#givenUp.push(...this.#gaps.filter((gap) => !isNew(gap) && gap.toMs < this.plan.fromMs));
    this.#position = { ...this.#position, gaps: this.#gaps.filter(isNew) };
  }

  /** From where the next full look-back has to be joined, and what this one costs. */
  #lookedBack(highMs = this.#position.lookedBack?.highMs ?? this.#position.highMs): void {
    if (!this.plan.isFull) return;
    const lookedBack = { highMs, startedMs: this.plan.startedMs, requests: this.#requests };
    this.#position = { ...this.#position, lookedBack };
  }

  #progress(): FeedProgress {
    const { highMs } = this.#position;
    const oldest = this.open.at(-1);
    const givenUp = this.#givenUp.splice(0);
    return {
      readToMs: oldest === undefined ? highMs : Math.max(0, Math.min(highMs, oldest.fromMs - 1)),
      gaps: this.#gaps,
      ...(this.#late === undefined ? {} : { lateBeforeMs: this.#late }),
      ...(givenUp.length === 0 ? {} : { givenUp }),
    };
  }

  #understood({ rows, total }: ListAnswer, offset: number, limit: number): Answer {
    const nowMs = this.options.clock.now();
    const parsed = rows.map((row) => this.options.parse(row, nowMs));
    const times = parsed.map((each) => ('problem' in each ? each.changedMs : each.timeMs));
    const events = parsed.flatMap((each) => ('problem' in each ? [] : [each]));
    const rejected = parsed.flatMap((each) => ('problem' in each ? [each.problem] : []));
    return { events, rejected, times, offset, isEnd: this.#isEnd(rows.length, offset, limit, total) };
  }

  /** A total may be cached, or 0: it can say that a page is the last one where the size of pages is known, no more. */
  #isEnd(rows: number, offset: number, limit: number, total = 0): Shown['isEnd'] {
    if (rows >= limit) return 'no';
    return rows === 0 || (this.options.isFixedSize && total === offset + rows) ? 'yes' : 'perhaps';
  }

  /** Waits and gives the number of the next attempt, or throws. What the server fails at may be the size. */
  async #recover(error: unknown, attempt: number): Promise<number> {
    if (!(error instanceof SourceError)) throw error;
    const { clock, deadlineMs, random, isFixedSize } = this.options;
    const half = isFixedSize ? this.#limit : Math.max(LEAST_ROWS, Math.ceil(this.#limit / 2));
    if (error instanceof TooLargeError && half < this.#limit) {
      this.#most = half;
      this.#limit = half;
      return attempt;
    }
    const leftMs = this.plan.startedMs + deadlineMs - clock.now();
    const retry = decideRetry(error, attempt, leftMs, random);
    if (retry.kind === 'give_up') throw error;
    this.#limit = half;
    await clock.sleep(retry.ms, this.#signal);
    return attempt + 1;
  }

  #stopIfTold(): void {
    if (this.#signal.aborted)
      throw new SourceError('aborted', `${named(this.options.source)} the poll was stopped`);
  }
}
