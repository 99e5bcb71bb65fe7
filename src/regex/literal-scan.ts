import { CHUNK, type Grid, gramAt, gridFor, suspects } from './grids.ts';
import { shareOf } from './rarity.ts';
import { SpotTable } from './spot-table.ts';
import { bytesOf, type TextBytes } from './text-bytes.ts';

// Finds which of many literals a text holds, in one pass that mostly looks at every fourth byte only. A literal of seven bytes
// or more covers one aligned quadruple of bytes wherever it stands, so its four possible quadruples are remembered; where
// one of them turns up the literal is compared. Shorter literals are looked for at every second byte, or at every byte, and
// by pairs. Words of four bytes are read whatever the grid, and only those with a gram that is marked are looked at again.
// (The idea is Wu and Manber's, 1994, with a table of hashes in front as in Rabin and Karp's; Aho and Corasick's automaton
// reads every byte, and each step waits for the one before it.)

/** Beyond this a literal need not grow to be rare. */
const MAX_LENGTH = 24;
/** Comparisons a byte may cost on average; texts made to cost more are taken to hold every literal. */
const MAX_STEPS_PER_BYTE = 8;
const FREE_STEPS = 20_000;
/** The largest that fits into a mark; a busy daemon scans as many texts within days. */
const MAX_STAMP = 2 ** 31 - 1;

type Tell = (owner: number) => void;

export class LiteralScan {
  /** All literals, one behind the other; `starts` has one entry more than there are literals. */
  readonly #bytes: Uint8Array;
  readonly #starts: Int32Array;
  readonly #owners: readonly (readonly number[])[];
  readonly #lone: readonly { readonly text: string; readonly index: number }[];
  readonly #tables: readonly (readonly [Grid, SpotTable])[];
  /** By literal: the scan that found it. */
  readonly #found: Int32Array;
  #stamp = 0;
  #stepsLeft = 0;

  /** `literals[i]` belong to owner i; ASCII, in small letters. */
  constructor(literals: readonly (readonly string[])[]) {
    const owners = ownersByText(literals);
    const texts = [...owners.keys()];
    this.#owners = [...owners.values()];
    this.#bytes = Buffer.from(texts.join(''), 'latin1');
    this.#starts = startsOf(texts);
    this.#found = new Int32Array(texts.length);
    this.#lone = texts.flatMap((text, index) => (text.length < 2 ? [{ text, index }] : []));
    const tables = new Map<Grid, SpotTable>();
    for (const [index, text] of texts.entries()) if (text.length > 1) addSpots(text, index, tables);
    for (const table of tables.values()) table.close();
    this.#tables = [...tables];
  }

  /**
   * Tells the owners of all literals in the text, an owner perhaps more than once, and perhaps owners of literals that are
   * not there: where the text is not Latin-1, or was made to cost much.
   * @param text in small letters
   */
  scan(text: string, tell: Tell): void {
    const bytes = bytesOf(text);
    if (this.#stamp === MAX_STAMP) this.#found.fill(0);
    this.#stamp = this.#stamp === MAX_STAMP ? 1 : this.#stamp + 1;
    this.#stepsLeft = FREE_STEPS + MAX_STEPS_PER_BYTE * text.length;
    for (const { text: lone, index } of this.#lone) if (text.includes(lone)) this.#tell(index, tell);
    for (const [grid, table] of this.#tables) this.#scanFor(grid, table, bytes, text.length, tell);
    if (this.#stepsLeft < 0) for (let i = 0; i < this.#owners.length; i += 1) this.#tell(i, tell);
  }

  #scanFor(grid: Grid, table: SpotTable, text: TextBytes, length: number, tell: Tell): void {
    const { width, stride, findSuspects } = grid;
    const end = (length + 3) >>> 2;
    for (let from = 0; from < end && this.#stepsLeft >= 0; from += CHUNK) {
      const count = findSuspects(text.words, from, Math.min(end, from + CHUNK), table.marks, table.shift);
      for (let i = 0; i < count; i += 1) {
        const word = (suspects[i] ?? 0) * 4;
        for (let at = word; at < word + 4; at += stride) {
          const first = table.first(gramAt(text.bytes, at, width));
          if (first >= 0) this.#compare(text.bytes, at, length, table, first, tell);
        }
      }
    }
  }

  #compare(bytes: Uint8Array, at: number, length: number, table: SpotTable, first: number, tell: Tell): void {
    const { literals, offsets, nexts } = table;
    for (let spot = first; spot >= 0; spot = nexts[spot] ?? -1) {
      this.#stepsLeft -= 1;
      const literal = literals[spot] ?? 0;
      const isNew = this.#found[literal] !== this.#stamp;
      if (isNew && this.#stands(literal, bytes, at - (offsets[spot] ?? 0), length)) this.#tell(literal, tell);
    }
  }

  #stands(literal: number, bytes: Uint8Array, start: number, length: number): boolean {
    const from = this.#starts[literal] ?? 0;
    const size = (this.#starts[literal + 1] ?? 0) - from;
    if (start < 0 || start + size > length) return false;
    for (let i = 0; i < size; i += 1) if (bytes[start + i] !== this.#bytes[from + i]) return false;
    return true;
  }

  #tell(literal: number, tell: Tell): void {
    if (this.#found[literal] === this.#stamp) return;
    this.#found[literal] = this.#stamp;
    for (const owner of this.#owners[literal] ?? []) tell(owner);
  }
}

function ownersByText(literals: readonly (readonly string[])[]): ReadonlyMap<string, readonly number[]> {
  const owners = new Map<string, number[]>();
  for (const [owner, texts] of literals.entries()) {
    for (const text of new Set(texts.map((whole) => whole.slice(0, MAX_LENGTH)))) {
      const known = owners.get(text);
      if (known) known.push(owner);
      else owners.set(text, [owner]);
    }
  }
  return owners;
}

function startsOf(texts: readonly string[]): Int32Array {
  const starts = new Int32Array(texts.length + 1);
  for (const [index, text] of texts.entries()) starts[index + 1] = (starts[index] ?? 0) + text.length;
  return starts;
}

function addSpots(text: string, literal: number, tables: Map<Grid, SpotTable>): void {
  const grid = gridFor(text.length);
  const { width, stride } = grid;
  const table = tables.get(grid) ?? new SpotTable();
  tables.set(grid, table);
  const bytes = Buffer.from(text, 'latin1');
  const grams = Array.from({ length: text.length - width + 1 }, (_, at) => gramAt(bytes, at, width));
  const costs = grams.map((gram, at) => (1 + table.count(gram)) * shareOf([text.slice(at, at + width)]));
  const start = cheapestStart(costs, stride);
  for (let offset = start; offset < start + stride; offset += 1) {
    const gram = grams[offset];
    if (gram !== undefined) table.add(gram, literal, offset);
  }
}

/** Where the literal's grams stand in the fewest texts, and are shared with the fewest others: nobody wants `http` compared with a thousand. */
function cheapestStart(costs: readonly number[], stride: number): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let start = 0; start + stride <= costs.length; start += 1) {
    const cost = costs.slice(start, start + stride).reduce((sum, each) => sum + each, 0);
    if (cost < least) [best, least] = [start, cost];
  }
  return best;
}
