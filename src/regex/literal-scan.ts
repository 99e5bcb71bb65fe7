// Finds which of many literals a text holds, in one pass that mostly looks at every fourth byte only. A literal of seven bytes
// or more covers one aligned quadruple of bytes wherever it stands, so its four possible quadruples are remembered; where
// one of them turns up the literal is compared. Shorter literals are looked for at every second byte, or at every byte.
// (The idea is Wu and Manber's, 1994, with a bit table in front as in Rabin and Karp's; Aho and Corasick's automaton reads
// every byte, and each step waits for the one before it.)

/** Beyond this a literal need not grow to be rare. */
const MAX_LENGTH = 24;
/** Of the bit tables: one place in 32 is taken, and none is larger than a processor's nearer memory. */
const SPARSENESS = 5;
const MAX_BITS = 19;
const HASH = 0x9e3779b1;
/** Comparisons a byte may cost on average; texts made to cost more are taken to hold every literal. */
const MAX_STEPS_PER_BYTE = 8;
const FREE_STEPS = 20_000;

interface Spot {
  readonly literal: number;
  readonly offset: number;
}

/** Literals by the bytes at some of their offsets. */
class SpotTable {
  readonly spots = new Map<number, Spot[]>();
  /** One bit for each hash of such bytes: most texts need no more. */
  bits = new Uint32Array(1);
  shift = 0;

  add(gram: number, spot: Spot): void {
    const known = this.spots.get(gram);
    if (known) known.push(spot);
    else this.spots.set(gram, [spot]);
  }

  close(): this {
    const width = Math.min(MAX_BITS, SPARSENESS + Math.ceil(Math.log2(this.spots.size + 1)));
    this.shift = 32 - width;
    this.bits = new Uint32Array(Math.max(1, 2 ** (width - 5)));
    for (const gram of this.spots.keys()) {
      const slot = Math.imul(gram, HASH) >>> this.shift;
      this.bits[slot >>> 5] = (this.bits[slot >>> 5] ?? 0) | (1 << (slot & 31));
    }
    return this;
  }
}

/** Offsets of a literal that are looked up, and so how far apart the text is looked at. */
const STRIDES = [4, 2, 1] as const;
type Stride = (typeof STRIDES)[number];

/** A literal of the given length covers four bytes at one of every `stride` places; two bytes below four. */
function strideFor(length: number): Stride {
  if (length >= 7) return 4;
  return length >= 5 ? 2 : 1;
}

export class LiteralScan {
  readonly #literals: readonly Uint8Array[];
  readonly #owners: readonly (readonly number[])[];
  readonly #lone: readonly { readonly text: string; readonly index: number }[];
  readonly #quads: SpotTable | undefined;
  readonly #halves: SpotTable | undefined;
  readonly #pairs: SpotTable | undefined;
  /** By literal: the scan that found it. */
  readonly #found: Int32Array;
  #stamp = 0;
  #stepsLeft = 0;

  /** `literals[i]` belong to owner i; ASCII, in small letters. */
  constructor(literals: readonly (readonly string[])[]) {
    const owners = ownersByText(literals);
    const texts = [...owners.keys()];
    this.#owners = [...owners.values()];
    this.#literals = texts.map((text) => Uint8Array.from(text, (char) => char.charCodeAt(0)));
    this.#found = new Int32Array(texts.length);
    this.#lone = texts.flatMap((text, index) => (text.length < 2 ? [{ text, index }] : []));
    const tables = new Map<Stride, SpotTable>();
    for (const [index, bytes] of this.#literals.entries())
      if (bytes.length > 1) addSpots(bytes, index, tables);
    this.#quads = tables.get(4)?.close();
    this.#halves = tables.get(2)?.close();
    this.#pairs = tables.get(1)?.close();
  }

  /**
   * Tells the owners of all literals in the text, an owner perhaps more than once, and perhaps owners of literals that are
   * not there: where the text is not Latin-1, or was made to cost much.
   * @param text in small letters
   */
  scan(text: string, tell: (owner: number) => void): void {
    const memory = memoryFor(text);
    this.#stamp += 1;
    this.#stepsLeft = FREE_STEPS + MAX_STEPS_PER_BYTE * text.length;
    for (const { text: lone, index } of this.#lone) if (text.includes(lone)) this.#tell(index, tell);
    if (this.#quads) this.#scanQuads(memory, text.length, this.#quads, tell);
    if (this.#halves) this.#scanHalves(memory, text.length, this.#halves, tell);
    if (this.#pairs) this.#scanPairs(memory, text.length, this.#pairs, tell);
    if (this.#stepsLeft < 0) for (let i = 0; i < this.#owners.length; i += 1) this.#tell(i, tell);
  }

  #scanQuads({ bytes, quads }: Memory, length: number, { bits, shift, spots }: SpotTable, tell: Tell): void {
    const end = length >>> 2;
    for (let i = 0; i < end; i += 1) {
      const gram = quads[i] ?? 0;
      const slot = Math.imul(gram, HASH) >>> shift;
      if (((bits[slot >>> 5] ?? 0) & (1 << (slot & 31))) !== 0) {
        this.#compare(bytes, 4 * i, length, spots.get(gram), tell);
      }
    }
  }

  #scanHalves(
    { bytes, halves }: Memory,
    length: number,
    { bits, shift, spots }: SpotTable,
    tell: Tell,
  ): void {
    const end = (length >>> 1) - 1;
    let before = halves[0] ?? 0;
    for (let i = 0; i < end; i += 1) {
      const next = halves[i + 1] ?? 0;
      const gram = before | (next << 16);
      const slot = Math.imul(gram, HASH) >>> shift;
      before = next;
      if (((bits[slot >>> 5] ?? 0) & (1 << (slot & 31))) !== 0) {
        this.#compare(bytes, 2 * i, length, spots.get(gram), tell);
      }
    }
  }

  #scanPairs({ bytes }: Memory, length: number, { bits, shift, spots }: SpotTable, tell: Tell): void {
    let before = bytes[0] ?? 0;
    for (let i = 1; i < length; i += 1) {
      const next = bytes[i] ?? 0;
      const gram = before | (next << 8);
      const slot = Math.imul(gram, HASH) >>> shift;
      before = next;
      if (((bits[slot >>> 5] ?? 0) & (1 << (slot & 31))) !== 0) {
        this.#compare(bytes, i - 1, length, spots.get(gram), tell);
      }
    }
  }

  #compare(
    bytes: Uint8Array,
    at: number,
    length: number,
    spots: readonly Spot[] | undefined,
    tell: Tell,
  ): void {
    if (spots === undefined || this.#stepsLeft < 0) return;
    this.#stepsLeft -= spots.length;
    for (const { literal, offset } of spots) {
      if (this.#found[literal] !== this.#stamp && this.#stands(literal, bytes, at - offset, length)) {
        this.#tell(literal, tell);
      }
    }
  }

  #stands(index: number, bytes: Uint8Array, start: number, length: number): boolean {
    const literal = this.#literals[index];
    if (literal === undefined || start < 0 || start + literal.length > length) return false;
    for (let i = 0; i < literal.length; i += 1) if (bytes[start + i] !== literal[i]) return false;
    return true;
  }

  #tell(literal: number, tell: Tell): void {
    if (this.#found[literal] === this.#stamp) return;
    this.#found[literal] = this.#stamp;
    for (const owner of this.#owners[literal] ?? []) tell(owner);
  }
}

type Tell = (owner: number) => void;

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

function addSpots(bytes: Uint8Array, literal: number, tables: Map<Stride, SpotTable>): void {
  const stride = strideFor(bytes.length);
  const table = tables.get(stride) ?? new SpotTable();
  tables.set(stride, table);
  const start = rarestStart(bytes, stride, table);
  for (let i = 0; i < stride; i += 1) {
    const gram = gramAt(bytes, start + i, stride);
    table.add(gram, { literal, offset: start + i });
  }
}

/** Where the literal shares its bytes with the fewest others: nobody wants `http` compared with a thousand. */
function rarestStart(bytes: Uint8Array, stride: Stride, { spots }: SpotTable): number {
  const width = stride === 1 ? 2 : 4;
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let start = 0; start + width + stride - 1 <= bytes.length; start += 1) {
    let shared = 0;
    for (let i = 0; i < stride; i += 1) shared += spots.get(gramAt(bytes, start + i, stride))?.length ?? 0;
    if (shared < least) [best, least] = [start, shared];
  }
  return best;
}

const gramBytes = new Uint8Array(4);
const gramQuad = new Int32Array(gramBytes.buffer);
const gramHalves = new Uint16Array(gramBytes.buffer);

/** As the scan of this stride reads it, whatever the machine's order of bytes. */
function gramAt(bytes: Uint8Array, at: number, stride: Stride): number {
  if (stride === 1) return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  gramBytes.set(bytes.subarray(at, at + 4));
  return stride === 4 ? (gramQuad[0] ?? 0) : (gramHalves[0] ?? 0) | ((gramHalves[1] ?? 0) << 16);
}

interface Memory {
  readonly bytes: Buffer;
  readonly quads: Int32Array;
  readonly halves: Uint16Array;
}

const KEPT_BYTES = 1 << 20;
let kept = newMemory(1 << 14);

function newMemory(size: number): Memory {
  const buffer = new ArrayBuffer(size);
  return { bytes: Buffer.from(buffer), quads: new Int32Array(buffer), halves: new Uint16Array(buffer) };
}

/** The text's units as bytes; of those beyond Latin-1 only the lower half. One memory for all scans, a huge one is not kept. */
function memoryFor(text: string): Memory {
  let memory = kept;
  if (text.length > kept.bytes.length) {
    memory = newMemory((text.length + 4) & ~3);
    if (text.length <= KEPT_BYTES) kept = memory;
  }
  memory.bytes.write(text, 0, 'latin1');
  return memory;
}
