import type { Feed } from '../core/event.ts';
import { FilterParser } from './filter-parser.ts';
import type { Filter, FilterOrigins, Origin } from './filter-tree.ts';
import { EVENT_VALUES, lintFilter } from './lint.ts';
import type { Prospect } from './misfit.ts';
import { entryOf, type PositionedMap } from './positioned.ts';
import type { ProblemList } from './problems.ts';
import { BUILT_IN_IDS } from './quirks.ts';
import type { Rule } from './rule.ts';
import { ALL_TERMS, FEED_TERMS, type TermTable } from './vocabulary.ts';

/** What Tocsin adds to a template. A file that has one of them was written for Tocsin. */
export const OWN_KEYS = ['source', 'group_by', 'resolve_after', 'runbook', 'yields', 'tests'] as const;

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
  const filters = { filter, ignore, successFilter, failureFilter };
  if (!problems.failed) lintFilters(filters, { root, feed, origins, problems });
  return {
    ...(filter === undefined ? {} : { filter }),
    ...(ignore === undefined ? {} : { ignore }),
    ...(successFilter === undefined ? {} : { successFilter }),
    ...(failureFilter === undefined ? {} : { failureFilter }),
  };
}

/** Words of ours that Akto's language refuses: a file with nothing else of ours keeps Akto's verdict. */
const OWN_TERMS: ReadonlySet<string> = new Set(['host', 'change']);

function termsFor(root: PositionedMap): TermTable {
  return hasOwnKeys(root) ? ALL_TERMS : AKTO_TEMPLATE_TERMS;
}

export function hasOwnKeys(root: PositionedMap): boolean {
  return OWN_KEYS.some((key) => entryOf(root, key));
}
const AKTO_TEMPLATE_TERMS: TermTable = new Map([...ALL_TERMS].filter(([term]) => !OWN_TERMS.has(term)));

function hint(word: string): string | undefined {
  if (word === 'host') return ' of Akto templates; add source: malicious_events to ask for the host.';
  if (word === 'change') return ' of Akto templates; add source and name the feed whose objects change.';
  return undefined;
}

interface LintPlace {
  readonly root: PositionedMap;
  readonly feed: Feed;
  readonly origins: FilterOrigins;
  readonly problems: ProblemList;
}

/** Warnings about conditions, and about the rule where they leave nothing that it could match. */
function lintFilters(filters: Readonly<Record<string, Filter | undefined>>, place: LintPlace): void {
  const { root, feed, origins, problems } = place;
  const isTemplate = !hasOwnKeys(root);
  const scope = { terms: FEED_TERMS[feed], subject: `Events of ${feed}`, isTemplate, values: EVENT_VALUES };
  if (isTemplate) warnOfBuiltIn(root, problems);
  const prospects = Object.entries(filters).flatMap(([name, filter]): [string, Prospect][] =>
    filter === undefined ? [] : [[name, lintFilter(filter, scope, origins, problems)]],
  );
  const reason = unmatchable(new Map(prospects));
  if (reason === undefined) return;
  const entry =
    entryOf(root, reason.key) ?? entryOf(root, 'success_filter') ?? entryOf(root, 'failure_filter');
  problems.warn(
    'unmatchable-rule',
    entry?.place ?? root.place,
    `No event of ${feed} can match this rule: ${reason.why}.`,
  );
}

function warnOfBuiltIn(root: PositionedMap, problems: ProblemList): void {
  const id = entryOf(root, 'id')?.value;
  if (id?.kind !== 'scalar' || !BUILT_IN_IDS.has(String(id.value))) return;
  problems.warn(
    'differs-from-original',
    id.place,
    'The original has a detector of its own for this id and never reads the YAML; here the YAML runs.',
  );
}

function unmatchable(prospects: ReadonlyMap<string, Prospect>): { key: string; why: string } | undefined {
  if (prospects.get('ignore') === 'always') return { key: 'ignore', why: 'ignore holds of every one' };
  const decisive = prospects.has('filter') ? ['filter'] : ['successFilter', 'failureFilter'];
  const found = decisive.filter((name) => prospects.has(name));
  if (found.some((name) => prospects.get(name) !== 'never')) return undefined;
  return { key: 'filter', why: 'its filter can never hold' };
}
