import type { FeedReader, Ingested, Page } from '../../core/source.ts';
import { audit } from './audit.ts';
import { PollBookmark } from './bookmark.ts';
import { Books } from './books.ts';
import { beginAt, type Gap, type Lookback, readCursor } from './cursor.ts';
import type { Again } from './drain.ts';
import { readSlice } from './history.ts';
import { readNews } from './news.ts';
import { Reading, type ReadingOptions } from './reading.ts';
import { recheck } from './recheck.ts';

export interface EventReaderOptions extends ReadingOptions {
  readonly lookback: Lookback;
}

/** Reads `malicious_events`. */
export function createEventReader(options: EventReaderOptions): FeedReader {
  const { source, clock, lookback } = options;
  const isNews = newsOnly();
  const totals = new TotalsOnTrial();
  return {
    source,
    feed: 'malicious_events',
    async *poll(cursor, ingested, signal) {
      const nowS = Math.floor(clock.now() / 1_000);
      const known = readCursor(cursor, source, lookback.lateArrivalS);
      const bookmark = new PollBookmark(beginAt(known, nowS, lookback), lookback.lateArrivalS);
      const reading = new Reading(bookmark, options, signal, totals.areBelieved());
      for await (const page of readFeed(reading, ingested, options))
        yield { ...page, rejected: page.rejected.filter(isNews) };
      totals.note(reading.believesTotals);
    },
    async *readSlice(slice, cursor, signal) {
      for await (const page of readSlice(slice, cursor, options, signal))
        yield { ...page, rejected: page.rejected.filter(isNews) };
    },
  };
}

/** Known gaps first: once news are committed, a gap may be out of reach. Then the news, and the past once more. */
async function* readFeed(
  reading: Reading<PollBookmark>,
  ingested: Ingested,
  { lookback }: EventReaderOptions,
): AsyncGenerator<Page> {
  const { bookmark } = reading;
  const books = new Books(ingested, bookmark);
  bookmark.giveUpBeyondReach();
  yield* askForGapsAgain(reading, books);
  const requestsBefore = reading.requests;
  const isAtEnd = yield* readNews(reading, books, lookback.lateArrivalS);
  yield* audit(reading, books, lookback.lateArrivalS, reading.requests - requestsBefore);
  if (!isAtEnd) yield { ...reading.page(), behind: true };
  else if (bookmark.isUntold()) yield reading.page();
}

async function* askForGapsAgain(reading: Reading<PollBookmark>, books: Books): AsyncGenerator<Page> {
  const { bookmark } = reading;
  for (const gap of bookmark.position.gaps) {
    const { total } = yield* recheck(gap, reading, againOf(gap, books));
    // Only now: a poll that is cut off before has not asked.
    bookmark.dropGap(gap);
    const isRead = gap.fromS === gap.toS && !bookmark.hasGap(gap);
    if (isRead || gap.pollsLeft === 1) await books.writeOff(gap, total);
  }
}

function againOf({ fromS, toS, pollsLeft, unusable = 0 }: Gap, books: Books): Again {
  return {
    pollsLeft: pollsLeft - 1,
    unusable: (second) => (fromS === second && toS === second ? unusable : 0),
    committed: (range) => books.committed(range),
  };
}

const POLLS_ON_TRIAL = 20;

/** Whether the server's totals are listened to: not for a while after they were found to look at no range. */
class TotalsOnTrial {
  #pollsLeft = 0;

  areBelieved(): boolean {
    this.#pollsLeft = Math.max(0, this.#pollsLeft - 1);
    return this.#pollsLeft === 0;
  }

  note(believed: boolean): void {
    if (!believed && this.#pollsLeft === 0) this.#pollsLeft = POLLS_ON_TRIAL;
  }
}

const MOST_TOLD = 1_000;

/** A bad row is shown at every poll until it has settled; it is told of once. */
function newsOnly(): (sentence: string) => boolean {
  const told = new Set<string>();
  return (sentence) => {
    if (told.has(sentence)) return false;
    if (told.size >= MOST_TOLD) told.clear();
    told.add(sentence);
    return true;
  };
}
