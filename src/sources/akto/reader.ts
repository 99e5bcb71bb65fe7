import { type FeedReader, type Page, SourceError } from '../../core/source.ts';
import { named } from './answer.ts';
import { type Lookback, type Plan, planPoll, readCursor } from './cursor.ts';
import { drainSecond } from './drain.ts';
import { type Answer, type Range, Reading, type ReadingOptions } from './reading.ts';
import { recheck } from './recheck.ts';
import { nextStep } from './step.ts';

export interface EventReaderOptions extends ReadingOptions {
  readonly lookback: Lookback;
}

/** Reads `malicious_events`. */
export function createEventReader(options: EventReaderOptions): FeedReader {
  const { source, clock, lookback } = options;
  const isNews = newsOnly();
  return {
    source,
    feed: 'malicious_events',
    async *poll(cursor, _ingested, signal) {
      const plan = planPoll(readCursor(cursor, source), Math.floor(clock.now() / 1_000), lookback);
      const reading = new Reading(plan, options, signal);
      for (const steps of [again, walk]) {
        for await (const page of steps(plan, reading))
          yield { ...page, rejected: page.rejected.filter(isNews) };
      }
    },
  };
}

const MOST_TOLD = 1_000;

/** The look-back shows a bad row at every poll; it is told of once. */
function newsOnly(): (sentence: string) => boolean {
  const told = new Set<string>();
  return (sentence) => {
    if (told.has(sentence)) return false;
    if (told.size >= MOST_TOLD) told.clear();
    told.add(sentence);
    return true;
  };
}

async function* again(plan: Plan, reading: Reading): AsyncGenerator<Page> {
  for (const gap of plan.again) {
    yield* recheck(gap, reading, gap.pollsLeft - 1);
    // Only now: a poll that is cut off before has not asked.
    reading.dropGap(gap);
  }
}

/** Oldest first over a closed range, so that rows which arrive meanwhile shift nothing. */
async function* walk(plan: Plan, reading: Reading): AsyncGenerator<Page> {
  let range: Range = { fromS: plan.fromS, toS: plan.toS };
  let before: Counted | undefined;
  while (range.fromS <= range.toS) {
    const answer = await reading.ask(range);
    if (before !== undefined && before.total - answer.total > before.rows) yield* recheck(before, reading);
    reading.forgetBefore(range.fromS);
    const step = nextStep(answer, range.fromS, range.toS);
    if (step.kind === 'lost') throw lost(step.reason, reading);
    if (step.kind === 'advance') reading.advance(step.nextS);
    if (step.kind === 'end') reading.finish();
    yield reading.page(answer);
    if (step.kind === 'end') return;
    if (step.kind === 'doubt') {
      yield* recheck(range, reading);
      break;
    }
    if (step.kind === 'drain') yield* drainSecond(range.fromS, reading);
    before = step.kind === 'advance' ? countBefore(step.nextS, range, answer) : undefined;
    range = { ...range, fromS: step.kind === 'advance' ? step.nextS : range.fromS + 1 };
    if (reading.isOverdue()) {
      reading.advance(range.fromS);
      yield { ...reading.page(), behind: true };
      return;
    }
  }
  reading.finish();
  yield reading.page();
}

/** A range that was read, its rows, and what the server counted from its beginning on. */
interface Counted extends Range {
  readonly rows: number;
  readonly total: number;
}

function countBefore(nextS: number, { fromS }: Range, answer: Answer): Counted {
  const placed = answer.seconds.filter((second) => second < nextS).length;
  const unplaced = answer.rowCount - answer.seconds.length;
  return { fromS, toS: nextS - 1, rows: placed + unplaced, total: answer.total };
}

function lost(reason: 'out_of_order' | 'no_usable_second', reading: Reading): SourceError {
  const sentences = {
    out_of_order: 'Akto answered with events out of the order or outside the time that was asked for',
    no_usable_second: 'Akto answered with a full page of events without a usable timestamp',
  };
  const end = 'reading on would skip events; it will be asked again';
  return new SourceError('unavailable', `${named(reading.options.source)} ${sentences[reason]}: ${end}`);
}
