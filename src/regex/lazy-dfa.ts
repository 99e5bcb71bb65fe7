import type { Alphabet, Reading } from './alphabet.ts';
import { type Sign, Stepper } from './automaton.ts';
import { BitSimulation } from './bit-simulation.ts';
import { PatternBudgetError } from './errors.ts';
import { hold, letGo, makeRoomFor } from './memory.ts';
import type { Program } from './program.ts';

// A DFA built while it runs, state by state, with a bounded memory that is emptied when full; after "Regular Expression
// Matching in the Wild" (Cox, 2010). A state is the set of instructions alive and the kind of the neighbour just read. Its
// row holds one cell a symbol: 0 not known yet, n > 0 the offset of the next row, n < 0 likewise and a pattern ended.

const MAX_CELLS = 1 << 17;
const MAX_STATES = 1 << 12;
const MAX_SET_ITEMS = 1 << 17;
const MAX_SYMBOLS = 1 << 12;
/** A memory that was filled by fewer symbols than this a state does not pay. */
const THRASH_RATIO = 10;
/** What a state costs beside its set and its row. */
const STATE_WORDS = 8;
const DEAD_ROW = 1;
const NOTHING = new Int32Array(0);

interface State {
  readonly alive: Int32Array;
  readonly kind: number;
}

/** Symbols of a text in reading order of the positions, with the symbol that stands at the far edge. */
export interface Symbols {
  readonly items: Uint16Array;
  readonly length: number;
  readonly edge: number;
}

export class LazyDfa {
  readonly #source: string;
  readonly #backward: boolean;
  readonly #stepper: Stepper;
  readonly #program: Program;
  readonly #alphabet: Alphabet;
  /** Made when first needed; null where bits do not pay. */
  #bits: BitSimulation | null | undefined;
  readonly #edge: number;
  /** Symbols with oracle bits, numbered as they turn up; those without are the classes themselves. */
  readonly #marked = new Map<number, number>();
  readonly #markedSigns: Sign[] = [];
  #width: number;
  #cells = new Int32Array(0);
  #states: State[] = [];
  #rows = new Map<string, number>();
  /** The row that every reading begins in; 0 while it is not made. */
  #start = 0;
  #setItems = 0;
  #endings = new Map<number, readonly number[]>();

  constructor(program: Program, alphabet: Alphabet, backward: boolean, source: string) {
    this.#source = source;
    this.#backward = backward;
    this.#program = program;
    this.#alphabet = alphabet;
    this.#stepper = new Stepper(program, alphabet, backward);
    this.#edge = alphabet.size;
    this.#width = alphabet.size + 1;
    this.#clear();
  }

  /** The symbols of a text about whose positions no oracle has anything to say. */
  plain(reading: Reading): Symbols {
    return { items: reading.classes, length: reading.length, edge: this.#edge };
  }

  /** The symbols of a text whose positions carry oracle bits. */
  marked(reading: Reading, masks: Uint32Array): Symbols {
    const { classes, length } = reading;
    const items = new Uint16Array(length);
    const shift = this.#backward ? 1 : 0;
    for (let i = 0; i < length; i++) items[i] = this.#symbolOf(classes[i] ?? 0, masks[i + shift] ?? 0);
    return { items, length, edge: this.#symbolOf(this.#edge, masks[this.#backward ? 0 : length] ?? 0) };
  }

  /** As `marked`, where few positions carry any; uses the reading up. */
  markedInPlace({ classes, length }: Reading, masks: ReadonlyMap<number, number>): Symbols {
    const shift = this.#backward ? 1 : 0;
    for (const [position, mask] of masks) {
      const i = position - shift;
      if (i >= 0 && i < length) classes[i] = this.#symbolOf(classes[i] ?? 0, mask);
    }
    const edge = this.#symbolOf(this.#edge, masks.get(this.#backward ? 0 : length) ?? 0);
    return { items: classes, length, edge };
  }

  get #symbolCount(): number {
    return this.#edge + 1 + this.#markedSigns.length;
  }

  #symbolOf(base: number, mask: number): number {
    if (mask === 0) return base;
    const key = mask * (this.#edge + 1) + base;
    const known = this.#marked.get(key);
    if (known !== undefined) return known;
    if (this.#symbolCount > 0xffff) throw new PatternBudgetError(this.#source);
    this.#marked.set(key, this.#symbolCount);
    this.#markedSigns.push({ base, mask });
    return this.#symbolCount - 1;
  }

  /** Whether any pattern ends anywhere; reads forward. */
  finds({ items, length, edge }: Symbols): boolean {
    this.#makeRoom();
    let cells = this.#cells;
    let row = this.#startRow();
    let flushedAt = 0;
    for (let i = 0; i <= length; i++) {
      const symbol = i < length ? (items[i] ?? 0) : edge;
      let next = cells[row + symbol] ?? 0;
      if (next <= 0) {
        if (next < 0) return true;
        if (row === DEAD_ROW * this.#width) return false;
        if (this.#isFull()) {
          if (this.#thrashes(i - flushedAt)) return this.#walk(items, length, edge, i, row);
          flushedAt = i;
          row = this.#restart(row);
        }
        next = this.#compute(row, symbol, true);
        cells = this.#cells;
        if (next < 0) return true;
      }
      row = next;
    }
    return false;
  }

  /** Sets `bit` at every position where the program's only pattern ends, reading in the DFA's own direction. */
  mark(symbols: Symbols, masks: Uint32Array, bit: number): void {
    const set = (position: number) => {
      masks[position] = (masks[position] ?? 0) | bit;
    };
    const stopped = this.#run(symbols, set);
    if (stopped !== undefined) this.#walkOn(symbols, stopped.from, stopped.row, set);
  }

  /** Tells all patterns that end somewhere, perhaps again and again. Throws PatternBudgetError where memory does not suffice. */
  each(symbols: Symbols, visit: (ended: readonly number[]) => void): void {
    const visited = new Set<readonly number[]>();
    let last: readonly number[] = [];
    const visitOnce = (_: number, ended: readonly number[]) => {
      if (ended === last) return;
      last = ended;
      if (visited.has(ended)) return;
      visited.add(ended);
      visit(ended);
    };
    if (this.#run(symbols, visitOnce)) throw new PatternBudgetError(this.#source);
  }

  /** Visits every position where patterns end; stops, and says where, when the memory does not pay. */
  #run(
    { items, length, edge }: Symbols,
    visit: (position: number, ended: readonly number[]) => void,
  ): { from: number; row: number } | undefined {
    this.#makeRoom();
    let cells = this.#cells;
    let row = this.#startRow();
    let flushedAt = 0;
    const backward = this.#backward;
    for (let i = 0; i <= length; i++) {
      const symbol = i === length ? edge : ((backward ? items[length - 1 - i] : items[i]) ?? 0);
      let next = cells[row + symbol] ?? 0;
      if (next === 0) {
        if (this.#isFull()) {
          if (this.#thrashes(i - flushedAt)) return { from: i, row };
          flushedAt = i;
          row = this.#restart(row);
        }
        next = this.#compute(row, symbol, false);
        cells = this.#cells;
      }
      if (next < 0) {
        visit(backward ? length - i : i, this.#endings.get(row + symbol) ?? []);
        next = -next;
      }
      row = next;
    }
    return undefined;
  }

  release(): void {
    this.#clear();
  }

  /** Symbols were added since the rows were laid out: lay them out anew. */
  #makeRoom(): void {
    makeRoomFor(this);
    if (this.#symbolCount <= this.#width) return;
    if (this.#symbolCount > MAX_SYMBOLS) throw new PatternBudgetError(this.#source);
    this.#width = 2 * this.#symbolCount;
    this.#clear();
  }

  #clear(): void {
    letGo(this);
    this.#states = [];
    this.#rows = new Map();
    this.#start = 0;
    this.#setItems = 0;
    this.#endings = new Map();
    this.#cells = new Int32Array(4 * this.#width);
    this.#states.push({ alive: NOTHING, kind: 0 }, { alive: NOTHING, kind: 0 });
  }

  #isFull(): boolean {
    const count = this.#states.length;
    return count > MAX_STATES || count * this.#width > MAX_CELLS || this.#setItems > MAX_SET_ITEMS;
  }

  #thrashes(symbolsRead: number): boolean {
    return symbolsRead < THRASH_RATIO * this.#states.length;
  }

  #restart(row: number): number {
    const state = this.#states[row / this.#width];
    this.#clear();
    return state === undefined ? this.#startRow() : this.#rowOf(state.alive, state.kind);
  }

  #startRow(): number {
    if (this.#start === 0)
      this.#start = this.#rowOf(NOTHING, this.#stepper.conditions.kinds[this.#edge] ?? 0);
    return this.#start;
  }

  #rowOf(alive: Int32Array, kind: number): number {
    const key = `${kind}:${String.fromCharCode(...alive.subarray(0, 4096))}${alive.subarray(4096).join()}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const row = this.#states.push({ alive, kind }) * this.#width - this.#width;
    this.#rows.set(key, row);
    this.#setItems += alive.length + STATE_WORDS;
    hold(this, 2 * alive.length + STATE_WORDS + this.#width);
    if (row + this.#width > this.#cells.length) {
      const grown = new Int32Array(2 * this.#cells.length + this.#width);
      grown.set(this.#cells);
      this.#cells = grown;
    }
    return row;
  }

  /** Fills one cell. `anyEnd`: the caller stops at the first match, so a match that is certain counts at once. */
  #compute(row: number, symbol: number, anyEnd: boolean): number {
    const state = this.#states[row / this.#width];
    if (state === undefined) throw new Error('a row that no state has');
    const meaning = this.#meaningOf(symbol);
    const step = this.#stepper.step(state.alive, state.kind, meaning);
    const kind = this.#stepper.conditions.kinds[meaning.base] ?? 0;
    const isDead = anyEnd && this.#stepper.isAnchored && step.alive.length === 0;
    const next = isDead ? DEAD_ROW * this.#width : this.#rowOf(step.alive, kind);
    const ends = step.ended.length > 0 || (anyEnd && step.endsNext);
    if (ends && !anyEnd) this.#endings.set(row + symbol, step.ended);
    this.#cells[row + symbol] = ends ? -next : next;
    return ends ? -next : next;
  }

  /** Reads on from `from` without remembering states. */
  #walk(items: Uint16Array, length: number, edge: number, from: number, row: number): boolean {
    const bits = this.#bitsFrom(row, length - from);
    for (let i = from; i <= length; i++) {
      if (bits.step(this.#meaningOf(i < length ? (items[i] ?? 0) : edge))) return true;
    }
    return false;
  }

  #walkOn(
    { items, length, edge }: Symbols,
    from: number,
    row: number,
    set: (position: number) => void,
  ): void {
    const bits = this.#bitsFrom(row, length - from);
    for (let i = from; i <= length; i++) {
      const symbol = i === length ? edge : ((this.#backward ? items[length - 1 - i] : items[i]) ?? 0);
      if (bits.step(this.#meaningOf(symbol))) set(this.#backward ? length - i : i);
    }
  }

  #bitsFrom(row: number, symbolsLeft: number): BitSimulation {
    this.#bits ??=
      BitSimulation.of(this.#program, this.#alphabet, this.#stepper.conditions, this.#backward) ?? null;
    const state = this.#states[row / this.#width];
    if (this.#bits === null || state === undefined || !this.#bits.affords(symbolsLeft)) {
      throw new PatternBudgetError(this.#source);
    }
    this.#bits.begin(state.alive, state.kind);
    this.#clear();
    return this.#bits;
  }

  #meaningOf(symbol: number): Sign {
    if (symbol <= this.#edge) return { base: symbol, mask: 0 };
    const meaning = this.#markedSigns[symbol - this.#edge - 1];
    if (meaning === undefined) throw new Error('a symbol that has no meaning');
    return meaning;
  }
}
