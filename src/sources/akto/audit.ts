import type { Page } from '../../core/source.ts';
import type { PollBookmark } from './bookmark.ts';
import type { Books } from './books.ts';
import { type Position, settledS } from './cursor.ts';
import type { Reading } from './reading.ts';
import type { Range } from './stride.ts';
import { type Stride, strideOf } from './stride.ts';
import { completeStep, expectStep, hasItsRows } from './walk.ts';

/** How many pages of the past a poll reads once more. */
export interface AuditBudget {
  readonly pages: number;
  readonly reason: 'nothing_due' | 'as_many_as_news' | 'far_behind';
}

const FAR_BEHIND_S = 900;
const PAGES_WHEN_FAR_BEHIND = 8;

/** What an audit may read now: what has settled, and of that only what was read before. */
export function dueForAudit({ auditS, highWaterS, walk }: Position, settled: number): Range {
  const readS = walk === undefined ? highWaterS : walk.nextS - 1;
  return { fromS: auditS, toS: Math.min(settled, readS) };
}

/** @param newsPages what the same poll needed for news: the audit must keep up with them */
export function auditBudget(due: Range, newsPages: number): AuditBudget {
  if (due.fromS > due.toS) return { pages: 0, reason: 'nothing_due' };
  const pages = Math.max(1, newsPages);
  if (due.toS - due.fromS <= FAR_BEHIND_S) return { pages, reason: 'as_many_as_news' };
  return { pages: Math.max(PAGES_WHEN_FAR_BEHIND, pages), reason: 'far_behind' };
}

/**
 * Reads slices whole once more after `late_arrival`, when nothing can be added to them any more. Counts may be
 * cached, masked or wrong; this does not depend on them.
 */
export async function* audit(
  reading: Reading<PollBookmark>,
  books: Books,
  lateArrivalS: number,
  newsPages: number,
): AsyncGenerator<Page> {
  const { bookmark } = reading;
  const nowS = reading.nowS();
  const due = (): Range => dueForAudit(bookmark.position, settledS(nowS, lateArrivalS));
  const { pages } = auditBudget(due(), newsPages);
  for (let page = 0; page < pages; page += 1) {
    const range = due();
    if (range.fromS > range.toS || (page > 0 && reading.isOverdue())) return;
    yield* auditPage(range, nowS, reading, books);
  }
}

async function* auditPage(
  range: Range,
  nowS: number,
  reading: Reading<PollBookmark>,
  books: Books,
): AsyncGenerator<Page> {
  const answer = await reading.ask(range);
  const step = expectStep(answer, range, reading);
  const read = strideOf(step, range, answer, nowS);
  const isSure =
    step.kind === 'advance' &&
    (await hasItsRows(read, answer, reading)) &&
    !((await lacksRows(read, range, books)) && !(await reading.findsTotalsDeaf()));
  const isDone = step.kind === 'end' || isSure;
  if (isDone) reading.bookmark.audited(read, nowS);
  yield reading.page(answer);
  if (isDone) return;
  yield* completeStep(step, range, read, reading);
  reading.bookmark.audited(read, nowS);
}

/** The server counts more in the asked range than this page shows of its part and than is known of the rest. */
async function lacksRows({ toS, counted }: Stride, range: Range, books: Books): Promise<boolean> {
  if (counted === undefined) return false;
  return counted.total - (await books.known({ fromS: toS + 1, toS: range.toS })) > counted.rows;
}
