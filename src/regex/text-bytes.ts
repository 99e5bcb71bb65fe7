// A text as bytes, and as words of four bytes in which grams of two to four bytes are looked for: see grids.ts.

export interface TextBytes {
  readonly bytes: Uint8Array;
  /** The first byte is the lowest; behind the text follow at least one word of zeros. */
  readonly words: Int32Array;
}

/** Room behind a text: the rest of its last word, and a word more. */
const MARGIN = 8;
const KEPT_BYTES = 1 << 20;
const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
let kept = newMemory(1 << 14);

function newMemory(size: number): TextBytes & { readonly bytes: Buffer } {
  const buffer = new ArrayBuffer(size);
  const wordBuffer = IS_LITTLE_ENDIAN ? buffer : new ArrayBuffer(size);
  return { bytes: Buffer.from(buffer), words: new Int32Array(wordBuffer) };
}

/** The text's units as bytes, of those beyond Latin-1 only the lower half; good until the next text. A huge memory is not kept. */
export function bytesOf(text: string): TextBytes {
  const { length } = text;
  let memory = kept;
  if (length + MARGIN > kept.bytes.length) {
    memory = newMemory((length + MARGIN + 3) & ~3);
    if (length <= KEPT_BYTES) kept = memory;
  }
  memory.bytes.write(text, 0, 'latin1');
  for (let at = length; at < length + MARGIN; at += 1) memory.bytes[at] = 0;
  if (!IS_LITTLE_ENDIAN) readWords(memory);
  return memory;
}

/** Where the processor's own words begin with their highest byte. */
function readWords({ bytes, words }: ReturnType<typeof newMemory>): void {
  for (let i = 0; i < words.length; i += 1) words[i] = bytes.readInt32LE(i * 4);
}
