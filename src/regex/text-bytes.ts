// A text as bytes, read in grams: four bytes at every fourth byte or every second, or two bytes at every one.

/** How far apart grams are read. */
export const STRIDES = [4, 2, 1] as const;
export type Stride = (typeof STRIDES)[number];

export interface TextBytes {
  readonly bytes: Uint8Array;
  readonly quads: Int32Array;
  readonly halves: Uint16Array;
}

const KEPT_BYTES = 1 << 20;
let kept = newMemory(1 << 14);

function newMemory(size: number): TextBytes & { readonly bytes: Buffer } {
  const buffer = new ArrayBuffer(size);
  return { bytes: Buffer.from(buffer), quads: new Int32Array(buffer), halves: new Uint16Array(buffer) };
}

/** The text's units as bytes, of those beyond Latin-1 only the lower half; good until the next text. A huge memory is not kept. */
export function bytesOf(text: string): TextBytes {
  let memory = kept;
  if (text.length > kept.bytes.length) {
    memory = newMemory((text.length + 4) & ~3);
    if (text.length <= KEPT_BYTES) kept = memory;
  }
  memory.bytes.write(text, 0, 'latin1');
  return memory;
}

/** @param at counts strides */
export function gramAt({ bytes, quads, halves }: TextBytes, at: number, stride: Stride): number {
  if (stride === 4) return quads[at] ?? 0;
  if (stride === 2) return (halves[at] ?? 0) | ((halves[at + 1] ?? 0) << 16);
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

export function gramWidth(stride: Stride): number {
  return stride === 1 ? 2 : 4;
}

/** How many grams a text of so many bytes has. */
export function gramCount(length: number, stride: Stride): number {
  return Math.max(0, Math.floor((length - gramWidth(stride)) / stride) + 1);
}

export const HASH = 0x9e3779b1;
/** Grams looked at in one go. */
export const CHUNK = 4_096;
/** Where the last go found grams whose hash is marked. */
export const suspects = new Int32Array(CHUNK);

type Mark = (text: TextBytes, from: number, end: number, marks: Int32Array, shift: number) => number;

/** Fill `suspects` and tell how many. They do nothing else, for most of a scan's time is spent in them. */
export const FIND_SUSPECTS: Readonly<Record<Stride, Mark>> = {
  4: ({ quads }, from, end, marks, shift) => {
    let count = 0;
    for (let at = from; at < end; at += 1) {
      const hash = Math.imul(quads[at] ?? 0, HASH) >>> shift;
      if (((marks[hash >>> 5] ?? 0) >>> (hash & 31)) & 1) suspects[count++] = at;
    }
    return count;
  },
  2: ({ halves }, from, end, marks, shift) => {
    let count = 0;
    let before = halves[from] ?? 0;
    for (let at = from; at < end; at += 1) {
      const next = halves[at + 1] ?? 0;
      const hash = Math.imul(before | (next << 16), HASH) >>> shift;
      if (((marks[hash >>> 5] ?? 0) >>> (hash & 31)) & 1) suspects[count++] = at;
      before = next;
    }
    return count;
  },
  1: ({ bytes }, from, end, marks, shift) => {
    let count = 0;
    let before = bytes[from] ?? 0;
    for (let at = from; at < end; at += 1) {
      const next = bytes[at + 1] ?? 0;
      const hash = Math.imul(before | (next << 8), HASH) >>> shift;
      if (((marks[hash >>> 5] ?? 0) >>> (hash & 31)) & 1) suspects[count++] = at;
      before = next;
    }
    return count;
  },
};
