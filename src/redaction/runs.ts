// Runs of characters, found by a loop: a pattern's `[a-z]*` keeps a place to come back to for each character, which a text
// of many megabytes would exhaust.

/** Marks of ASCII characters. Behind the end of a text a code is NaN, a slow index: `code | 0` is none of them. */
export type Charset = Uint8Array;

const ALNUM = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** Letters, digits, and what else is named. */
export function alnumAnd(others: string): Charset {
  return charset(ALNUM + others);
}

export function charset(characters: string): Charset {
  const set = new Uint8Array(128);
  for (const character of characters) set[character.charCodeAt(0)] = 1;
  return set;
}

export function runEnd(text: string, from: number, set: Charset): number {
  let end = from;
  while (set[text.charCodeAt(end) | 0] === 1) end += 1;
  return end;
}
