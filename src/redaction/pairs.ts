import { maskContainer, numberEnd, quotedMask } from './containers.ts';
import { isIdleBefore, rememberIdle } from './idle-names.ts';
import { type Key, keyBefore, placeOf, stringAround } from './keys.ts';
import { type Marks, maskEnd, maskOf } from './marks.ts';
import { meaningOfName, type NameMeaning } from './names.ts';
import { closingQuote, isQuote, isWord, levelOfRun, type Quotes, runStart } from './quotes.ts';
import { type Found, userInfoAt, webhookAt } from './shapes.ts';
import { Ends, elementEnd, isNothing, isProse, lineEnd, maskedValue } from './values.ts';

const EQUALS = 0x3d;
const COLON = 0x3a;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;
/** How far behind `name: "cookie"` its value is looked for. */
const PENDING_REACH = 300;
const MAX_TAG = 400;
/** Without its namespace. */
const ELEMENT_NAME = /^(?:[A-Za-z][\w.-]{0,60}:)?([A-Za-z][\w.-]{0,80})(?=\s|$)/;
const NAMING = new Set(['name', 'key', 'field', 'header']);
const VALUE = new Set(['value', 'values', 'val', 'content']);
const SCHEME =
  /(?:bearer|basic|digest|negotiate|ntlm|token|apikey|api-key|oauth|hawk|signature|aws4-[a-z0-9-]+|key|jwt)[ \t]/iy;
const MULTIPART = /[^\r\n"\\]{0,200}(?:\r?\n|(?:\\{1,4}r)?\\{1,4}n){2}/y;
const MULTIPART_END = /(?:\r?\n|(?:\\{1,4}r)?\\{1,4}n)--|"/g;

/** Values of names that tell: pairs of JSON, forms, headers, attributes, elements. */
export class Pairs {
  readonly #text: string;
  readonly #marks: Marks;
  readonly #ends: Ends;
  #pending: { readonly meaning: NameMeaning; readonly at: number } | undefined;

  constructor(text: string, marks: Marks) {
    this.#text = text;
    this.#marks = marks;
    this.#ends = new Ends(text);
  }

  /** A `:` or `=`, perhaps escaped, from `at` to `after`. Gives where to go on. */
  separator(at: number, after: number): number {
    const text = this.#text;
    const code = text.charCodeAt(at);
    if (code === COLON && mayBeSlash(text.charCodeAt(after))) {
      const found = webhookAt(text, at) ?? userInfoAt(text, at);
      if (found !== undefined) return this.#mask(found);
    }
    if (this.#pending === undefined && isIdleBefore(text, at)) return after;
    if (code === EQUALS && isOperator(text, at)) return after;
    const key = keyBefore(text, at);
    if (key === undefined) return after;
    const meaning = meaningOfName(key.raw) ?? this.#pendingFor(key, at);
    if (meaning !== undefined) return this.#value(key, meaning, at, after);
    if (NAMING.has(key.raw)) return this.#naming(after);
    rememberIdle(key.raw);
    return after;
  }

  /** The `>` of `<password>…</password>`; what stands in the tag has been looked at before. */
  element(at: number): number {
    const text = this.#text;
    const meaning = meaningOfName(elementName(text, at));
    if (meaning === undefined || meaning.isWeak) return at + 1;
    const isData = text.startsWith('<![CDATA[', at + 1);
    const start = isData ? at + 10 : at + 1;
    const found = isData ? this.#ends.data(start) : elementEnd(text, start);
    const end = found >= 0 || !isData ? found : this.#ends.bare(start);
    if (end < 0 || maskEnd(text, start) > start || text.slice(start, end).trim() === '') return at + 1;
    return this.#replace(start, end, meaning);
  }

  /** `%3D` and `%3A`: a pair that was encoded into a query. */
  percent(at: number): number {
    const text = this.#text;
    const code = text.slice(at + 1, at + 3).toLowerCase();
    if (code !== '3d' && code !== '3a') return at + 1;
    const meaning = meaningOfName(encodedName(text, at));
    if (meaning === undefined) return at + 3;
    const [skipped = '', quote] = /^(?:%20|\+)?(%22|%27)?/i.exec(text.slice(at + 3, at + 9)) ?? [];
    const start = at + 3 + skipped.length;
    if (/^%[57]B/i.test(text.slice(start, start + 3))) return start;
    const end = encodedEnd(text, start, quote);
    return end > start ? this.#replace(start, end, meaning) : start;
  }

  /** A backslash: perhaps of `\u003d`, as some write `=` in JSON. */
  escape(at: number): number {
    const isEquals = this.#text.startsWith('u003d', at + 1) || this.#text.startsWith('u003D', at + 1);
    return isEquals ? this.#escapedEquals(at) : at + 1;
  }

  #escapedEquals(at: number): number {
    const key = keyBefore(this.#text, runStart(this.#text, at));
    const meaning = key && meaningOfName(key.raw);
    if (key === undefined || meaning === undefined) return at + 6;
    return this.#bare(key, meaning, at + 6, false);
  }

  #mask({ start, end, kind }: Found): number {
    this.#marks.replace(start, end, maskOf(kind));
    return end;
  }

  #replace(start: number, end: number, meaning: NameMeaning): number {
    this.#marks.replace(start, end, maskedValue(this.#text.slice(start, end), meaning));
    return end;
  }

  #pendingFor({ raw }: Key, at: number): NameMeaning | undefined {
    const pending = this.#pending;
    if (pending === undefined || !VALUE.has(raw)) return undefined;
    const between = at - pending.at > PENDING_REACH ? '}' : this.#text.slice(pending.at, at);
    if (!/[}>]/.test(between)) return pending.meaning;
    this.#pending = undefined;
    return undefined;
  }

  /** The value of `name:` is a name itself, and that of `value:` behind it what belongs to that name. */
  #naming(after: number): number {
    const text = this.#text;
    const start = skipBlanks(text, after);
    const quote = skipBackslashes(text, start);
    if (!isQuote(text.charCodeAt(quote))) return after;
    const end = closingQuote(
      text.slice(quote + 1, quote + 100),
      0,
      text.charAt(quote),
      levelOfRun(quote - start),
    );
    const meaning =
      end < 0 ? undefined : meaningOfName(text.slice(quote + 1, runStart(text, quote + 1 + end)));
    if (meaning === undefined) return after;
    this.#pending = { meaning, at: quote + 2 + end };
    return this.#multipart(quote + 2 + end, meaning) ?? after;
  }

  #multipart(at: number, meaning: NameMeaning): number | undefined {
    MULTIPART.lastIndex = at;
    if (!MULTIPART.test(this.#text)) return undefined;
    const start = MULTIPART.lastIndex;
    MULTIPART_END.lastIndex = start;
    const end = MULTIPART_END.exec(this.#text)?.index ?? this.#text.length;
    return this.#replace(start, Math.max(start, runStart(this.#text, end)), meaning);
  }

  #value(key: Key, meaning: NameMeaning, at: number, after: number): number {
    const text = this.#text;
    const start = skipBlanks(text, after);
    const quote = skipBackslashes(text, start);
    const level = levelOfRun(quote - start);
    if (isQuote(text.charCodeAt(quote))) {
      const isJson = key.quote?.mark === '"' && text.charCodeAt(at) === COLON;
      const isClosing = level < (key.quote?.level ?? 0) || (!isJson && looksClosing(text, quote));
      return isClosing ? quote : this.#quoted(quote, level, meaning);
    }
    if (key.quote !== undefined && text.charCodeAt(at) === COLON)
      return this.#unquoted(key.quote, meaning, start);
    return this.#bare(key, meaning, after, text.charCodeAt(at) === COLON);
  }

  #quoted(quote: number, level: number, meaning: NameMeaning): number {
    const text = this.#text;
    const mark = text.charAt(quote);
    const found = closingQuote(text, quote + 1, mark, level);
    const closing = found < 0 ? text.length : found;
    const end = Math.max(
      quote + 1,
      runStart(text, mark === "'" ? Math.min(closing, bareQuoteEnd(text, quote + 1, closing)) : closing),
    );
    const value = text.slice(quote + 1, end);
    const masked = maskedValue(value, meaning);
    this.#marks.replace(quote + 1, end, masked);
    return masked === value && meaning.isWeak ? quote + 1 : end;
  }

  /** What JSON has without quotes: numbers, lists, objects. */
  #unquoted(quotes: Quotes, meaning: NameMeaning, start: number): number {
    const code = this.#text.charAt(start);
    if (code === '[' || code === '{') {
      return meaning.isWeak ? start + 1 : maskContainer(this.#text, this.#marks, start, quotes, meaning);
    }
    const end = numberEnd(this.#text, start);
    if (end - start < 3 || meaning.isWeak) return start;
    this.#marks.replace(start, end, quotedMask(meaning.kind, quotes));
    return end;
  }

  #bare(key: Key, meaning: NameMeaning, after: number, isColon: boolean): number {
    const text = this.#text;
    if (isColon && /[[\]]/.test(key.raw)) return after;
    const start = skipSpaces(text, after);
    const mask = maskEnd(text, start);
    if (mask > start) return mask;
    const place = placeOf(text, key.start);
    if (isColon && (meaning.shape !== 'value' || meaning.kind === 'authorization')) {
      return this.#line(start, key, meaning);
    }
    const end = this.#ends.bare(start);
    const value = text.slice(start, end);
    const isLoose = isColon || start > after;
    if (value === '' || isNothing(value)) return start;
    if (isLoose && isProse(text, { start, end }, place === 'word')) return start;
    const masked = maskedValue(value, meaning);
    if (masked === value) return start;
    this.#marks.replace(start, end, masked);
    return end;
  }

  /** `Authorization: …` and `Cookie: …`: all of the line. */
  #line(start: number, key: Key, meaning: NameMeaning): number {
    const text = this.#text;
    SCHEME.lastIndex = start;
    const first = { start, end: this.#ends.bare(start) };
    const isProseLine =
      first.end - start <= 40 &&
      !SCHEME.test(text) &&
      isProse(text, first, placeOf(text, key.start) === 'word');
    if (isProseLine || isNothing(text.slice(start, first.end))) return start;
    const end = lineEnd(text, start, stringAround(text, key.start));
    this.#marks.replace(start, end, maskedValue(text.slice(start, end).trimEnd(), meaning));
    return end;
  }
}

function mayBeSlash(code: number): boolean {
  return code === SLASH || code === BACKSLASH;
}

/** `==`, `=>`, `!=`, `<=` */
function isOperator(text: string, at: number): boolean {
  return '=>'.includes(text.charAt(at + 1) || ' ') || '=!<>'.includes(text.charAt(at - 1) || ' ');
}

/** Anywhere but in JSON a quote behind a name may open the value or end the string that the name stands in. */
function looksClosing(text: string, quote: number): boolean {
  return /^(?:$|[\s,}\])>:;\\"'&])/.test(text.charAt(quote + 1));
}

/** In single quotes a value ends at the latest where the string around it does. */
function bareQuoteEnd(text: string, from: number, to: number): number {
  for (let at = from; at < to; at += 1) {
    if (text.charAt(at) === '"' && !isWord(text.charCodeAt(at + 1))) return at;
  }
  return to;
}

/** The name of the tag that ends with this `>`; '' where it is no opening tag. */
function elementName(text: string, at: number): string {
  const least = Math.max(0, at - MAX_TAG);
  let open = at - 1;
  while (open > least && text.charAt(open) !== '<' && text.charAt(open) !== '>') open -= 1;
  if (text.charAt(open) !== '<' || text.charAt(at - 1) === '/') return '';
  return ELEMENT_NAME.exec(text.slice(open + 1, Math.min(at, open + 160)))?.[1] ?? '';
}

/** The name that ends before a `%3D`, perhaps in quotes. */
function encodedName(text: string, at: number): string {
  let end = at;
  while (/^%(?:2[027]|5D)$/i.test(text.slice(Math.max(0, end - 3), end))) end -= 3;
  let start = end;
  while (
    end - start < 80 &&
    (isWord(text.charCodeAt(start - 1)) || '-.'.includes(text.charAt(start - 1) || ' '))
  ) {
    start -= 1;
  }
  return text.slice(start, end);
}

/** Up to what ends a value where it was encoded, or ends what it was encoded into. */
function encodedEnd(text: string, start: number, quote: string | undefined): number {
  const stops = quote ?? '%26 %2C %7D %0A %0D %22';
  for (let at = start; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '%' && stops.includes(text.slice(at, at + 3).toUpperCase())) return at;
    if (character === '\\' || /[\s&"'<]/.test(character)) return at;
  }
  return text.length;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at - from < 64 && isBlank(text.charCodeAt(at))) at += 1;
  return at;
}

function skipSpaces(text: string, from: number): number {
  let at = from;
  while (at - from < 64 && (text.charAt(at) === ' ' || text.charAt(at) === '\t')) at += 1;
  return at;
}

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

function skipBackslashes(text: string, from: number): number {
  let at = from;
  while (text.charAt(at) === '\\') at += 1;
  return at;
}
