import { ALL_CODES, type CodeSet, disjoint, intersect, NO_CODES, union, unionOf } from './code-set.ts';
import { lengthOf } from './lengths.ts';
import { LINE_ENDS } from './properties.ts';
import { eitherOf, type Node, type Repeat, sequenceOf, someNode } from './syntax.ts';

// Possessive and atomic parts refuse to give back what they took. Often giving back could not help anyway, as in `[^"]*+"`:
// then the part is an ordinary one and the pattern stays regular. What is not proven so is left to the backtracker.

/** What stands behind a part of the pattern. */
interface Rest {
  /** The characters it can begin with. */
  readonly first: CodeSet;
  /** It matches the empty text anywhere, so it cannot care what the part before it took. */
  readonly free: boolean;
}

const NOTHING: Rest = { first: ALL_CODES, free: true };
const UNKNOWN: Rest = { first: ALL_CODES, free: false };

/** The same language without possessive and atomic parts, or undefined where that is not proven. */
export function plainForm(root: Node): Node | undefined {
  if (someNode(root, ({ kind }) => kind === 'reference')) return undefined;
  return plain(root, NOTHING);
}

function plain(node: Node, rest: Rest): Node | undefined {
  switch (node.kind) {
    case 'sequence':
      return plainSequence(node.parts, rest);
    case 'either': {
      const options = allOf(node.options, (option) => plain(option, rest));
      return options && joinChars(options);
    }
    case 'group':
      return plain(node.body, rest);
    case 'atomic':
      return plainAtomic(node.body, rest);
    case 'repeat':
      return node.mode === 'possessive' ? plainPossessive(node, rest) : plainRepeat(node, rest);
    case 'look': {
      const body = plain(node.body, node.ahead ? NOTHING : UNKNOWN);
      return body && { ...node, body };
    }
    default:
      return node;
  }
}

/** `(a|b|cd)` is `([ab]|cd)`. */
function joinChars(options: readonly Node[]): Node {
  const sets = options.flatMap((option) => (option.kind === 'char' ? [option.set] : []));
  if (sets.length < 2) return eitherOf(options);
  const others = options.filter(({ kind }) => kind !== 'char');
  return eitherOf([{ kind: 'char', set: unionOf(sets) }, ...others]);
}

function allOf(
  nodes: readonly Node[],
  change: (node: Node, index: number) => Node | undefined,
): Node[] | undefined {
  const changed: Node[] = [];
  for (const [index, node] of nodes.entries()) {
    const result = change(node, index);
    if (result === undefined) return undefined;
    changed.push(result);
  }
  return changed;
}

function plainSequence(parts: readonly Node[], rest: Rest): Node | undefined {
  const rests = [rest];
  for (const part of parts.toReversed()) rests.unshift(restBefore(part, rests[0] ?? rest));
  const changed = allOf(parts, (part, i) => plain(part, rests[i + 1] ?? rest));
  return changed && sequenceOf(changed);
}

function restBefore(part: Node, rest: Rest): Rest {
  return { first: firstOf(part, rest.first), free: rest.free && isFree(part) };
}

/** Each turn ends where it must and cannot begin where the rest can: there is one way to take it all. */
function plainPossessive(node: Repeat, rest: Rest): Node | undefined {
  const { min, max } = lengthOf(node.body);
  const isFixed = min === max && min > 0;
  const mustTakeAll =
    rest.free || node.min === node.max || disjoint(firstOf(node.body, NO_CODES), rest.first);
  return isFixed && mustTakeAll ? plainRepeat({ ...node, mode: 'greedy' }, rest) : undefined;
}

function plainRepeat(node: Repeat, rest: Rest): Node | undefined {
  const again = union(firstOf(node.body, NO_CODES), rest.first);
  const body = plain(node.body, { first: again, free: rest.free && node.min <= 1 });
  return body && { ...node, body };
}

function plainAtomic(body: Node, rest: Rest): Node | undefined {
  const { min, max } = lengthOf(body);
  if (rest.free || min === max) return plain(body, rest);
  if (body.kind === 'group') return plainAtomic(body.body, rest);
  if (body.kind === 'repeat') return plainPossessive({ ...body, mode: 'possessive' }, rest);
  return body.kind === 'sequence' ? plainAtomicSequence(body.parts, rest) : undefined;
}

/** Parts of fixed length have one end, so the choice lies in the last part alone. */
function plainAtomicSequence(parts: readonly Node[], rest: Rest): Node | undefined {
  const last = parts.at(-1);
  const isHeadFixed = parts.slice(0, -1).every((part) => lengthOf(part).min === lengthOf(part).max);
  if (last === undefined || !isHeadFixed) return undefined;
  return plainSequence([...parts.slice(0, -1), { kind: 'atomic', body: last }], rest);
}

/** The characters that can come next where `node` and then something beginning with `rest` stands. */
function firstOf(node: Node, rest: CodeSet): CodeSet {
  switch (node.kind) {
    case 'char':
      return node.set;
    case 'sequence':
      return node.parts.reduceRight((after, part) => firstOf(part, after), rest);
    case 'either':
      return node.options.map((option) => firstOf(option, rest)).reduce(union);
    case 'group':
    case 'atomic':
      return firstOf(node.body, rest);
    case 'repeat':
      return union(node.max === 0 ? NO_CODES : firstOf(node.body, rest), node.min === 0 ? rest : NO_CODES);
    case 'place':
      return firstOfPlace(node.place, rest);
    case 'reference':
      return ALL_CODES;
    default:
      return rest;
  }
}

function firstOfPlace(place: string, rest: CodeSet): CodeSet {
  if (place === 'end') return NO_CODES;
  return place.includes('-end') ? intersect(rest, LINE_ENDS) : rest;
}

/** Whether a node matches the empty text wherever it stands. */
function isFree(node: Node): boolean {
  switch (node.kind) {
    case 'empty':
      return true;
    case 'sequence':
      return node.parts.every(isFree);
    case 'either':
      return node.options.some(isFree);
    case 'group':
      return isFree(node.body);
    case 'repeat':
      return node.min === 0 || isFree(node.body);
    default:
      return false;
  }
}
