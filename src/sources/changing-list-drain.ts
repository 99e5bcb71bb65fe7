import { counted } from '../core/counted.ts';
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
  /** Objects, not their states: one that changes where it stands takes no second place. */
  readonly objects: ReadonlySet<string>;
  readonly events: ReadonlySet<string>;
  /** Rows of the instant that are no events. */
  readonly unusable: number;
  readonly isComplete: boolean;
}

/**
 * Reads an instant that fills more than a page. The server reshuffles its rows at will, so one pass misses
 * some: done when as many objects were read as it takes places, and a pass has brought nothing new.
 * @returns where the instant ends in the list
 */
export async function* drainInstant(instant: Instant, reading: ListReading): AsyncGenerator<Page, number> {
  let seen: ReadonlySet<string> = new Set();
  let read: ReadonlySet<string> = new Set();
  let before = { beginOffset: 0, endOffset: -1 };
  for (let passes = 1; ; passes += 1) {
    const offset = passes === 1 ? instant.offset : Math.max(0, before.beginOffset - 1);
    const pass = yield* onePass({ ...instant, offset }, reading);
    const places = pass.endOffset - pass.beginOffset - pass.unusable;
    // What left it, even in the pass that read it, has moved one of its ends, and must not stand for what was not read.
    const isStill = pass.beginOffset === before.beginOffset && pass.endOffset === before.endOffset;
    const all = isStill ? read.union(pass.objects) : new Set<string>();
    if (pass.isComplete && isStill && all.size >= places && pass.events.isSubsetOf(seen))
      return pass.endOffset;
    if (!pass.isComplete || passes === MOST_PASSES) {
      const { size } = read.union(pass.objects);
      reading.addGap({ fromMs: instant.atMs, toMs: instant.atMs, problem: problem(size, places) });
      return pass.endOffset;
    }
    seen = seen.union(pass.events);
    read = all;
    before = pass;
  }
}

async function* onePass(
  { atMs, offset: from, fromMs, isWanted }: Instant,
  reading: ListReading,
): AsyncGenerator<Page, Pass> {
  const objects = new Set<string>();
  const events = new Set<string>();
  let beginOffset: number | undefined;
  let unusable = 0;
  let turns = 0;
  for (let offset = from; ; ) {
    const answer = await reading.ask(offset, fromMs);
    yield reading.page(answer, isWanted);
    for (const event of answer.events.filter(({ timeMs }) => timeMs === atMs)) {
      objects.add(event.feedId);
      events.add(event.id);
    }
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
        objects,
        events,
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
  return `${read} of ${counted(Math.max(places, read + 1), 'object')} that changed at one instant could be read: the server shows them in no order`;
}
