import { type Page, SourceError } from '../../core/source.ts';
import { named } from './answer.ts';
import { drainSecond } from './drain.ts';
import type { Answer, Reading } from './reading.ts';
import { recheck } from './recheck.ts';
import { nextStep, type Step } from './step.ts';
import { type Counted, type Range, type Stride, strideOf } from './stride.ts';

/** Where a walk writes down what it has read: ranges that follow on each other. */
export interface WalkLog {
  advance(read: Stride): void;
  /** @param highestS of all seconds shown; 0 where there was none */
  caughtUp(read: Stride, highestS: number): void;
  /** A page of this range was given. @returns waits until it is committed, and writes that down */
  given(read: Stride): () => Promise<void>;
}

/** Pages that may be on their way into the store while the next one is given. */
const AHEAD = 1;

/**
 * Reads a closed range, oldest first, so that rows which arrive meanwhile shift nothing. Each page shows whether
 * rows of the one before were missing: what the server counts from there on may be less by as many rows as
 * that page had, not by more.
 * @param before the last page of the same walk, where an earlier poll ended
 * @returns whether it came to its end before the poll's time was up
 */
export async function* walk(
  range: Range,
  reading: Reading,
  log: WalkLog,
  before?: Counted,
): AsyncGenerator<Page, boolean> {
  let last = before;
  let highestS = 0;
  const given: (() => Promise<void>)[] = [];
  /** Waits for pages to be committed, the last `but` of them left out. */
  const committed = async (but = 0): Promise<void> => {
    for (const each of given.splice(0, given.length - but)) await each();
  };
  for (let fromS = range.fromS; fromS <= range.toS; ) {
    const asked = { fromS, toS: range.toS };
    const askedS = reading.nowS();
    const answer = await reading.ask(asked);
    await committed(AHEAD);
    if (last !== undefined && last.total - answer.total > last.rows) yield* recheck(last, reading);
    reading.forgetBefore(fromS);
    highestS = answer.seconds.reduce((highest, second) => Math.max(highest, second), highestS);
    const step = expectStep(answer, asked, reading);
    const read = strideOf(step, asked, answer, askedS);
    if (step.kind === 'end') log.caughtUp(read, highestS);
    const isSure = step.kind === 'advance' && (await hasItsRows(read, answer, reading));
    if (isSure) log.advance(read);
    yield reading.page(answer);
    given.push(log.given(read));
    if (!isSure) await committed();
    if (step.kind === 'end') return true;
    if (!isSure) yield* completeStep(step, asked, read, reading);
    const isThrough = read.toS >= range.toS;
    if (!isSure && !isThrough) log.advance(read);
    last = isSure ? read.counted : undefined;
    fromS = read.toS + 1;
    if (!isThrough && !reading.isOverdue()) continue;
    await committed();
    if (!isThrough) return false;
    log.caughtUp(read, highestS);
  }
  return true;
}

/** How to go on after a page. Throws where going on would skip events. */
export function expectStep(answer: Answer, { fromS, toS }: Range, reading: Reading): Step {
  const step = nextStep(answer, fromS, toS);
  if (step.kind === 'lost') throw lost(step.reason, reading);
  return step;
}

/**
 * Whether a page has all rows of the range that it read. A server that answers fewer than it was asked for, though it
 * counts more, may have left out any: it is asked to count that range.
 */
export async function hasItsRows(
  { counted, fromS, toS }: Stride,
  { rowCount, limit, total }: Answer,
  reading: Reading,
): Promise<boolean> {
  if (counted === undefined || rowCount >= limit || total <= rowCount) return true;
  const counts = await reading.ask({ fromS, toS }, { limit: 1 });
  if (counts.total <= counted.rows) return true;
  return reading.findsTotalsDeaf();
}

/** What the page alone did not read of its range. */
export async function* completeStep(
  step: Step,
  asked: Range,
  read: Range,
  reading: Reading,
): AsyncGenerator<Page> {
  if (step.kind === 'advance') yield* recheck(read, reading);
  if (step.kind === 'drain') yield* drainSecond(asked.fromS, reading);
  // A count that looks at no range proves nothing of this one.
  if (step.kind === 'doubt' && !(await reading.findsTotalsDeaf())) yield* recheck(asked, reading);
}

function lost(reason: 'out_of_order' | 'no_usable_second', reading: Reading): SourceError {
  const sentences = {
    out_of_order: 'Akto answered with events out of the order or outside the time that was asked for',
    no_usable_second: 'Akto answered with a full page of events without a usable timestamp',
  };
  const end = 'reading on would skip events; it will be asked again';
  return new SourceError('unavailable', `${named(reading.options.source)} ${sentences[reason]}: ${end}`);
}
