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

const MAX_PATTERNS = 50;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;
const MASKS = /\[redacted:[A-Za-z0-9_-]{1,40}\]/g;
const ESCAPE = /^\\+(?:u[0-9a-fA-F]{4}|[^u])/;

interface Own {
  readonly name: string;
  readonly find: SpanFinder;
}

/** @throws RedactionError */
export function compileOwn(patterns: readonly OwnPattern[]): (text: string) => string {
  if (patterns.length === 0) return (text) => text;
  if (patterns.length > MAX_PATTERNS) {
    throw new RedactionError(
      `There are ${patterns.length} redaction patterns; keep at most ${MAX_PATTERNS}.`,
    );
  }
  const owns = patterns.map(compileOne);
  const set = joinPatterns(patterns.map(({ pattern }) => compilePattern(pattern)));
  return (text) => {
    const found = set.match(text, () => undefined);
    return found.reduce((masked, index) => maskOwn(masked, owns[index]), text);
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

function maskOwn(text: string, own: Own | undefined): string {
  if (own === undefined) return text;
  const marks = new Marks(text);
  const isJson = /^\s{0,100}[[{]/.test(text);
  const masked = [...text.matchAll(MASKS)].map(({ index, 0: mask }): Span => [index, index + mask.length]);
  for (const span of without(own.find(text), masked)) {
    if (isJson) replaceInJson(text, marks, span, own.name);
    else marks.replace(span[0], span[1], maskOf(own.name));
  }
  return marks.toString();
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

/** In JSON a mask must neither cross the end of a string nor cut an escape in two. */
function replaceInJson(text: string, marks: Marks, [start, end]: Span, name: string): void {
  const quote = text.indexOf('"', start);
  const until = quote >= 0 && quote < end ? runStart(text, quote) : wholeEscapeEnd(text, end);
  const from = wholeEscapeStart(text, start);
  if (until > from) marks.replace(from, until, isBareNumber(text, start, end) ? '0' : maskOf(name));
}

function wholeEscapeStart(text: string, at: number): number {
  const backslash = text.lastIndexOf('\\', at - 1);
  if (backslash < 0 || at - backslash > 5) return at;
  const start = runStart(text, backslash);
  return start + (ESCAPE.exec(text.slice(start, at + 6))?.[0].length ?? 0) > at ? start : at;
}

function wholeEscapeEnd(text: string, at: number): number {
  const start = wholeEscapeStart(text, at);
  return start === at ? at : start + (ESCAPE.exec(text.slice(start, at + 6))?.[0].length ?? 0);
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
