/** What one answer to an ascending query over a closed range showed. */
export interface Shown {
  /** Of the rows that have a usable one, in the answer's order. */
  readonly seconds: readonly number[];
  /** All rows, unusable ones too. */
  readonly rowCount: number;
  /** What was asked for. */
  readonly limit: number;
  readonly total: number;
}

/** How a walk goes on after a page. */
export type Step =
  /** Nothing is left in the range. */
  | { readonly kind: 'end' }
  /** All seconds before `nextS` are read; `nextS` itself may be cut in the middle and is asked for again. */
  | { readonly kind: 'advance'; readonly nextS: number }
  /** The second the query began at fills the page alone. */
  | { readonly kind: 'drain' }
  /** The server counts rows and shows none. */
  | { readonly kind: 'doubt' }
  /** More rows are there, and these say nothing about where to go on. */
  | { readonly kind: 'lost'; readonly reason: 'out_of_order' | 'no_usable_second' };

/**
 * Pages begin at a second, never at an offset: within a second the server has no stable order, so an
 * offset shows one row twice and skips another. Of a page that was cut off, only the last second can be
 * incomplete. A page with fewer rows than asked for is still cut off when the server counts more.
 */
export function nextStep(page: Shown, fromS: number, toS: number): Step {
  const isCutOff = page.rowCount >= page.limit || page.total > page.rowCount;
  if (!isCutOff) return { kind: 'end' };
  if (page.rowCount === 0) return { kind: 'doubt' };
  const last = page.seconds.at(-1);
  if (last === undefined) return { kind: 'lost', reason: 'no_usable_second' };
  if (!isAscending(page.seconds, fromS, toS)) return { kind: 'lost', reason: 'out_of_order' };
  return last > fromS ? { kind: 'advance', nextS: last } : { kind: 'drain' };
}

function isAscending(seconds: readonly number[], fromS: number, toS: number): boolean {
  let before = fromS;
  for (const second of seconds) {
    if (second < before || second > toS) return false;
    before = second;
  }
  return true;
}
