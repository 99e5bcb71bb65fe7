import { WorkBudgetError } from './budget.ts';
import type { Datum } from './datum.ts';
import type { Fields } from './fields.ts';
import type { Aspect } from './filter-tree.ts';
import type { Outcome } from './outcome.ts';
import { similarity } from './similarity.ts';
import { fold } from './text.ts';

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

/** Values tested by key and value conditions, for all rules together: about 30 ms. */
const MAX_VALUE_TESTS = 500_000;

/** One pass of a compiled set over one source: what it reads is read once. */
export class Run {
  readonly source: TermSource;
  /** Names bound by `extract`, for the rule being evaluated. */
  variables = new Map<string, readonly string[]>();
  /** By the id of the node that decided: see machine.ts. */
  readonly outcomes: (Outcome | undefined)[];
  readonly #folded = new Map<string, string>();
  readonly #measures = new Map<string, Datum>();
  #testsLeft = MAX_VALUE_TESTS;

  /** @param nodes how many the machine has */
  constructor(source: TermSource, nodes: number) {
    this.source = source;
    this.outcomes = new Array<Outcome | undefined>(nodes);
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
  spend(tests: number): void {
    this.#testsLeft -= tests;
    if (this.#testsLeft < 0) throw new WorkBudgetError('values');
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
