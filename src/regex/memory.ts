// What all automata together may remember. A thousand patterns each within its own bounds would still be too much, and
// those who write the texts could fill them all.

interface Holder {
  /** Forgets everything; called only between two readings of the holder. */
  release(): void;
}

/** In 32-bit words: some 64 MB. */
const MAX_WORDS = 1 << 24;

const held = new Map<Holder, number>();
let total = 0;

export function hold(holder: Holder, words: number): void {
  held.set(holder, (held.get(holder) ?? 0) + words);
  total += words;
}

export function letGo(holder: Holder): void {
  total -= held.get(holder) ?? 0;
  held.delete(holder);
}

/** Empties the others where all together hold too much. */
export function makeRoomFor(holder: Holder): void {
  if (total <= MAX_WORDS) return;
  for (const other of [...held.keys()]) if (other !== holder) other.release();
}
