import { LRUCache } from 'lru-cache';
import type { Clock } from '../../core/clock.ts';
import { SourceError } from '../../core/source.ts';

/** What was found; what it could not be found for; or nothing that is not known already. */
export type Answer<Found> =
  | { readonly kind: 'found'; readonly found: Found }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly problem: string };

export interface AnswersOptions<Query, Found> {
  readonly clock: Clock;
  /** How long something found stays true enough. Milliseconds. */
  readonly keepMs: number;
  /** Undefined where there is none. Throws {@link SourceError}. */
  readonly ask: (query: Query, signal: AbortSignal) => Promise<Found | undefined>;
}

/** Nothing found, and failures: something may be there soon. */
const KEEP_OTHERS_MS = 60_000;
/** How long an endpoint that refuses is left alone: it needs a person. */
const REFUSED_MS = 60 * 60_000;
const MOST_ANSWERS = 500;
const MOST_CHARS = 1_048_576;

interface Flight<Found> {
  readonly answer: Promise<Answer<Found>>;
  readonly cutOff: AbortController;
  waiting: number;
}

/** Asks one endpoint, each question once at a time, and remembers a bounded number of answers for a while. */
export class Answers<Query, Found extends string | object> {
  readonly #options: AnswersOptions<Query, Found>;
  readonly #known: LRUCache<string, Answer<Found>>;
  readonly #flights = new Map<string, Flight<Found>>();
  #refusedUntilMs = 0;

  constructor(options: AnswersOptions<Query, Found>) {
    this.#options = options;
    this.#known = new LRUCache({
      max: MOST_ANSWERS,
      maxSize: MOST_CHARS,
      sizeCalculation: (answer, key) => key.length + JSON.stringify(answer).length,
      ttlResolution: 0,
      perf: { now: () => options.clock.now() },
    });
  }

  /** Never throws, and answers at once when `signal` aborts. A refusal is told to the first who asks. */
  async get(query: Query, signal: AbortSignal): Promise<Answer<Found>> {
    const key = JSON.stringify(query);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#options.clock.now() < this.#refusedUntilMs) return { kind: 'none' };
    const flight = this.#flights.get(key) ?? this.#start(key, query);
    flight.waiting += 1;
    const answer = await untilAborted(flight.answer, signal);
    flight.waiting -= 1;
    // Whoever asks next must not join a question that was called off.
    if (flight.waiting === 0 && this.#flights.get(key) === flight) {
      this.#flights.delete(key);
      flight.cutOff.abort();
    }
    return answer;
  }

  #start(key: string, query: Query): Flight<Found> {
    const cutOff = new AbortController();
    const answer = this.#ask(key, query, cutOff.signal);
    const flight = { answer, cutOff, waiting: 0 };
    this.#flights.set(key, flight);
    return flight;
  }

  async #ask(key: string, query: Query, signal: AbortSignal): Promise<Answer<Found>> {
    const { ask, keepMs } = this.#options;
    try {
      const found = await ask(query, signal);
      if (found === undefined) return this.#keep(key, { kind: 'none' }, KEEP_OTHERS_MS);
      return this.#keep(key, { kind: 'found', found }, keepMs);
    } catch (error) {
      return this.#failed(key, error);
    }
  }

  #failed(key: string, error: unknown): Answer<Found> {
    // An unexpected error's own words may hold anything.
    const problem = error instanceof SourceError ? error.message : 'the answer could not be understood';
    const kind = error instanceof SourceError ? error.kind : 'unavailable';
    const failed: Answer<Found> = { kind: 'failed', problem };
    if (kind === 'aborted') return failed;
    if (kind === 'unavailable') return this.#keep(key, failed, KEEP_OTHERS_MS);
    const nowMs = this.#options.clock.now();
    const isNews = nowMs >= this.#refusedUntilMs;
    this.#refusedUntilMs = nowMs + REFUSED_MS;
    return isNews ? failed : { kind: 'none' };
  }

  #keep(key: string, answer: Answer<Found>, ttl: number): Answer<Found> {
    this.#known.set(key, answer, { ttl });
    return answer;
  }
}

/** The answer, or that there was none in time. */
async function untilAborted<Found>(
  answer: Promise<Answer<Found>>,
  signal: AbortSignal,
): Promise<Answer<Found>> {
  const late: Answer<Found> = { kind: 'failed', problem: 'Akto did not answer in time' };
  if (signal.aborted) return late;
  const done = new AbortController();
  const aborted = new Promise<Answer<Found>>((resolve) => {
    signal.addEventListener('abort', () => resolve(late), { once: true, signal: done.signal });
  });
  return Promise.race([answer, aborted]).finally(() => done.abort());
}
