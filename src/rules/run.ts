import { WorkBudgetError } from './budget.ts';
import type { Datum } from './datum.ts';
import type { Fields } from './fields.ts';
import type { Aspect } from './filter-tree.ts';
import type { Outcome } from './outcome.ts';
import { similarity } from './similarity.ts';
import { fold } from './text.ts';
import {
  ANYTHING_SEEN,
  type Findings,
  type Sighting,
  type TextSighting,
  type TextWatch,
  type Watch,
} from './watch.ts';

/** Where filters read from: an event, an alert, whatever has named values. */
export interface TermSource {
  /** The plain value of a term; undefined where there is none. */
  get(term: string): Datum;
  /** What `key` and `value` look at under a term; undefined where it has no such parts. */
  fields?(term: string): Fields | undefined;
  /** Whether a body has no character at all, not even a blank. */
  isEmpty?(term: string): boolean;
  /** The time of what is looked at, seconds since the epoch. */
  readonly nowSeconds?: number | undefined;
}

/** What judging one event may cost, in units of about a nanosecond, for all rules together. */
const MAX_WORK = 40_000_000;
/** Of testing one key or value. */
const TEST_UNITS = 60;

/** One pass of a compiled set over one source: what it reads is read once. */
export class Run {
  readonly source: TermSource;
  /** Names bound by `extract`, for the rule being evaluated. */
  variables = new Map<string, readonly string[]>();
  /** By the id of the node that decided: see machine.ts. */
  readonly outcomes = new Map<number, Outcome>();
  readonly #folded = new Map<string, string>();
  readonly #measures = new Map<string, Datum>();
  readonly #sightings = new Map<Watch, Sighting>();
  readonly #words = new Map<TextWatch, TextSighting | WorkBudgetError>();
  readonly #findings = new Map<TextWatch, Findings>();
  #workLeft = MAX_WORK;

  constructor(source: TermSource) {
    this.source = source;
  }

  /** What may be there of all that is looked for in a term. Never throws. */
  sighting(watch: Watch): Sighting {
    const known = this.#sightings.get(watch) ?? this.#look(watch);
    this.#sightings.set(watch, known);
    return known;
  }

  /** What cannot be looked at rules nothing out: the rules that ask find out why. */
  #look(watch: Watch): Sighting {
    try {
      return watch.look(this);
    } catch (error) {
      if (error instanceof WorkBudgetError) return ANYTHING_SEEN;
      throw error;
    }
  }

  /** @throws WorkBudgetError */
  words(watch: TextWatch): TextSighting {
    const known = this.#words.get(watch) ?? this.#lookForWords(watch);
    this.#words.set(watch, known);
    if (known instanceof WorkBudgetError) throw known;
    return known;
  }

  #lookForWords(watch: TextWatch): TextSighting | WorkBudgetError {
    try {
      return watch.words(this);
    } catch (error) {
      if (error instanceof WorkBudgetError) return error;
      throw error;
    }
  }

  /** @throws WorkBudgetError */
  findings(watch: TextWatch, text: string): Findings {
    const known = this.#findings.get(watch) ?? watch.findings(this, text);
    this.#findings.set(watch, known);
    return known;
  }

  folded(term: string): string {
    const known = this.#folded.get(term);
    if (known !== undefined) return known;
    const datum = this.source.get(term);
    const folded = typeof datum === 'string' ? fold(datum) : '';
    this.#folded.set(term, folded);
    return folded;
  }

  datum(term: string, aspect: Aspect): Datum {
    if (aspect === 'whole') return this.source.get(term);
    const name = `${aspect} ${term}`;
    if (this.#measures.has(name)) return this.#measures.get(name);
    const measured = measure(this.source, term, aspect);
    this.#measures.set(name, measured);
    return measured;
  }

  /** @throws WorkBudgetError */
  spendTests(tests: number): void {
    if (!this.affords(tests * TEST_UNITS)) throw new WorkBudgetError('values');
  }

  /** @throws WorkBudgetError */
  spend(units: number): void {
    if (!this.affords(units)) throw new WorkBudgetError('text');
  }

  /** Takes the units, if they are left. */
  affords(units: number): boolean {
    if (units > this.#workLeft) return false;
    this.#workLeft -= units;
    return true;
  }
}

const BODIES: ReadonlySet<string> = new Set(['request_payload', 'response_payload']);

/** What cannot be measured is looked at as it is, as in the original. */
function measure(source: TermSource, term: string, aspect: Aspect): Datum {
  const datum = source.get(term);
  if (aspect === 'length' && term === 'query_param') return typeof datum === 'string' ? datum.length : 0;
  if (!BODIES.has(term) || typeof datum !== 'string') return datum;
  // An empty object counts as nothing, so two characters are taken off every body, a blank one too.
  if (aspect === 'length') return source.isEmpty?.(term) ? datum : datum.length - 2;
  const response = source.get('response_payload');
  const other = typeof response === 'string' ? response : '';
  return Math.trunc(similarity(datum, other, aspect === 'percentage_match'));
}
