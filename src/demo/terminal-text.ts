/** Starts of escape sequences, controls, bidirectional marks, zero-width and other invisible characters. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu;
const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]/u;

/** Longer than any terminal line, so that a megabyte is never walked through for one. */
const MAX_LENGTH = 4_000;

/**
 * One line of what somebody else wrote, safe on a terminal: line breaks and tabs become blanks,
 * whatever cannot be seen goes, and what is wider than `columns` ends in `…`.
 */
export function terminalText(text: string, columns: number): string {
  const line = text.slice(0, MAX_LENGTH).replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ');
  return cut(line.replace(INVISIBLE, '').trimEnd(), columns);
}

/** A character's columns. Marks that join the one before count too, or a stack of them would have no end. */
function columnsOf(character: string): number {
  return WIDE.test(character) ? 2 : 1;
}

export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = '';
  let width = 1;
  for (const character of text) {
    width += columnsOf(character);
    if (width > columns) break;
    kept += character;
  }
  return columns < 1 ? '' : `${kept}…`;
}
