import {
  compilePattern,
  compileSpans,
  joinPatterns,
  PatternError,
  type Span,
  type SpanFinder,
} from '../regex/index.ts';
import { Marks, maskOf } from './marks.ts';
import { runStart } from './quotes.ts';

/** A pattern of the operator's own, in the dialect of rules; its name is the word in the mask. */
export interface OwnPattern {
  readonly name: string;
  readonly pattern: string;
}

/** A pattern that cannot be used; the message is one sentence that says what to do. */
export class RedactionError extends Error {
  /** Which of the patterns; undefined where it is about all. */
  readonly index: number | undefined;

  constructor(message: string, index?: number) {
    super(message);
    this.name = 'RedactionError';
    this.index = index;
  }
}

export const MAX_PATTERNS = 50;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;
const MASKS = /\[redacted:[A-Za-z0-9_-]{1,40}\]/g;
const BACKSLASH = 0x5c;
const LONGEST_ESCAPE = 5;
const ESCAPE = /^\\+(?:u[0-9a-fA-F]{4}|[^u])/;

interface Own {
  readonly name: string;
  readonly find: SpanFinder;
}

/** What one pattern has found in a text. */
export interface OwnMatches {
  /** The word in the mask. */
  readonly name: string;
  /** Outside masks; in order, never overlapping. */
  readonly spans: readonly Span[];
  readonly find: SpanFinder;
}

export interface OwnPatterns {
  readonly isEmpty: boolean;
  /** A text that is no JSON, with all that matches masked. */
  mask(text: string): string;
  /** The patterns that match, and where. */
  matches(text: string): readonly OwnMatches[];
}

const NONE: OwnPatterns = { isEmpty: true, mask: (text) => text, matches: () => [] };

/** @throws RedactionError */
export function compileOwn(patterns: readonly OwnPattern[]): OwnPatterns {
  if (patterns.length === 0) return NONE;
  if (patterns.length > MAX_PATTERNS) {
    throw new RedactionError(
      `There are ${patterns.length} redaction patterns; keep at most ${MAX_PATTERNS}.`,
    );
  }
  const owns = patterns.map(compileOne);
  const set = joinPatterns(patterns.map(({ pattern }) => compilePattern(pattern)));
  const found = (text: string): readonly Own[] =>
    set.match(text, () => undefined).flatMap((index) => owns[index] ?? []);
  return {
    isEmpty: false,
    mask: (text) => found(text).reduce(maskOwn, text),
    matches: (text) =>
      found(text).map(({ name, find }) => ({ name, find, spans: outsideMasks(text, find(text)) })),
  };
}

function compileOne({ name, pattern }: OwnPattern, index: number): Own {
  if (!NAME.test(name)) {
    throw new RedactionError(
      'A redaction pattern needs a name of letters, digits, dash and underscore, at most 40 of them.',
      index,
    );
  }
  try {
    if (compilePattern(pattern).matchesEmpty) {
      throw new RedactionError(
        `The redaction pattern ${name} finds the empty text; let it need a character.`,
        index,
      );
    }
    return { name, find: compileSpans(pattern) };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new RedactionError(`The redaction pattern ${name} cannot be used: ${error.message}`, index);
  }
}

function maskOwn(text: string, own: Own): string {
  const marks = new Marks(text);
  const escapes = new Escapes(text);
  const isJson = /^\s{0,100}[[{]/.test(text);
  for (const span of outsideMasks(text, own.find(text))) {
    if (isJson) replaceInJson(escapes, marks, span, own.name);
    else marks.replace(span[0], span[1], maskOf(own.name));
  }
  return marks.toString();
}

function outsideMasks(text: string, spans: readonly Span[]): readonly Span[] {
  if (spans.length === 0) return spans;
  return without(
    spans,
    [...text.matchAll(MASKS)].map(({ index, 0: mask }): Span => [index, index + mask.length]),
  );
}

/** What of the spans lies outside the holes; both in the order of the text. */
function without(spans: readonly Span[], holes: readonly Span[]): readonly Span[] {
  let hole = 0;
  return spans.flatMap(([start, end]) => {
    const left: Span[] = [];
    let from = start;
    while (hole < holes.length && (holes[hole]?.[1] ?? 0) <= start) hole += 1;
    for (let i = hole; i < holes.length && (holes[i]?.[0] ?? end) < end; i += 1) {
      const [begin, until] = holes[i] ?? [end, end];
      if (begin > from) left.push([from, begin]);
      from = until;
    }
    if (from < end) left.push([from, end]);
    return left;
  });
}

/** In what was cut off or otherwise is no JSON any more, a mask must still neither cross the end of a string nor cut an escape in two. */
function replaceInJson(escapes: Escapes, marks: Marks, [start, end]: Span, name: string): void {
  const { text } = escapes;
  const from = escapes.around(start).start;
  const quote = text.slice(start, end).indexOf('"');
  const until = quote < 0 ? escapes.around(end).end : runStart(text, start + quote);
  if (until > from) marks.replace(from, until, isBareNumber(text, start, end) ? '0' : maskOf(name));
}

/** The escapes of a text, asked for in its order: a run of backslashes is gone through once, however often it is asked for. */
class Escapes {
  readonly text: string;
  // The run that was seen last.
  #start = 0;
  #end = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The escape in whose midst a place lies; the place itself where it lies in none. */
  around(at: number): { readonly start: number; readonly end: number } {
    const least = Math.max(0, at - LONGEST_ESCAPE);
    const end = least + this.text.slice(least, at).lastIndexOf('\\') + 1;
    if (end === least) return { start: at, end: at };
    const start = this.#runStart(end);
    const last = Math.max(start, end - 2);
    const length = ESCAPE.exec(this.text.slice(last, at + LONGEST_ESCAPE + 1))?.[0].length ?? 0;
    return last + length > at ? { start, end: last + length } : { start: at, end: at };
  }

  #runStart(end: number): number {
    let start = end;
    while (start > this.#end && this.text.charCodeAt(start - 1) === BACKSLASH) start -= 1;
    this.#start = start === this.#end ? this.#start : start;
    this.#end = end;
    return this.#start;
  }
}

function isBareNumber(text: string, start: number, end: number): boolean {
  const before =
    text
      .slice(Math.max(0, start - 64), start)
      .trimEnd()
      .at(-1) ?? '';
  return (
    /^[-\d.eE+]+$/.test(text.slice(start, end)) &&
    ':[,'.includes(before) &&
    /^[\s,\]}\d]/.test(text.slice(end))
  );
}
