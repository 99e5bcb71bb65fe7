import { beginsToken, isWord } from './quotes.ts';

// Card numbers without a telling name. Of random digits one number in ten passes Luhn's check, so the issuer's prefix,
// its length and its usual grouping must fit, too: identifiers and timestamps of 13, 17, 18 and 19 digits stay.

const MIN_DIGITS = 13;
const MAX_DIGITS = 19;

/** Issuer prefixes with the lengths of their numbers. */
const ISSUERS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/, [16]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|64[4-9]|65)/, [16]],
  [/^35(?:2[89]|[3-8])/, [16]],
  [/^(?:30[0-5]|36|38|39)/, [14]],
  [/^62/, [16]],
];
/** Written in groups no identifier looks so: there the rarer lengths count, too. */
const GROUPED: readonly (readonly [RegExp, readonly number[]])[] = [
  ...ISSUERS,
  [/^4/, [13, 19]],
  [/^62/, [17, 18, 19]],
];

const SEPARATORS = [' ', '-', '+', '%20'] as const;

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function digitAt(text: string, at: number): boolean {
  return isDigit(text.charCodeAt(at));
}

export function runOfDigits(text: string, start: number): number {
  let end = start;
  while (digitAt(text, end)) end += 1;
  return end;
}

/** Where the card number ends that begins here; -1 where none does. */
export function cardEnd(text: string, start: number): number {
  const first = runOfDigits(text, start);
  const length = first - start;
  if ((length !== 4 && (length < 14 || length > 16)) || !mayBegin(text, start)) return -1;
  if (length === 4) return groupedEnd(text, start, first);
  return mayEnd(text, first) && isCard(text.slice(start, first), ISSUERS) ? first : -1;
}

function mayBegin(text: string, start: number): boolean {
  if (!beginsToken(text, start)) return false;
  const joins = '-.+'.includes(text.charAt(start - 1)) && start > 0;
  return !(joins && (isWord(text.charCodeAt(start - 2)) || text.charAt(start - 2) === ']'));
}

/** A mask stands where a word stood. */
function mayEnd(text: string, end: number): boolean {
  if (isWord(text.charCodeAt(end))) return false;
  const joins = '-.'.includes(text.charAt(end) || ' ');
  return !(joins && (isWord(text.charCodeAt(end + 1)) || text.startsWith('[redacted:', end + 1)));
}

function groupedEnd(text: string, start: number, firstEnd: number): number {
  const separator = SEPARATORS.find(
    (one) => text.startsWith(one, firstEnd) && digitAt(text, firstEnd + one.length),
  );
  if (separator === undefined) return -1;
  let digits = text.slice(start, firstEnd);
  for (let end = firstEnd; text.startsWith(separator, end); ) {
    const group = end + separator.length;
    end = runOfDigits(text, group);
    if (end - group < 3 || end - group > 6 || digits.length + end - group > MAX_DIGITS) return -1;
    digits += text.slice(group, end);
    if (digits.length >= MIN_DIGITS && !isWord(text.charCodeAt(end)) && isCard(digits, GROUPED)) return end;
  }
  return -1;
}

function isCard(digits: string, issuers: typeof ISSUERS): boolean {
  return (
    issuers.some(([prefix, lengths]) => lengths.includes(digits.length) && prefix.test(digits)) &&
    luhn(digits)
  );
}

/** Whether a whole text is a card number. */
export function isCardNumber(text: string): boolean {
  return cardEnd(text, 0) === text.length && text !== '';
}

function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 0x30;
    const weighed = i % 2 === 0 ? digit : digit * 2;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return sum % 10 === 0;
}
