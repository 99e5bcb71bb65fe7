import type { Alphabet } from './alphabet.ts';
import { CHAR, FAR, MATCH, type Program, SPLIT } from './program.ts';

// How a program's instructions become bits, and the few operations on bits that stepping needs.

/** Beyond this, every instruction leads to every other and bits do not pay. */
const MAX_EDGES = 500_000;

export interface Group {
  readonly sources: Uint32Array;
  readonly targets: Uint32Array;
}

/** A condition or oracle: where it holds, what lies behind it is alive at once. */
export interface Gate {
  readonly word: number;
  readonly bit: number;
  readonly isFar: boolean;
  readonly arg: number;
  readonly negated: number;
  readonly targets: Uint32Array;
}

export interface Layout {
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
export function layOut(program: Program): Layout | undefined {
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
  return [...ops].flatMap((each, at) => (each === op ? [leafOf[at] ?? 0] : []));
}

/** Per class of characters, the instructions that take it; the edge of the text fits none. */
export function fitsByClass(
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

export function setBit(bits: Uint32Array, index: number): void {
  bits[index >>> 5] = (bits[index >>> 5] ?? 0) | (1 << (index & 31));
}

function bitsOf(indexes: readonly number[], width: number): Uint32Array {
  const bits = new Uint32Array(width);
  for (const index of indexes) setBit(bits, index);
  return bits;
}

export function intersects(left: Uint32Array, right: Uint32Array): boolean {
  for (let w = 0; w < left.length; w++) if (((left[w] ?? 0) & (right[w] ?? 0)) !== 0) return true;
  return false;
}

/** Whether that added anything. */
export function addAll(bits: Uint32Array, more: Uint32Array): boolean {
  let added = 0;
  for (let w = 0; w < bits.length; w++) {
    const before = bits[w] ?? 0;
    const added32 = (more[w] ?? 0) & ~before;
    bits[w] = before | added32;
    added |= added32;
  }
  return added !== 0;
}
