import { compileFilter, type FilterOptions } from './filter.ts';
import { ALERT_TERMS, ALL_TERMS, type TermTable } from './vocabulary.ts';

/** Of an alert, only once it has been raised: a route is chosen before. */
const LATER: ReadonlyMap<string, string> = new Map([
  [
    'count',
    ' in a route, which is chosen at each match, before anything is counted; let a rule count, with matchCount under aggregation_rules.',
  ],
]);

/** What a route's `when` and `group_by` can name: an alert's own terms, and those of the event that raises it. */
export const ROUTE_TERMS: TermTable = new Map(
  [...ALL_TERMS, ...ALERT_TERMS].filter(([term]) => !LATER.has(term)),
);

/** Compiles the `when` of a route. */
export function compileRouteFilter(
  value: unknown,
  options: Omit<FilterOptions, 'terms' | 'hint'> = {},
): ReturnType<typeof compileFilter> {
  return compileFilter(value, { ...options, terms: ROUTE_TERMS, hint: (word) => LATER.get(word) });
}
