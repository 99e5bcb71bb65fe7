import { PatternBudgetError, PatternError } from './errors.ts';
import { type PatternOptions, parsePattern } from './parse.ts';
import { plainForm } from './plain.ts';
import { RegularMatcher, TooManyOracles } from './regular.ts';
import type { Node } from './syntax.ts';

/** Where a match begins, and the first UTF-16 unit behind it. */
export type Span = readonly [start: number, end: number];

/** Finds where a pattern matches, in two passes over the text: one marks where matches may begin, one where they end. */
export type SpanFinder = (text: string) => readonly Span[];

/**
 * A span begins where a match may begin and reaches to the last end of any match before the next begins: matches that
 * overlap are one span. A text that is too much for the pattern is one span whole.
 * @throws PatternError, also for a pattern that cannot run in linear time
 */
export function compileSpans(source: string, options: PatternOptions = {}): SpanFinder {
  const root = plainForm(parsePattern(source, options).root);
  if (root === undefined) throw notLinear();
  const forward = matcher(root, source, false);
  const backward = matcher(root, source, true);
  return (text) => {
    try {
      return spansOf(backward.ends(text), forward.ends(text), text);
    } catch (error) {
      if (error instanceof PatternBudgetError) return [[0, text.length]];
      throw error;
    }
  };
}

function notLinear(): PatternError {
  return new PatternError(
    'The pattern cannot run in linear time; drop its back-references, possessive parts or look-arounds.',
    0,
  );
}

function matcher(root: Node, source: string, backward: boolean): RegularMatcher {
  try {
    return new RegularMatcher([root], source, { backward });
  } catch (error) {
    if (error instanceof TooManyOracles) throw notLinear();
    throw error;
  }
}

function spansOf(starts: Uint32Array, ends: Uint32Array, text: string): readonly Span[] {
  const spans: [number, number][] = [];
  for (let at = 0; ; ) {
    const start = starts.indexOf(1, at);
    const firstEnd = start < 0 ? -1 : ends.indexOf(1, start + 1);
    if (firstEnd < 0) break;
    const next = starts.indexOf(1, firstEnd);
    const end = ends.lastIndexOf(1, next < 0 ? ends.length - 1 : next);
    spans.push([start, end]);
    at = end;
  }
  return starts.length - 1 === text.length ? spans : inUnits(spans, text);
}

/** Positions are counted in code points up to here. */
function inUnits(spans: readonly Span[], text: string): readonly Span[] {
  const units = [0];
  let unit = 0;
  for (const character of text) {
    unit += character.length;
    units.push(unit);
  }
  return spans.map(([start, end]) => [units[start] ?? text.length, units[end] ?? text.length]);
}
