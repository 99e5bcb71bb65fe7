import { type CodeSet, rangesOf } from './code-set.ts';
import type { Node } from './syntax.ts';

// Literals that every match must contain: most patterns have some, most texts hold none of them, and then the
// pattern need not run (after Cox, "Regular Expression Matching with a Trigram Index", 2012). Literals are ASCII with
// capitals folded; a pattern that minds the case is only filtered less sharply.

const MAX_EXACT = 64;
/** Beyond this a text need not grow to be rare. */
const LONG = 24;
const MAX_LITERALS = 256;
const MAX_CLAUSES = 3;
const MIN_LENGTH = 2;

/** Alternatives, one of which must be there. */
export type Clause = readonly string[];

interface Knowledge {
  /** All texts the node matches, if they are few. */
  readonly exact: Clause | undefined;
  /** Every match holds a text of each clause; the most telling clause comes first. */
  readonly clauses: readonly Clause[];
}

const NOTHING: Knowledge = { exact: undefined, clauses: [] };
const EMPTY_TEXT: Knowledge = { exact: [''], clauses: [] };

/** Empty where no literals of at least two characters are known. */
export function requiredLiterals(root: Node): readonly Clause[] {
  return clausesOf(knowledgeOf(root));
}

function knowledgeOf(node: Node): Knowledge {
  switch (node.kind) {
    case 'char':
      return { exact: foldedTexts(node.set), clauses: [] };
    case 'sequence':
      return ofSequence(node.parts);
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

/** The characters of a small ASCII set, capitals folded. */
function foldedTexts(set: CodeSet): Clause | undefined {
  const texts = new Set<string>();
  for (const [low, high] of rangesOf(set)) {
    if (high > 0x7f || high - low > MAX_EXACT) return undefined;
    for (let code = low; code <= high; code++) texts.add(String.fromCharCode(code).toLowerCase());
  }
  return texts.size > 0 && texts.size <= MAX_EXACT ? [...texts] : undefined;
}

/** Multiplies neighbours out while they stay few; where they do not, a clause ends. */
function ofSequence(parts: readonly Node[]): Knowledge {
  let run: Clause = [''];
  let isWhole = true;
  const clauses: Clause[] = [];
  for (const part of parts) {
    const known = knowledgeOf(part);
    const product = known.exact === undefined ? undefined : multiply(run, known.exact);
    if (product !== undefined) {
      run = product;
      continue;
    }
    isWhole = false;
    clauses.push(...usable(run), ...known.clauses);
    run = known.exact ?? [''];
  }
  return isWhole
    ? { exact: run, clauses: [] }
    : { exact: undefined, clauses: best([...clauses, ...usable(run)]) };
}

function multiply(heads: Clause, tails: Clause): Clause | undefined {
  if (heads.length * tails.length > MAX_EXACT || shortest(heads) > LONG) return undefined;
  return [...new Set(heads.flatMap((head) => tails.map((tail) => head + tail)))];
}

/** One clause: the most telling ones of all options together. */
function ofOptions(options: readonly Knowledge[]): Knowledge {
  const exacts = options.flatMap(({ exact }) => exact ?? []);
  const areExact = options.every(({ exact }) => exact !== undefined) && exacts.length <= MAX_EXACT;
  if (areExact) return { exact: [...new Set(exacts)], clauses: [] };
  const tellings = options.map((option) => clausesOf(option)[0]);
  const all = new Set(tellings.flatMap((clause) => clause ?? []));
  const isUsable = tellings.every((clause) => clause !== undefined) && all.size <= MAX_LITERALS;
  return { exact: undefined, clauses: isUsable ? [[...all]] : [] };
}

function ofRepeat(body: Knowledge, min: number, max: number): Knowledge {
  if (min === 1 && max === 1) return body;
  if (min > 0) return { exact: undefined, clauses: clausesOf(body) };
  const isOption = max === 1 && body.exact !== undefined && body.exact.length < MAX_EXACT;
  return isOption ? { exact: [...new Set(['', ...(body.exact ?? [])])], clauses: [] } : NOTHING;
}

function clausesOf({ exact, clauses }: Knowledge): readonly Clause[] {
  return exact === undefined ? clauses : usable(exact);
}

function usable(texts: Clause): readonly Clause[] {
  return shortest(texts) >= MIN_LENGTH ? [texts] : [];
}

/** Longer literals are rarer; of equally long ones, fewer are. */
function best(clauses: readonly Clause[]): readonly Clause[] {
  return clauses.toSorted((a, b) => shortest(b) - shortest(a) || a.length - b.length).slice(0, MAX_CLAUSES);
}

function shortest(texts: Clause): number {
  return Math.min(...texts.map((text) => text.length));
}
