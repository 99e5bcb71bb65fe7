import { rarityOfAny, shareOf } from './rarity.ts';

/** Alternatives, one of which must be there. */
export type Clause = readonly string[];

/** Says nothing: the empty text is everywhere. */
export const UNKNOWN: Clause = [''];

/** More texts are not written out one by one. */
export const MAX_EXACT = 64;
/** Beyond this a text need not grow to be rare. */
const LONG = 24;
const MAX_CLAUSES = 3;
/** Shorter texts stand in most texts by chance: it is worth more of them to have them longer. */
const RARE_LENGTH = 5;
const MAX_JOINED = 192;
/** What stands everywhere says nothing. */
const MAX_SHARE = 1 / 4;

/** The texts without repetitions; UNKNOWN where they are too many or too common to tell anything. */
export function few(texts: Clause): Clause {
  const distinct = [...new Set(texts)];
  return distinct.length <= MAX_EXACT && shareOf(distinct) <= MAX_SHARE ? distinct : UNKNOWN;
}

/** Every head with every tail; undefined where that were too many, or longer than is of use. */
export function multiply(heads: Clause, tails: Clause): Clause | undefined {
  if (heads.length * tails.length > MAX_EXACT || shortest(heads) > LONG) return undefined;
  return [...new Set(heads.flatMap((head) => tails.map((tail) => head + tail)))];
}

/** Makes short texts longer by what stands before them, where that is known. */
export function preceded(tails: Clause, texts: Clause): Clause {
  if (shortest(texts) >= RARE_LENGTH || shortest(tails) === 0) return texts;
  return multiply(tails, texts) ?? texts;
}

/** Makes short texts longer by what stands behind them, where that is known. */
export function joined(texts: Clause, heads: Clause): Clause {
  if (shortest(texts) >= RARE_LENGTH || shortest(heads) === 0) return texts;
  const longer = new Set(
    texts.flatMap((text) => (text.length >= RARE_LENGTH ? text : heads.map((head) => text + head))),
  );
  return longer.size <= MAX_JOINED ? [...longer] : texts;
}

/** Letters, digits and blanks alone are everywhere. */
const COMMON = /^[a-z\d\s]?$/;

/** The clause, or none where it would be met everywhere. */
export function usable(texts: Clause): readonly Clause[] {
  return texts.some((text) => COMMON.test(text)) ? [] : [texts];
}

/** The rarest; of equally rare ones, the fewest. What one clause implies another need not say. */
export function best(clauses: readonly Clause[]): readonly Clause[] {
  const chosen: Clause[] = [];
  const rated = clauses.map((clause) => ({ clause, rarity: rarityOfAny(clause) }));
  rated.sort((a, b) => b.rarity - a.rarity || a.clause.length - b.clause.length);
  for (const { clause } of rated) {
    if (chosen.length === MAX_CLAUSES) break;
    if (!chosen.some((other) => implies(other, clause))) chosen.push(clause);
  }
  return chosen;
}

/** Whether whoever meets the clause meets the other, too. */
function implies(clause: Clause, other: Clause): boolean {
  return clause.every((text) => other.some((part) => text.includes(part)));
}

export function shortest(texts: Clause): number {
  return Math.min(...texts.map((text) => text.length));
}
