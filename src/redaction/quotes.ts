// Strings inside strings, read without undoing their escapes. A quote of a string that lies n strings deep has 2^n - 1
// backslashes before it, and backslashes of the content always come in multiples of 2^(n+1): so the run of backslashes
// before a quote tells how deep the string lies that it opens or closes, whatever stands in it.

const BACKSLASH = 0x5c;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;

export function isQuote(code: number): boolean {
  return code === DOUBLE_QUOTE || code === SINGLE_QUOTE;
}

/** The quotes of a string, and how deep it lies. */
export interface Quotes {
  readonly mark: string;
  readonly level: number;
}

/** Where the run of backslashes before a position begins; the position itself where there is none. */
export function runStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && text.charCodeAt(start - 1) === BACKSLASH) start -= 1;
  return start;
}

/** How deep the string lies whose quote stands at `quote`: 0 for one that lies in no other. */
export function levelOf(text: string, quote: number): number {
  return levelOfRun(quote - runStart(text, quote));
}

export function levelOfRun(backslashes: number): number {
  return 31 - Math.clz32((backslashes + 1) & -(backslashes + 1));
}

/** The quote that ends a string of this level: its own, or one that ends a string around it. -1 where none does. */
export function closingQuote(text: string, from: number, mark: string, level: number): number {
  let run = 0;
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) {
      run += 1;
      continue;
    }
    if (code === mark.charCodeAt(0) && levelOfRun(run) <= level) return at;
    run = 0;
  }
  return -1;
}

/** Undoes what may hide the letters of a name: `\u0070`, however deep, and `%70`. */
export function plainName(raw: string): string {
  if (!raw.includes('\\') && !raw.includes('%')) return raw;
  return raw
    .replaceAll(/\\+u([0-9a-fA-F]{4})/g, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    )
    .replaceAll(/%([0-9a-fA-F]{2})/g, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    );
}

/** Whether the word character before a position is the end of an escape (`\n`, `\u000a`, `\012`, `%3D`) and not of a word. */
function isEscapeEnd(text: string, at: number): boolean {
  if (at >= 2 && text.charCodeAt(at - 2) === BACKSLASH && 'nrtbfv0'.includes(text.charAt(at - 1)))
    return true;
  if (at >= 3 && text.charAt(at - 3) === '%') return /^[0-9a-fA-F]{2}$/.test(text.slice(at - 2, at));
  if (at >= 4 && text.charCodeAt(at - 4) === BACKSLASH && /^[0-7]{3}$/.test(text.slice(at - 3, at)))
    return true;
  return at >= 6 && text.charCodeAt(at - 6) === BACKSLASH && /^u[0-9a-fA-F]{4}$/.test(text.slice(at - 5, at));
}

const WORD = new Uint8Array(128);
for (const letter of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_') {
  WORD[letter.charCodeAt(0)] = 1;
}

export function isWord(code: number): boolean {
  return WORD[code | 0] === 1;
}

/** Whether a token may begin here: no word goes on. */
export function beginsToken(text: string, at: number): boolean {
  return at === 0 || !isWord(text.charCodeAt(at - 1)) || isEscapeEnd(text, at);
}
