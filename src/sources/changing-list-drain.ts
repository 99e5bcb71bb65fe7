import type { Page } from '../core/source.ts';
import type { Answer, ListReading } from './changing-list-reading.ts';

const MOST_PASSES = 16;

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
  const read = new Set<string>();
  let { offset } = instant;
  let places = 0;
  for (let passes = 0; passes < MOST_PASSES; passes += 1) {
    const before = read.size;
    const pass = yield* onePass({ ...instant, offset }, read, reading);
    offset = Math.max(0, pass.beginOffset - 1);
    places = pass.endOffset - pass.beginOffset - pass.unusable;
    const isQuiet = read.size === before;
    if (pass.isComplete && isQuiet && read.size >= places) return pass.endOffset;
    if (!pass.isComplete || passes === MOST_PASSES - 1) {
      reading.addGap({ fromMs: instant.atMs, toMs: instant.atMs, problem: problem(read.size, places) });
      return pass.endOffset;
    }
  }
  return offset;
}

async function* onePass(
  { atMs, offset: from, fromMs, isWanted }: Instant,
  read: Set<string>,
  reading: ListReading,
): AsyncGenerator<Page, Pass> {
  let beginOffset: number | undefined;
  let unusable = 0;
  for (let offset = from; ; ) {
    const answer = await reading.ask(offset, fromMs);
    yield reading.page(answer, isWanted);
    for (const { id, timeMs } of answer.events) if (timeMs === atMs) read.add(id);
    const isAbove =
      beginOffset === undefined && offset > 0 && !answer.times.some((time) => isAfter(time, atMs));
    if (!isAbove) {
      beginOffset ??= beginOf(answer, atMs);
      unusable += unusableAt(answer, atMs);
    }
    const ended = isAbove ? undefined : endOf(answer, atMs);
    const endOffset = ended ?? offset + answer.times.length;
    if (ended !== undefined || reading.isOverdue()) {
      return { beginOffset: beginOffset ?? offset, endOffset, unusable, isComplete: ended !== undefined };
    }
    offset = isAbove ? Math.max(0, offset - reading.stride) : endOffset;
  }
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
