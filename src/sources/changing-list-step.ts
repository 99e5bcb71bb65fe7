/** What one answer showed of a list that is sorted newest change first. */
export interface Shown {
  /** Of each row, when it changed; undefined where that cannot be told. */
  readonly times: readonly (number | undefined)[];
  readonly offset: number;
  /** Whether the list ends with this page. A short page says so only perhaps: servers show fewer rows than asked. */
  readonly isEnd: 'yes' | 'no' | 'perhaps';
}

/** How far a walk down the list has come. */
export interface Walked {
  /** Whatever changed after this has been read; undefined before the first page. */
  readonly coveredMs: number | undefined;
  /** The walk ends below this. */
  readonly fromMs: number;
  /** Rows to step back by. */
  readonly stride: number;
}

export type Step =
  | { readonly kind: 'end'; readonly reason: 'below' | 'list_end' }
  /** Whatever changed after `coveredMs` is read; of that instant itself the page may have cut some off. */
  | { readonly kind: 'advance'; readonly coveredMs: number; readonly offset: number }
  /** Rows went missing above this page: it begins below what has been read. */
  | { readonly kind: 'back'; readonly offset: number }
  /** Ask what is behind this page, to learn whether it is the last. */
  | { readonly kind: 'confirm'; readonly offset: number }
  /** One instant fills the page: by offsets only, its rows have no order. */
  | { readonly kind: 'drain'; readonly atMs: number }
  /** A page without any usable time. */
  | { readonly kind: 'blind'; readonly offset: number }
  | { readonly kind: 'lost' };

/**
 * Pages join by what they show, not by their offsets: what moves to the front pushes the others down, what
 * is deleted pulls them up, and within one instant there is no order. One answer shows everything between
 * its first and its last change; so a page that begins above the end of the last one leaves nothing out,
 * whatever happened in between. Each therefore begins one row before the instant at which the last may be cut.
 */
export function nextStep(shown: Shown, walked: Walked): Step {
  const { times, offset, isEnd } = shown;
  const usable = times.filter((time) => time !== undefined);
  const [first] = usable;
  const last = usable.at(-1);
  if (!isDescending(usable)) return { kind: 'lost' };
  if (last !== undefined && last < walked.fromMs && joins(first, shown, walked))
    return { kind: 'end', reason: 'below' };
  if (isEnd === 'perhaps') return { kind: 'confirm', offset: offset + times.length };
  if (times.length > 0 && last === undefined && isEnd === 'no')
    return { kind: 'blind', offset: offset + times.length };
  if (!joins(first, shown, walked)) {
    return { kind: 'back', offset: Math.max(0, offset - Math.max(1, walked.stride)) };
  }
  if (last === undefined || isEnd === 'yes') return { kind: 'end', reason: 'list_end' };
  return onwards(shown, last, walked);
}

function joins(first: number | undefined, { times, offset }: Shown, { coveredMs }: Walked): boolean {
  if (offset === 0 || coveredMs === undefined) return true;
  return first === undefined ? times.length > 0 : first > coveredMs;
}

function onwards({ times, offset }: Shown, last: number, { coveredMs }: Walked): Step {
  const isKnown = coveredMs !== undefined && last > coveredMs;
  if (isKnown) return { kind: 'advance', coveredMs, offset: offset + Math.max(1, times.length - 1) };
  const join = times.findLastIndex((time) => time !== undefined && time > last);
  return join > 0
    ? { kind: 'advance', coveredMs: last, offset: offset + join }
    : { kind: 'drain', atMs: last };
}

function isDescending(times: readonly number[]): boolean {
  return times.every((time, i) => i === 0 || time <= (times[i - 1] ?? time));
}
