import { type FeedReader, type Page, SourceError } from '../core/source.ts';
import { planPoll, readCursor, type Walk } from './changing-list-cursor.ts';
import { drainInstant } from './changing-list-drain.ts';
import { type Answer, type ChangingListOptions, ListReading } from './changing-list-reading.ts';
import { nextStep, type Step } from './changing-list-step.ts';
import { named } from './sentence.ts';

export { changingListReachMs } from './changing-list-cursor.ts';
export type { ChangingListOptions, ListAnswer, Unusable } from './changing-list-reading.ts';

/**
 * Reads a list of objects that change, newest change first, by offsets. What changes moves to the front, so
 * whoever reads downwards passes over nothing that stood still; what moved is in front at the next poll,
 * which begins there and ends `late_arrival` below the newest change that the last one saw.
 */
export function createChangingListReader(options: ChangingListOptions): FeedReader {
  const { source, feed, clock, lookback } = options;
  const isNews = newsOnly();
  return {
    source,
    feed,
    async *poll(cursor, _ingested, signal) {
      const plan = planPoll(readCursor(cursor, source), clock.now(), lookback);
      for await (const page of readList(new ListReading(plan, options, signal))) {
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

async function* readList(reading: ListReading): AsyncGenerator<Page> {
  const { fromMs } = reading.plan;
  if (!(yield* walk({ fromMs, coveredMs: undefined, offset: 0 }, reading))) return;
  reading.readHistory();
  for (let part = reading.open[0]; part !== undefined; part = reading.open[0]) {
    if (!(yield* walk(part, reading))) return;
  }
}

/** Down the list to the part's end. @returns false where the poll's time was up first */
async function* walk(part: Walk, reading: ListReading): AsyncGenerator<Page, boolean> {
  const isWanted = wantedOf(part, reading.plan.fromMs);
  let at = part;
  let isBlind = false;
  let turns = 0;
  for (;;) {
    const { answer, step } = await look(at, isBlind, reading);
    if (step.kind === 'back') turns += 1;
    else if (isFurther(step, at)) turns = 0;
    if (turns > MOST_TURNS) throw unjoined(reading.options.source);
    if (at === part && part.coveredMs === undefined) reading.begin(answer);
    if (step.kind === 'end') {
      reading.finish(part);
      yield reading.page(answer, isWanted);
      return true;
    }
    isBlind = step.kind === 'blind';
    at = further(at, step);
    reading.leave(part, at);
    yield reading.page(answer, isWanted);
    if (step.kind === 'drain') {
      const end = yield* drainInstant({ ...at, atMs: step.atMs, isWanted }, reading);
      at = { ...at, coveredMs: step.atMs - 1, offset: Math.max(0, end - 1) };
      reading.leave(part, at);
    }
    if (reading.isOverdue()) {
      yield { ...reading.page(), behind: true };
      return false;
    }
  }
}

async function look(
  at: Walk,
  isBlind: boolean,
  reading: ListReading,
): Promise<{ answer: Answer; step: Walking }> {
  const answer = await reading.ask(at.offset, at.fromMs);
  const walked = { ...at, coveredMs: isBlind ? undefined : at.coveredMs, stride: reading.stride };
  let step = nextStep(answer, walked);
  if (step.kind === 'confirm') {
    const isEnd = (await reading.isLast(answer, at.fromMs)) ? 'yes' : 'no';
    step = nextStep({ ...answer, isEnd }, walked);
  }
  if (step.kind === 'lost' || step.kind === 'confirm') throw lost(reading.options.source);
  return { answer, step };
}

/** Steps back since the walk last came further. */
const MOST_TURNS = 30;

function isFurther(step: Walking, { coveredMs }: Walk): boolean {
  return step.kind === 'drain' || (step.kind === 'advance' && step.coveredMs !== coveredMs);
}

type Walking = Exclude<Step, { kind: 'lost' | 'confirm' }>;

function further(at: Walk, step: Exclude<Walking, { kind: 'end' }>): Walk {
  switch (step.kind) {
    case 'advance':
      return { ...at, coveredMs: step.coveredMs, offset: step.offset };
    case 'drain':
      return { ...at, coveredMs: step.atMs };
    default:
      return { ...at, offset: step.offset };
  }
}

/** Older rows may be events whose ids the store no longer keeps: handed out again, they would be new. */
function wantedOf({ fromMs, coveredMs }: Walk, frontMs: number): (timeMs: number) => boolean {
  return (timeMs) =>
    timeMs >= frontMs || (coveredMs !== undefined && timeMs >= fromMs && timeMs <= coveredMs);
}

function lost(source: string): SourceError {
  return new SourceError(
    'unavailable',
    `${named(source)} the server's list is not sorted newest change first, as was asked: reading on would skip objects; it will be asked again`,
  );
}

function unjoined(source: string): SourceError {
  return new SourceError(
    'unavailable',
    `${named(source)} the server's list cannot be read to its end: it shows one row at a time, or changes faster than it can be read; it will be asked again`,
  );
}
