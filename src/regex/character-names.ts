// `\N{NAME}` for the names a rule may plausibly use: Latin letters with or without a diacritic, digits, common signs.
// The full table of Unicode names is megabytes; \x{…} says the same.

const MARKS = new Map([
  ['GRAVE', '\u0300'],
  ['ACUTE', '\u0301'],
  ['CIRCUMFLEX', '\u0302'],
  ['TILDE', '\u0303'],
  ['MACRON', '\u0304'],
  ['BREVE', '\u0306'],
  ['DOT ABOVE', '\u0307'],
  ['DIAERESIS', '\u0308'],
  ['RING ABOVE', '\u030a'],
  ['CARON', '\u030c'],
  ['CEDILLA', '\u0327'],
  ['OGONEK', '\u0328'],
]);

const DIGITS = ['ZERO', 'ONE', 'TWO', 'THREE', 'FOUR', 'FIVE', 'SIX', 'SEVEN', 'EIGHT', 'NINE'];

const SIGNS = new Map([
  ['NULL', 0x00],
  ['CHARACTER TABULATION', 0x09],
  ['LINE FEED (LF)', 0x0a],
  ['CARRIAGE RETURN (CR)', 0x0d],
  ['SPACE', 0x20],
  ['QUOTATION MARK', 0x22],
  ['NUMBER SIGN', 0x23],
  ['DOLLAR SIGN', 0x24],
  ['PERCENT SIGN', 0x25],
  ['AMPERSAND', 0x26],
  ['APOSTROPHE', 0x27],
  ['COMMA', 0x2c],
  ['HYPHEN-MINUS', 0x2d],
  ['FULL STOP', 0x2e],
  ['SOLIDUS', 0x2f],
  ['SEMICOLON', 0x3b],
  ['LESS-THAN SIGN', 0x3c],
  ['GREATER-THAN SIGN', 0x3e],
  ['REVERSE SOLIDUS', 0x5c],
  ['GRAVE ACCENT', 0x60],
  ['VERTICAL LINE', 0x7c],
  ['NO-BREAK SPACE', 0xa0],
  ['ZERO WIDTH SPACE', 0x200b],
  ['RIGHT-TO-LEFT OVERRIDE', 0x202e],
  ['ZERO WIDTH NO-BREAK SPACE', 0xfeff],
]);

export function namedCharacter(name: string): number | undefined {
  const upper = name.trim().toUpperCase();
  const digit = DIGITS.indexOf(upper.replace(/^DIGIT /, ''));
  if (upper.startsWith('DIGIT ') && digit >= 0) return 0x30 + digit;
  return SIGNS.get(upper) ?? latinLetter(upper);
}

function latinLetter(name: string): number | undefined {
  const parts = /^LATIN (SMALL|CAPITAL) LETTER ([A-Z])(?: WITH (.+))?$/.exec(name);
  if (parts === null) return undefined;
  const [, size, letter = '', diacritic] = parts;
  const base = size === 'SMALL' ? letter.toLowerCase() : letter;
  if (diacritic === undefined) return base.codePointAt(0);
  const composed = (base + (MARKS.get(diacritic) ?? '')).normalize('NFC');
  return composed !== base && composed.length === 1 ? composed.codePointAt(0) : undefined;
}
