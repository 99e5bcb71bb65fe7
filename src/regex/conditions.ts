import type { Alphabet } from './alphabet.ts';
import { type CodeSet, codesOf, contains, NO_CODES, union } from './code-set.ts';
import { edgeWords, graphemeExtenders, LINE_ENDS, unicodeClass } from './properties.ts';
import type { Look, Node, Place } from './syntax.ts';

// Conditions on a position that its two neighbours decide: `^`, `\b`, `\z`, and a look-around at a single character.
// They cost nothing at run time: a state remembers what kind of character it has just read (as in RE2's empty-width flags).

type NearPlace = Exclude<Place, 'final-end' | 'final-end-unix'>;

export type Condition =
  | { readonly kind: 'place'; readonly place: NearPlace }
  | {
      readonly kind: 'neighbour';
      readonly ahead: boolean;
      readonly set: CodeSet;
      /** Whether the text's edge counts as such a neighbour. */
      readonly edge: boolean;
      readonly negated: boolean;
    };

const CR = codesOf('\r');
const LF = codesOf('\n');

/** What a condition asks of a neighbour. */
export function setsAskedBy(condition: Condition): readonly CodeSet[] {
  if (condition.kind === 'neighbour') return [condition.set];
  switch (condition.place) {
    case 'begin':
    case 'end':
      return [];
    case 'line-begin':
    case 'line-end':
      return [LINE_ENDS, CR, LF];
    case 'line-begin-unix':
    case 'line-end-unix':
      return [LF];
    case 'grapheme-edge':
      return [graphemeExtenders(), CR, LF];
    default:
      return [wordsOf(condition.place)];
  }
}

function wordsOf(place: NearPlace): CodeSet {
  return place.endsWith('unicode-word-edge') ? unicodeClass('WORD') : edgeWords();
}

/** Whether a condition's `\b` looks at marks the way Java's plain one does. */
export function asksForBase(condition: Condition): boolean {
  return (
    condition.kind === 'place' && (condition.place === 'word-edge' || condition.place === 'no-word-edge')
  );
}

/** A look-around at one character, such as `(?![\w.])` or `(?<=^|;)`, as a condition; undefined for any other. */
export function conditionOf(look: Look): Condition | undefined {
  const neighbour = neighbourOf(look.body, look.ahead ? 'end' : 'begin');
  if (neighbour === undefined) return undefined;
  return { kind: 'neighbour', ahead: look.ahead, negated: look.negated, ...neighbour };
}

function neighbourOf(body: Node, edgePlace: Place): { set: CodeSet; edge: boolean } | undefined {
  if (body.kind === 'char') return { set: body.set, edge: false };
  if (body.kind === 'place' && body.place === edgePlace) return { set: NO_CODES, edge: true };
  if (body.kind !== 'either') return undefined;
  let all: { set: CodeSet; edge: boolean } | undefined = { set: NO_CODES, edge: false };
  for (const option of body.options) {
    const one = neighbourOf(option, edgePlace);
    if (one === undefined) return undefined;
    all = { set: union(all.set, one.set), edge: all.edge || one.edge };
  }
  return all;
}

/** A neighbour of a position: a sample of its class, or undefined beyond the text's edge. */
interface Neighbour {
  readonly code: number;
  readonly isBasedMark: boolean;
}

function holds(condition: Condition, before: Neighbour | undefined, after: Neighbour | undefined): boolean {
  if (condition.kind === 'place') return placeHolds(condition.place, before, after);
  const neighbour = condition.ahead ? after : before;
  const found = neighbour === undefined ? condition.edge : contains(condition.set, neighbour.code);
  return found !== condition.negated;
}

function placeHolds(place: NearPlace, before: Neighbour | undefined, after: Neighbour | undefined): boolean {
  switch (place) {
    case 'begin':
      return before === undefined;
    case 'end':
      return after === undefined;
    case 'line-begin':
      return after !== undefined && (before === undefined || (endsLine(before) && !isPair(before, after)));
    case 'line-begin-unix':
      return after !== undefined && (before === undefined || before.code === 0x0a);
    case 'line-end':
      return after === undefined || (endsLine(after) && !isPair(before, after));
    case 'line-end-unix':
      return after === undefined || after.code === 0x0a;
    case 'grapheme-edge':
      return (
        after === undefined || before === undefined || !(isPair(before, after) || extendsGrapheme(after))
      );
    case 'word-edge':
    case 'unicode-word-edge':
      return isWord(place, before) !== isWord(place, after);
    default:
      return isWord(place, before) === isWord(place, after);
  }
}

function endsLine({ code }: Neighbour): boolean {
  return contains(LINE_ENDS, code);
}

function isPair(before: Neighbour | undefined, after: Neighbour | undefined): boolean {
  return before?.code === 0x0d && after?.code === 0x0a;
}

function extendsGrapheme({ code }: Neighbour): boolean {
  return contains(graphemeExtenders(), code);
}

function isWord(place: NearPlace, neighbour: Neighbour | undefined): boolean {
  return neighbour !== undefined && (neighbour.isBasedMark || contains(wordsOf(place), neighbour.code));
}

/** Conditions as tables over kinds of neighbours: classes that no condition tells apart are of one kind. */
export interface ConditionTable {
  readonly kindCount: number;
  /** Kind of each class, and last that of the edge. */
  readonly kinds: Uint8Array | Uint16Array;
  /** Per condition: 1 where it holds, at `kindBefore * kindCount + kindAfter`. */
  readonly truth: readonly Uint8Array[];
}

export function tabulate(conditions: readonly Condition[], alphabet: Alphabet): ConditionTable {
  const neighbours: (Neighbour | undefined)[] = alphabet.samples.map((code, symbol) => ({
    code,
    isBasedMark: alphabet.isBasedMark(symbol),
  }));
  const asked = conditions.flatMap(setsAskedBy);
  const signatures = neighbours.map((neighbour) => signatureOf(neighbour, asked));
  if (conditions.length > 0) signatures.push('edge');
  else signatures.push(signatures[0] ?? '');
  neighbours.push(undefined);
  const names = [...new Set(signatures)];
  const kinds = Uint16Array.from(signatures, (signature) => names.indexOf(signature));
  const examples = names.map((name) => neighbours[signatures.indexOf(name)]);
  const truth = conditions.map((condition) =>
    Uint8Array.from(
      examples.flatMap((before) => examples.map((after) => (holds(condition, before, after) ? 1 : 0))),
    ),
  );
  return { kindCount: names.length, kinds, truth };
}

function signatureOf(neighbour: Neighbour | undefined, asked: readonly CodeSet[]): string {
  if (neighbour === undefined) return 'edge';
  return (
    asked.map((set) => (contains(set, neighbour.code) ? '1' : '0')).join('') +
    (neighbour.isBasedMark ? 'm' : '')
  );
}
