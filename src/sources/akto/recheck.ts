import { counted } from '../../core/counted.ts';
import type { Page } from '../../core/source.ts';
import { type Again, drainSecond } from './drain.ts';
import { isWhole } from './look.ts';
import type { Answer, Reading } from './reading.ts';
import type { Range } from './stride.ts';

/** Requests that one doubt may cost. */
const MOST_REQUESTS = 32;

/**
 * Reads a range again whose rows were fewer than the server counts, in ever smaller halves, until each
 * adds up. What does not is remembered as a gap.
 * @returns what the whole range answered
 */
export async function* recheck(range: Range, reading: Reading, again?: Again): AsyncGenerator<Page, Answer> {
  const whole = await reading.ask(range);
  yield reading.page(whole);
  yield* settle(range, whole, reading, { left: MOST_REQUESTS - 1, again });
  return whole;
}

interface Doubt {
  left: number;
  readonly again: Again | undefined;
}

async function* settle(range: Range, answer: Answer, reading: Reading, doubt: Doubt): AsyncGenerator<Page> {
  if (isWhole(answer)) return;
  if (range.fromS === range.toS) yield* drainSecond(range.fromS, reading, doubt.again);
  else if (doubt.left < 2) reading.addGap(range, problem(answer), doubt.again?.pollsLeft);
  else yield* halve(range, answer, reading, doubt);
}

async function* halve(range: Range, whole: Answer, reading: Reading, doubt: Doubt): AsyncGenerator<Page> {
  const middle = Math.floor((range.fromS + range.toS) / 2);
  const older = { fromS: range.fromS, toS: middle };
  const newer = { fromS: middle + 1, toS: range.toS };
  doubt.left -= 2;
  const first = await reading.ask(older);
  yield reading.page(first);
  const second = await reading.ask(newer);
  yield reading.page(second);
  // A count that is the same for both halves as for the whole does not look at the range: it proves nothing.
  const isDeaf = first.total === whole.total && second.total === whole.total;
  if (isDeaf && !isFull(first) && !isFull(second)) return;
  yield* settle(older, first, reading, doubt);
  yield* settle(newer, second, reading, doubt);
}

function isFull(answer: Answer): boolean {
  return answer.rowCount >= answer.limit;
}

function problem(answer: Answer): string {
  return `the server counts ${counted(answer.total, 'event')} and shows ${answer.rowCount}`;
}
