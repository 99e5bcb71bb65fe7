import { joinPatterns, LiteralScan, type Pattern, type PatternSet } from '../regex/index.ts';
import { WorkBudgetError } from './budget.ts';
import { TOP_ARRAY_KEY } from './json-leaves.ts';
import {
  ANYTHING_SEEN,
  type Findings,
  NOTHING_SEEN,
  type Sighting,
  type Signal,
  type TextSighting,
  type TextWatch,
  type WatchedRun,
} from './watch.ts';

interface Word {
  readonly text: string;
  readonly signal: Signal;
}

interface WatchedPattern {
  readonly pattern: Pattern;
  readonly signal: Signal;
  /** A pattern for keys and values need not run on the text around them. */
  readonly asked: { ofText: boolean };
}

/** Words and patterns that rules look for in one term: in its text, or in the keys and values under it. */
export class TermWatch implements TextWatch {
  readonly #term: string;
  readonly #words = new Map<string, Word>();
  readonly #patterns = new Map<Pattern, WatchedPattern>();
  #watchesFields = false;
  #finder: Finder | undefined;

  constructor(term: string) {
    this.#term = term;
  }

  /** @param text folded */
  word(text: string, next: () => Signal): Signal {
    const known = this.#words.get(text);
    if (known) return known.signal;
    const signal = next();
    this.#words.set(text, { text, signal });
    this.#finder = undefined;
    return signal;
  }

  pattern(pattern: Pattern, next: () => Signal): Signal {
    const known = this.#patterns.get(pattern);
    if (known) return known.signal;
    const signal = next();
    this.#patterns.set(pattern, { pattern, signal, asked: { ofText: false } });
    this.#finder = undefined;
    return signal;
  }

  /** From now on {@link findings} are asked for this pattern, too. */
  lookIntoText(pattern: Pattern): void {
    const watched = this.#patterns.get(pattern);
    if (watched) watched.asked.ofText = true;
  }

  /** From now on what is looked for may also stand in a key or value. */
  lookIntoFields(): void {
    this.#watchesFields = true;
  }

  look(run: WatchedRun): Sighting {
    const datum = run.source.get(this.#term);
    if (datum === undefined) return NOTHING_SEEN;
    if (typeof datum !== 'string') return ANYTHING_SEEN;
    const { seen } = run.words(this);
    const text = this.#watchesFields ? hiddenText(this.#term, datum, run) : '';
    if (text === '') return { seen, isOpen: false };
    run.spend(text.length * SCAN_UNITS);
    return { seen: seen.union(this.#find(text).seen), isOpen: false };
  }

  words(run: WatchedRun): TextSighting {
    const folded = run.folded(this.#term);
    run.spend(folded.length * SCAN_UNITS);
    const { words, patterns, seen } = this.#find(folded);
    run.spend((folded.length * words.length) / INCLUDES_PER_UNIT);
    const present = words.filter(({ text }) => folded.includes(text)).map(({ signal }) => signal);
    return { seen, words: new Set(present), patterns };
  }

  findings(run: WatchedRun, text: string): Findings {
    const { patterns } = run.words(this);
    return this.#finderNow().findings(text, patterns, (units) => run.affords(units));
  }

  #find(folded: string): Found {
    return this.#finderNow().find(folded);
  }

  /** Built when first needed: then most often all rules have been compiled. */
  #finderNow(): Finder {
    this.#finder ??= new Finder([...this.#words.values()], [...this.#patterns.values()]);
    return this.#finder;
  }
}

/** Units of work for each character: see run.ts. Measured on hostile texts. */
const SCAN_UNITS = 2;
const INCLUDES_PER_UNIT = 8;

interface Found {
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

class Finder {
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

/** What keys and values under a term may hold and its text does not, because something is escaped in it. */
function hiddenText(term: string, text: string, run: WatchedRun): string {
  const isEscaped = term === 'query_param' ? /[%+]/.test(text) : text.includes('\\');
  if (isEscaped) return fieldsText(term, run);
  return text.startsWith('[') ? TOP_ARRAY_KEY : '';
}

function fieldsText(term: string, run: WatchedRun): string {
  const fields = run.source.fields?.(term);
  if (fields === undefined) return '';
  const texts = fields.values.filter((value) => typeof value === 'string');
  const cookies = [...fields.cookies.values()].flatMap(({ names, values }) => [...names, ...values]);
  return [...fields.keys, ...texts, ...cookies].join('\n').toLowerCase();
}
