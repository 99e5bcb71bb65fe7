import type { Backfilling } from '../app/backfill.ts';
import { type Page, SourceError } from '../core/source.ts';
import { type BackfillState, StoreError } from '../core/store.ts';
import { BackfillError, readBackfill, type SliceReader } from '../pipeline/backfill.ts';
import type { Plan } from './backfill-plan.ts';
import { nameOf, shortIso } from './backfill-result.ts';
import type { ExitCode, Io } from './io.ts';
import type { Progress } from './progress.ts';

/** What became of one feed; no state where nothing was to be read. */
export interface Outcome {
  readonly code: ExitCode;
  readonly state?: BackfillState;
}

/** Reads one feed's slice to its end, or as far as it goes. What was taken in stays, and is gone on from. */
export async function readFeed(
  reader: SliceReader,
  plan: Extract<Plan, { kind: 'read' }>,
  { book, ready }: Backfilling,
  progress: Progress,
  { stop }: Pick<Io, 'stop'>,
): Promise<Outcome> {
  let { state } = plan;
  let coveredToMs = state.fromMs;
  const readBefore = state.read;
  progress.begin();
  try {
    if (plan.reason !== 'goes_on') await book.begin(state);
    for await (const step of readBackfill(reader, state, book, ready, stop)) {
      state = step.state;
      coveredToMs = Math.max(coveredToMs, coveredBy(step.page) ?? state.toMs);
      progress.update((coveredToMs - state.fromMs) / (state.toMs - state.fromMs), state.read - readBefore);
    }
  } catch (error) {
    if (!isAborted(error)) return { state, code: failed(error, state, progress) };
  } finally {
    progress.end();
  }
  if (state.finishedMs !== undefined) return { state, code: 0 };
  const where = coveredToMs > state.fromMs ? ` at ${shortIso(coveredToMs)}` : '';
  progress.tell(`${nameOf(state)}: interrupted${where}; run the same command again to go on`);
  return { state, code: 1 };
}

/** Event time up to which a page has brought its reader; undefined where there was no page. */
function coveredBy(page: Page | undefined): number | undefined {
  if (page === undefined) return undefined;
  return page.progress?.readToMs ?? page.events.reduce((newest, { timeMs }) => Math.max(newest, timeMs), 0);
}

function isAborted(error: unknown): boolean {
  return error instanceof SourceError && error.kind === 'aborted';
}

/** What an operator can mend is told, and the feeds that are left get their turn; a bug is thrown. */
function failed(error: unknown, state: BackfillState, { tell }: Progress): ExitCode {
  if (error instanceof BackfillError) {
    tell(`${nameOf(state)}: ${error.message}`);
    return 2;
  }
  if (!(error instanceof SourceError || error instanceof StoreError)) throw error;
  tell(`${nameOf(state)}: ${error.message}; what was read is kept, and the same command goes on from there`);
  return 2;
}
