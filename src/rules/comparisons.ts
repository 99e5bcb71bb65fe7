import type { Filter, FilterOrigins } from './filter-tree.ts';
import type { Place } from './positioned.ts';
import { usesVariables } from './variables.ts';
import type { OperatorName } from './vocabulary.ts';

/** One text that a filter compares a term's plain value with. */
export interface Comparison {
  readonly term: string;
  readonly operator: OperatorName;
  readonly text: string;
  readonly place: Place | undefined;
  /** Whether the text stands in the file as it is: what came from elsewhere is not to be shown. */
  readonly verbatim: boolean;
}

/** These look at their first operand only. */
const FIRST_ONLY: ReadonlySet<OperatorName> = new Set(['eq', 'neq']);
const TEXTUAL: ReadonlySet<OperatorName> = new Set([
  ...FIRST_ONLY,
  'contains_either',
  'contains_all',
  'not_contains',
  'not_contains_either',
]);

/** What a filter compares terms with by equality or containment, negated or not, in the order of its file. */
export function comparisonsIn(filter: Filter, origins: FilterOrigins): readonly Comparison[] {
  if (filter.kind === 'constant' || filter.kind === 'extract') return [];
  if (filter.kind !== 'condition') return filter.children.flatMap((child) => comparisonsIn(child, origins));
  const { term, operator, aspect } = filter;
  const value = origins.get(filter)?.value;
  // What a name stands for is not known before the event.
  if (value === undefined || aspect !== 'whole' || !TEXTUAL.has(operator) || usesVariables(filter)) return [];
  const items = value.kind === 'list' ? value.items : [value];
  return items.slice(0, FIRST_ONLY.has(operator) ? 1 : undefined).flatMap((item) => {
    if (item.kind !== 'scalar' || typeof item.value !== 'string') return [];
    return [{ term, operator, text: item.value, place: item.place, verbatim: item.verbatim }];
  });
}
