import { BacktrackMatcher } from './backtrack.ts';
import type { Clause } from './clause.ts';
import { ALL_CODES } from './code-set.ts';
import { lengthOf } from './lengths.ts';
import { requiredLiterals } from './literals.ts';
import { type PatternOptions, parsePattern, type Syntax } from './parse.ts';
import { plainForm } from './plain.ts';
import { RegularMatcher, TooManyOracles } from './regular.ts';
import type { Node } from './syntax.ts';

export interface Pattern {
  readonly source: string;
  /** False where only the bounded backtracker can take it. */
  readonly linear: boolean;
  /** Whether the pattern finds the empty text, and so almost certainly any. */
  readonly matchesEmpty: boolean;
  /** Every match holds a text of each clause, in whatever case; ASCII, written small. Empty where none are known. */
  readonly literals: readonly Clause[];
  /**
   * Whether the pattern is found anywhere in the text (Java's `Matcher.find`). Throws PatternBudgetError rather than stall:
   * patterns that are not linear after 200,000 steps, linear ones only where huge counts meet a huge text.
   */
  test(text: string): boolean;
}

/** What this module makes: a pattern whose tree others may join with theirs. */
export interface CompiledPattern extends Pattern {
  /** The tree of a pattern that is linear. */
  readonly root: Node | undefined;
  /** Whether the tree without its wider look-arounds finds more than the pattern does. */
  readonly hasLooks: boolean;
}

/** Throws PatternError for what Java would refuse, and for patterns too large. */
export function compilePattern(source: string, options: PatternOptions = {}): CompiledPattern {
  const syntax = parsePattern(source, options);
  const root = plainForm(syntax.root);
  const regular = root && regularTest(root, source);
  const test = longEnough(lengthOf(syntax.root).min, regular?.test ?? boundedTest(syntax, source));
  return {
    source,
    linear: regular !== undefined,
    matchesEmpty: test(''),
    literals: requiredLiterals(root ?? syntax.root),
    test,
    root: regular && root,
    hasLooks: regular?.hasLooks ?? false,
  };
}

type Test = (text: string) => boolean;

/** Most values are a few characters, and most patterns need more; a code point is a unit or two. */
function longEnough(least: number, test: Test): Test {
  return (text) => text.length >= least && test(text);
}

function regularTest(root: Node, source: string): { test: Test; hasLooks: boolean } | undefined {
  try {
    const exact = new RegularMatcher([root], source);
    if (!exact.hasLooks) return { test: (text) => exact.test(text), hasLooks: false };
    const relaxed = new RegularMatcher([root], source, { relaxed: true });
    return { test: (text) => relaxed.test(text) && exact.test(text), hasLooks: true };
  } catch (error) {
    if (error instanceof TooManyOracles) return undefined;
    throw error;
  }
}

/** The backtracker, let loose only where a regular relative of the pattern says that a match may begin. */
function boundedTest({ root, groupCount }: Syntax, source: string): Test {
  const relative = new RegularMatcher([regularRelative(root)], source, { backward: true, relaxed: true });
  const matcher = new BacktrackMatcher(root, groupCount, source);
  return (text) => {
    const starts = relative.ends(text);
    return starts.includes(1) && matcher.test(text, (position) => starts[position] === 1);
  };
}

const ANYTHING: Node = {
  kind: 'repeat',
  body: { kind: 'char', set: ALL_CODES },
  min: 0,
  max: Number.POSITIVE_INFINITY,
  mode: 'greedy',
};

/** Finds whatever the pattern finds, and more: a reference stands for anything, nothing is held back. */
function regularRelative(node: Node): Node {
  switch (node.kind) {
    case 'reference':
      return ANYTHING;
    case 'sequence':
      return { ...node, parts: node.parts.map(regularRelative) };
    case 'either':
      return { ...node, options: node.options.map(regularRelative) };
    case 'group':
    case 'atomic':
      return regularRelative(node.body);
    case 'repeat':
      return { ...node, body: regularRelative(node.body), mode: 'greedy' };
    default:
      return node;
  }
}
