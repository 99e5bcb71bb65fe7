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

/** What other languages call it. */
const OTHER_LANGUAGES: Readonly<Record<string, string>> = {
  ...{ in: 'contains_either', not_in: 'not_contains', contains: 'contains_either', any: 'or', all: 'and' },
  ...{
    '=': 'eq',
    '==': 'eq',
    is: 'eq',
    equals: 'eq',
    equal: 'eq',
    '!=': 'neq',
    ne: 'neq',
    not_equals: 'neq',
  },
  ...{ '=~': 'regex', match: 'regex', matches: 'regex', regexp: 'regex', like: 'contains_either' },
  ...{ '>': 'gt', '>=': 'gte', ge: 'gte', min: 'gte', '<': 'lt', '<=': 'lte', le: 'lte', max: 'lte' },
};

/** How a message goes on for a word of another language; undefined where it is none. */
export function wordElsewhere(word: string): string | undefined {
  if (word === 'not') return '; there is no such word: write the opposite operator, neq or not_contains.';
  const meant = Object.hasOwn(OTHER_LANGUAGES, word) ? OTHER_LANGUAGES[word] : undefined;
  return meant && `; write ${meant}.`;
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
