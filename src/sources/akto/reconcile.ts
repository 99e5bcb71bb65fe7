import { counted } from '../../core/counted.ts';
import type { Page } from '../../core/source.ts';
import type { PollBookmark } from './bookmark.ts';
import type { Books } from './books.ts';
import type { Answer, Reading } from './reading.ts';
import { recheck } from './recheck.ts';
import type { Range } from './stride.ts';

/** How a comparison of the server's count with what is committed came out. */
export type Balance =
  /** Nothing is known to be missing. */
  | 'balanced'
  /** The server's counts look at no range. */
  | 'deaf'
  /** What was missing has been read, or is a gap now. */
  | 'read'
  /** The whole did not add up, its parts do: a stale count. */
  | 'stale';

/** Requests that one comparison may cost. */
const MOST_REQUESTS = 24;

interface Doubted extends Range {
  readonly total: number;
}

/**
 * Finds what the server counts beyond what is known, and reads it: counts in halves, and whole slices
 * only where they differ. Fewer than known proves nothing (a stale count, deleted rows) and is no gap.
 * @param splitS where to part the range first
 */
export async function* reconcile(
  range: Range,
  total: number,
  splitS: number,
  reading: Reading<PollBookmark>,
  books: Books,
): AsyncGenerator<Page, Balance> {
  if (total <= (await books.known(range))) return 'balanced';
  if (await reading.findsTotalsDeaf()) return 'deaf';
  const mostRequests = reading.requests + MOST_REQUESTS;
  const doubted: Doubted[] = [];
  let found = false;
  const doubt = async (slice: Doubted): Promise<void> => {
    if (slice.total > (await books.known(slice))) doubted.push(slice);
  };
  for (const half of await halve({ ...range, total }, splitS, reading)) await doubt(half);
  for (let slice = doubted.pop(); slice !== undefined; slice = doubted.pop()) {
    if (isReadable(slice, reading)) {
      found = true;
      yield* readSlice(slice, reading, books);
    } else if (reading.requests < mostRequests && !reading.isOverdue()) {
      const middle = Math.floor((slice.fromS + slice.toS) / 2);
      for (const half of await halve(slice, middle, reading)) await doubt(half);
    } else {
      found = true;
      const missing = slice.total - (await books.known(slice));
      reading.addGap(slice, `the server counts ${counted(missing, 'event')} more than could be read`);
    }
  }
  return found ? 'read' : 'stale';
}

function isReadable({ fromS, toS, total }: Doubted, { options }: Reading): boolean {
  return fromS === toS || total < options.pageRows.now;
}

async function halve({ fromS, toS, total }: Doubted, splitS: number, reading: Reading): Promise<Doubted[]> {
  const older = { fromS, toS: Math.min(splitS, toS) };
  const answer = await reading.ask(older, { limit: 1 });
  const newer = { fromS: older.toS + 1, toS, total: total - answer.total };
  return [{ ...older, total: answer.total }, ...(newer.fromS > toS ? [] : [newer])];
}

async function* readSlice(slice: Range, reading: Reading<PollBookmark>, books: Books): AsyncGenerator<Page> {
  const gapsBefore = reading.bookmark.position.gaps.length;
  const answer: Answer = yield* recheck(slice, reading);
  if (reading.bookmark.position.gaps.length > gapsBefore) return;
  if (slice.fromS === slice.toS) await books.writeOff(slice, answer.total);
  else await books.shown(slice, answer.places);
}
