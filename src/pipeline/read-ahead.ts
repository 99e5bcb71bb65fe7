import { type Cursor, type FeedReader, type Page, type Slice, SourceError } from '../core/source.ts';
import { oneAhead } from './one-ahead.ts';

export interface ReadAhead<Judged> {
  readonly cursor: Cursor | undefined;
  /** Events that are committed, as the store counts them. */
  readonly count: (slice: Slice) => Promise<number>;
  readonly judge: (page: Page) => Promise<Judged>;
  readonly signal: AbortSignal;
}

/**
 * One poll in three steps, each a page ahead of the next: while whoever takes the pages commits one, the one behind it is
 * judged, and the one behind that is read. A page counts as committed when the next is asked for. Throws what reading and
 * judging throw, when their page's turn comes.
 */
export async function* readAhead<Judged>(
  reader: FeedReader,
  { cursor, count, judge, signal }: ReadAhead<Judged>,
): AsyncGenerator<Judged, void> {
  const arrivals = new Arrivals();
  const ingested = { arrived: () => arrivals.all(), count };
  const pages = oneAhead(noted(reader.poll(cursor, ingested, signal), arrivals), signal);
  try {
    for await (const judged of oneAhead(each(pages, judge), signal)) {
      yield judged;
      arrivals.arrived();
    }
  } finally {
    arrivals.end();
  }
}

async function* noted(pages: AsyncIterable<Page>, arrivals: Arrivals): AsyncGenerator<Page, void> {
  for await (const page of pages) {
    arrivals.given();
    yield page;
  }
}

async function* each<T, Made>(
  items: AsyncIterable<T>,
  make: (item: T) => Promise<Made>,
): AsyncGenerator<Made, void> {
  for await (const item of items) yield await make(item);
}

interface Waiting {
  readonly pages: number;
  readonly resolve: () => void;
  readonly reject: (why: SourceError) => void;
}

/** How many pages a reader has given, and how many of them are committed. */
class Arrivals {
  #given = 0;
  #arrived = 0;
  #isOver = false;
  #waiting: Waiting[] = [];

  given(): void {
    this.#given += 1;
  }

  arrived(): void {
    this.#arrived += 1;
    const due = this.#waiting.filter(({ pages }) => pages <= this.#arrived);
    this.#waiting = this.#waiting.filter(({ pages }) => pages > this.#arrived);
    for (const { resolve } of due) resolve();
  }

  /** Resolves once all that was given has arrived. Rejects where reading ends before. */
  async all(): Promise<void> {
    if (this.#arrived >= this.#given) return;
    if (this.#isOver) throw ended();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ pages: this.#given, resolve, reject });
    return promise;
  }

  /** Nothing more will arrive: nobody waits for it in vain. */
  end(): void {
    this.#isOver = true;
    for (const { reject } of this.#waiting.splice(0)) reject(ended());
  }
}

function ended(): SourceError {
  return new SourceError('aborted', 'the poll has ended');
}
