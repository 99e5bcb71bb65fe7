import { Alphabet, type Reading } from './alphabet.ts';
import type { CodeSet } from './code-set.ts';
import { codesOf } from './code-set.ts';
import { asksForBase, setsAskedBy } from './conditions.ts';
import { LazyDfa, type Symbols } from './lazy-dfa.ts';
import { compileProgram, MAX_ORACLES, type Oracle, type Program } from './program.ts';
import { LINE_ENDS } from './properties.ts';
import type { Node } from './syntax.ts';

// A regular pattern, look-arounds included, in linear time. Each look-around is an automaton of its own that marks, in one
// pass over the text, the positions where it holds: backward for a look-ahead, forward for a look-behind, inner ones first.
// (After Barrière and Pit-Claudel, "Linear Matching of JavaScript Regular Expressions", PLDI 2024.)

interface Level {
  readonly dfa: LazyDfa;
  readonly oracles: readonly { readonly oracle: Oracle; readonly level: Level | undefined }[];
}

interface ProgramTree {
  readonly program: Program;
  readonly backward: boolean;
  readonly oracles: readonly { readonly oracle: Oracle; readonly tree: ProgramTree | undefined }[];
}

export class RegularMatcher {
  readonly #alphabet: Alphabet;
  readonly #level: Level;

  constructor(roots: readonly Node[], source: string, { backward = false, relaxed = false } = {}) {
    const tree = programTree(roots, backward, relaxed);
    const programs = allPrograms(tree);
    const conditions = programs.flatMap(({ conditions }) => conditions);
    const sets: CodeSet[] = programs.flatMap(({ sets }) => sets);
    sets.push(...conditions.flatMap(setsAskedBy));
    if (programs.some(({ oracles }) => oracles.some(({ kind }) => kind === 'final'))) {
      sets.push(LINE_ENDS, codesOf('\r'), codesOf('\n'));
    }
    this.#alphabet = new Alphabet(sets, conditions.some(asksForBase));
    this.#level = this.#build(tree, source);
  }

  /** Whether the pattern needs more than one pass. */
  get hasLooks(): boolean {
    return this.#level.oracles.some(({ level }) => level !== undefined);
  }

  test(text: string): boolean {
    const reading = this.#alphabet.read(text, scratch(text.length));
    return this.#level.dfa.finds(this.#lastSymbols(this.#level, reading));
  }

  /** Every pattern of the set that is found, by index. */
  foundIn(text: string, found: (index: number) => void): void {
    const reading = this.#alphabet.read(text, scratch(text.length));
    this.#level.dfa.each(this.#lastSymbols(this.#level, reading), (ended) => ended.forEach(found));
  }

  /** Every position where a match ends in the reading's direction: for a backward matcher, where one may begin. */
  ends(text: string): Uint32Array {
    const reading = this.#alphabet.read(text, scratch(text.length));
    const masks = new Uint32Array(reading.length + 1);
    this.#level.dfa.mark(this.#lastSymbols(this.#level, reading), masks, 1);
    return masks;
  }

  #build({ program, backward, oracles }: ProgramTree, source: string): Level {
    return {
      dfa: new LazyDfa(program, this.#alphabet, backward, source),
      oracles: oracles.map(({ oracle, tree }) => ({
        oracle,
        level: tree === undefined ? undefined : this.#build(tree, source),
      })),
    };
  }

  /** The symbols of a reading that nobody needs afterwards. */
  #lastSymbols(level: Level, reading: Reading): Symbols {
    const { dfa, oracles } = level;
    if (oracles.length === 0 || oracles.some((one) => one.level !== undefined))
      return this.#symbols(level, reading);
    const masks = new Map<number, number>();
    oracles.forEach(({ oracle }, i) => {
      this.#markFinal(reading, oracle, (position) =>
        masks.set(position, (masks.get(position) ?? 0) | (1 << i)),
      );
    });
    return dfa.markedInPlace(reading, masks);
  }

  #symbols({ dfa, oracles }: Level, reading: Reading): Symbols {
    if (oracles.length === 0) return dfa.plain(reading);
    const masks = new Uint32Array(reading.length + 1);
    oracles.forEach(({ oracle, level }, i) => {
      if (level !== undefined) level.dfa.mark(this.#symbols(level, reading), masks, 1 << i);
      else {
        this.#markFinal(reading, oracle, (position) => {
          masks[position] = (masks[position] ?? 0) | (1 << i);
        });
      }
    });
    return dfa.marked(reading, masks);
  }

  /** `$` and `\Z`: at the end, and before a line end that is the last thing in the text. */
  #markFinal({ classes, length }: Reading, oracle: Oracle, set: (position: number) => void): void {
    const isUnix = oracle.kind === 'final' && oracle.place === 'final-end-unix';
    const last = length > 0 ? this.#lineEnd(classes[length - 1]) : undefined;
    const beforeLast = length > 1 ? this.#lineEnd(classes[length - 2]) : undefined;
    set(length);
    if (last === undefined) return;
    if (isUnix) {
      if (last === 0x0a) set(length - 1);
    } else if (last === 0x0a && beforeLast === 0x0d) set(length - 2);
    else set(length - 1);
  }

  #lineEnd(symbol = 0): number | undefined {
    const code = this.#alphabet.samples[symbol] ?? 0;
    return code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 ? code : undefined;
  }
}

function programTree(roots: readonly Node[], backward: boolean, relaxed: boolean): ProgramTree {
  const program = compileProgram(roots, { backward, relaxed });
  if (program.oracles.length > MAX_ORACLES) throw new TooManyOracles();
  const oracles = program.oracles.map((oracle) => ({
    oracle,
    tree: oracle.kind === 'look' ? programTree([oracle.look.body], oracle.look.ahead, relaxed) : undefined,
  }));
  return { program, backward, oracles };
}

/** More look-arounds at one level than a mask has bits; the backtracker can take the pattern. */
export class TooManyOracles extends Error {}

function allPrograms(tree: ProgramTree): readonly Program[] {
  return [tree.program, ...tree.oracles.flatMap((oracle) => (oracle.tree ? allPrograms(oracle.tree) : []))];
}

const KEPT_UNITS = 1 << 20;
let kept = new Uint16Array(1 << 12);

/** One buffer for all: a reading is used up before the next begins. A huge one is not kept. */
function scratch(units: number): Uint16Array {
  if (units <= kept.length) return kept;
  const buffer = new Uint16Array(units);
  if (units <= KEPT_UNITS) kept = buffer;
  return buffer;
}
