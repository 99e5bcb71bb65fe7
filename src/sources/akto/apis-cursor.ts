import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Cursor, SourceError } from '../../core/source.ts';
import { named } from '../sentence.ts';

const HASH_CHARS = 10;
/** States that are remembered; 10 characters each. */
const MOST_STATES = 20_000;

const ms = z.int().min(0);
const position = z.object({
  /** What was discovered before and has not changed since is no news: where the very first poll began. */
  startMs: ms,
  /** Since when the whole list is being read, and from which row on. */
  sweep: z.object({ startedMs: ms, offset: z.int().min(0), requests: z.int() }).optional(),
  /** The last time the whole list was read, and what it cost. */
  swept: z.object({ startedMs: ms, requests: z.int() }).optional(),
  /** What the last reading of the whole list did not find. */
  gaps: z.array(z.object({ fromMs: ms, toMs: ms, problem: z.string() })).optional(),
  /** Hashes of the states that were handed out or are no news, without separators, least recently seen first. */
  known: z.string().regex(/^[\w-]*$/),
});

/** What is known of the list of APIs. Kept in the store as the feed's cursor. */
export type Position = z.output<typeof position>;

export function readPosition(cursor: Cursor | undefined, source: string): Position | undefined {
  if (cursor === undefined) return undefined;
  const read = position.safeParse(cursor);
  if (read.success) return read.data;
  throw new SourceError(
    'refused',
    `${named(source)} the stored cursor is not one this version can read: start it again with the version that wrote it`,
  );
}

export function toCursor({ startMs, sweep, swept, gaps, known }: Position): Cursor {
  return {
    startMs,
    ...(sweep === undefined ? {} : { sweep }),
    ...(swept === undefined ? {} : { swept }),
    ...(gaps === undefined || gaps.length === 0 ? {} : { gaps }),
    known,
  };
}

/**
 * The states that have been seen: the store forgets ids of old events, the list shows them for ever. Whoever
 * attacks makes up paths, so there is a bound; beyond it the store alone tells what is new.
 */
export class KnownStates {
  readonly #hashes: Set<string>;

  constructor(packed: string) {
    this.#hashes = new Set(packed.match(/.{10}/g));
  }

  /** Remembers the state as seen just now. @returns whether it is a new one */
  see(eventId: string): boolean {
    const hash = createHash('sha256').update(eventId).digest('base64url').slice(0, HASH_CHARS);
    const isNew = !this.#hashes.delete(hash);
    this.#hashes.add(hash);
    for (const oldest of this.#hashes) {
      if (this.#hashes.size <= MOST_STATES) break;
      this.#hashes.delete(oldest);
    }
    return isNew;
  }

  packed(): string {
    return [...this.#hashes].join('');
  }
}

/** A list of at most so many requests is read whole at every poll. */
const CHEAP_REQUESTS = 2;
const LEAST_BETWEEN_MS = 300_000;
/** Longer lists are read so much more rarely. */
const MS_PER_REQUEST = 20_000;

export type Task =
  | { readonly kind: 'sweep'; readonly reason: 'unfinished' | 'first' | 'cheap' | 'due' }
  | { readonly kind: 'glance'; readonly reason: 'not_due' };

export function planSweep(position: Position | undefined, nowMs: number): Task {
  if (position?.sweep !== undefined) return { kind: 'sweep', reason: 'unfinished' };
  const swept = position?.swept;
  if (swept === undefined) return { kind: 'sweep', reason: 'first' };
  if (swept.requests <= CHEAP_REQUESTS) return { kind: 'sweep', reason: 'cheap' };
  const betweenMs = Math.max(LEAST_BETWEEN_MS, swept.requests * MS_PER_REQUEST);
  // A clock that went back must not put it off.
  const isDue = Math.abs(nowMs - swept.startedMs) >= betweenMs;
  return isDue ? { kind: 'sweep', reason: 'due' } : { kind: 'glance', reason: 'not_due' };
}
