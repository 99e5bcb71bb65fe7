import { ALL_CODES, type CodeSet, codeRange, codesOf, negate, subtract, union, unionOf } from './code-set.ts';
import { unicodeSet } from './unicode.ts';

// Named character classes: Java's POSIX names are ASCII, `Is…` names and categories are Unicode (as this Node knows it).

export const DIGITS = codeRange(0x30, 0x39);
const LOWER = codeRange(0x61, 0x7a);
const UPPER = codeRange(0x41, 0x5a);
const ALPHA = union(LOWER, UPPER);
export const WORD = unionOf([ALPHA, DIGITS, codesOf('_')]);
export const SPACES = union(codeRange(0x09, 0x0d), codesOf(' '));
export const HORIZONTAL_SPACES = unionOf([
  codesOf('\t \u00a0\u1680\u180e\u202f\u205f\u3000'),
  codeRange(0x2000, 0x200a),
]);
export const VERTICAL_SPACES = union(codeRange(0x0a, 0x0d), codesOf('\u0085\u2028\u2029'));
export const LINE_ENDS = codesOf('\n\r\u0085\u2028\u2029');

const ALNUM = union(ALPHA, DIGITS);
const GRAPH = codeRange(0x21, 0x7e);
const PUNCT = subtract(GRAPH, ALNUM);

const POSIX = new Map<string, CodeSet>([
  ['Lower', LOWER],
  ['Upper', UPPER],
  ['ASCII', codeRange(0, 0x7f)],
  ['Alpha', ALPHA],
  ['Digit', DIGITS],
  ['Alnum', ALNUM],
  ['Punct', PUNCT],
  ['Graph', GRAPH],
  ['Print', codeRange(0x20, 0x7e)],
  ['Blank', codesOf(' \t')],
  ['Cntrl', union(codeRange(0, 0x1f), codesOf('\x7f'))],
  ['XDigit', unionOf([DIGITS, codeRange(0x41, 0x46), codeRange(0x61, 0x66)])],
  ['Space', SPACES],
  ['L1', codeRange(0, 0xff)],
  ['all', ALL_CODES],
]);

/** Java's other names for what V8's `\p{…}` can say. */
const DERIVED = new Map<string, readonly string[]>([
  ['LC', ['Lu', 'Ll', 'Lt']],
  ['LD', ['L', 'Nd']],
  ['javaLowerCase', ['Lowercase']],
  ['javaUpperCase', ['Uppercase']],
  ['javaAlphabetic', ['Alphabetic']],
  ['javaIdeographic', ['Ideographic']],
  ['javaTitleCase', ['Lt']],
  ['javaDigit', ['Nd']],
  ['javaDefined', ['Assigned']],
  ['javaLetter', ['L']],
  ['javaLetterOrDigit', ['L', 'Nd']],
  ['javaSpaceChar', ['Z']],
  ['javaISOControl', ['Cc']],
  ['javaMirrored', ['Bidi_Mirrored']],
  ['javaJavaIdentifierStart', ['L', 'Nl', 'Sc', 'Pc']],
  ['javaUnicodeIdentifierStart', ['ID_Start']],
]);

/** Binary properties by their upper-case name without `_`, as Java folds them. */
const BINARY = new Map<string, readonly string[]>([
  ['ALPHABETIC', ['Alphabetic']],
  ['LETTER', ['L']],
  ['IDEOGRAPHIC', ['Ideographic']],
  ['LOWERCASE', ['Lowercase']],
  ['UPPERCASE', ['Uppercase']],
  ['TITLECASE', ['Lt']],
  ['WHITESPACE', ['White_Space']],
  ['CONTROL', ['Cc']],
  ['PUNCTUATION', ['P']],
  ['HEXDIGIT', ['Nd', 'Hex_Digit']],
  ['ASSIGNED', ['Assigned']],
  ['NONCHARACTERCODEPOINT', ['Noncharacter_Code_Point']],
  ['DIGIT', ['Nd']],
  ['ALNUM', ['Alphabetic', 'Nd']],
  ['JOINCONTROL', ['Join_Control']],
  ['WORD', ['Alphabetic', 'M', 'Nd', 'Pc', 'Join_Control']],
]);

const POSIX_UNDER_UNICODE = new Map<string, string>([
  ['ALPHA', 'ALPHABETIC'],
  ['LOWER', 'LOWERCASE'],
  ['UPPER', 'UPPERCASE'],
  ['SPACE', 'WHITESPACE'],
  ['PUNCT', 'PUNCTUATION'],
  ['XDIGIT', 'HEXDIGIT'],
  ['ALNUM', 'ALNUM'],
  ['CNTRL', 'CONTROL'],
  ['DIGIT', 'DIGIT'],
  ['BLANK', 'BLANK'],
  ['GRAPH', 'GRAPH'],
  ['PRINT', 'PRINT'],
]);

const BLOCKS = new Map<string, CodeSet>([
  ['BASICLATIN', codeRange(0, 0x7f)],
  ['LATIN1SUPPLEMENT', codeRange(0x80, 0xff)],
  ['LATINEXTENDEDA', codeRange(0x100, 0x17f)],
  ['LATINEXTENDEDB', codeRange(0x180, 0x24f)],
  ['COMBININGDIACRITICALMARKS', codeRange(0x300, 0x36f)],
  ['GREEK', codeRange(0x370, 0x3ff)],
  ['GREEKANDCOPTIC', codeRange(0x370, 0x3ff)],
  ['CYRILLIC', codeRange(0x400, 0x4ff)],
  ['HEBREW', codeRange(0x590, 0x5ff)],
  ['ARABIC', codeRange(0x600, 0x6ff)],
  ['THAI', codeRange(0xe00, 0xe7f)],
  ['GENERALPUNCTUATION', codeRange(0x2000, 0x206f)],
  ['CURRENCYSYMBOLS', codeRange(0x20a0, 0x20cf)],
  ['ARROWS', codeRange(0x2190, 0x21ff)],
  ['MATHEMATICALOPERATORS', codeRange(0x2200, 0x22ff)],
  ['BOXDRAWING', codeRange(0x2500, 0x257f)],
  ['HIRAGANA', codeRange(0x3040, 0x309f)],
  ['KATAKANA', codeRange(0x30a0, 0x30ff)],
  ['CJKUNIFIEDIDEOGRAPHS', codeRange(0x4e00, 0x9fff)],
  ['HANGULSYLLABLES', codeRange(0xac00, 0xd7af)],
  ['PRIVATEUSEAREA', codeRange(0xe000, 0xf8ff)],
  ['EMOTICONS', codeRange(0x1f600, 0x1f64f)],
]);

const CASED_CATEGORIES = new Set(['Lu', 'Ll', 'Lt']);
const CASED_BINARY = new Set(['LOWERCASE', 'UPPERCASE', 'TITLECASE']);

export interface PropertyFlags {
  readonly ignoreCase: boolean;
  readonly unicodeClasses: boolean;
}

/** The set behind `\p{name}`, or undefined where Java knows no such name. */
export function propertySet(name: string, flags: PropertyFlags): CodeSet | undefined {
  const equals = name.indexOf('=');
  if (equals >= 0) return keyedSet(name.slice(0, equals).toLowerCase(), name.slice(equals + 1), flags);
  if (name.startsWith('In')) return BLOCKS.get(name.slice(2).toUpperCase().replace(/[_ -]/g, ''));
  if (name.startsWith('Is')) {
    const rest = name.slice(2);
    const binary = binarySet(rest, flags.ignoreCase) ?? unicodePosix(rest, flags.ignoreCase);
    return binary ?? plainSet(rest, flags.ignoreCase) ?? scriptSet(rest);
  }
  return (
    (flags.unicodeClasses ? unicodePosix(name, flags.ignoreCase) : undefined) ??
    plainSet(name, flags.ignoreCase)
  );
}

/** `\w`, `\b` and friends under `(?U)`. */
export function unicodeClass(name: 'WORD' | 'DIGIT' | 'WHITESPACE'): CodeSet {
  return binarySet(name, false) ?? [];
}

/** What a plain `\b` takes for a word character: Java asks Character.isLetterOrDigit, even without `(?U)`. */
export function edgeWords(): CodeSet {
  words ??= union(letterOrDigit(), codesOf('_'));
  return words;
}

let words: CodeSet | undefined;

export function letterOrDigit(): CodeSet {
  return unicodeSet(['L', 'Nd']);
}

export function nonSpacingMarks(): CodeSet {
  return unicodeSet(['Mn']);
}

/** What continues a user-perceived character, near enough: marks and the joiner. */
export function graphemeExtenders(): CodeSet {
  extenders ??= union(unicodeSet(['Grapheme_Extend', 'Mc']), codesOf('\u200d'));
  return extenders;
}

let extenders: CodeSet | undefined;

/** Symbols that a joiner can join. */
export function pictographs(): CodeSet {
  return unicodeSet(['Extended_Pictographic']);
}

function keyedSet(key: string, value: string, flags: PropertyFlags): CodeSet | undefined {
  if (key === 'sc' || key === 'script') return scriptSet(value);
  if (key === 'blk' || key === 'block') return propertySet(`In${value}`, flags);
  if (key === 'gc' || key === 'general_category') return plainSet(value, flags.ignoreCase);
  return undefined;
}

function plainSet(name: string, ignoreCase: boolean): CodeSet | undefined {
  if (ignoreCase && (name === 'Lower' || name === 'Upper')) return ALPHA;
  if (ignoreCase && CASED_CATEGORIES.has(name)) return unicodeSet(['Lu', 'Ll', 'Lt']);
  if (ignoreCase && /^java(Lower|Upper|Title)Case$/.test(name))
    return unicodeSet(['Lowercase', 'Uppercase', 'Lt']);
  if (name === 'javaWhitespace') return javaWhitespace();
  const derived = DERIVED.get(name);
  if (derived !== undefined) return unicodeSet(derived);
  return (
    POSIX.get(name) ??
    (/^(L[ultmo]?|M[nec]?|N[dlo]?|Z[slp]?|C[cfons]?|P[dsecfio]?|S[mcko]?)$/.test(name)
      ? unicodeSet([name])
      : undefined)
  );
}

function unicodePosix(name: string, ignoreCase: boolean): CodeSet | undefined {
  const binary = POSIX_UNDER_UNICODE.get(name.toUpperCase());
  return binary === undefined ? undefined : binarySet(binary, ignoreCase);
}

function binarySet(name: string, ignoreCase: boolean): CodeSet | undefined {
  const key = name.toUpperCase().replaceAll('_', '');
  if (ignoreCase && CASED_BINARY.has(key)) return unicodeSet(['Lowercase', 'Uppercase', 'Lt']);
  if (key === 'BLANK') return union(unicodeSet(['Zs']), codesOf('\t'));
  if (key === 'GRAPH') return unicodeGraph();
  if (key === 'PRINT') return subtract(union(unicodeGraph(), unicodeSet(['Zs'])), unicodeSet(['Cc']));
  const properties = BINARY.get(key);
  return properties === undefined ? undefined : unicodeSet(properties);
}

function unicodeGraph(): CodeSet {
  return negate(unicodeSet(['White_Space', 'Cc', 'Cs', 'Cn']));
}

function javaWhitespace(): CodeSet {
  return unionOf([
    subtract(unicodeSet(['Z']), codesOf('\u00a0\u2007\u202f')),
    codeRange(0x09, 0x0d),
    codeRange(0x1c, 0x1f),
  ]);
}

function scriptSet(name: string): CodeSet | undefined {
  const spelled = name
    .toLowerCase()
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('_');
  try {
    return unicodeSet([`Script=${spelled}`]);
  } catch {
    return undefined;
  }
}
