import type { Gate } from './gate.ts';
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

/** One canonical piece of a filter: equal pieces of all rules are the same node, decided once a run. */
export interface Node {
  readonly id: number;
  /** Without one of its signals the node does not hold. */
  readonly gate: Gate | undefined;
  /** Never throws: what cannot be decided is UNKNOWN. */
  evaluate(run: Run, linked?: MatchedKeys): Outcome;
}

export type Decide = (run: Run, linked: MatchedKeys) => Outcome;

export class PlainNode implements Node {
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
export class SharedNode implements Node {
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
export function shortCircuit(children: readonly Node[], operator: 'and' | 'or', run: Run): Outcome {
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
export function inOrder(
  children: readonly Node[],
  operator: 'and' | 'or',
  run: Run,
  linked: MatchedKeys,
): Outcome {
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
