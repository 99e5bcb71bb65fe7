import { type CodeSet, rangesOf } from './code-set.ts';
import type { Node } from './syntax.ts';

// Literals one of which every match must contain: most patterns have some, most texts hold none of them, and then the
// pattern need not run (after Cox, "Regular Expression Matching with a Trigram Index", 2012). Literals are ASCII with
// capitals folded; a pattern that minds the case is only filtered less sharply.

const MAX_EXACT = 16;
const MAX_LITERALS = 64;
const MIN_LENGTH = 2;

interface Knowledge {
  /** All texts the node matches, if they are few. */
  readonly exact: readonly string[] | undefined;
  /** Texts one of which every match contains. */
  readonly required: readonly string[] | undefined;
}

const NOTHING: Knowledge = { exact: undefined, required: undefined };
const EMPTY_TEXT: Knowledge = { exact: [''], required: undefined };

/** Undefined where no such literals of at least two characters are known. */
export function requiredLiterals(root: Node): readonly string[] | undefined {
  return bestOf(knowledgeOf(root));
}

function knowledgeOf(node: Node): Knowledge {
  switch (node.kind) {
    case 'char':
      return { exact: foldedTexts(node.set), required: undefined };
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
function foldedTexts(set: CodeSet): readonly string[] | undefined {
  const texts = new Set<string>();
  for (const [low, high] of rangesOf(set)) {
    if (high > 0x7f || high - low > MAX_EXACT) return undefined;
    for (let code = low; code <= high; code++) texts.add(String.fromCharCode(code).toLowerCase());
  }
  return texts.size > 0 && texts.size <= MAX_EXACT ? [...texts] : undefined;
}

/** Multiplies neighbours out while they stay few, and remembers the best run. */
function ofSequence(parts: readonly Node[]): Knowledge {
  let run: readonly string[] = [''];
  let isWhole = true;
  let best: readonly string[] | undefined;
  for (const part of parts) {
    const { exact, required } = knowledgeOf(part);
    const product = exact === undefined ? undefined : multiply(run, exact);
    if (product !== undefined) {
      run = product;
      continue;
    }
    isWhole = false;
    best = better(better(best, usable(run)), required);
    run = exact ?? [''];
  }
  return isWhole ? { exact: run, required: undefined } : { exact: undefined, required: better(best, usable(run)) };
}

function multiply(heads: readonly string[], tails: readonly string[]): readonly string[] | undefined {
  if (heads.length * tails.length > MAX_EXACT) return undefined;
  return [...new Set(heads.flatMap((head) => tails.map((tail) => head + tail)))];
}

function ofOptions(options: readonly Knowledge[]): Knowledge {
  const exacts = options.flatMap(({ exact }) => exact ?? []);
  const areExact = options.every(({ exact }) => exact !== undefined) && exacts.length <= MAX_EXACT;
  if (areExact) return { exact: [...new Set(exacts)], required: undefined };
  const bests = options.map(bestOf);
  const all = bests.flatMap((best) => best ?? []);
  const isUsable = bests.every((best) => best !== undefined) && all.length <= MAX_LITERALS;
  return { exact: undefined, required: isUsable ? [...new Set(all)] : undefined };
}

function ofRepeat(body: Knowledge, min: number, max: number): Knowledge {
  if (min === 1 && max === 1) return body;
  if (min > 0) return { exact: undefined, required: bestOf(body) };
  const isOption = max === 1 && body.exact !== undefined && body.exact.length < MAX_EXACT;
  return isOption ? { exact: [...new Set(['', ...(body.exact ?? [])])], required: undefined } : NOTHING;
}

function bestOf({ exact, required }: Knowledge): readonly string[] | undefined {
  return better(exact === undefined ? undefined : usable(exact), required);
}

function usable(texts: readonly string[]): readonly string[] | undefined {
  return shortest(texts) >= MIN_LENGTH ? texts : undefined;
}

/** Longer literals are rarer; of equally long ones, fewer are. */
function better(
  left: readonly string[] | undefined,
  right: readonly string[] | undefined,
): readonly string[] | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  const gain = shortest(right) - shortest(left);
  return gain > 0 || (gain === 0 && right.length < left.length) ? right : left;
}

function shortest(texts: readonly string[]): number {
  return Math.min(...texts.map((text) => text.length));
}
