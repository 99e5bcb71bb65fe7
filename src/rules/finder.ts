import { joinPatterns, LiteralScan, type Pattern, type PatternSet } from '../regex/index.ts';
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
  readonly #clauseCounts: readonly number[];
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
    this.#clauseCounts = patterns.map(({ pattern }) => tellingClauses(pattern).length);
    this.#always = [...patterns.keys()].filter((number) => this.#clauseCounts[number] === 0);
  }

  find(folded: string): Found {
    const words = [...this.#anywhere];
    const met = new Set<number>();
    const counts = new Map<number, number>();
    this.#scan.scan(folded, (index) => {
      if (met.has(index)) return;
      met.add(index);
      const { word, pattern } = this.#owners[index] ?? {};
      if (word) words.push(word);
      if (pattern !== undefined) counts.set(pattern, (counts.get(pattern) ?? 0) + 1);
    });
    const patterns = [...this.#always, ...this.#complete(counts)];
    return { words, patterns, seen: new Set([...words.map(signalOf), ...this.#signals(patterns)]) };
  }

  findings(text: string, candidates: readonly number[], affords: (units: number) => boolean): Findings {
    this.#set ??= joinPatterns(this.#patterns.map(({ pattern }) => pattern));
    const gaveUp = new Map<Signal, Error>();
    const asked = candidates.filter((number) => this.#patterns[number]?.asked.ofText);
    const found = this.#set.among(text, asked, affords, (number, error) => {
      const watched = this.#patterns[number];
      if (watched) gaveUp.set(watched.signal, error ?? new WorkBudgetError('text'));
    });
    return { found: new Set(this.#signals(found)), gaveUp };
  }

  /** Those of which every clause is met. */
  #complete(counts: ReadonlyMap<number, number>): readonly number[] {
    return [...counts.keys()].filter((number) => this.#clauseCounts[number] === counts.get(number));
  }

  #signals(patterns: readonly number[]): readonly Signal[] {
    return patterns.flatMap((number) => this.#patterns[number]?.signal ?? []);
  }
}

/** Shorter ones make the scan slower than they make its answer sharper. */
const TELLING_LENGTH = 5;

/** The clauses of long literals; where there are none, the longest. */
function tellingClauses({ literals }: Pattern): Pattern['literals'] {
  const long = literals.filter((clause) => clause.every((text) => text.length >= TELLING_LENGTH));
  return long.length > 0 ? long : literals.slice(0, 1);
}

function signalOf({ signal }: Word): Signal {
  return signal;
}

/** The longest part of a word that means the same in every script. */
function literalOf(word: string): string {
  const parts = word.match(/[\0-\x7f]+/g) ?? [];
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '');
}
