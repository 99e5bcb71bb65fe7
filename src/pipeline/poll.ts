import type { Clock } from '../core/clock.ts';
import { type Feed, feedNameOf } from '../core/event.ts';
import type { FeedState } from '../core/feed-state.ts';
import { framesOf } from '../core/frames.ts';
import type { Random } from '../core/random.ts';
import {
  type FeedReader,
  type Slice,
  type Source,
  SourceError,
  type SourceErrorKind,
} from '../core/source.ts';
import { type Store, StoreError } from '../core/store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { IngestBlocked } from './blocked.ts';
import { afterFailure, afterPoll } from './feed-book.ts';
import type { OpenIntake } from './ingest.ts';
import { readAhead } from './read-ahead.ts';

const REFUSED_BASE_MS = 60_000;
const REFUSED_CAP_MS = 15 * 60_000;
const UNAVAILABLE_BASE_MS = 1_000;
const UNAVAILABLE_CAP_MS = 60_000;

export interface PollDeps {
  readonly source: Pick<Source, 'name' | 'deadlineMs' | 'readers'>;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly ingest: OpenIntake;
  /** A feed was read to its end: what waited for that may be over. */
  readonly onRead?: () => void;
}

/** `behind`: the poll's time was up first; there is more to read now. */
export type PollResult = 'read' | 'behind' | 'failed' | 'resting' | 'stopped';

interface Rest {
  readonly failures: number;
  /** A clock before it has gone back, and must not make the rest longer. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** Polls feeds of one source, one after the other. Passes must not overlap; see schedule.ts. */
export function createPoller({ source, store, clock, random, telemetry, ingest, onRead }: PollDeps) {
  const rests = new Map<Feed, Rest>();

  /** Reads each of the feeds once. Never throws: a failure is told, and the next pass tries again. */
  async function pass(stopping: AbortSignal): Promise<readonly PollResult[]> {
    const results: PollResult[] = [];
    for (const reader of source.readers) results.push(await pollFeed(reader, stopping));
    return results;
  }

  async function pollFeed(reader: FeedReader, stopping: AbortSignal): Promise<PollResult> {
    const rest = rests.get(reader.feed);
    if (rest !== undefined && isResting(rest, clock.now())) return 'resting';
    const finished = new AbortController();
    const deadline = new AbortController();
    const progress = { pages: 0 };
    void clock.sleep(source.deadlineMs, finished.signal).then(() => deadline.abort());
    try {
      return await readPages(reader, progress, AbortSignal.any([stopping, deadline.signal]), stopping);
    } catch (error) {
      if (!(error instanceof SourceError && error.kind === 'aborted')) return await failed(reader, error);
      if (stopping.aborted || progress.pages > 0) return cutShort(reader, stopping);
      return await failed(reader, noPage(source));
    } finally {
      finished.abort();
    }
  }

  async function readPages(
    reader: FeedReader,
    progress: { pages: number },
    signal: AbortSignal,
    stopping: AbortSignal,
  ): Promise<PollResult> {
    const polledMs = clock.now();
    const cursor = await store.readCursor(reader.source, reader.feed);
    const intake = ingest(reader, polledMs);
    const count = (slice: Slice): Promise<number> => store.countEvents(feedNameOf(reader), slice);
    let behind = false;
    let wholeAsOfMs: number | undefined;
    for await (const judged of readAhead(reader, { cursor, count, judge: intake.judge, signal })) {
      await intake.commit(judged);
      progress.pages += 1;
      behind = judged.page.behind === true;
      wholeAsOfMs = judged.page.progress?.wholeAsOfMs;
    }
    if (signal.aborted) return cutShort(reader, stopping);
    rests.delete(reader.feed);
    const result = behind ? ('behind' as const) : ('read' as const);
    telemetry.pollSucceeded(feedNameOf(reader), result, clock.now());
    const poll = { result, polledMs, ...(wholeAsOfMs === undefined ? {} : { wholeAsOfMs }) };
    await writeDown(reader, (state) => afterPoll(state, reader, poll, clock.now()));
    if (result === 'read') onRead?.();
    return result;
  }

  function cutShort(reader: FeedReader, stopping: AbortSignal): PollResult {
    telemetry.pollCutShort(feedNameOf(reader), stopping.aborted ? 'stopping' : 'deadline');
    return stopping.aborted ? 'stopped' : 'behind';
  }

  /** How a feed does outlives a restart, where it can be written down. */
  async function writeDown(
    reader: FeedReader,
    change: (state: FeedState | undefined) => FeedState,
  ): Promise<void> {
    try {
      await store.transaction(async (tx) =>
        tx.writeFeedState(change(await tx.readFeedState(feedNameOf(reader))), clock.now()),
      );
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      telemetry.storeFailed(error.kind, error.message);
    }
  }

  async function failed(reader: FeedReader, error: unknown): Promise<PollResult> {
    const failures = rests.get(reader.feed)?.failures ?? 0;
    const retryInMs = restAfter(error, failures, random);
    const sinceMs = clock.now();
    rests.set(reader.feed, { failures: failures + 1, sinceMs, untilMs: sinceMs + retryInMs });
    if (error instanceof StoreError) telemetry.storeFailed(error.kind, error.message);
    const outcome = outcomeWord(error);
    const frames = outcome === 'broken' ? framesOf(error) : undefined;
    const message = sentence(error);
    telemetry.pollFailed(feedNameOf(reader), outcome, message, retryInMs, frames);
    await writeDown(reader, (state) => afterFailure(state, reader, { kind: outcome, message }, clock.now()));
    return 'failed';
  }

  return { pass };
}

function isResting({ sinceMs, untilMs }: Rest, nowMs: number): boolean {
  return sinceMs <= nowMs && nowMs < untilMs;
}

/** A feed that gives nothing for a whole poll is not behind: it hangs. */
function noPage({ name, deadlineMs }: PollDeps['source']): SourceError {
  const seconds = Math.round(deadlineMs / 1_000);
  return new SourceError(
    'unavailable',
    `source ${name}: no answer within the poll's deadline of ${seconds} s`,
  );
}

/** How long a feed is left alone after a failure. A schedule may make it longer, never shorter. */
export function restAfter(error: unknown, failures: number, random: Random): number {
  const doubled = (baseMs: number, capMs: number): number =>
    Math.min(capMs, baseMs * 2 ** Math.min(failures, 20));
  if (error instanceof SourceError && error.kind === 'refused') {
    // A quarter of jitter, so that many daemons with one revoked key do not knock together.
    return Math.round(doubled(REFUSED_BASE_MS, REFUSED_CAP_MS) * (1 - random() / 4));
  }
  const asked = error instanceof SourceError ? error.retryAfterMs : undefined;
  return asked ?? Math.round(doubled(UNAVAILABLE_BASE_MS, UNAVAILABLE_CAP_MS) * (1 - random() / 4));
}

function outcomeWord(error: unknown): SourceErrorKind | 'store' | 'blocked' | 'broken' {
  if (error instanceof SourceError) return error.kind;
  if (error instanceof IngestBlocked) return 'blocked';
  return error instanceof StoreError ? 'store' : 'broken';
}

/** Only our own errors are known to hold no secret; of others only the kind is told. */
function sentence(error: unknown): string {
  if (error instanceof SourceError || error instanceof StoreError || error instanceof IngestBlocked)
    return error.message;
  return `an unexpected ${error instanceof Error ? error.name : typeof error}; this is a bug in Tocsin, please report it`;
}

export type Poller = ReturnType<typeof createPoller>;
