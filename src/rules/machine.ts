import { parseSeverity, severityRank } from '../core/severity.ts';
import { decide } from './condition.ts';
import type { Datum } from './datum.ts';
import type { Condition, Extract, Filter, Group } from './filter-tree.ts';
import { CLOSED, type Gate, gateOfAll, gateOfAny } from './gate.ts';
import { Lookout } from './lookout.ts';
import { buildOperator, type Operator, patternOperator } from './operators.ts';
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
import { isRegex, textDecider } from './text-condition.ts';
import { bindVariables, extractInto, usesVariables } from './variables.ts';

/** One canonical piece of a filter: equal pieces of all rules are the same node, decided once a run. */
export interface Node {
  readonly id: number;
  /** Without one of its signals the node does not hold. */
  readonly gate: Gate | undefined;
  /** Never throws: what cannot be decided is UNKNOWN. */
  evaluate(run: Run, linked?: MatchedKeys): Outcome;
}

type Decide = (run: Run, linked: MatchedKeys) => Outcome;

/**
 * Turns filters into shared nodes. Everything that depends on the source alone is decided once a
 * run; what depends on keys matched before it (`linked`) or on variables is decided where it stands.
 */
export class Machine {
  readonly lookout = new Lookout();
  readonly #nodes = new Map<string, Node>();

  compile(filter: Filter): Node {
    if (filter.kind === 'constant')
      return this.#shared(`constant ${filter.holds}`, filter.holds ? undefined : CLOSED, () =>
        plainOutcome(filter.holds),
      );
    if (filter.kind === 'condition') return this.#condition(filter);
    if (filter.kind === 'extract') return this.#extract(filter);
    return this.#group(filter);
  }

  #shared(key: string, gate: Gate | undefined, decideOnce: Decide): Node {
    return this.#intern(key, (id) => new SharedNode(id, gate, decideOnce));
  }

  #inPlace(key: string, gate: Gate | undefined, decideHere: Decide): Node {
    return this.#intern(key, (id) => new PlainNode(id, gate, decideHere));
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
      return this.#inPlace(key, undefined, (run, linked) => {
        const operands = bindVariables(condition, run);
        return decide(condition, buildOperator(condition.operator, operands), run, linked);
      });
    }
    const gate = this.lookout.gateOf(condition);
    const decideIt = this.#decider(condition, gate);
    return condition.aspect === 'value'
      ? this.#inPlace(key, gate, decideIt)
      : this.#shared(key, gate, decideIt);
  }

  #decider(condition: Condition, gate: Gate | undefined): Decide {
    const { term, aspect } = condition;
    if (aspect === 'whole') return textDecider(condition, this.lookout) ?? this.#asking(condition);
    const asking = this.#asking(condition);
    const isGated = gate !== undefined && condition.collection !== 'for_all';
    if (!isGated || (aspect !== 'key' && aspect !== 'value')) return asking;
    return (run, linked) =>
      this.lookout.mayHold(gate, term, run) ? asking(run, linked) : plainOutcome(false);
  }

  #asking(condition: Condition): Decide {
    const operator = operatorOf(condition, this.lookout);
    return (run, linked) => decide(condition, operator, run, linked);
  }

  #extract(extract: Extract): Node {
    return this.#inPlace(JSON.stringify(extract), undefined, (run, linked) => {
      extractInto(extract, run, linked);
      return { verdict: TRUE, keys: linked };
    });
  }

  #group(group: Group): Node {
    const children = group.children.map((child) => this.compile(child));
    const key = `${group.kind}(${children.map(({ id }) => id).join()})`;
    const operator = group.kind === 'or' ? 'or' : 'and';
    const gate = (operator === 'or' ? gateOfAny : gateOfAll)(children.map((child) => child.gate));
    if (children.length === 0) return this.#shared(key, CLOSED, () => plainOutcome(false));
    if (group.kind !== 'and' && group.kind !== 'or') return this.#forgetting(key, group, gate, children);
    if (!isLinked(group)) return this.#shared(key, gate, (run) => shortCircuit(children, operator, run));
    return this.#inPlace(key, gate, (run, linked) => inOrder(children, operator, run, linked));
  }

  /** A term or a collection: nothing matched before it counts, so it can be shared unless it binds variables. */
  #forgetting(key: string, group: Group, gate: Gate | undefined, children: readonly Node[]): Node {
    const decideAll: Decide = (run) => inOrder(children, 'and', run, undefined);
    return bindsVariables(group) ? this.#inPlace(key, gate, decideAll) : this.#shared(key, gate, decideAll);
  }
}

class PlainNode implements Node {
  readonly id: number;
  readonly gate: Gate | undefined;
  readonly #decide: Decide;

  constructor(id: number, gate: Gate | undefined, decideHere: Decide) {
    this.id = id;
    this.gate = gate;
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
  readonly gate: Gate | undefined;
  readonly #inPlace: PlainNode;

  constructor(id: number, gate: Gate | undefined, decideOnce: Decide) {
    this.id = id;
    this.gate = gate;
    this.#inPlace = new PlainNode(id, gate, decideOnce);
  }

  evaluate(run: Run): Outcome {
    const known = run.outcomes.get(this.id);
    if (known) return known;
    const outcome = this.#inPlace.evaluate(run);
    run.outcomes.set(this.id, outcome);
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

function operatorOf(condition: Condition, lookout: Lookout): Operator {
  if (isRegex(condition)) return patternOperator(lookout.patterns(condition));
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
