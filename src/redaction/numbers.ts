import { isCardNumber } from './cards.ts';
import type { NameMeaning } from './names.ts';

/** Under a secret name a number of fewer digits is a count or a switch. */
const LEAST_LENGTH = 3;

/** What kind of secret a number is, whatever its sign, fraction or exponent; `raw` as it was written. */
export function kindOfNumber(raw: string, meaning: NameMeaning | undefined): string | undefined {
  if (meaning !== undefined && !meaning.isWeak && raw.length >= LEAST_LENGTH) return meaning.kind;
  return isCardNumber(digitsOf(raw)) ? 'card' : undefined;
}

/** `-4.111111111111111e15` is the number that `4111111111111111` is. */
function digitsOf(raw: string): string {
  const unsigned = raw.startsWith('-') ? raw.slice(1) : raw;
  return /^\d+$/.test(unsigned) ? unsigned : String(Number(unsigned));
}
