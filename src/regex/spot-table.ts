import { HASH } from './grids.ts';

/** Of the marks: one in 128 is set, or fewer, and they all fit into a processor's nearest memory. */
const SPARSENESS = 7;
const MIN_WIDTH = 12;
const MAX_WIDTH = 18;

/** Grams of literals, and where in the literal each begins. */
export class SpotTable {
  readonly literals: number[] = [];
  readonly offsets: number[] = [];
  /** The next spot of the same gram; -1 after the last. */
  readonly nexts: number[] = [];
  /** A bit for each hash of a gram: at most places of most texts there is no more to ask. */
  marks = new Int32Array(1);
  shift = 0;
  /** By gram: the first spot. */
  readonly #building = new Map<number, number>();
  /**
   * The same once the table is closed, in pairs of a gram and its first spot: a gram lies where its hash says, or in the next
   * place that was free, whose spot is -1.
   */
  #places = new Int32Array(2).fill(-1);
  #placeShift = 31;

  add(gram: number, literal: number, offset: number): void {
    this.nexts.push(this.#building.get(gram) ?? -1);
    this.#building.set(gram, this.literals.push(literal) - 1);
    this.offsets.push(offset);
  }

  /** How many spots have the gram. */
  count(gram: number): number {
    let count = 0;
    for (let spot = this.#building.get(gram) ?? -1; spot >= 0; spot = this.nexts[spot] ?? -1) count += 1;
    return count;
  }

  /** The first spot that has the gram; -1 where none does. Of a closed table only. */
  first(gram: number): number {
    for (let place = (Math.imul(gram, HASH) >>> this.#placeShift) * 2; ; place += 2) {
      const first = this.#places[place + 1] ?? -1;
      if (first < 0 || this.#places[place] === gram) return first;
    }
  }

  /** Nothing is added or counted from now on. */
  close(): void {
    const bits = Math.ceil(Math.log2(this.#building.size + 1));
    const width = Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, SPARSENESS + bits));
    this.shift = 32 - width;
    this.marks = new Int32Array(2 ** (width - 5));
    for (const gram of this.#building.keys()) {
      const hash = Math.imul(gram, HASH) >>> this.shift;
      this.marks[hash >>> 5] = (this.marks[hash >>> 5] ?? 0) | (1 << hash);
    }
    this.#place(bits + 1);
  }

  #place(width: number): void {
    this.#placeShift = 32 - width;
    // Room behind the last place: no search need begin anew at the first.
    this.#places = new Int32Array((2 ** width + this.#building.size + 1) * 2).fill(-1);
    for (const [gram, first] of this.#building) {
      let place = (Math.imul(gram, HASH) >>> this.#placeShift) * 2;
      while ((this.#places[place + 1] ?? -1) >= 0) place += 2;
      this.#places[place] = gram;
      this.#places[place + 1] = first;
    }
    this.#building.clear();
  }
}
