import { z } from 'zod';
import {
  type Cursor,
  type FeedProgress,
  type Gap,
  type Page,
  type Slice,
  SourceError,
} from '../../core/source.ts';
import { named } from './answer.ts';
import { type Bookmark, inMs } from './bookmark.ts';
import { LAST_SECOND } from './cursor.ts';
import { Reading, type ReadingOptions } from './reading.ts';
import type { Range } from './stride.ts';
import { type WalkLog, walk } from './walk.ts';

const stored = z.object({ nextS: z.int().min(0) });

/** The bookmark of a slice that is read apart from the polls: a gap of it is told at once, and nobody comes back. */
class SliceBookmark implements Bookmark, WalkLog {
  nextS: number;
  #givenUp: Gap[] = [];

  constructor(nextS: number) {
    this.nextS = nextS;
  }

  cursor(): Cursor {
    return { nextS: this.nextS };
  }

  progress(): FeedProgress {
    const givenUp = this.#givenUp;
    this.#givenUp = [];
    return { readToMs: this.nextS * 1_000 - 1, gaps: [], ...(givenUp.length === 0 ? {} : { givenUp }) };
  }

  handedOut(): void {}

  advance({ toS }: Range): void {
    this.nextS = toS + 1;
  }

  caughtUp(read: Range): void {
    this.advance(read);
  }

  given(): () => Promise<void> {
    return async () => undefined;
  }

  addGap(range: Range, problem: string): void {
    this.#givenUp.push(inMs(range, problem));
  }
}

/** All of one closed slice, oldest first. */
export async function* readSlice(
  slice: Slice,
  cursor: Cursor | undefined,
  options: ReadingOptions,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  const { fromS, toS } = inSeconds(slice);
  const bookmark = new SliceBookmark(resumeAt(cursor, options.source) ?? fromS);
  let reading = new Reading(bookmark, options, signal);
  while (bookmark.nextS <= toS) {
    yield* walk({ fromS: bookmark.nextS, toS }, reading, bookmark);
    // History takes longer than a poll may: each stretch has a deadline of its own.
    reading = new Reading(bookmark, options, signal, reading.believesTotals);
  }
  yield reading.page();
}

/** Whole seconds that hold the slice. From second 0 would mean no bound. */
function inSeconds({ fromMs, toMs }: Slice): Range {
  const inRange = (ms: number): number => Math.min(LAST_SECOND, Math.max(1, Math.floor(ms / 1_000)));
  return { fromS: inRange(fromMs), toS: inRange(toMs) };
}

function resumeAt(cursor: Cursor | undefined, source: string): number | undefined {
  if (cursor === undefined) return undefined;
  const read = stored.safeParse(cursor);
  if (read.success) return read.data.nextS;
  throw new SourceError(
    'refused',
    `${named(source)} the stored cursor of this slice is not one this version can read: begin the backfill anew`,
  );
}
