import { isDigit } from './cards.ts';
import { type Marks, maskOf } from './marks.ts';
import type { NameMeaning } from './names.ts';
import { closingQuote, levelOf, type Quotes, runStart } from './quotes.ts';
import { charset, runEnd } from './runs.ts';
import { maskedValue } from './values.ts';

const IN_NUMBER = charset('0123456789.eE+-');

/** Where the number ends that begins here; `start` where none does. */
export function numberEnd(text: string, start: number): number {
  const first = text.charAt(start) === '-' ? start + 1 : start;
  return isDigit(text.charCodeAt(first)) ? runEnd(text, first, IN_NUMBER) : start;
}

/** A number becomes a text, quoted as its neighbours are. */
export function quotedMask(kind: string, { mark, level }: Quotes): string {
  const quote = `${'\\'.repeat(2 ** level - 1)}${mark}`;
  return `${quote}${maskOf(kind)}${quote}`;
}

/**
 * Masks every string and number in the list or object that begins at `start`, under a secret name with these quotes. Gives
 * where to go on.
 */
export function maskContainer(
  text: string,
  marks: Marks,
  start: number,
  quotes: Quotes,
  meaning: NameMeaning,
): number {
  let depth = 0;
  for (let at = start; at < text.length; ) {
    const character = text.charAt(at);
    if (character === '"' || character === quotes.mark) {
      if (character !== quotes.mark || levelOf(text, at) < quotes.level) return at;
      at = maskString(text, marks, at, meaning);
      continue;
    }
    if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth === 0) return at + 1;
    const end = numberEnd(text, at);
    if (end - at >= 3) marks.replace(at, end, quotedMask(meaning.kind, quotes));
    at = Math.max(at + 1, end);
  }
  return text.length;
}

function maskString(text: string, marks: Marks, quote: number, meaning: NameMeaning): number {
  const found = closingQuote(text, quote + 1, text.charAt(quote), levelOf(text, quote));
  const closing = found < 0 ? text.length : found;
  const end = Math.max(quote + 1, runStart(text, closing));
  const isKey = /^\s{0,40}:/.test(text.slice(closing + 1, closing + 42));
  if (!isKey) marks.replace(quote + 1, end, maskedValue(text.slice(quote + 1, end), meaning));
  return closing + 1;
}
