import type { Aspect, Collection } from './filter-tree.ts';
import { didYouMean } from './problems.ts';
import { COLLECTIONS, MEASURES, OPERATORS, PREDICATES, SELECTORS, type TermTable } from './vocabulary.ts';

/** Where in a filter we are. */
export interface Context {
  readonly term?: string;
  readonly collection?: Collection;
  readonly aspect?: Exclude<Aspect, 'whole'>;
}

/** `; did you mean "eq"?` for the nearest of the words that may stand here, else of all; '' where none is near. */
export function nearestWord(word: string, context: Context, terms: TermTable): string {
  const here = context.term === undefined ? [...terms.keys(), ...PREDICATES] : wordsUnder(context);
  const all = [...terms.keys(), ...PREDICATES, ...wordsUnder({ term: '' })];
  return didYouMean(word, here) || didYouMean(word, all);
}

/** How a message goes on where no word is near: what may stand here. */
export function expectedWords(context: Context): string {
  if (context.term === undefined)
    return '; a term is expected here (url, method, request_payload, response_code …), or and, or.';
  const words = wordsUnder(context);
  const listed = words.slice(0, MAX_LISTED).join(', ');
  return `; expected here: ${listed}${words.length > MAX_LISTED ? ' …' : ''}, and, or.`;
}

const MAX_LISTED = 12;

/** The words that may stand inside a term, predicates aside. */
function wordsUnder({ collection, aspect }: Context): readonly string[] {
  const parts = [...SELECTORS, ...MEASURES];
  if (aspect !== undefined) return [...OPERATORS, 'extract'];
  return collection === undefined ? [...OPERATORS, ...COLLECTIONS, ...parts, 'extract'] : parts;
}
