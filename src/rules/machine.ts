import { parseSeverity, severityRank } from '../core/severity.ts';
import { decide } from './condition.ts';
import type { Datum } from './datum.ts';
import type { Condition, Extract, Filter, Group } from './filter-tree.ts';
import { CLOSED, type Gate, gateOfAll, gateOfAny } from './gate.ts';
import { Lookout } from './lookout.ts';
import { type Decide, inOrder, type Node, PlainNode, SharedNode, shortCircuit } from './node.ts';
import { buildOperator, type Operator, patternOperator } from './operators.ts';
import { plainOutcome, TRUE } from './outcome.ts';
import { isRegex, textDecider } from './text-condition.ts';
import { bindVariables, extractInto, usesVariables } from './variables.ts';

/**
 * Turns filters into shared nodes. Everything that depends on the source alone is decided once a
 * run; what depends on keys matched before it (`linked`) or on variables is decided where it stands.
 */
export class Machine {
  readonly lookout = new Lookout();
  readonly #nodes = new Map<string, Node>();
  /** By node: what must hold for it to hold, and costs next to nothing to ask. */
  readonly #guards = new Map<Node, Node>();

  compile(filter: Filter): Node {
    if (filter.kind === 'constant')
      return this.#shared(`constant ${filter.holds}`, filter.holds ? undefined : CLOSED, () =>
        plainOutcome(filter.holds),
      );
    if (filter.kind === 'condition') return this.#condition(filter);
    if (filter.kind === 'extract') return this.#extract(filter);
    return this.#group(filter);
  }

  /** A comparison of numbers without which a filter does not hold: asked first, it may spare a look at texts. */
  guardOf(node: Node): Node | undefined {
    return this.#guards.get(node);
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
    if (condition.aspect === 'value') return this.#inPlace(key, gate, decideIt);
    const node = this.#shared(key, gate, decideIt);
    if (isComparison(condition)) this.#guards.set(node, node);
    return node;
  }

  #decider(condition: Condition, gate: Gate | undefined): Decide {
    const { term, aspect } = condition;
    if (aspect === 'whole') return textDecider(condition, this.lookout) ?? this.#asking(condition);
    if (isRegex(condition) && this.lookout.looksIntoFields(condition)) return this.#narrowing(condition);
    const asking = this.#asking(condition);
    const isGated = gate !== undefined && condition.collection !== 'for_all';
    if (!isGated || (aspect !== 'key' && aspect !== 'value')) return asking;
    return (run, linked) =>
      this.lookout.mayHold(gate, term, run) ? asking(run, linked) : plainOutcome(false);
  }

  /** Tests keys or values for those patterns only that a look at their term has not ruled out. */
  #narrowing(condition: Condition): Decide {
    const patternsIn = this.lookout.patternsIn(condition);
    return (run, linked) => {
      const patterns = patternsIn(run);
      if (patterns.length === 0) return plainOutcome(false);
      return decide(condition, patternOperator(patterns), run, linked);
    };
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
    const node = this.#groupOf(group, children);
    const guards = children.map((child) => this.#guards.get(child));
    const isGuard = children.every((child, i) => guards[i] === child);
    const guard = group.kind === 'or' ? onlyOne(guards) : guards.find((one) => one !== undefined);
    if (guard) this.#guards.set(node, isGuard && group.kind !== 'or' ? node : guard);
    return node;
  }

  #groupOf(group: Group, children: readonly Node[]): Node {
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

const COMPARISONS: ReadonlySet<string> = new Set(['gt', 'gte', 'lt', 'lte', 'eq']);

function isComparison({ term, aspect, operator }: Condition): boolean {
  return term === 'response_code' && aspect === 'whole' && COMPARISONS.has(operator);
}

function onlyOne(guards: readonly (Node | undefined)[]): Node | undefined {
  return guards.every((guard) => guard === guards[0]) ? guards[0] : undefined;
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
