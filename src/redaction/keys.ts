import { isQuote, levelOf, type Quotes, runStart } from './quotes.ts';
import { alnumAnd } from './runs.ts';

/** The name before a separator. */
export interface Key {
  /** As it stands in the text, escapes and all. */
  readonly raw: string;
  readonly start: number;
  /** The quote around it, and how deep its string lies; absent where the name stands bare. */
  readonly quote?: Quotes;
}

const MAX_NAME = 160;
const MAX_BLANKS = 16;
const NAME = alnumAnd('_-.[]%$');
const BACKSLASH = 0x5c;
/** What is left of `\n`, `\u000a` or `\012` where a name follows it. */
const ESCAPE_REST = /^(?:u[0-9a-fA-F]{4}|[0-7]{3}|[nrtbfv])/;

/** The name that ends before `separator`; undefined where none stands there. */
export function keyBefore(text: string, separator: number): Key | undefined {
  const end = skipBlanksBack(text, separator);
  const code = text.charCodeAt(end - 1);
  return isQuote(code) ? quotedKey(text, end - 1) : bareKey(text, end);
}

function skipBlanksBack(text: string, from: number): number {
  let at = from;
  while (at > 0 && from - at < MAX_BLANKS && isBlank(text.charCodeAt(at - 1))) at -= 1;
  return at;
}

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

function quotedKey(text: string, quote: number): Key | undefined {
  const code = text.charCodeAt(quote);
  const end = runStart(text, quote);
  const least = Math.max(0, end - MAX_NAME);
  let start = end;
  while (start > least && text.charCodeAt(start - 1) !== code) start -= 1;
  if (start === least || start === end) return undefined;
  const raw = text.slice(start, end);
  // The words in our own masks are no names, and no name holds the other kind of quotes: those are apostrophes of prose.
  if (raw.includes('[redacted:') || raw.includes('"')) return undefined;
  return { raw, start, quote: { mark: text.charAt(quote), level: levelOf(text, quote) } };
}

function bareKey(text: string, end: number): Key | undefined {
  const least = Math.max(0, end - MAX_NAME);
  let start = end;
  while (start > least && NAME[text.charCodeAt(start - 1) | 0] === 1) start -= 1;
  if (start === end || (start === least && least > 0)) return undefined;
  if (text.charCodeAt(start - 1) === BACKSLASH)
    start += ESCAPE_REST.exec(text.slice(start, start + 5))?.[0].length ?? 0;
  // The words in our own masks are no names.
  if (start >= 10 && text.startsWith('[redacted:', start - 10)) {
    const close = text.slice(start, end).indexOf(']');
    start = close < 0 ? end : start + close + 1;
  }
  return start < end ? { raw: text.slice(start, end), start } : undefined;
}

/** What stands before a bare name: the beginning of a line or string, a word of prose, or something else. */
export function placeOf(text: string, start: number): 'line' | 'string' | 'word' | 'other' {
  const before = text.charCodeAt(start - 1);
  if (start === 0 || before === 0x0a || before === 0x0d) return 'line';
  if (isQuote(before) || NAME[before | 0] === 1) return 'string';
  if (before !== 0x20) return 'other';
  return /[A-Za-z] $/.test(text.slice(start - 2, start)) ? 'word' : 'other';
}

/** The string that a bare name begins, or begins a line of; any quotes where nobody can tell. */
export function stringAround(text: string, start: number): Quotes | undefined {
  if (placeOf(text, start) === 'line') return undefined;
  // An apostrophe may be one of prose: then the string ends with the quotes around that.
  if (text.charAt(start - 1) === '"') return { mark: '"', level: levelOf(text, start - 1) };
  const escapes = start - 1 - runStart(text, start - 1);
  return escapes > 0 ? { mark: '"', level: 31 - Math.clz32(escapes) } : { mark: `"'`, level: 31 };
}
