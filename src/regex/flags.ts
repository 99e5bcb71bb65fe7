import type { Fold } from './syntax.ts';

// The letters of `(?imsdxuU)`. Flags last until the end of the group they stand in.

export interface Flags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly unixLines: boolean;
  readonly comments: boolean;
  readonly unicodeCase: boolean;
  readonly unicodeClasses: boolean;
}

export const NO_FLAGS: Flags = {
  ignoreCase: false,
  multiline: false,
  dotAll: false,
  unixLines: false,
  comments: false,
  unicodeCase: false,
  unicodeClasses: false,
};

const LETTERS = new Map<string, keyof Flags>([
  ['i', 'ignoreCase'],
  ['m', 'multiline'],
  ['s', 'dotAll'],
  ['d', 'unixLines'],
  ['x', 'comments'],
  ['u', 'unicodeCase'],
  ['U', 'unicodeClasses'],
]);

/** The flags after one letter, or undefined where Java knows no such letter. `U` brings `u` with it, both ways. */
export function withFlag(flags: Flags, letter: string, on: boolean): Flags | undefined {
  const name = LETTERS.get(letter);
  if (name === undefined) return undefined;
  const changed = { ...flags, [name]: on };
  return letter === 'U' ? { ...changed, unicodeCase: on } : changed;
}

export function foldOf(flags: Flags): Fold {
  if (!flags.ignoreCase) return 'none';
  return flags.unicodeCase ? 'unicode' : 'ascii';
}
