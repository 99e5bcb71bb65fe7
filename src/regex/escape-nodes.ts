import { foldedChar } from './case-folding.ts';
import { codesOf, negate, subtract } from './code-set.ts';
import { type Cursor, codeOf, END, unquoted } from './cursor.ts';
import { type Flags, foldOf } from './flags.ts';
import { parseEscape } from './parse-escape.ts';
import { graphemeExtenders, pictographs, VERTICAL_SPACES } from './properties.ts';
import { eitherOf, type Node, sequenceOf } from './syntax.ts';

// Escapes that mean more than one character or class: places, line breaks, user-perceived characters, back-references.

const PLACE_ESCAPES = 'ABGZbz';

/** `\R`: a pair of carriage return and line feed may be taken whole or in half. */
export const LINE_BREAK: Node = eitherOf([
  sequenceOf([charOf('\r'), charOf('\n')]),
  { kind: 'char', set: VERTICAL_SPACES },
]);

/** A carriage return with the line feed behind it, or with none behind it. */
const WHOLE_RETURNS: readonly [Node, Node] = [
  sequenceOf([charOf('\r'), charOf('\n')]),
  sequenceOf([charOf('\r'), { kind: 'look', ahead: true, negated: true, body: charOf('\n') }]),
];

/** `\R` under a quantifier: there Java always takes the pair whole. */
export const WHOLE_LINE_BREAK: Node = eitherOf([
  ...WHOLE_RETURNS,
  { kind: 'char', set: subtract(VERTICAL_SPACES, codesOf('\r')) },
]);

/** The groups opened so far. */
export interface Groups {
  readonly count: number;
  readonly names: ReadonlyMap<string, number>;
}

/** One character of the pattern, in whatever cases the flags let it have. */
export function literalNode(code: number, flags: Flags): Node {
  return { kind: 'char', set: foldedChar(code, foldOf(flags)) };
}

/** Reads an escape whose backslash comes next, outside a class. */
export function parseEscapeNode(cursor: Cursor, flags: Flags, groups: Groups): Node {
  cursor.next();
  const code = cursor.peekRaw();
  const letter = code === END ? '' : String.fromCodePoint(unquoted(code));
  if (letter !== '' && PLACE_ESCAPES.includes(letter)) return placeEscape(cursor, flags, letter);
  if (letter === 'R') {
    cursor.nextRaw();
    return LINE_BREAK;
  }
  if (letter === 'X') {
    cursor.nextRaw();
    return grapheme();
  }
  if (letter === 'k') return namedReference(cursor, flags, groups);
  if (letter >= '1' && letter <= '9') return numberedReference(cursor, flags, groups);
  const escaped = parseEscape(cursor, flags);
  return 'code' in escaped ? literalNode(escaped.code, flags) : { kind: 'char', set: escaped.set };
}

function placeEscape(cursor: Cursor, flags: Flags, letter: string): Node {
  cursor.nextRaw();
  const { unicodeClasses, unixLines } = flags;
  if (letter === 'A' || letter === 'G') return { kind: 'place', place: 'begin' };
  if (letter === 'z') return { kind: 'place', place: 'end' };
  if (letter === 'Z') return { kind: 'place', place: unixLines ? 'final-end-unix' : 'final-end' };
  if (letter === 'B')
    return { kind: 'place', place: unicodeClasses ? 'no-unicode-word-edge' : 'no-word-edge' };
  if (cursor.peekRaw() === codeOf('{') && cursor.peekRaw(1) === codeOf('g')) return graphemeEdge(cursor);
  return { kind: 'place', place: unicodeClasses ? 'unicode-word-edge' : 'word-edge' };
}

function graphemeEdge(cursor: Cursor): Node {
  cursor.nextRaw();
  cursor.nextRaw();
  if (cursor.nextRaw() !== codeOf('}')) throw cursor.fail('Expected \\b or \\b{g} here.');
  return { kind: 'place', place: 'grapheme-edge' };
}

/** `\X`, a user-perceived character taken whole; near enough (Hangul syllables and flags are not put together). */
function grapheme(): Node {
  const extender: Node = { kind: 'char', set: graphemeExtenders() };
  const joined = sequenceOf([charOf('\u200d'), { kind: 'char', set: pictographs() }]);
  const tail: Node = {
    kind: 'repeat',
    body: eitherOf([joined, extender]),
    min: 0,
    max: Number.POSITIVE_INFINITY,
    mode: 'greedy',
  };
  const noMore: Node = { kind: 'look', ahead: true, negated: true, body: extender };
  const notReturn: Node = { kind: 'char', set: negate(codesOf('\r')) };
  const [pair, loneReturn] = WHOLE_RETURNS;
  return eitherOf([pair, loneReturn, sequenceOf([notReturn, tail, noMore])]);
}

/** As many digits as still name a group opened so far; the first digit always counts. */
function numberedReference(cursor: Cursor, flags: Flags, groups: Groups): Node {
  let group = cursor.nextRaw() - 0x30;
  for (let code = cursor.peek(); code >= 0x30 && code <= 0x39; code = cursor.peek()) {
    const longer = group * 10 + code - 0x30;
    if (longer > groups.count) break;
    group = longer;
    cursor.next();
  }
  return { kind: 'reference', group, fold: foldOf(flags) };
}

function namedReference(cursor: Cursor, flags: Flags, groups: Groups): Node {
  cursor.nextRaw();
  if (!cursor.take('<')) throw cursor.fail('Expected <name> after \\k.');
  const name = parseGroupName(cursor);
  const group = groups.names.get(name);
  if (group === undefined) throw cursor.fail(`No group named ${name} stands before this reference.`);
  return { kind: 'reference', group, fold: foldOf(flags) };
}

export function parseGroupName(cursor: Cursor): string {
  let name = '';
  for (let code = cursor.nextRaw(); code !== codeOf('>'); code = cursor.nextRaw()) {
    const char = code === END ? '' : String.fromCodePoint(unquoted(code));
    if (!/^[a-zA-Z0-9]$/.test(char) || (name === '' && /\d/.test(char))) {
      throw cursor.fail('A group name is letters and digits, begins with a letter and ends with >.');
    }
    name += char;
  }
  if (name === '') throw cursor.fail('Expected a group name between < and >.');
  return name;
}

function charOf(text: string): Node {
  return { kind: 'char', set: codesOf(text) };
}
