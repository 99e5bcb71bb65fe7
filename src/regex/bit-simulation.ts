import type { Alphabet } from './alphabet.ts';
import type { Sign } from './automaton.ts';
import {
  addAll,
  fitsByClass,
  type Gate,
  type Group,
  intersects,
  type Layout,
  layOut,
  setBit,
} from './bit-layout.ts';
import type { ConditionTable } from './conditions.ts';
import type { Program } from './program.ts';

// Where a DFA would need more states than memory, all instructions alive are kept as bits and stepped 32 at a time: those
// that lead to their neighbour by one shift, the others in groups that share their targets (after Glushkov's automaton as
// Hyperscan runs it: "limited exceptions"; Wang et al., NSDI 2019).

const MAX_GROUP_WORDS = 4_096;
/** Words looked at in one reading: some 50 ms. */
const MAX_WORDS = 20_000_000;

export class BitSimulation {
  /** Words one step may look at. */
  readonly #cost: number;
  readonly #leafOf: Int32Array;
  readonly #width: number;
  readonly #start: Uint32Array;
  readonly #matches: Uint32Array;
  readonly #fits: readonly Uint32Array[];
  readonly #shifting: Uint32Array;
  readonly #groups: readonly Group[];
  readonly #gates: readonly Gate[];
  readonly #conditions: ConditionTable;
  readonly #backward: boolean;
  #alive: Uint32Array;
  #next: Uint32Array;
  #kind = 0;

  /** Undefined where the program's instructions are too entangled for bits to pay. */
  static of(
    program: Program,
    alphabet: Alphabet,
    conditions: ConditionTable,
    backward: boolean,
  ): BitSimulation | undefined {
    const layout = layOut(program);
    if (layout === undefined || layout.groups.length * layout.width > MAX_GROUP_WORDS) return undefined;
    return new BitSimulation(program, layout, alphabet, conditions, backward);
  }

  private constructor(
    program: Program,
    layout: Layout,
    alphabet: Alphabet,
    conditions: ConditionTable,
    backward: boolean,
  ) {
    this.#leafOf = layout.leafOf;
    this.#width = layout.width;
    this.#start = layout.start;
    this.#matches = layout.matches;
    this.#shifting = layout.shifting;
    this.#groups = layout.groups;
    this.#gates = layout.gates;
    this.#fits = fitsByClass(program, layout, alphabet);
    this.#conditions = conditions;
    this.#backward = backward;
    this.#cost = layout.width * (2 + layout.groups.length + layout.gates.length);
    this.#alive = new Uint32Array(layout.width);
    this.#next = new Uint32Array(layout.width);
  }

  /** Whether a reading of so many symbols stays within bounds. */
  affords(symbols: number): boolean {
    return symbols * this.#cost <= MAX_WORDS;
  }

  /** Begins with the instructions alive at some position, and the kind of the neighbour read before it. */
  begin(alive: Iterable<number>, kind: number): void {
    this.#alive.fill(0);
    for (const instruction of alive) setBit(this.#alive, this.#leafOf[instruction] ?? 0);
    this.#kind = kind;
  }

  /** Steps over a symbol; tells whether a pattern ends before it. A match may begin at every position. */
  step({ base, mask }: Sign): boolean {
    const alive = this.#alive;
    const width = this.#width;
    for (let w = 0; w < width; w++) alive[w] = (alive[w] ?? 0) | (this.#start[w] ?? 0);
    const kind = this.#conditions.kinds[base] ?? 0;
    if (this.#gates.length > 0) this.#openGates(kind, mask);
    const ends = intersects(alive, this.#matches);
    this.#move(this.#fits[base]);
    this.#kind = kind;
    return ends;
  }

  #openGates(kind: number, mask: number): void {
    const { kindCount, truth } = this.#conditions;
    const pair = this.#backward ? kind * kindCount + this.#kind : this.#kind * kindCount + kind;
    for (let changed = true; changed; ) {
      changed = false;
      for (const gate of this.#gates) {
        if (((this.#alive[gate.word] ?? 0) & gate.bit) === 0) continue;
        const isOpen = gate.isFar
          ? ((mask >>> gate.arg) & 1) !== gate.negated
          : truth[gate.arg]?.[pair] === 1;
        if (isOpen && addAll(this.#alive, gate.targets)) changed = true;
      }
    }
  }

  #move(fits: Uint32Array | undefined): void {
    const alive = this.#alive;
    const next = this.#next;
    let carry = 0;
    for (let w = 0; w < this.#width; w++) {
      const moving = (alive[w] ?? 0) & (fits?.[w] ?? 0);
      alive[w] = moving;
      const shifting = moving & (this.#shifting[w] ?? 0);
      next[w] = (shifting << 1) | carry;
      carry = shifting >>> 31;
    }
    for (const { sources, targets } of this.#groups) if (intersects(alive, sources)) addAll(next, targets);
    this.#alive = next;
    this.#next = alive;
  }
}
