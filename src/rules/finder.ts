import { joinPatterns, LiteralScan, type Pattern, type PatternSet, rarityOfAny } from '../regex/index.ts';
import { WorkBudgetError } from './budget.ts';
import type { Findings, Signal } from './watch.ts';

export interface Word {
  readonly text: string;
  readonly signal: Signal;
}

export interface WatchedPattern {
  readonly pattern: Pattern;
  readonly signal: Signal;
  /** A pattern for keys and values need not run on the text around them. */
  readonly asked: { ofText: boolean };
}

export interface Found {
  /** Words that may be there. */
  readonly words: readonly Word[];
  /** Numbers of patterns whose literals are there, or that have none. */
  readonly patterns: readonly number[];
  /** The signals of all these. */
  readonly seen: ReadonlySet<Signal>;
}

/** A literal of a word (`clause` is 0), or one of a pattern's clauses. */
interface Owner {
  readonly word?: Word;
  readonly pattern?: number;
}

/** Finds words and patterns in any text, all of them together. */
export class Finder {
  readonly #patterns: readonly WatchedPattern[];
  readonly #scan: LiteralScan;
  readonly #owners: readonly Owner[];
  /** Without a literal that could tell that they are not there. */
  readonly #anywhere: readonly Word[];
  readonly #always: readonly number[];
  readonly #clauseCounts: Int32Array;
  /** By owner: the text in which it was met last; by pattern: how many of its clauses are not met in this one. */
  readonly #met: Int32Array;
  readonly #missing: Int32Array;
  #stamp = 0;
  #set: PatternSet | undefined;

  constructor(words: readonly Word[], patterns: readonly WatchedPattern[]) {
    this.#patterns = patterns;
    const literals: (readonly string[])[] = [];
    const owners: Owner[] = [];
    for (const word of words) {
      const literal = literalOf(word.text);
      if (literal === '') continue;
      literals.push([literal]);
      owners.push({ word });
    }
    for (const [number, { pattern }] of patterns.entries()) {
      const clauses = tellingClauses(pattern);
      literals.push(...clauses);
      owners.push(...clauses.map(() => ({ pattern: number })));
    }
    this.#scan = new LiteralScan(literals);
    this.#owners = owners;
    this.#anywhere = words.filter(({ text }) => literalOf(text) === '');
    this.#clauseCounts = Int32Array.from(patterns, ({ pattern }) => tellingClauses(pattern).length);
    this.#met = new Int32Array(owners.length);
    this.#missing = new Int32Array(patterns.length);
    this.#always = [...patterns.keys()].filter((number) => this.#clauseCounts[number] === 0);
  }

  find(folded: string): Found {
    const words = [...this.#anywhere];
    const patterns = [...this.#always];
    this.#begin();
    this.#scan.scan(folded, (index) => {
      if (this.#met[index] === this.#stamp) return;
      this.#met[index] = this.#stamp;
      const { word, pattern } = this.#owners[index] ?? {};
      if (word) words.push(word);
      if (pattern !== undefined && this.#isLastClause(pattern)) patterns.push(pattern);
    });
    if (words.length === 0 && patterns.length === 0) return NOTHING_THERE;
    const seen = new Set<Signal>();
    for (const { signal } of words) seen.add(signal);
    for (const signal of this.#signals(patterns)) seen.add(signal);
    return { words, patterns, seen };
  }

  #begin(): void {
    if (this.#stamp === MAX_STAMP) this.#met.fill(0);
    this.#stamp = this.#stamp === MAX_STAMP ? 1 : this.#stamp + 1;
    this.#missing.set(this.#clauseCounts);
  }

  #isLastClause(pattern: number): boolean {
    const missing = (this.#missing[pattern] ?? 0) - 1;
    this.#missing[pattern] = missing;
    return missing === 0;
  }

  findings(text: string, candidates: readonly number[], affords: (units: number) => boolean): Findings {
    const asked = candidates.filter((number) => this.#patterns[number]?.asked.ofText);
    if (asked.length === 0) return NOTHING_FOUND;
    this.#set ??= joinPatterns(this.#patterns.map(({ pattern }) => pattern));
    let gaveUp: Map<Signal, Error> | undefined;
    const found = this.#set.among(text, asked, affords, (number, error) => {
      const watched = this.#patterns[number];
      gaveUp ??= new Map();
      if (watched) gaveUp.set(watched.signal, error ?? new WorkBudgetError('text'));
    });
    if (found.length === 0 && gaveUp === undefined) return NOTHING_FOUND;
    return { found: new Set(this.#signals(found)), gaveUp: gaveUp ?? NOTHING_FOUND.gaveUp };
  }

  #signals(patterns: readonly number[]): readonly Signal[] {
    return patterns.flatMap((number) => this.#patterns[number]?.signal ?? []);
  }
}

const NOTHING_THERE: Found = { words: [], patterns: [], seen: new Set() };
const NOTHING_FOUND: Findings = { found: new Set(), gaveUp: new Map() };

/** The largest that fits into a mark. */
const MAX_STAMP = 2 ** 31 - 1;

/** In bits: as rare as this is a long word, while shorter ones are written more often than their letters tell. */
const TELLING = 36;
/** Whatever is more common is met wherever there is much text. */
const COMMON = 14;

/** The rarest clause, and those of the others that make the scan's answer sharper at little cost. */
function tellingClauses({ literals }: Pattern): Pattern['literals'] {
  const [first, ...others] = literals;
  if (first === undefined) return [];
  const isWeak = rarityOfAny(first) < TELLING;
  return [first, ...others.filter((clause) => rarityOfAny(isWeak ? longer(clause) : clause) >= COMMON)];
}

/** Single characters cost next to nothing to look for. */
function longer(clause: readonly string[]): readonly string[] {
  return clause.filter((text) => text.length > 1);
}

/** The longest part of a word that means the same in every script. */
function literalOf(word: string): string {
  const parts = word.match(/[\0-\x7f]+/g) ?? [];
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '');
}
