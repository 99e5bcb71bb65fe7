import type { EventView } from './event-view.ts';
import type { Filter } from './filter-tree.ts';
import { Machine } from './machine.ts';
import { combineKeys, FALSE, type MatchedKeys, type Outcome, TRUE } from './outcome.ts';
import type { Rule } from './rule.ts';
import { Run, type TermSource } from './run.ts';

/** What one part of a filter decided on one event. */
export interface Trace {
  readonly filter: Filter;
  readonly outcome: Outcome;
  /** The keys matched before it, which is all that a `value` condition looks at; undefined is any. */
  readonly linked: MatchedKeys;
  readonly children: readonly Trace[];
}

/** What a rule's filters decided on one event, by their names in the file. */
export interface RuleTrace {
  readonly filters: ReadonlyMap<FilterName, Trace>;
  /** Values bound by `extract`. */
  readonly variables: ReadonlyMap<string, readonly string[]>;
}

export type FilterName = 'filter' | 'ignore' | 'success_filter' | 'failure_filter';

/**
 * Judges an event by one rule and keeps what every part of it decided. Each part is asked for by itself,
 * so that nothing is left out and matching needs no observer: this is for people, not for streams.
 */
export function traceRule(rule: Rule, view: EventView): RuleTrace {
  const tracer = new Tracer(
    inOrder(rule).flatMap(([, filter]) => filter ?? []),
    view,
  );
  const filters = new Map<FilterName, Trace>();
  for (const [name, filter] of inOrder(rule)) {
    if (filter !== undefined) filters.set(name, tracer.trace(filter, undefined));
  }
  return { filters, variables: tracer.variables };
}

/** The same of a filter outside rules. */
export function traceFilter(filter: Filter, source: TermSource): Trace {
  return new Tracer([filter], source).trace(filter, undefined);
}

/** As the matcher asks for them: what `ignore` sees of variables was bound before. */
function inOrder(rule: Rule): readonly (readonly [FilterName, Filter | undefined])[] {
  const either = [
    ['success_filter', rule.successFilter],
    ['failure_filter', rule.failureFilter],
  ] as const;
  const ignore = ['ignore', rule.ignore] as const;
  return rule.filter ? [['filter', rule.filter], ignore, ...either] : [...either, ignore];
}

class Tracer {
  readonly #view: TermSource;
  readonly #machine = new Machine();
  variables = new Map<string, readonly string[]>();

  constructor(filters: readonly Filter[], view: TermSource) {
    this.#view = view;
    // All before the first is asked: what is looked for in one text is looked for together.
    for (const filter of filters) this.#machine.compile(filter);
  }

  trace(filter: Filter, linked: MatchedKeys): Trace {
    const children = 'children' in filter ? this.#children(filter, linked) : [];
    return { filter, outcome: this.#decide(filter, linked), linked, children };
  }

  #children(group: Extract<Filter, { children: unknown }>, linked: MatchedKeys): readonly Trace[] {
    const isPredicate = group.kind === 'and' || group.kind === 'or';
    let keys = isPredicate ? linked : undefined;
    return group.children.map((child) => {
      const traced = this.trace(child, keys);
      keys = combineKeys(keys, traced.outcome.keys, group.kind === 'or' ? 'or' : 'and');
      return traced;
    });
  }

  /** A run of its own for each part: asking again for what is inside must not use up the event's share of work. */
  #decide(filter: Filter, linked: MatchedKeys): Outcome {
    const node = this.#machine.compile(filter);
    const run = new Run(this.#view);
    run.variables = this.variables;
    return node.evaluate(run, linked);
  }
}

/** filter and not ignore; without `filter`, success_filter or failure_filter. Undefined where it is not known. */
export function ruleVerdict({ filters }: RuleTrace): boolean | undefined {
  const positive = filters.has('filter')
    ? verdictOf(filters.get('filter'))
    : eitherOf(verdictOf(filters.get('success_filter')), verdictOf(filters.get('failure_filter')));
  const ignored = verdictOf(filters.get('ignore'));
  if (positive === false || ignored === true) return false;
  return positive === undefined || ignored === undefined ? undefined : true;
}

function eitherOf(a: boolean | undefined, b: boolean | undefined): boolean | undefined {
  if (a === true || b === true) return true;
  return a === undefined || b === undefined ? undefined : false;
}

/** Of a filter that is not there: false. */
export function verdictOf(trace: Trace | undefined): boolean | undefined {
  const verdict = trace?.outcome.verdict ?? FALSE;
  if (verdict === TRUE) return true;
  return verdict === FALSE ? false : undefined;
}
