import { Alphabet, type Reading } from './alphabet.ts';
import { type BacktrackProgram, compileBacktrack, type Instruction } from './backtrack-program.ts';
import { foldCode } from './case-folding.ts';
import { codesOf, contains } from './code-set.ts';
import { asksForBase, type ConditionTable, setsAskedBy, tabulate } from './conditions.ts';
import { PatternBudgetError } from './errors.ts';
import { LINE_ENDS } from './properties.ts';
import type { Fold, Node } from './syntax.ts';

// A backtracking machine for what is not regular: back-references, and atomic groups that really hold something back. It
// may take exponential time, so it counts its steps and gives up; where no reference looks back, dead ends are remembered.

const MAX_STEPS = 200_000;
const UNSET = -1;

export class BacktrackMatcher {
  readonly #source: string;
  readonly #program: BacktrackProgram;
  readonly #alphabet: Alphabet;
  readonly #conditions: ConditionTable;
  readonly #accepts: readonly Uint8Array[];
  readonly #hasReferences: boolean;

  constructor(root: Node, groupCount: number, source: string) {
    this.#source = source;
    this.#program = compileBacktrack(root, groupCount);
    const { sets, conditions, code } = this.#program;
    const asked = [...conditions.flatMap(setsAskedBy), LINE_ENDS, codesOf('\r'), codesOf('\n')];
    this.#alphabet = new Alphabet([...sets, ...asked], conditions.some(asksForBase));
    this.#conditions = tabulate(conditions, this.#alphabet);
    this.#accepts = sets.map((set) => this.#alphabet.members(set));
    this.#hasReferences = code.some(({ op }) => op === 'reference');
  }

  /** Throws PatternBudgetError after too many steps. `canStart` rules positions out, counted in code points. */
  test(text: string, canStart: (position: number) => boolean): boolean {
    const reading = this.#alphabet.read(text, new Uint16Array(text.length));
    const run = new Run(this.#program, this.#conditions, this.#accepts, this.#alphabet, reading, {
      source: this.#source,
      codes: this.#hasReferences ? codePointsOf(text) : new Int32Array(0),
      remembers: !this.#hasReferences,
    });
    for (let position = 0; position <= reading.length; position++) {
      if (canStart(position) && run.matchFrom(position)) return true;
    }
    return false;
  }
}

function codePointsOf(text: string): Int32Array {
  const codes = new Int32Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i) ?? 0;
    codes[length++] = code;
    if (code > 0xffff) i++;
  }
  return codes;
}

interface RunOptions {
  readonly source: string;
  /** The text's code points, where references compare them. */
  readonly codes: Int32Array;
  readonly remembers: boolean;
}

class Run {
  readonly #code: readonly Instruction[];
  readonly #start: number;
  readonly #conditions: ConditionTable;
  readonly #accepts: readonly Uint8Array[];
  readonly #alphabet: Alphabet;
  readonly #classes: Uint16Array;
  readonly #length: number;
  readonly #options: RunOptions;
  readonly #registers: Int32Array;
  readonly #deadEnds = new Set<number>();
  readonly #atomicEnds = new Map<number, number>();
  #steps = 0;

  constructor(
    program: BacktrackProgram,
    conditions: ConditionTable,
    accepts: readonly Uint8Array[],
    alphabet: Alphabet,
    reading: Reading,
    options: RunOptions,
  ) {
    this.#code = program.code;
    this.#start = program.start;
    this.#conditions = conditions;
    this.#accepts = accepts;
    this.#alphabet = alphabet;
    this.#classes = reading.classes;
    this.#length = reading.length;
    this.#options = options;
    this.#registers = new Int32Array(program.registerCount);
  }

  matchFrom(position: number): boolean {
    this.#registers.fill(UNSET);
    return this.#run(this.#start, position, this.#options.remembers ? this.#deadEnds : undefined) !== UNSET;
  }

  /**
   * Runs to the first `match`; gives its position or UNSET. Choices left open stand on `open` as pairs: instruction and
   * position, or, below zero, the complement of a register and its old value.
   */
  #run(start: number, from: number, deadEnds: Set<number> | undefined, mustEnd = UNSET): number {
    const open: number[] = [];
    let at = start;
    let position = from;
    for (;;) {
      const instruction = this.#code[at];
      this.#countStep();
      if (instruction?.op === 'match' && (mustEnd === UNSET || mustEnd === position)) return position;
      const next = instruction === undefined ? UNSET : this.#step(instruction, position, open, deadEnds);
      if (next !== UNSET) {
        at = next;
        position = this.#position;
        continue;
      }
      const choice = this.#reopen(open);
      if (choice === undefined) return UNSET;
      [at, position] = choice;
    }
  }

  /** Where the last step left the position. */
  #position = 0;

  #countStep(): void {
    if (++this.#steps > MAX_STEPS) throw new PatternBudgetError(this.#options.source);
  }

  #reopen(open: number[]): [number, number] | undefined {
    for (;;) {
      const value = open.pop();
      const at = open.pop();
      if (value === undefined || at === undefined) return undefined;
      if (at >= 0) return [at, value];
      this.#registers[~at] = value;
    }
  }

  #save(register: number, value: number, open: number[]): void {
    open.push(~register, this.#registers[register] ?? UNSET);
    this.#registers[register] = value;
  }

  /** Does one instruction; gives the next one, or UNSET where it fails. */
  #step(
    instruction: Instruction,
    position: number,
    open: number[],
    deadEnds: Set<number> | undefined,
  ): number {
    this.#position = position;
    switch (instruction.op) {
      case 'char':
        if (position === this.#length || this.#accepts[instruction.set]?.[this.#classes[position] ?? 0] !== 1)
          return UNSET;
        this.#position = position + 1;
        return instruction.next;
      case 'split':
        if (deadEnds !== undefined && this.#wasHere(instruction.next, instruction.other, position, deadEnds))
          return UNSET;
        open.push(instruction.other, position);
        return instruction.next;
      case 'save':
        this.#save(instruction.register, position, open);
        return instruction.next;
      case 'again':
        return position > (this.#registers[instruction.register] ?? UNSET)
          ? instruction.next
          : instruction.other;
      case 'near':
        return this.#isNear(instruction.condition, position) ? instruction.next : UNSET;
      case 'final':
        return this.#isFinal(position, instruction.unix) ? instruction.next : UNSET;
      case 'reference':
        return this.#sameAgain(instruction.group, instruction.fold, position) ? instruction.next : UNSET;
      case 'atomic':
        return this.#atomic(instruction.body, position, open) ? instruction.next : UNSET;
      case 'look':
        return this.#looks(instruction, position, open) ? instruction.next : UNSET;
      case 'match':
        return UNSET;
    }
  }

  #wasHere(next: number, other: number, position: number, deadEnds: Set<number>): boolean {
    const key = (next * this.#code.length + other) * (this.#length + 1) + position;
    if (deadEnds.has(key)) return true;
    deadEnds.add(key);
    return false;
  }

  #kindAt(position: number): number {
    const isInside = position >= 0 && position < this.#length;
    return this.#conditions.kinds[isInside ? (this.#classes[position] ?? 0) : this.#alphabet.size] ?? 0;
  }

  #isNear(condition: number, position: number): boolean {
    const pair = this.#kindAt(position - 1) * this.#conditions.kindCount + this.#kindAt(position);
    return this.#conditions.truth[condition]?.[pair] === 1;
  }

  #codeAt(position: number): number {
    return this.#alphabet.samples[this.#classes[position] ?? 0] ?? 0;
  }

  #isFinal(position: number, unix: boolean): boolean {
    const left = this.#length - position;
    if (left === 0) return true;
    const code = this.#codeAt(position);
    if (unix) return left === 1 && code === 0x0a;
    const isPair = left === 2 && code === 0x0d && this.#codeAt(position + 1) === 0x0a;
    const splitsPair = code === 0x0a && position > 0 && this.#codeAt(position - 1) === 0x0d;
    return isPair || (left === 1 && contains(LINE_ENDS, code) && !splitsPair);
  }

  #sameAgain(group: number, fold: Fold, position: number): boolean {
    const start = this.#registers[2 * group] ?? UNSET;
    const end = this.#registers[2 * group + 1] ?? UNSET;
    const length = end - start;
    if (start === UNSET || end === UNSET || position + length > this.#length) return false;
    const { codes } = this.#options;
    for (let i = 0; i < length; i++) {
      this.#countStep();
      if (foldCode(codes[start + i] ?? 0, fold) !== foldCode(codes[position + i] ?? 0, fold)) return false;
    }
    this.#position = position + length;
    return true;
  }

  #atomic(body: number, position: number, open: number[]): boolean {
    const end = this.#options.remembers
      ? this.#knownEnd(body, position)
      : this.#captureRun(body, position, open);
    this.#position = end;
    return end !== UNSET;
  }

  #knownEnd(body: number, position: number): number {
    const key = body * (this.#length + 1) + position;
    const end = this.#atomicEnds.get(key) ?? this.#run(body, position, new Set());
    this.#atomicEnds.set(key, end);
    return end;
  }

  /** A sub-match whose captures stay, and are undone when its surroundings fail. */
  #captureRun(body: number, position: number, open: number[], mustEnd = UNSET): number {
    const before = this.#registers.slice();
    const end = this.#run(body, position, this.#options.remembers ? new Set() : undefined, mustEnd);
    if (end === UNSET) this.#registers.set(before);
    else
      for (const [register, value] of before.entries()) {
        if (this.#registers[register] !== value) open.push(~register, value);
      }
    return end;
  }

  #looks(instruction: Instruction & { op: 'look' }, position: number, open: number[]): boolean {
    const { look, body, longest } = instruction;
    const kept: number[] = [];
    const found = look.ahead
      ? this.#captureRun(body, position, kept) !== UNSET
      : this.#looksBack(body, position, Math.min(longest, position), kept);
    if (found && look.negated) this.#reopen(kept);
    else open.push(...kept);
    this.#position = position;
    return found !== look.negated;
  }

  #looksBack(body: number, position: number, longest: number, kept: number[]): boolean {
    for (let length = 0; length <= longest; length++) {
      if (this.#captureRun(body, position - length, kept, position) !== UNSET) return true;
    }
    return false;
  }
}
