import type { Alphabet } from './alphabet.ts';
import { type ConditionTable, tabulate } from './conditions.ts';
import { CHAR, FAR, MATCH, NEAR, type Program, SPLIT } from './program.ts';

// One step of a program: from the instructions alive before a symbol to those alive after it. The lazy DFA remembers the
// outcome of steps.

/** What one step did. The sets belong to the caller: the stepper makes a fresh one each time. */
export interface Step {
  readonly alive: Int32Array;
  /** Patterns that end at the position before the symbol. */
  readonly ended: readonly number[];
  /** Whether some pattern is certain to end at the position after the symbol. */
  readonly endsNext: boolean;
}

/** A symbol: a class of characters together with what the oracles say about the position. */
export interface Sign {
  readonly base: number;
  readonly mask: number;
}

export class Stepper {
  readonly conditions: ConditionTable;
  /** Whether every match begins where the reading begins. */
  readonly isAnchored: boolean;
  readonly #program: Program;
  readonly #backward: boolean;
  /** 1 where a set takes a symbol, by set and symbol. */
  readonly #accepts: Uint8Array;
  readonly #width: number;
  readonly #isStart: Uint8Array;
  readonly #stamps: Int32Array;
  #stamp = 0;
  readonly #stack: number[] = [];

  constructor(program: Program, alphabet: Alphabet, backward: boolean) {
    this.#program = program;
    this.#backward = backward;
    this.conditions = tabulate(program.conditions, alphabet);
    this.#width = alphabet.size + 1;
    this.#accepts = new Uint8Array(program.sets.length * this.#width);
    program.sets.forEach((set, i) => {
      this.#accepts.set(alphabet.members(set), i * this.#width);
    });
    this.#stamps = new Int32Array(program.ops.length);
    const leaves = this.#leavesFrom([program.start]);
    this.#isStart = new Uint8Array(program.ops.length);
    for (const leaf of leaves) this.#isStart[leaf] = 1;
    this.isAnchored = leaves.every((leaf) => this.#isBegin(leaf));
  }

  #isBegin(leaf: number): boolean {
    const condition =
      this.#program.ops[leaf] === NEAR ? this.#program.conditions[this.#program.args[leaf] ?? 0] : undefined;
    return condition?.kind === 'place' && condition.place === (this.#backward ? 'end' : 'begin');
  }

  /** Steps over a symbol; `kind` is that of the neighbour already read. A match may begin at every position. */
  step(alive: Int32Array, kind: number, symbol: Sign): Step {
    const ended: number[] = [];
    const targets = this.#targets(alive, kind, symbol, ended);
    const next = this.#leavesFrom(targets);
    const { ops } = this.#program;
    const endsNext = next.some((leaf) => ops[leaf] === MATCH);
    const kept = next.filter((leaf) => this.#isStart[leaf] === 0);
    return { alive: Int32Array.from(kept).sort(), ended, endsNext };
  }

  /** Follows conditions and oracles that hold here, then the characters that fit the symbol. */
  #targets(alive: Int32Array, kind: number, { base, mask }: Sign, ended: number[]): number[] {
    const { ops, args, nexts, others } = this.#program;
    const { kinds, kindCount, truth } = this.conditions;
    const here = kinds[base] ?? 0;
    const pair = this.#backward ? here * kindCount + kind : kind * kindCount + here;
    const targets: number[] = [];
    const stack = this.#begin(alive);
    this.#push(this.#program.start);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const arg = args[at] ?? 0;
      const next = nexts[at] ?? 0;
      switch (ops[at]) {
        case CHAR:
          if (this.#accepts[arg * this.#width + base] === 1) targets.push(next);
          break;
        case SPLIT:
          this.#push(next);
          this.#push(others[at] ?? 0);
          break;
        case NEAR:
          if (truth[arg]?.[pair] === 1) this.#push(next);
          break;
        case FAR:
          if (((mask >>> arg) & 1) !== others[at]) this.#push(next);
          break;
        default:
          ended.push(arg);
      }
    }
    return targets;
  }

  /** Everything reachable without a condition; what remains are instructions that must look at something. */
  #leavesFrom(from: Iterable<number>): number[] {
    const { ops, nexts, others } = this.#program;
    const leaves: number[] = [];
    const stack = this.#begin(from);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (ops[at] === SPLIT) {
        this.#push(nexts[at] ?? 0);
        this.#push(others[at] ?? 0);
      } else leaves.push(at);
    }
    return leaves;
  }

  #begin(from: Iterable<number>): number[] {
    this.#stamp++;
    for (const at of from) this.#push(at);
    return this.#stack;
  }

  #push(at: number): void {
    if (this.#stamps[at] === this.#stamp) return;
    this.#stamps[at] = this.#stamp;
    this.#stack.push(at);
  }
}
