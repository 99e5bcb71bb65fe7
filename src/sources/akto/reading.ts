import type { Clock } from '../../core/clock.ts';
import type { Event } from '../../core/event.ts';
import type { Random } from '../../core/random.ts';
import { type Page, SourceError } from '../../core/source.ts';
import { decideRetry } from '../retry.ts';
import { named } from './answer.ts';
import { type AktoClient, type EventAnswer, TooLargeError } from './client.ts';
import { type Plan, type Position, toCursor } from './cursor.ts';
import { parseRows } from './parse.ts';
import { RequestSize } from './request-size.ts';
import type { Shown } from './step.ts';

/** Seconds, both inclusive. */
export interface Range {
  readonly fromS: number;
  readonly toS: number;
}

export interface Answer extends Shown {
  readonly events: readonly Event[];
  readonly rejected: readonly string[];
}

export interface ReadingOptions {
  readonly source: string;
  readonly client: AktoClient;
  readonly pageSize: number;
  /** The most rows ever asked for at once. */
  readonly mostRows: number;
  /** For one poll. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

const NOTHING: Answer = { events: [], rejected: [], seconds: [], rowCount: 0, limit: 0, total: 0 };
/** A poll ends by itself after this part of its deadline, at a page's end, so that it is not cut off in one. */
const OVERDUE_AFTER = 0.8;
const MOST_GAPS = 20;
const GAP_POLLS = 10;

/** One poll under way: asks with retries, knows which ids it has handed out and how far it has come. */
export class Reading {
  readonly options: ReadingOptions;
  readonly #signal: AbortSignal;
  readonly #startedMs: number;
  readonly #plan: Plan;
  readonly #size: RequestSize;
  /** Id → second, of the seconds that may still be shown again. */
  readonly #seen = new Map<string, number>();
  #position: Position;
  #highestS = 0;
  #requests: number;
  #notes: string[] = [];

  constructor(plan: Plan, options: ReadingOptions, signal: AbortSignal) {
    this.options = options;
    this.#signal = signal;
    this.#startedMs = options.clock.now();
    this.#plan = plan;
    this.#requests = plan.requests;
    this.#size = new RequestSize(options.mostRows);
    this.#position = plan.position;
  }

  /** Asks until there is an answer, within reason. Oldest first from the range's beginning unless told otherwise. */
  async ask(
    range: Range,
    { limit = this.options.pageSize, skip = 0, order = 1 as 1 | -1 } = {},
  ): Promise<Answer> {
    for (let attempt = 1; ; ) {
      this.#stopIfTold();
      const asked = this.#size.fit(limit);
      try {
        const query = { fromS: range.fromS, toS: range.toS, limit: asked, skip, order };
        const answer = await this.options.client.fetchEvents(query, this.#signal);
        this.#size.worked();
        this.#requests += 1;
        return this.#understood(answer, asked);
      } catch (error) {
        attempt = await this.#recover(error, asked, attempt);
      }
    }
  }

  /** What an answer brought that this poll has not handed out yet, to be committed with how far the poll has come. */
  page(answer: Answer = NOTHING): Page {
    const events = answer.events.filter((event) => !this.#seen.has(event.id));
    for (const event of events) this.#seen.set(event.id, event.timeMs / 1_000);
    const rejected = [...answer.rejected, ...this.#notes];
    this.#notes = [];
    return { events, rejected, cursor: toCursor(this.#position) };
  }

  /** Everything before `nextS` is read. */
  advance(nextS: number): void {
    this.#rise(nextS);
    const { startedS, isFull } = this.#plan;
    this.#position = { ...this.#position, walk: { nextS, startedS, isFull, requests: this.#requests } };
  }

  /** The walk has reached its end. */
  finish(): void {
    this.#rise(this.#highestS);
    const { walk: _, ...rest } = this.#position;
    const { startedS, isFull } = this.#plan;
    const lookedBack = { highWaterS: rest.highWaterS, startedS, requests: this.#requests };
    this.#position = isFull ? { ...rest, lookedBack } : rest;
  }

  /** Time to stop and leave the rest to the next poll. */
  isOverdue(): boolean {
    return this.options.clock.now() - this.#startedMs >= this.options.deadlineMs * OVERDUE_AFTER;
  }

  countSeen(second: number): number {
    let count = 0;
    for (const seen of this.#seen.values()) if (seen === second) count += 1;
    return count;
  }

  /** Ids of older seconds cannot be shown again by this walk; keeping them would grow without bound. */
  forgetBefore(second: number): void {
    for (const [id, seen] of this.#seen) if (seen < second) this.#seen.delete(id);
  }

  /** Remembers a range whose rows do not add up. `pollsLeft` of a gap that was known before. */
  addGap({ fromS, toS }: Range, problem: string, pollsLeft = GAP_POLLS): void {
    const gaps = this.#position.gaps ?? [];
    if (pollsLeft > 0) {
      const all = [...gaps, { fromS, toS, pollsLeft }];
      this.#position = { ...this.#position, gaps: all.slice(-MOST_GAPS) };
      for (const lost of all.slice(0, -MOST_GAPS))
        this.#noteGap(lost, 'there are too many gaps; it is given up');
    }
    if (pollsLeft === 0 || pollsLeft === GAP_POLLS) {
      const next = pollsLeft === 0 ? 'it is given up' : 'the next polls ask for them again';
      this.#noteGap({ fromS, toS }, `${problem}; ${next}`);
    }
  }

  #noteGap({ fromS, toS }: Range, problem: string): void {
    this.#notes.push(`${named(this.options.source)} epoch seconds ${fromS} to ${toS}: ${problem}`);
  }

  /** A known gap has been asked for once more; what is still missing of it was added anew. */
  dropGap(range: Range): void {
    const gaps = this.#position.gaps ?? [];
    const [first] = gaps.filter((gap) => gap.fromS === range.fromS && gap.toS === range.toS);
    this.#position = { ...this.#position, gaps: gaps.filter((gap) => gap !== first) };
  }

  #rise(second: number): void {
    const { highWaterS } = this.#position;
    this.#position = {
      ...this.#position,
      highWaterS: Math.max(highWaterS, Math.min(second, this.#plan.startedS)),
    };
  }

  #understood({ rows, total }: EventAnswer, limit: number): Answer {
    const nowS = Math.floor(this.options.clock.now() / 1_000);
    const parsed = parseRows(rows, this.options.source, nowS);
    for (const second of parsed.seconds) this.#highestS = Math.max(this.#highestS, second);
    return { ...parsed, rowCount: rows.length, limit, total };
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
