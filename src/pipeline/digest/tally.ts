/** Names held at most; half of them are dropped when they are more. Attackers make up names. */
const MAX_NAMES = 4_096;

export interface Tallied {
  readonly name: string;
  readonly count: number;
}

/**
 * Counts names in bounded memory: the total is exact, and so is every count until there are more names
 * than are held. From then on the rare half is dropped each time, and counts are lower bounds.
 */
export class Tally {
  readonly #counts = new Map<string, number>();
  readonly #maxNames: number;
  #total = 0;
  #exact = true;
  #mostNames = 0;

  constructor(maxNames = MAX_NAMES) {
    this.#maxNames = maxNames;
  }

  add(name: string, count = 1): void {
    this.#total += count;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
    this.#mostNames = Math.max(this.#mostNames, this.#counts.size);
    if (this.#counts.size > this.#maxNames) this.#dropRare();
  }

  get total(): number {
    return this.#total;
  }

  /** False once names were dropped. */
  get isExact(): boolean {
    return this.#exact;
  }

  /** How many names there are; at least so many where names were dropped. */
  get distinct(): number {
    return this.#mostNames;
  }

  /** Undefined where the name was not held and may have been dropped. */
  countOf(name: string): number | undefined {
    return this.#counts.get(name) ?? (this.#exact ? 0 : undefined);
  }

  /** The names that count most. */
  top(limit: number): Tallied[] {
    const all = [...this.#counts].map(([name, count]) => ({ name, count }));
    return all.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1)).slice(0, limit);
  }

  /** Of equally rare names the newest go. */
  #dropRare(): void {
    this.#exact = false;
    const kept = [...this.#counts].sort(([, a], [, b]) => b - a).slice(0, this.#maxNames >> 1);
    this.#counts.clear();
    for (const [name, count] of kept) this.#counts.set(name, count);
  }
}
