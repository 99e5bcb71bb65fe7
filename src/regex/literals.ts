import {
  best,
  type Clause,
  few,
  joined,
  MAX_EXACT,
  multiply,
  preceded,
  shortest,
  UNKNOWN,
  usable,
} from './clause.ts';
import { type CodeSet, rangesOf } from './code-set.ts';
import type { Node } from './syntax.ts';

// Literals that every match must contain: most patterns have some, most texts hold none of them, and then the
// pattern need not run (after Cox, "Regular Expression Matching with a Trigram Index", 2012). Literals are ASCII with
// capitals folded; a pattern that minds the case is only filtered less sharply.

const MAX_LITERALS = 256;
/** Of what a match begins or ends with, so many characters are kept. */
const EDGE_LENGTH = 8;
/** Times that a repeated part is written out. */
const MAX_TURNS = 4;

interface Knowledge {
  /** All texts the node matches, if they are few. */
  readonly exact: Clause | undefined;
  /** Every match begins with one of these, and ends with one of those; where nothing is known, with the empty text. */
  readonly heads: Clause;
  readonly tails: Clause;
  /** Every match holds a text of each clause; the most telling clause comes first. */
  readonly clauses: readonly Clause[];
}

const NOTHING: Knowledge = { exact: undefined, heads: UNKNOWN, tails: UNKNOWN, clauses: [] };
const EMPTY_TEXT = ofTexts(UNKNOWN);

/** Empty where nothing telling is known: no literals of at least two characters, and no punctuation. */
export function requiredLiterals(root: Node): readonly Clause[] {
  return clausesOf(knowledgeOf(root));
}

function knowledgeOf(node: Node): Knowledge {
  switch (node.kind) {
    case 'char':
      return ofSet(node.set);
    case 'sequence':
      return ofSequence(node.parts.map(knowledgeOf));
    case 'either':
      return ofOptions(node.options.map(knowledgeOf));
    case 'group':
    case 'atomic':
      return knowledgeOf(node.body);
    case 'repeat':
      return ofRepeat(knowledgeOf(node.body), node.min, node.max);
    case 'reference':
      return NOTHING;
    default:
      return EMPTY_TEXT;
  }
}

function ofTexts(texts: Clause): Knowledge {
  return { exact: texts, heads: starts(texts), tails: ends(texts), clauses: [] };
}

function starts(texts: Clause): Clause {
  return few(texts.map((text) => text.slice(0, EDGE_LENGTH)));
}

function ends(texts: Clause): Clause {
  return few(texts.map((text) => text.slice(-EDGE_LENGTH)));
}

/** The characters of a small ASCII set, capitals folded. */
function ofSet(set: CodeSet): Knowledge {
  const texts = new Set<string>();
  for (const [low, high] of rangesOf(set)) {
    if (high > 0x7f || high - low > MAX_EXACT) return NOTHING;
    for (let code = low; code <= high; code++) texts.add(String.fromCharCode(code).toLowerCase());
  }
  return texts.size > 0 && texts.size <= MAX_EXACT ? ofTexts([...texts]) : NOTHING;
}

/** A clause for each piece; a short one is made longer by what stands beside it. */
function ofSequence(parts: readonly Knowledge[]): Knowledge {
  const pieces = wholePieces(parts);
  const [first, second] = pieces;
  if (first === undefined) return EMPTY_TEXT;
  if (second === undefined) return first;
  const clauses = pieces.flatMap((piece, i) => {
    const [before, after] = [pieces[i - 1]?.tails ?? UNKNOWN, pieces[i + 1]?.heads ?? UNKNOWN];
    if (piece.exact) return usable(joined(preceded(before, piece.exact), after));
    return [...piece.clauses, ...seam(piece, pieces[i + 1])];
  });
  return {
    exact: undefined,
    heads: first.heads,
    tails: pieces.at(-1)?.tails ?? UNKNOWN,
    clauses: best(clauses),
  };
}

/** What is known of the place where a piece and the next one meet, neither of them exact. */
function seam({ tails }: Knowledge, next: Knowledge | undefined): readonly Clause[] {
  if (next === undefined || next.exact !== undefined || shortest(tails) === 0) return [];
  const clause = joined(tails, next.heads);
  return clause === tails ? [] : usable(clause);
}

/** Multiplies neighbours out while they stay few. */
function wholePieces(parts: readonly Knowledge[]): readonly Knowledge[] {
  const pieces: Knowledge[] = [];
  for (const part of parts) {
    if (part === EMPTY_TEXT) continue;
    const before = pieces.at(-1)?.exact;
    const product = before && part.exact && multiply(before, part.exact);
    if (product) pieces.pop();
    pieces.push(product ? ofTexts(product) : part);
  }
  return pieces;
}

/** One clause: the most telling ones of all options together. */
function ofOptions(options: readonly Knowledge[]): Knowledge {
  const exacts = options.flatMap(({ exact }) => exact ?? []);
  const areExact = options.every(({ exact }) => exact !== undefined) && exacts.length <= MAX_EXACT;
  if (areExact) return ofTexts([...new Set(exacts)]);
  const tellings = options.map((option) => clausesOf(option)[0]);
  const all = new Set(tellings.flatMap((clause) => clause ?? []));
  const isUsable = tellings.every((clause) => clause !== undefined) && all.size <= MAX_LITERALS;
  return {
    exact: undefined,
    heads: few(options.flatMap((option) => option.heads)),
    tails: few(options.flatMap((option) => option.tails)),
    clauses: isUsable ? [[...all]] : [],
  };
}

function ofRepeat(body: Knowledge, min: number, max: number): Knowledge {
  if (min === 0) {
    const isOption = max === 1 && body.exact !== undefined && body.exact.length < MAX_EXACT;
    return isOption ? ofTexts([...new Set(['', ...(body.exact ?? [])])]) : NOTHING;
  }
  const turns = Math.min(min, MAX_TURNS);
  const known = ofSequence(Array.from({ length: turns }, () => body));
  return max === turns ? known : { ...known, exact: undefined, clauses: clausesOf(known) };
}

function clausesOf({ exact, clauses }: Knowledge): readonly Clause[] {
  return exact === undefined ? clauses : usable(exact);
}
