import type { Feed } from '../core/event.ts';
import { FilterParser } from './filter-parser.ts';
import type { Filter, Origin } from './filter-tree.ts';
import { entryOf, type PositionedMap } from './positioned.ts';
import type { ProblemList } from './problems.ts';
import type { Rule } from './rule.ts';
import { ALL_TERMS, FEED_TERMS, type TermTable } from './vocabulary.ts';

/** What Tocsin adds to a template. A file that has one of them was written for Tocsin. */
export const OWN_KEYS = ['source', 'group_by', 'runbook', 'tests'] as const;

/** Reads the four filters of a rule. */
export function parseFilters(
  root: PositionedMap,
  feed: Feed,
  problems: ProblemList,
  origins: Map<Filter, Origin>,
): Pick<Rule, 'filter' | 'ignore' | 'successFilter' | 'failureFilter'> {
  const parser = new FilterParser(termsFor(root), problems, origins, hint);
  const read = (key: string): Filter | undefined => {
    const entry = entryOf(root, key);
    const filter = entry && parser.parse(entry.value, key);
    if (filter) origins.set(filter, { word: key, place: entry.place });
    return filter;
  };
  const filter = read('filter');
  const ignore = read('ignore');
  const successFilter = read('success_filter');
  const failureFilter = read('failure_filter');
  if (filter === undefined && successFilter === undefined && failureFilter === undefined) {
    problems.error('missing-key', root.place, 'A rule needs a filter, a success_filter or a failure_filter.');
  }
  for (const unseen of unseenTerms([filter, ignore, successFilter, failureFilter], feed)) {
    problems.warn(
      'misplaced-word',
      entryOf(root, 'filter')?.place ?? root.place,
      `Events of ${feed} have no ${unseen}: conditions on it never see anything. Set source to the feed that has it.`,
    );
  }
  return {
    ...(filter === undefined ? {} : { filter }),
    ...(ignore === undefined ? {} : { ignore }),
    ...(successFilter === undefined ? {} : { successFilter }),
    ...(failureFilter === undefined ? {} : { failureFilter }),
  };
}

/** `host` is a word of ours that Akto's language refuses: a file with nothing else of ours keeps Akto's verdict. */
function termsFor(root: PositionedMap): TermTable {
  if (OWN_KEYS.some((key) => entryOf(root, key))) return ALL_TERMS;
  return AKTO_TEMPLATE_TERMS;
}
const AKTO_TEMPLATE_TERMS: TermTable = new Map([...ALL_TERMS].filter(([term]) => term !== 'host'));

function hint(word: string): string | undefined {
  return word === 'host'
    ? ' of Akto templates; add source: malicious_events to ask for the host.'
    : undefined;
}

function unseenTerms(filters: readonly (Filter | undefined)[], feed: Feed): ReadonlySet<string> {
  const unseen = new Set<string>();
  const walk = (filter: Filter): void => {
    if (filter.kind === 'condition' || filter.kind === 'extract') {
      if (!FEED_TERMS[feed].has(filter.term)) unseen.add(filter.term);
    } else if (filter.kind !== 'constant') filter.children.forEach(walk);
  };
  for (const filter of filters) if (filter) walk(filter);
  return unseen;
}
