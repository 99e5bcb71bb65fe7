import type { Page } from '../core/source.ts';
import type { Answer, ListReading } from './changing-list-reading.ts';

const MOST_PASSES = 16;
/** Pages of one pass that began below the instant: it moves faster than it can be read. */
const MOST_TURNS = 30;

/** Rows that changed at the same instant, which has more of them than a page. */
export interface Instant {
  readonly atMs: number;
  /** A page that shows its beginning, or lies in it. */
  readonly offset: number;
  /** As far back as the walk goes. */
  readonly fromMs: number;
  readonly isWanted: (timeMs: number) => boolean;
}

/** One way through the rows of an instant. */
interface Pass {
  readonly beginOffset: number;
  readonly endOffset: number;
  readonly ids: ReadonlySet<string>;
  /** Rows of the instant that are no events. */
  readonly unusable: number;
  readonly isComplete: boolean;
}

/**
 * Reads an instant that fills more than a page. The server reshuffles its rows at will, so one pass misses
 * some: done when as many were read as it takes places, and a pass has brought nothing new.
 * @returns where the instant ends in the list
 */
export async function* drainInstant(instant: Instant, reading: ListReading): AsyncGenerator<Page, number> {
  let read: ReadonlySet<string> = new Set();
  let beginOffset = -1;
  for (let passes = 1; ; passes += 1) {
    const offset = passes === 1 ? instant.offset : Math.max(0, beginOffset - 1);
    const pass = yield* onePass({ ...instant, offset }, reading);
    const places = pass.endOffset - pass.beginOffset - pass.unusable;
    // Where it begins has moved: what was read may have left it, and must not stand for what was not.
    const all = pass.beginOffset === beginOffset ? read.union(pass.ids) : pass.ids;
    if (pass.isComplete && all.size === read.size && all.size >= places && passes > 1) return pass.endOffset;
    if (!pass.isComplete || passes === MOST_PASSES) {
      reading.addGap({ fromMs: instant.atMs, toMs: instant.atMs, problem: problem(all.size, places) });
      return pass.endOffset;
    }
    read = all;
    beginOffset = pass.beginOffset;
  }
}

async function* onePass(
  { atMs, offset: from, fromMs, isWanted }: Instant,
  reading: ListReading,
): AsyncGenerator<Page, Pass> {
  const ids = new Set<string>();
  let beginOffset: number | undefined;
  let unusable = 0;
  let turns = 0;
  for (let offset = from; ; ) {
    const answer = await reading.ask(offset, fromMs);
    yield reading.page(answer, isWanted);
    for (const { id, timeMs } of answer.events) if (timeMs === atMs) ids.add(id);
    const isAbove =
      beginOffset === undefined && offset > 0 && !answer.times.some((time) => isAfter(time, atMs));
    if (!isAbove) {
      beginOffset ??= beginOf(answer, atMs);
      unusable += unusableAt(answer, atMs);
    }
    const ended = isAbove ? undefined : endOf(answer, atMs);
    const endOffset = ended ?? offset + answer.times.length;
    if (ended !== undefined || turns > MOST_TURNS || reading.isOverdue()) {
      return {
        beginOffset: beginOffset ?? offset,
        endOffset,
        ids,
        unusable,
        isComplete: ended !== undefined,
      };
    }
    offset = isAbove ? above(answer, reading.stride) : endOffset;
    if (isAbove) turns += 1;
  }
}

/** One row less than a page: a whole page back would end where the instant begins, and lead here again. */
function above({ times, offset }: Answer, stride: number): number {
  return Math.max(0, offset - Math.max(1, (times.length || stride) - 1));
}

function isAfter(time: number | undefined, atMs: number): boolean {
  return time !== undefined && time > atMs;
}

function beginOf({ times, offset }: Answer, atMs: number): number | undefined {
  const index = times.findIndex((time) => time !== undefined && time <= atMs);
  return index < 0 ? undefined : offset + index;
}

function endOf({ times, offset, isEnd }: Answer, atMs: number): number | undefined {
  const index = times.findIndex((time) => time !== undefined && time < atMs);
  if (index >= 0) return offset + index;
  return isEnd === 'yes' ? offset + times.length : undefined;
}

function unusableAt({ times, events }: Answer, atMs: number): number {
  const usable = events.filter(({ timeMs }) => timeMs === atMs).length;
  return times.filter((time) => time === atMs).length - usable;
}

function problem(read: number, places: number): string {
  return `${read} of ${Math.max(places, read + 1)} objects that changed at one instant could be read: the server shows them in no order`;
}
