// Finds which of many literals a text holds, in one pass and without minding ASCII case (Aho and Corasick, 1975), with all
// failure links resolved into one table.

/** Enough to tell literals apart; the table stays small. */
const MAX_LENGTH = 8;
const ASCII = 128;
const OTHER = 0;

export class LiteralScan {
  /** Symbol of each ASCII unit; 0 for units in no literal. */
  readonly #symbols = new Uint8Array(ASCII);
  readonly #width: number;
  readonly #table: Int32Array;
  /** Owners told of at each node, by row offset; undefined where none. */
  readonly #owners: (readonly number[] | undefined)[];
  readonly #seen: Int32Array;
  #stamp = 0;

  /** `literals[i]` belong to owner i; ASCII, capitals folded. */
  constructor(literals: readonly (readonly string[])[]) {
    this.#width = this.#numberSymbols(literals);
    const trie = new Trie(this.#width);
    literals.forEach((texts, owner) => {
      for (const text of texts) trie.add(this.#symbolsOf(text.slice(0, MAX_LENGTH)), owner);
    });
    trie.link();
    this.#table = Int32Array.from(trie.table, (node) => node * this.#width);
    this.#owners = trie.owners.map((owners) => (owners.size > 0 ? [...owners] : undefined));
    this.#seen = new Int32Array(trie.owners.length);
  }

  #numberSymbols(literals: readonly (readonly string[])[]): number {
    let count = 1;
    for (const unit of literals.flat().flatMap((text) => this.#unitsOf(text))) {
      if (this.#symbols[unit] === OTHER) this.#symbols[unit] = count++;
    }
    for (let unit = 0x41; unit <= 0x5a; unit++) this.#symbols[unit] = this.#symbols[unit + 32] ?? OTHER;
    return count;
  }

  #unitsOf(text: string): number[] {
    return Array.from(text.slice(0, MAX_LENGTH), (char) => char.charCodeAt(0));
  }

  #symbolsOf(text: string): number[] {
    return this.#unitsOf(text).map((unit) => this.#symbols[unit] ?? OTHER);
  }

  /** Tells the owners of all literals in the text, an owner perhaps more than once. */
  scan(text: string, tell: (owner: number) => void): void {
    const symbols = this.#symbols;
    const table = this.#table;
    const width = this.#width;
    this.#stamp++;
    let row = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      row = table[row + (unit < ASCII ? (symbols[unit] ?? OTHER) : OTHER)] ?? 0;
      if (row > 0) this.#tellAt(row / width, tell);
    }
  }

  #tellAt(node: number, tell: (owner: number) => void): void {
    if (this.#seen[node] === this.#stamp) return;
    this.#seen[node] = this.#stamp;
    this.#owners[node]?.forEach(tell);
  }
}

class Trie {
  readonly table: number[] = [];
  readonly owners: Set<number>[] = [];
  readonly #width: number;

  constructor(width: number) {
    this.#width = width;
    this.#grow();
  }

  #grow(): number {
    for (let i = 0; i < this.#width; i++) this.table.push(0);
    return this.owners.push(new Set()) - 1;
  }

  add(symbols: readonly number[], owner: number): void {
    let node = 0;
    for (const symbol of symbols) {
      const cell = node * this.#width + symbol;
      let child = this.table[cell] ?? 0;
      if (child === 0) {
        child = this.#grow();
        this.table[cell] = child;
      }
      node = child;
    }
    this.owners[node]?.add(owner);
  }

  /** Breadth first: whoever has no child of its own goes where its longest proper suffix would go. */
  link(): void {
    const failures = new Int32Array(this.owners.length);
    const queue = this.table.slice(0, this.#width).filter((child) => child > 0);
    for (const node of queue) {
      const failure = failures[node] ?? 0;
      for (const owner of this.owners[failure] ?? []) this.owners[node]?.add(owner);
      for (let symbol = 0; symbol < this.#width; symbol++) {
        const cell = node * this.#width + symbol;
        const detour = this.table[failure * this.#width + symbol] ?? 0;
        const child = this.table[cell] ?? 0;
        if (child === 0) this.table[cell] = detour;
        else {
          failures[child] = detour;
          queue.push(child);
        }
      }
    }
  }
}
