import type { Alphabet } from './alphabet.ts';
import type { Sign } from './automaton.ts';
import type { ConditionTable } from './conditions.ts';
import { CHAR, FAR, MATCH, type Program, SPLIT } from './program.ts';

// Where a DFA would need more states than memory, all instructions alive are kept as bits and stepped 32 at a time: those
// that lead to their neighbour by one shift, the others in groups that share their targets (after Glushkov's automaton as
// Hyperscan runs it: "limited exceptions"; Wang et al., NSDI 2019).

const MAX_EDGES = 500_000;
const MAX_GROUP_WORDS = 4_096;
/** Words looked at in one reading: some 50 ms. */
const MAX_WORDS = 20_000_000;

interface Group {
  readonly sources: Uint32Array;
  readonly targets: Uint32Array;
}

interface Gate {
  readonly word: number;
  readonly bit: number;
  readonly isFar: boolean;
  readonly arg: number;
  readonly negated: number;
  readonly targets: Uint32Array;
}

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

interface Layout {
  readonly width: number;
  /** Number of each instruction that must look at something. */
  readonly leafOf: Int32Array;
  readonly start: Uint32Array;
  readonly matches: Uint32Array;
  readonly shifting: Uint32Array;
  readonly groups: readonly Group[];
  readonly gates: readonly Gate[];
}

/** Programs are emitted from their end, so counting down makes most instructions lead to their upper neighbour. */
function layOut(program: Program): Layout | undefined {
  const { ops, args, nexts, others } = program;
  const leafOf = new Int32Array(ops.length).fill(-1);
  let count = 0;
  for (let at = ops.length - 1; at >= 0; at--) if (ops[at] !== SPLIT) leafOf[at] = count++;
  const width = Math.ceil(count / 32);
  const leavesFrom = leafFinder(program, leafOf);
  const shifting = new Uint32Array(width);
  const groups = new Map<string, Group>();
  const gates: Gate[] = [];
  let edges = 0;
  for (let at = ops.length - 1; at >= 0; at--) {
    const leaf = leafOf[at] ?? -1;
    if (leaf < 0 || ops[at] === MATCH) continue;
    const follow = leavesFrom(nexts[at] ?? 0);
    edges += follow.length;
    if (edges > MAX_EDGES) return undefined;
    if (ops[at] === CHAR) addEdges(leaf, follow, width, shifting, groups);
    else {
      const isFar = ops[at] === FAR;
      const place = { word: leaf >>> 5, bit: 1 << (leaf & 31) };
      gates.push({
        ...place,
        isFar,
        arg: args[at] ?? 0,
        negated: others[at] ?? 0,
        targets: bitsOf(follow, width),
      });
    }
  }
  const matches = bitsOf(leavesWith(program, leafOf, MATCH), width);
  return {
    width,
    leafOf,
    start: bitsOf(leavesFrom(program.start), width),
    matches,
    shifting,
    groups: [...groups.values()],
    gates,
  };
}

function addEdges(
  leaf: number,
  follow: readonly number[],
  width: number,
  shifting: Uint32Array,
  groups: Map<string, Group>,
): void {
  if (follow.includes(leaf + 1)) setBit(shifting, leaf);
  const exceptions = follow.filter((target) => target !== leaf + 1);
  if (exceptions.length === 0) return;
  const key = exceptions.toSorted((a, b) => a - b).join();
  const group = groups.get(key) ?? { sources: new Uint32Array(width), targets: bitsOf(exceptions, width) };
  groups.set(key, group);
  setBit(group.sources, leaf);
}

function leafFinder({ ops, nexts, others }: Program, leafOf: Int32Array): (from: number) => number[] {
  const stamps = new Int32Array(ops.length);
  let stamp = 0;
  return (from) => {
    stamp++;
    const leaves: number[] = [];
    const stack = [from];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (stamps[at] === stamp) continue;
      stamps[at] = stamp;
      if (ops[at] === SPLIT) stack.push(nexts[at] ?? 0, others[at] ?? 0);
      else leaves.push(leafOf[at] ?? 0);
    }
    return leaves;
  };
}

function leavesWith({ ops }: Program, leafOf: Int32Array, op: number): number[] {
  return ops.flatMap((each, at) => (each === op ? [leafOf[at] ?? 0] : []));
}

/** Per class of characters, the instructions that take it; the edge of the text fits none. */
function fitsByClass(
  { ops, args, sets }: Program,
  { leafOf, width }: Layout,
  alphabet: Alphabet,
): Uint32Array[] {
  const members = sets.map((set) => alphabet.members(set));
  return Array.from({ length: alphabet.size + 1 }, (_, symbol) => {
    const fits = new Uint32Array(width);
    ops.forEach((op, at) => {
      if (op === CHAR && members[args[at] ?? 0]?.[symbol] === 1) setBit(fits, leafOf[at] ?? 0);
    });
    return fits;
  });
}

function setBit(bits: Uint32Array, index: number): void {
  bits[index >>> 5] = (bits[index >>> 5] ?? 0) | (1 << (index & 31));
}

function bitsOf(indexes: readonly number[], width: number): Uint32Array {
  const bits = new Uint32Array(width);
  for (const index of indexes) setBit(bits, index);
  return bits;
}

function intersects(left: Uint32Array, right: Uint32Array): boolean {
  for (let w = 0; w < left.length; w++) if (((left[w] ?? 0) & (right[w] ?? 0)) !== 0) return true;
  return false;
}

/** Whether that added anything. */
function addAll(bits: Uint32Array, more: Uint32Array): boolean {
  let added = 0;
  for (let w = 0; w < bits.length; w++) {
    const before = bits[w] ?? 0;
    const added32 = (more[w] ?? 0) & ~before;
    bits[w] = before | added32;
    added |= added32;
  }
  return added !== 0;
}
