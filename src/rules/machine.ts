import { parseSeverity, severityRank } from '../core/severity.ts';
import { decide } from './condition.ts';
import type { Datum } from './datum.ts';
import type { Condition, Extract, Filter, Group } from './filter-tree.ts';
import { buildOperator, type Operator } from './operators.ts';
import {
  combineKeys,
  FALSE,
  type MatchedKeys,
  type Outcome,
  plainOutcome,
  TRUE,
  UNKNOWN,
  unknown,
} from './outcome.ts';
import type { Run } from './run.ts';
import { bindVariables, extractInto, usesVariables } from './variables.ts';

/** One canonical piece of a filter: equal pieces of all rules are the same node, decided once a run. */
export interface Node {
  readonly id: number;
  /** Never throws: what cannot be decided is UNKNOWN. */
  evaluate(run: Run, linked?: MatchedKeys): Outcome;
}

type Decide = (run: Run, linked: MatchedKeys) => Outcome;

/**
 * Turns filters into shared nodes. Everything that depends on the source alone is decided once a
 * run; what depends on keys matched before it (`linked`) or on variables is decided where it stands.
 */
export class Machine {
  readonly #nodes = new Map<string, Node>();

  get size(): number {
    return this.#nodes.size;
  }

  compile(filter: Filter): Node {
    if (filter.kind === 'constant')
      return this.#shared(`constant ${filter.holds}`, () => plainOutcome(filter.holds));
    if (filter.kind === 'condition') return this.#condition(filter);
    if (filter.kind === 'extract') return this.#extract(filter);
    return this.#group(filter);
  }

  #shared(key: string, decideOnce: Decide): Node {
    return this.#intern(key, (id) => new SharedNode(id, decideOnce));
  }

  #inPlace(key: string, decideHere: Decide): Node {
    return this.#intern(key, (id) => new PlainNode(id, decideHere));
  }

  #intern(key: string, make: (id: number) => Node): Node {
    const known = this.#nodes.get(key);
    if (known) return known;
    const node = make(this.#nodes.size);
    this.#nodes.set(key, node);
    return node;
  }

  #condition(condition: Condition): Node {
    const key = JSON.stringify(condition);
    if (usesVariables(condition)) {
      return this.#inPlace(key, (run, linked) => {
        const operands = bindVariables(condition, run);
        return decide(condition, buildOperator(condition.operator, operands), run, linked);
      });
    }
    const operator = operatorOf(condition);
    const decideIt: Decide = (run, linked) => decide(condition, operator, run, linked);
    return condition.aspect === 'value' ? this.#inPlace(key, decideIt) : this.#shared(key, decideIt);
  }

  #extract(extract: Extract): Node {
    return this.#inPlace(JSON.stringify(extract), (run, linked) => {
      extractInto(extract, run, linked);
      return { verdict: TRUE, keys: linked };
    });
  }

  #group(group: Group): Node {
    const children = group.children.map((child) => this.compile(child));
    const key = `${group.kind}(${children.map(({ id }) => id).join()})`;
    const operator = group.kind === 'or' ? 'or' : 'and';
    if (children.length === 0) return this.#shared(key, () => plainOutcome(false));
    if (group.kind !== 'and' && group.kind !== 'or') return this.#forgetting(key, group, children);
    if (!isLinked(group)) return this.#shared(key, (run) => shortCircuit(children, operator, run));
    return this.#inPlace(key, (run, linked) => inOrder(children, operator, run, linked));
  }

  /** A term or a collection: nothing matched before it counts, so it can be shared unless it binds variables. */
  #forgetting(key: string, group: Group, children: readonly Node[]): Node {
    const decideAll: Decide = (run) => inOrder(children, 'and', run, undefined);
    return bindsVariables(group) ? this.#inPlace(key, decideAll) : this.#shared(key, decideAll);
  }
}

class PlainNode implements Node {
  readonly id: number;
  readonly #decide: Decide;

  constructor(id: number, decideHere: Decide) {
    this.id = id;
    this.#decide = decideHere;
  }

  evaluate(run: Run, linked?: MatchedKeys): Outcome {
    try {
      return this.#decide(run, linked);
    } catch (error) {
      return unknown(error);
    }
  }
}

/** What it decides is kept by the run, so that no node holds on to an event. */
class SharedNode implements Node {
  readonly id: number;
  readonly #inPlace: PlainNode;

  constructor(id: number, decideOnce: Decide) {
    this.id = id;
    this.#inPlace = new PlainNode(id, decideOnce);
  }

  evaluate(run: Run): Outcome {
    const known = run.outcomes[this.id];
    if (known) return known;
    const outcome = this.#inPlace.evaluate(run);
    run.outcomes[this.id] = outcome;
    return outcome;
  }
}

/** Kleene's AND and OR: an undecided child matters only where the decided ones leave the verdict open. */
function shortCircuit(children: readonly Node[], operator: 'and' | 'or', run: Run): Outcome {
  const decisive = operator === 'and' ? FALSE : TRUE;
  let undecided: Outcome | undefined;
  for (const child of children) {
    const outcome = child.evaluate(run);
    if (outcome.verdict === decisive) return plainOutcome(operator === 'or');
    if (outcome.verdict === UNKNOWN) undecided ??= outcome;
  }
  return undecided ?? plainOutcome(operator === 'and');
}

/** Every child in order, each seeing the keys matched before it. One undecided child leaves the whole undecided. */
function inOrder(children: readonly Node[], operator: 'and' | 'or', run: Run, linked: MatchedKeys): Outcome {
  let holds = operator === 'and';
  let keys = linked;
  for (const child of children) {
    const outcome = child.evaluate(run, keys);
    if (outcome.verdict === UNKNOWN) return outcome;
    const childHolds = outcome.verdict === TRUE;
    holds = operator === 'and' ? holds && childHolds : holds || childHolds;
    keys = combineKeys(keys, outcome.keys, operator);
  }
  return { verdict: holds ? TRUE : FALSE, keys };
}

/** Whether a predicate's children hand matched keys, or variables, to one another. */
function isLinked(filter: Filter): boolean {
  if (filter.kind === 'extract') return true;
  if (filter.kind === 'condition')
    return filter.aspect === 'key' || filter.aspect === 'value' || usesVariables(filter);
  if (filter.kind === 'constant') return false;
  if (filter.kind === 'and' || filter.kind === 'or') return filter.children.some(isLinked);
  return bindsVariables(filter);
}

function bindsVariables(filter: Filter): boolean {
  if (filter.kind === 'extract') return true;
  if (filter.kind === 'condition') return usesVariables(filter);
  return filter.kind !== 'constant' && filter.children.some(bindsVariables);
}

function operatorOf(condition: Condition): Operator {
  return condition.ordered === undefined
    ? buildOperator(condition.operator, condition.operands)
    : severityOperator(condition);
}

/** Compares severities by their order instead of by number. */
function severityOperator({ operator, operands: [bound] }: Condition): Operator {
  const rank = (datum: Datum): number | undefined => {
    const severity = parseSeverity(datum);
    return severity && severityRank(severity);
  };
  const byRank = buildOperator(operator, [rank(bound) ?? -1]);
  return { folds: false, test: (datum, folded, now) => byRank.test(rank(datum), folded, now) };
}
