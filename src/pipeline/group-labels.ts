import type { TermSource } from '../rules/index.ts';
import { termText } from './summary.ts';

/** What a route without a `group_by` of its own groups by: one message for what one actor does at one source. */
const DEFAULT_GROUP_BY: readonly string[] = ['source', 'actor'];

/**
 * The values that alerts must share to be told of together. By default what has no actor, such as an API or what Tocsin
 * says of itself, is told by its rule: it is nobody's one attack.
 */
export function groupLabels(
  groupBy: readonly string[] | undefined,
  subject: TermSource,
): Readonly<Record<string, string>> {
  const textOf = (term: string): string => termText(subject, term) ?? '';
  if (groupBy !== undefined) return Object.fromEntries(groupBy.map((term) => [term, textOf(term)]));
  const terms = textOf('actor') === '' ? ['source', 'rule'] : DEFAULT_GROUP_BY;
  return Object.fromEntries(terms.map((term) => [term, textOf(term)]));
}
