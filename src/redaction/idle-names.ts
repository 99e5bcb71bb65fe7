import { copyOf } from './name-memory.ts';
import { alnumAnd } from './runs.ts';

// Feeds repeat the names of their headers and fields without end, and nearly none of them says anything of a secret. Those
// are known again where they stand, without a text being made of each.

/** A power of two. */
const SLOTS = 8_192;
const MAX_LENGTH = 40;
const PLAIN = alnumAnd('_-.');
/** What else a bare name may hold. */
const NAME = alnumAnd('_-.[]%$');
/** Set in the code of any letter and of `_`, not in that of a digit, `-` or `.`. */
const LETTER = 0x40;
const COLON = 0x3a;
const LETTER_D = 0x64;
const DOUBLE_QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Each in the place that its hash gives it; a newer one takes the place of an older. */
const idle: string[] = Array.from({ length: SLOTS }, () => '');

/** Remembers a name after which nothing is masked, whatever stands before and behind it. */
export function rememberIdle(name: string): void {
  if (name.length > MAX_LENGTH || !/^[\w.-]+$/.test(name)) return;
  let hash = 0;
  for (let at = name.length - 1; at >= 0; at -= 1) hash = mixed(hash, name.charCodeAt(at));
  idle[hash & (SLOTS - 1)] = copyOf(name);
}

function mixed(hash: number, code: number): number {
  return (hash * 31 + code) & 0x3fffffff;
}

/** Whether a remembered name ends right before the separator, bare or in double quotes; false also where it is hard to tell. */
export function isIdleBefore(text: string, separator: number): boolean {
  let end = separator;
  const isQuoted = text.charCodeAt(end - 1) === DOUBLE_QUOTE;
  if (isQuoted) end -= 1;
  while (isQuoted && text.charCodeAt(end - 1) === BACKSLASH) end -= 1;
  let hash = 0;
  let letters = 0;
  let start = end;
  const least = end - MAX_LENGTH;
  for (let code = text.charCodeAt(start - 1) | 0; start > least && PLAIN[code] === 1; ) {
    hash = mixed(hash, code);
    letters |= code & LETTER;
    start -= 1;
    code = text.charCodeAt(start - 1) | 0;
  }
  if (start === end) return false;
  const before = text.charCodeAt(start - 1) | 0;
  const isWhole = isQuoted ? before === DOUBLE_QUOTE : NAME[before] !== 1 && !isMaskOrEscape(text, start - 1);
  if (!isWhole) return false;
  // Numbers say nothing.
  return letters === 0 || isSame(text, start, end, idle[hash & (SLOTS - 1)] ?? '');
}

/** Before a bare name: what may belong to an escape or to one of our own masks takes more than a look to tell. */
function isMaskOrEscape(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === BACKSLASH || (code === COLON && text.charCodeAt(at - 1) === LETTER_D);
}

function isSame(text: string, start: number, end: number, name: string): boolean {
  if (name.length !== end - start) return false;
  for (let at = start; at < end; at += 1) {
    if (text.charCodeAt(at) !== name.charCodeAt(at - start)) return false;
  }
  return true;
}
