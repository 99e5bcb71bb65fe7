import type { Page } from '../../core/source.ts';
import type { PollBookmark } from './bookmark.ts';
import type { Books } from './books.ts';
import { auditReachS, lastSecondS, settledS } from './cursor.ts';
import { judgeLook, walkStart } from './look.ts';
import type { Answer, Reading } from './reading.ts';
import { reconcile } from './reconcile.ts';
import type { Counted, Range, Stride } from './stride.ts';
import { walk } from './walk.ts';

/**
 * Reads what is new: with one request, newest first, over everything that may still change; by a walk where
 * that is not enough.
 * @returns whether it came to the feed's end
 */
export async function* readNews(
  reading: Reading<PollBookmark>,
  books: Books,
  lateArrivalS: number,
): AsyncGenerator<Page, boolean> {
  const { bookmark } = reading;
  const { position } = bookmark;
  const nowS = reading.nowS();
  const toS = lastSecondS(position, nowS);
  const start = walkStart(position, settledS(nowS, lateArrivalS));
  const walkOn = (before?: Counted): AsyncGenerator<Page, boolean> =>
    walkNews({ fromS: start.fromS, toS }, reading, books, before);
  if (position.walk !== undefined)
    return yield* walkOn(start.reason === 'resumed' ? position.walk.before : undefined);
  const range = { fromS: Math.max(1, position.auditS), toS };
  const answer = await reading.ask(range, { order: -1 });
  const look = judgeLook(answer, position.highWaterS);
  if (look.kind === 'whole') {
    bookmark.caughtUp(range, highestOf(answer), nowS);
    yield* commitShown(range, answer, reading, books);
    return true;
  }
  // Committed news would put what the audit has still to read out of reach.
  const isOutOfReach = start.reason === 'catching_up' && nowS - position.auditS > auditReachS(lateArrivalS);
  if (look.kind === 'walk' || isOutOfReach) return yield* walkOn();
  bookmark.caughtUp({ fromS: look.fromS, toS }, highestOf(answer), nowS);
  yield* commitShown({ fromS: look.fromS, toS }, answer, reading, books);
  if (books.areOpen) yield* reconcile(range, answer.total, look.fromS - 1, reading, books);
  return true;
}

function walkNews(
  range: Range,
  reading: Reading<PollBookmark>,
  books: Books,
  before?: Counted,
): AsyncGenerator<Page, boolean> {
  const { bookmark } = reading;
  const log = {
    advance: (read: Stride): void => bookmark.advance(read),
    caughtUp: (read: Stride, highestS: number): void => bookmark.caughtUp(read, highestS, read.askedS),
    given: (read: Stride): (() => Promise<void>) => books.given(read, read.places),
  };
  return walk(range, reading, log, before);
}

async function* commitShown(
  range: Range,
  answer: Answer,
  reading: Reading<PollBookmark>,
  books: Books,
): AsyncGenerator<Page> {
  yield reading.page({ ...answer, events: answer.events.toReversed() });
  await books.shown(range, answer.places);
}

function highestOf({ seconds }: Answer): number {
  return seconds.reduce((highest, second) => Math.max(highest, second), 0);
}
