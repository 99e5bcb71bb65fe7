import type { Pattern } from '../regex/index.ts';
import { Finder, type Found, type WatchedPattern, type Word } from './finder.ts';
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
    if (words.length === 0) return { seen, words: NO_WORDS, patterns };
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

const NO_WORDS: ReadonlySet<Signal> = new Set();

/** Units of work for each character: see run.ts. Measured on hostile texts. */
const SCAN_UNITS = 2;
const INCLUDES_PER_UNIT = 8;

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
