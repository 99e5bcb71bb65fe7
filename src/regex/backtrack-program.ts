import type { CodeSet } from './code-set.ts';
import { type Condition, conditionOf } from './conditions.ts';
import { PatternError } from './errors.ts';
import { lengthOf } from './lengths.ts';
import type { Fold, Look, Node, Place, Repeat } from './syntax.ts';

// Instructions for the backtracking machine: those of a Pike-style machine plus captures, references and sub-matches.

export type Instruction =
  | { readonly op: 'char'; readonly set: number; readonly next: number }
  /** Tries `next` first, `other` after it. */
  | { readonly op: 'split'; next: number; other: number }
  /** Remembers the position in a register. */
  | { readonly op: 'save'; readonly register: number; readonly next: number }
  /** Goes round again at `next` if the position moved since `register`, else leaves at `other`. */
  | { readonly op: 'again'; readonly register: number; readonly next: number; readonly other: number }
  | { readonly op: 'near'; readonly condition: number; readonly next: number }
  | { readonly op: 'final'; readonly unix: boolean; readonly next: number }
  | { readonly op: 'reference'; readonly group: number; readonly fold: Fold; readonly next: number }
  | { readonly op: 'atomic'; readonly body: number; readonly next: number }
  | {
      readonly op: 'look';
      readonly look: Look;
      readonly body: number;
      readonly longest: number;
      readonly next: number;
    }
  | { readonly op: 'match' };

export interface BacktrackProgram {
  readonly code: readonly Instruction[];
  readonly start: number;
  readonly registerCount: number;
  readonly sets: readonly CodeSet[];
  readonly conditions: readonly Condition[];
}

const MAX_INSTRUCTIONS = 20_000;

/** Group g lies between registers 2g and 2g + 1. */
export function compileBacktrack(root: Node, groupCount: number): BacktrackProgram {
  const compiler = new Compiler(2 * groupCount + 2);
  const start = compiler.node(root, compiler.emit({ op: 'match' }));
  return { ...compiler, start };
}

class Compiler {
  readonly code: Instruction[] = [];
  readonly sets: CodeSet[] = [];
  readonly conditions: Condition[] = [];
  registerCount: number;

  constructor(registerCount: number) {
    this.registerCount = registerCount;
  }

  emit(instruction: Instruction): number {
    if (this.code.length >= MAX_INSTRUCTIONS) {
      throw new PatternError(
        'The pattern is too large once its counts are written out; lower counts such as {1,1000}.',
        0,
      );
    }
    return this.code.push(instruction) - 1;
  }

  node(node: Node, next: number): number {
    switch (node.kind) {
      case 'empty':
        return next;
      case 'char':
        return this.emit({ op: 'char', set: this.sets.push(node.set) - 1, next });
      case 'sequence':
        return node.parts.reduceRight((rest, part) => this.node(part, rest), next);
      case 'either':
        return node.options
          .map((option) => this.node(option, next))
          .reduceRight((other, entry) => this.emit({ op: 'split', next: entry, other }));
      case 'group': {
        const close = this.emit({ op: 'save', register: 2 * node.index + 1, next });
        return this.emit({ op: 'save', register: 2 * node.index, next: this.node(node.body, close) });
      }
      case 'atomic':
        return this.emit({ op: 'atomic', body: this.#body(node.body), next });
      case 'repeat':
        return this.#repeat(node, next);
      case 'place':
        return this.#place(node.place, next);
      case 'reference':
        return this.emit({ op: 'reference', group: node.group, fold: node.fold, next });
      case 'look':
        return this.#look(node, next);
    }
  }

  #body(body: Node): number {
    return this.node(body, this.emit({ op: 'match' }));
  }

  /** A possessive repeat gives nothing back, neither a turn nor a part of one. */
  #repeat(node: Repeat, next: number): number {
    if (node.mode !== 'possessive') return this.#turns(node, next);
    const turn: Node = { kind: 'atomic', body: node.body };
    const turns: Node = { ...node, body: turn, mode: 'greedy' };
    return this.emit({ op: 'atomic', body: this.#body(turns), next });
  }

  #turns({ body, min, max, mode }: Repeat, next: number): number {
    const isLazy = mode === 'lazy';
    const isFlat = lengthOf(body).max === 0;
    let entry = next;
    if (max === Number.POSITIVE_INFINITY && !isFlat) entry = this.#loop(body, isLazy, next);
    else
      for (let i = min; i < (isFlat ? Math.min(max, min + 1) : max); i++)
        entry = this.#maybe(body, entry, next, isLazy);
    for (let i = 0; i < (isFlat ? Math.min(min, 1) : min); i++) entry = this.node(body, entry);
    return entry;
  }

  #maybe(body: Node, then: number, skip: number, isLazy: boolean): number {
    const entry = this.node(body, then);
    return this.emit(
      isLazy ? { op: 'split', next: skip, other: entry } : { op: 'split', next: entry, other: skip },
    );
  }

  #loop(body: Node, isLazy: boolean, next: number): number {
    const register = this.registerCount++;
    const split: { op: 'split'; next: number; other: number } = { op: 'split', next, other: next };
    const loop = this.emit(split);
    const turned = this.emit({ op: 'again', register, next: loop, other: next });
    const turn = this.emit({ op: 'save', register, next: this.node(body, turned) });
    if (isLazy) split.other = turn;
    else split.next = turn;
    return loop;
  }

  #place(place: Place, next: number): number {
    if (place === 'final-end' || place === 'final-end-unix') {
      return this.emit({ op: 'final', unix: place === 'final-end-unix', next });
    }
    return this.emit({ op: 'near', condition: this.conditions.push({ kind: 'place', place }) - 1, next });
  }

  #look(look: Look, next: number): number {
    const condition = conditionOf(look);
    if (condition !== undefined)
      return this.emit({ op: 'near', condition: this.conditions.push(condition) - 1, next });
    return this.emit({
      op: 'look',
      look,
      body: this.#body(look.body),
      longest: lengthOf(look.body).max,
      next,
    });
  }
}
