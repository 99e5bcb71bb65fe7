import { counted } from '../../core/counted.ts';
import type { Event } from '../../core/event.ts';
import { type FeedReader, type Gap, type Page, SourceError } from '../../core/source.ts';
import type { ListAnswer } from '../changing-list.ts';
import { decideRetry } from '../retry.ts';
import { named } from '../sentence.ts';
import { type ListFeedOptions, PAGE_ROWS } from './actors.ts';
import { KnownStates, type Position, planSweep, readPosition, toCursor } from './apis-cursor.ts';
import { readApi } from './apis-parse.ts';
import { readList } from './list-answer.ts';

/** Rows that neighbouring pages share: what goes away pulls the others up. */
const OVERLAP = 5;
const OVERDUE_AFTER = 0.8;
const MOST_PASSES = 4;
const MOST_TOLD = 1_000;

/**
 * Reads `threat_apis`: an event for each state of an API that a poll sees. The server sorts within a page
 * only, and `discoveredAt` need not move when the counts grow; so there is no newest end to read from. The
 * whole list is read now and again, its first page at every poll, and what was seen before is left out.
 */
export function createApiReader(options: ListFeedOptions): FeedReader {
  const told = new Set<string>();
  return {
    source: options.source,
    feed: 'threat_apis',
    async *poll(cursor, _ingested, signal) {
      const position = readPosition(cursor, options.source);
      const sweep = new Sweep(position, options, told, signal);
      if (planSweep(position, options.clock.now()).kind === 'sweep') yield* sweep.whole();
      else yield await sweep.glance();
    },
  };
}

/** One poll of the list. */
class Sweep {
  readonly #options: ListFeedOptions;
  readonly #signal: AbortSignal;
  readonly #startedMs: number;
  readonly #known: KnownStates;
  readonly #told: Set<string>;
  readonly #isFirst: boolean;
  /** Which objects this poll has seen. */
  readonly #objects = new Set<string>();
  readonly #unusable = new Set<string>();
  readonly #events: Event[] = [];
  #position: Position;

  constructor(
    position: Position | undefined,
    options: ListFeedOptions,
    told: Set<string>,
    signal: AbortSignal,
  ) {
    const nowMs = options.clock.now();
    this.#options = options;
    this.#told = told;
    this.#signal = signal;
    this.#startedMs = nowMs;
    this.#isFirst = position?.swept === undefined;
    this.#position = position ?? { startMs: Math.max(0, nowMs - options.lookback.initialMs), known: '' };
    this.#known = new KnownStates(this.#position.known);
  }

  async glance(): Promise<Page> {
    this.#take(await this.#ask(0));
    return this.#page(this.#position.gaps ?? []);
  }

  async *whole(): AsyncGenerator<Page> {
    const { sweep = { startedMs: this.#startedMs, offset: 0, requests: 0 } } = this.#position;
    let { requests } = sweep;
    let pass = { number: 1, isWhole: sweep.offset === 0, seenBefore: 0 };
    for (let { offset } = sweep; ; ) {
      const answer = await this.#ask(offset);
      requests += 1;
      this.#take(answer);
      let next = nextOffset(answer, offset);
      const missing = next === undefined && pass.isWhole ? this.#missing(answer) : 0;
      if (missing > 0 && pass.number < MOST_PASSES && this.#seen > pass.seenBefore) {
        next = 0;
        pass = { number: pass.number + 1, isWhole: true, seenBefore: this.#seen };
      }
      this.#move({ startedMs: sweep.startedMs, requests }, next);
      const isBehind = next !== undefined && this.#isOverdue();
      if (next === undefined) this.#position = { ...this.#position, gaps: this.#gaps(missing) };
      const page = this.#page(this.#position.gaps ?? []);
      yield isBehind ? { ...page, behind: true } : page;
      if (next === undefined || isBehind) return;
      offset = next;
    }
  }

  /** @param next the row to go on from; undefined where the list has been read to its end */
  #move(cost: { startedMs: number; requests: number }, next: number | undefined): void {
    const { sweep: _, ...rest } = this.#position;
    this.#position =
      next === undefined ? { ...rest, swept: cost } : { ...rest, sweep: { ...cost, offset: next } };
  }

  #isOverdue(): boolean {
    return this.#nowMs() - this.#startedMs >= this.#options.deadlineMs * OVERDUE_AFTER;
  }

  #nowMs(): number {
    return this.#options.clock.now();
  }

  #take({ rows }: ListAnswer): void {
    for (const row of rows) {
      const read = readApi(row, this.#options.source, this.#nowMs());
      if ('problem' in read) this.#unusable.add(read.problem);
      else {
        this.#objects.add(read.feedId);
        if (this.#known.see(read.id) && this.#isNews(read)) this.#events.push(read);
      }
    }
  }

  #page(gaps: readonly Gap[]): Page {
    this.#position = { ...this.#position, known: this.#known.packed() };
    return {
      events: this.#events.splice(0),
      rejected: [...this.#unusable].filter((sentence) => this.#isUntold(sentence)),
      progress: {
        readToMs: this.#position.swept?.startedMs ?? this.#position.startMs,
        // A glance shows the first page alone: what stands behind it is as old as the last whole reading.
        wholeAsOfMs: this.#position.swept?.startedMs ?? this.#position.startMs,
        gaps,
      },
      cursor: toCursor(this.#position),
    };
  }

  /** Objects and bad rows that this poll has come across. */
  get #seen(): number {
    return this.#objects.size + this.#unusable.size;
  }

  /** The server may reorder the list between two pages. Its total is a hint: one that is too high costs one more pass. */
  #missing({ total = 0 }: ListAnswer): number {
    return Math.max(0, total - this.#seen);
  }

  #isNews({ timeMs }: Event): boolean {
    return !this.#isFirst || timeMs >= this.#position.startMs;
  }

  #gaps(missing: number): Gap[] {
    if (missing === 0) return [];
    const problem = `the server counts ${counted(this.#seen + missing, 'API')} and shows ${this.#seen}`;
    return [{ fromMs: this.#position.startMs, toMs: this.#startedMs, problem }];
  }

  #isUntold(sentence: string): boolean {
    if (this.#told.has(sentence)) return false;
    if (this.#told.size >= MOST_TOLD) this.#told.clear();
    this.#told.add(sentence);
    return true;
  }

  async #ask(skip: number): Promise<ListAnswer> {
    const { client, source, deadlineMs, random, clock } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      if (this.#signal.aborted) throw new SourceError('aborted', `${named(source)} the poll was stopped`);
      try {
        const body = { skip, sort: { discoveredAt: -1 } };
        return readList(await client.ask('fetchThreatApis', body, this.#signal), 'apis', source);
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        const retry = decideRetry(error, attempt, this.#startedMs + deadlineMs - this.#nowMs(), random);
        if (retry.kind === 'give_up') throw error;
        await clock.sleep(retry.ms, this.#signal);
      }
    }
  }
}

/** The list ends with an empty page, or with a short one that the total bears out. */
function nextOffset({ rows, total }: ListAnswer, offset: number): number | undefined {
  if (rows.length === 0) return undefined;
  const end = offset + rows.length;
  if (rows.length < PAGE_ROWS) return total === end ? undefined : end;
  return end - OVERLAP;
}
