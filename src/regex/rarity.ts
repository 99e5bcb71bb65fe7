// How rare a text is in what clients and servers send each other, in bits: a byte of n bits stands at one place in 2^n. Rough
// figures, counted in headers, JSON and query strings in small letters; they decide what is looked for, never what is found.

const BITS: readonly (readonly [number, string])[] = [
  [4, ' etaoinsr"'],
  [5, 'hldcumpf:,0123456789'],
  [6, 'gwybvk/.-='],
  [7, 'jqxz_&%+{}[]();\n'],
];
const OTHERS_BITS = 9;

const bitsByCode = new Uint8Array(256).fill(OTHERS_BITS);
for (const [bits, characters] of BITS) for (const each of characters) bitsByCode[each.charCodeAt(0)] = bits;

function rarityOf(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i += 1) bits += bitsByCode[text.charCodeAt(i)] ?? OTHERS_BITS;
  return bits;
}

/** A choice of texts is as rare as the most common of them. */
export function rarityOfAny(texts: readonly string[]): number {
  return Math.min(...texts.map(rarityOf));
}

/** At what share of places some of the texts stand, about. */
export function shareOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + 2 ** -rarityOf(text), 0);
}
