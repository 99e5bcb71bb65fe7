import { PatternBudgetError, PatternError } from './errors.ts';
import type { CompiledPattern, Pattern } from './pattern.ts';
import { RegularMatcher } from './regular.ts';
import type { Node } from './syntax.ts';

// A few patterns as one automaton, for texts on which several of them must run: one pass instead of one each. Their product
// may need many states; a group that has run out of memory too often lets its members run alone.

const GROUP_SIZE = 16;
/** Fewer of them run alone. */
export const WORTHWHILE = 3;
const MAX_FAILURES = 3;
/** Nanoseconds a character, about: measured on hostile texts. */
const COST = 9;

/** Whether so many nanoseconds of work, about, may still be spent. */
export type Affords = (nanoseconds: number) => boolean;

/** A pattern that may be found, and whether that is certain already. */
export interface Candidate {
  readonly index: number;
  readonly isSure: boolean;
}

export interface PatternGroup {
  /** Of its members. */
  readonly indexes: readonly number[];
  /** Those of the wanted members that may be found in the text. */
  narrow(text: string, wanted: readonly number[], affords: Affords): readonly Candidate[];
}

/** Patterns that always run stand together, so that they do not drag others along. */
export function groupPatterns(patterns: readonly Pattern[]): readonly PatternGroup[] {
  const members = patterns.map((pattern, index) => ({ pattern, index }));
  const joinable = members.flatMap(({ pattern, index }) =>
    isCompiled(pattern) && pattern.root !== undefined
      ? [{ index, root: pattern.root, isExact: !pattern.hasLooks, always: pattern.literals.length === 0 }]
      : [],
  );
  const joined = new Set(joinable.map(({ index }) => index));
  const alone = members.flatMap(({ index }) => (joined.has(index) ? [] : [index]));
  const always = joinable.filter(({ always }) => always);
  const filtered = joinable.filter(({ always }) => !always);
  return [
    new Loners(alone),
    ...[...chunks(always), ...chunks(filtered)].map((chunk) => new JoinedGroup(chunk)),
  ];
}

export function isCompiled(pattern: Pattern): pattern is CompiledPattern {
  return 'root' in pattern && 'hasLooks' in pattern;
}

function chunks<T>(items: readonly T[]): (readonly T[])[] {
  const count = Math.ceil(items.length / GROUP_SIZE);
  return Array.from({ length: count }, (_, i) => items.slice(i * GROUP_SIZE, (i + 1) * GROUP_SIZE));
}

class Loners implements PatternGroup {
  readonly indexes: readonly number[];

  constructor(indexes: readonly number[]) {
    this.indexes = indexes;
  }

  narrow(_text: string, wanted: readonly number[]): readonly Candidate[] {
    return wanted.map(unsure);
  }
}

export function unsure(index: number): Candidate {
  return { index, isSure: false };
}

interface Member {
  readonly index: number;
  readonly root: Node;
  /** Whether the joined automaton's yes is the pattern's. */
  readonly isExact: boolean;
}

class JoinedGroup implements PatternGroup {
  readonly indexes: readonly number[];
  readonly #members: readonly Member[];
  /** Made when first needed; null once it has proven too costly. */
  #matcher: RegularMatcher | null | undefined;
  #failures = 0;

  constructor(members: readonly Member[]) {
    this.#members = members;
    this.indexes = members.map(({ index }) => index);
  }

  narrow(text: string, wanted: readonly number[], affords: Affords): readonly Candidate[] {
    const found =
      wanted.length >= WORTHWHILE && affords(text.length * COST) ? this.#foundIn(text) : undefined;
    if (found === undefined) return wanted.map(unsure);
    return wanted.flatMap((index) => found.get(index) ?? []);
  }

  #foundIn(text: string): ReadonlyMap<number, Candidate> | undefined {
    const found = new Map<number, Candidate>();
    try {
      if (this.#matcher === undefined) this.#matcher = this.#build();
      this.#matcher?.foundIn(text, (number) => {
        const member = this.#members[number];
        if (member !== undefined) found.set(member.index, { index: member.index, isSure: member.isExact });
      });
      return this.#matcher === null ? undefined : found;
    } catch (error) {
      if (!(error instanceof PatternBudgetError)) throw error;
      if (++this.#failures >= MAX_FAILURES) this.#matcher = null;
      return undefined;
    }
  }

  #build(): RegularMatcher | null {
    const roots = this.#members.map(({ root }) => root);
    try {
      return new RegularMatcher(roots, 'a group of patterns', { relaxed: true });
    } catch (error) {
      if (error instanceof PatternError) return null;
      throw error;
    }
  }
}
