import { BacktrackMatcher } from './backtrack.ts';
import { ALL_CODES } from './code-set.ts';
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
  /** ASCII texts, capitals folded, one of which stands in every match; undefined where none are known. */
  readonly literals: readonly string[] | undefined;
  /**
   * Whether the pattern is found anywhere in the text (Java's `Matcher.find`). Throws PatternBudgetError rather than stall:
   * patterns that are not linear after 200,000 steps, linear ones only where huge counts meet a huge text.
   */
  test(text: string): boolean;
}

/** Throws PatternError for what Java would refuse, and for patterns too large. */
export function compilePattern(source: string, options: PatternOptions = {}): Pattern {
  const syntax = parsePattern(source, options);
  const root = plainForm(syntax.root);
  const regular = root && regularTest(root, source);
  const test = regular ?? boundedTest(syntax, source);
  const literals = requiredLiterals(root ?? syntax.root);
  return { source, linear: regular !== undefined, matchesEmpty: test(''), literals, test };
}

type Test = (text: string) => boolean;

function regularTest(root: Node, source: string): Test | undefined {
  try {
    const exact = new RegularMatcher([root], source);
    if (!exact.hasLooks) return (text) => exact.test(text);
    const relaxed = new RegularMatcher([root], source, { relaxed: true });
    return (text) => relaxed.test(text) && exact.test(text);
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
