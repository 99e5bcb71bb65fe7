import type { Position } from './cursor.ts';
import type { Shown } from './step.ts';

/** What one request, newest first, over everything that may still change says. */
export type Look =
  /** The page holds all of it. */
  | { readonly kind: 'whole' }
  /** Everything from `fromS` on is on the page, and that joins what was read before. */
  | { readonly kind: 'joined'; readonly fromS: number }
  /** The news have to be walked through, oldest first. */
  | { readonly kind: 'walk'; readonly reason: 'more_than_a_page' | 'out_of_order' | 'no_usable_second' };

/** All rows of the asked range are in this one answer, as far as its own count tells. */
export function isWhole({ rowCount, limit, total }: Shown): boolean {
  return rowCount < limit && total <= rowCount;
}

/** @param highWaterS the newest second that was read before */
export function judgeLook(page: Shown, highWaterS: number): Look {
  if (isWhole(page)) return { kind: 'whole' };
  const oldest = page.seconds.at(-1);
  if (oldest === undefined) return { kind: 'walk', reason: 'no_usable_second' };
  if (!isDescending(page.seconds)) return { kind: 'walk', reason: 'out_of_order' };
  // The high-water second may be larger than a page. It was read; whether all of it, the count tells where there is one.
  const reaches = oldest < highWaterS || (oldest === highWaterS && page.total > page.rowCount);
  if (reaches) return { kind: 'joined', fromS: oldest + 1 };
  return { kind: 'walk', reason: 'more_than_a_page' };
}

function isDescending(seconds: readonly number[]): boolean {
  return seconds.every((second, place) => second <= (seconds[place - 1] ?? second));
}

/** Where to walk from. */
export type WalkStart = { readonly fromS: number; readonly reason: 'news' | 'resumed' | 'catching_up' };

/**
 * After an outage most of what is new has settled, as has the rest of what was not audited: one walk over both
 * is their audit too, and commits no news before what it would put out of the store's reach.
 */
export function walkStart(
  { highWaterS, auditS, walk }: Pick<Position, 'highWaterS' | 'auditS' | 'walk'>,
  settled: number,
): WalkStart {
  const readS = walk === undefined ? highWaterS : walk.nextS - 1;
  if (readS <= settled && auditS <= readS) return { fromS: Math.max(1, auditS), reason: 'catching_up' };
  if (walk !== undefined) return { fromS: walk.nextS, reason: 'resumed' };
  // The high-water second itself may have been cut, unless it was audited.
  return { fromS: Math.max(1, highWaterS, auditS), reason: highWaterS <= settled ? 'catching_up' : 'news' };
}
