import { foldedChar, foldedRange } from './case-folding.ts';
import { type CodeSet, intersect, NO_CODES, negate, union } from './code-set.ts';
import { type Cursor, codeOf, END, unquoted } from './cursor.ts';
import { type Flags, foldOf } from './flags.ts';
import { parseEscape } from './parse-escape.ts';

// `[…]` as Java reads it: nested classes unite, `&&` intersects with all that follows it, `^` negates the whole.

const OPEN = codeOf('[');
const CLOSE = codeOf(']');
const AND = codeOf('&');
const DASH = codeOf('-');
const BACKSLASH = codeOf('\\');
const MAX_DEPTH = 100;

/** Reads a class whose `[` comes next. */
export function parseClass(cursor: Cursor, flags: Flags, depth = 0): CodeSet {
  if (depth > MAX_DEPTH) throw cursor.fail(`Character classes are nested more than ${MAX_DEPTH} deep.`);
  cursor.next();
  const negated = cursor.take('^');
  const set = parseMembers(cursor, flags, depth);
  cursor.next();
  return negated ? negate(set) : set;
}

/** Everything up to the `]` that closes this class, which stays unread. */
function parseMembers(cursor: Cursor, flags: Flags, depth: number): CodeSet {
  let set: CodeSet | undefined;
  for (;;) {
    const code = cursor.peek();
    if (code === END) throw cursor.fail('Expected ] to close the character class.');
    if (code === CLOSE && set !== undefined) return set;
    if (code === AND && isIntersection(cursor)) set = parseIntersection(cursor, flags, depth, set);
    else {
      const isNested = code === OPEN && cursor.nestedClasses;
      const member = isNested ? parseClass(cursor, flags, depth + 1) : parseMember(cursor, flags);
      set = union(set ?? NO_CODES, member);
    }
  }
}

function isIntersection(cursor: Cursor): boolean {
  return cursor.nestedClasses && cursor.peekRaw(1) === AND;
}

function parseIntersection(cursor: Cursor, flags: Flags, depth: number, left: CodeSet | undefined): CodeSet {
  cursor.next();
  cursor.next();
  let right: CodeSet | undefined;
  for (let code = cursor.peek(); code !== CLOSE && code !== AND; code = cursor.peek()) {
    const member =
      code === OPEN ? parseClass(cursor, flags, depth + 1) : parseMembers(cursor, flags, depth + 1);
    right = union(right ?? NO_CODES, member);
  }
  if (left === undefined && right === undefined) throw cursor.fail('Expected a class on one side of &&.');
  if (left === undefined) return right ?? NO_CODES;
  return right === undefined ? left : intersect(left, right);
}

function parseMember(cursor: Cursor, flags: Flags): CodeSet {
  const low = parseMemberCode(cursor, flags, cursor.peekRaw(2) === DASH);
  if (typeof low !== 'number') return low;
  const fold = foldOf(flags);
  if (cursor.peek() !== DASH || isLoneDash(cursor)) return foldedChar(low, fold);
  cursor.next();
  const high = parseMemberCode(cursor, flags, true);
  if (typeof high !== 'number' || high < low) {
    throw cursor.fail('The range in this class runs backwards; put its lower end first.');
  }
  return foldedRange(low, high, fold);
}

/** `-` before `]` or a nested class is an ordinary character. */
function isLoneDash(cursor: Cursor): boolean {
  const after = cursor.peekRaw(1);
  return after === CLOSE || (after === OPEN && cursor.nestedClasses);
}

/** `\v` at an end of a range is the vertical tab alone, for Java's sake. */
function parseMemberCode(cursor: Cursor, flags: Flags, inRange: boolean): number | CodeSet {
  const code = cursor.next();
  if (code === END) throw cursor.fail('Expected ] to close the character class.');
  if (code !== BACKSLASH) return unquoted(code);
  if (inRange && cursor.peekRaw() === codeOf('v')) {
    cursor.nextRaw();
    return 0x0b;
  }
  const escaped = parseEscape(cursor, flags);
  return 'code' in escaped ? escaped.code : escaped.set;
}
