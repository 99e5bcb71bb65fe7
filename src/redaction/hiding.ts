import { isDigit, runOfDigits } from './cards.ts';

// What a secret may hide behind from a look at the JSON text as it stands: escaped letters, a fraction or an exponent, a
// value that stands before the name that tells of it. A text with one of these is read value by value.

const VALUE = ['val', 'value', 'values'] as const;
/** Of the digits of a card number so many stand together at least, wherever a point parts them. */
const TOGETHER = 7;

/** Whether a look at the values can find more than a look at the text. */
export function mayHide(text: string): boolean {
  const hasValue = text.includes(VALUE[0]) && VALUE.some((word) => isQuoted(text, word));
  return hasValue || text.includes('\\u') || hasLongDecimal(text);
}

function isQuoted(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (endsQuoted(text.charAt(at - 1)) && endsQuoted(text.charAt(at + word.length))) return true;
  }
  return false;
}

function endsQuoted(character: string): boolean {
  return character === '"' || character === '\\';
}

/** One character in seven tells where no such run of digits can be. */
function hasLongDecimal(text: string): boolean {
  for (let at = TOGETHER - 1; at < text.length; at += TOGETHER) {
    if (!isDigit(text.charCodeAt(at))) continue;
    let start = at;
    while (at - start < TOGETHER && isDigit(text.charCodeAt(start - 1))) start -= 1;
    const end = runOfDigits(text, at);
    const isParted = text.charAt(start - 1) === '.' || '.eE'.includes(text.charAt(end) || ' ');
    if (end - start >= TOGETHER && isParted) return true;
    at = end;
  }
  return false;
}
