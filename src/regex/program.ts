import type { CodeSet } from './code-set.ts';
import { type Condition, conditionOf } from './conditions.ts';
import { PatternError } from './errors.ts';
import { lengthOf } from './lengths.ts';
import type { Look, Node, Place, Repeat } from './syntax.ts';

// A nondeterministic automaton after Thompson (1968), as arrays of instructions. Captures and laziness leave no trace: only
// whether there is a match matters. A backward program reads its part of the text from right to left.

export const CHAR = 0;
export const SPLIT = 1;
export const NEAR = 2;
export const FAR = 3;
export const MATCH = 4;

/** What neighbours cannot decide: found out for all positions before the program runs. */
export type Oracle =
  | { readonly kind: 'look'; readonly look: Look }
  | { readonly kind: 'final'; readonly place: Place };

export interface Program {
  readonly ops: Int32Array;
  /** CHAR: index into `sets`; NEAR: into `conditions`; FAR: into `oracles`; MATCH: number of the pattern. */
  readonly args: Int32Array;
  readonly nexts: Int32Array;
  /** SPLIT: the other way; FAR: 1 where the oracle must say no. */
  readonly others: Int32Array;
  readonly start: number;
  readonly sets: readonly CodeSet[];
  readonly conditions: readonly Condition[];
  readonly oracles: readonly Oracle[];
}

export interface ProgramOptions {
  readonly backward: boolean;
  /** Takes every look-around for granted: what this does not find, the pattern does not find. */
  readonly relaxed: boolean;
}

/** Beyond this a counted repetition has been nested or counted too high. */
const MAX_INSTRUCTIONS = 20_000;
/** Oracles are bits of a 32-bit mask. */
export const MAX_ORACLES = 30;

/** One program for several patterns; pattern i ends in MATCH i. */
export function compileProgram(roots: readonly Node[], options: ProgramOptions): Program {
  const compiler = new Compiler(options);
  const entries = roots.map((root, i) => compiler.node(root, compiler.emit(MATCH, i, -1)));
  const start = entries.reduceRight((rest, entry) => compiler.emit(SPLIT, 0, entry, rest));
  return compiler.program(start);
}

class Compiler {
  readonly #ops: number[] = [];
  readonly #args: number[] = [];
  readonly #nexts: number[] = [];
  readonly #others: number[] = [];
  readonly #sets = new Indexed<CodeSet>((set) => set.join());
  readonly #conditions = new Indexed<Condition>((condition) => JSON.stringify(condition));
  readonly #oracles = new Indexed<Oracle>((oracle) => JSON.stringify(oracle));
  readonly #options: ProgramOptions;

  constructor(options: ProgramOptions) {
    this.#options = options;
  }

  program(start: number): Program {
    return {
      ops: Int32Array.from(this.#ops),
      args: Int32Array.from(this.#args),
      nexts: Int32Array.from(this.#nexts),
      others: Int32Array.from(this.#others),
      start,
      sets: this.#sets.values,
      conditions: this.#conditions.values,
      oracles: this.#oracles.values,
    };
  }

  emit(op: number, arg: number, next: number, other = -1): number {
    if (this.#ops.length >= MAX_INSTRUCTIONS) {
      throw new PatternError(
        'The pattern is too large once its counts are written out; lower counts such as {1,1000}.',
        0,
      );
    }
    this.#args.push(arg);
    this.#nexts.push(next);
    this.#others.push(other);
    return this.#ops.push(op) - 1;
  }

  /** Emits a node that goes on at `next`; gives its entry. */
  node(node: Node, next: number): number {
    switch (node.kind) {
      case 'empty':
        return next;
      case 'char':
        return this.emit(CHAR, this.#sets.indexOf(node.set), next);
      case 'sequence':
        return this.#sequence(node.parts, next);
      case 'either':
        return node.options
          .map((option) => this.node(option, next))
          .reduceRight((rest, entry) => this.emit(SPLIT, 0, entry, rest));
      case 'repeat':
        return this.#repeat(node, next);
      case 'group':
      case 'atomic':
        return this.node(node.body, next);
      case 'place':
        return this.#place(node.place, next);
      case 'look':
        return this.#look(node, next);
      case 'reference':
        throw new PatternError('A back-reference has no place in a regular program.', 0);
    }
  }

  #sequence(parts: readonly Node[], next: number): number {
    return this.#options.backward
      ? parts.reduce((rest, part) => this.node(part, rest), next)
      : parts.reduceRight((rest, part) => this.node(part, rest), next);
  }

  /** `X{2,4}` is `XX(X(X)?)?`, `X{2,}` is `XX+`. */
  #repeat({ body, min, max }: Repeat, next: number): number {
    if (lengthOf(body).max === 0) return min === 0 ? next : this.node(body, next);
    let entry = next;
    if (max === Number.POSITIVE_INFINITY) entry = this.#loop(body, min > 0, next);
    else for (let i = min; i < max; i++) entry = this.emit(SPLIT, 0, this.node(body, entry), next);
    const copies = max === Number.POSITIVE_INFINITY ? min - 1 : min;
    for (let i = 0; i < copies; i++) entry = this.node(body, entry);
    return entry;
  }

  #loop(body: Node, atLeastOnce: boolean, next: number): number {
    const split = this.emit(SPLIT, 0, next, next);
    const entry = this.node(body, split);
    this.#nexts[split] = entry;
    return atLeastOnce ? entry : split;
  }

  #place(place: Place, next: number): number {
    if (place === 'final-end' || place === 'final-end-unix') {
      return this.emit(FAR, this.#oracles.indexOf({ kind: 'final', place }), next, 0);
    }
    return this.emit(NEAR, this.#conditions.indexOf({ kind: 'place', place }), next);
  }

  #look(look: Look, next: number): number {
    const condition = conditionOf(look);
    if (condition !== undefined) return this.emit(NEAR, this.#conditions.indexOf(condition), next);
    if (this.#options.relaxed) return next;
    const positive: Look = { ...look, negated: false };
    const oracle = this.#oracles.indexOf({ kind: 'look', look: positive });
    return this.emit(FAR, oracle, next, look.negated ? 1 : 0);
  }
}

/** Numbers values that are equal by key alike. */
class Indexed<T> {
  readonly values: T[] = [];
  readonly #key: (value: T) => string;
  readonly #indexes = new Map<string, number>();

  constructor(key: (value: T) => string) {
    this.#key = key;
  }

  indexOf(value: T): number {
    const key = this.#key(value);
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    this.#indexes.set(key, this.values.length);
    return this.values.push(value) - 1;
  }
}
