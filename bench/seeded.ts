/** The same numbers on every run, so that two runs measure the same work (mulberry32). */
export class Seeded {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0, below `end`. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * end);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  /** A word that stands in no dictionary and in no benign traffic: it ends in `x` or `q` and a vowel. */
  word(): string {
    const syllables = Array.from({ length: 2 + this.below(2) }, () => this.pick(ONSETS) + this.pick(VOWELS));
    return `${syllables.join('')}${this.pick(ENDINGS)}`;
  }
}

const ONSETS = ['b', 'd', 'f', 'g', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'st', 'tr', 'pl'] as const;
const VOWELS = ['a', 'e', 'i', 'o', 'u'] as const;
const ENDINGS = ['xa', 'xu', 'qi', 'qo', 'xi', 'qa'] as const;
