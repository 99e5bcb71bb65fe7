import { isNode } from 'yaml';
import type { Problem } from '../core/problem.ts';
import { type Comparison, comparisonsIn } from './comparisons.ts';
import { type ExplainedPart, explainFilter } from './explain.ts';
import { FilterParser } from './filter-parser.ts';
import type { Filter, FilterOrigins, Origin } from './filter-tree.ts';
import { lintFilter } from './lint.ts';
import { Machine } from './machine.ts';
import { TRUE } from './outcome.ts';
import { withoutPlace } from './positioned.ts';
import { ProblemList } from './problems.ts';
import { Run, type TermSource } from './run.ts';
import type { TermTable } from './vocabulary.ts';
import { positionedFrom, type YamlPlaces } from './yaml-reader.ts';

/** A filter outside rules: a route's `when`, a silence's `match`. */
export interface CompiledFilter {
  /** False also where it cannot be decided. */
  matches(source: TermSource): boolean;
  /** What it compares terms with. */
  readonly comparisons: readonly Comparison[];
  /** As it was read, and where its parts stand: for judging what it can select at all. */
  readonly tree: Filter;
  readonly origins: FilterOrigins;
  /** How it comes to its verdict. */
  explain(source: TermSource): ExplainedPart;
}

export interface FilterOptions {
  /** The words that may stand as terms. */
  readonly terms: TermTable;
  /** The key above, for messages. */
  readonly owner?: string;
  /** Says more of an unknown word, where there is more to say. */
  readonly hint?: (word: string) => string | undefined;
  readonly file?: string;
  /** Needed to place problems where `value` is a node of a `yaml` document. */
  readonly yaml?: YamlPlaces;
}

/**
 * Compiles a filter in the rule language.
 * @param value a node of a `yaml` document (with `options.yaml`), or a plain value
 */
export function compileFilter(
  value: unknown,
  options: FilterOptions,
): {
  readonly filter?: CompiledFilter;
  readonly problems: readonly Problem[];
  /** What a filter with errors says as far as it can be read. */
  readonly rest?: Pick<CompiledFilter, 'tree' | 'origins'>;
} {
  const problems = new ProblemList(options.file);
  const node =
    isNode(value) && options.yaml ? positionedFrom(value, options.yaml, problems) : withoutPlace(value);
  const origins = new Map<Filter, Origin>();
  const owner = options.owner ?? 'filter';
  const tree = node && new FilterParser(options.terms, problems, origins, options.hint).parse(node, owner);
  if (tree === undefined) return { problems: problems.all };
  if (problems.failed) return { problems: problems.all, rest: { tree, origins } };
  lintFilter(tree, { terms: options.terms, subject: 'Alerts', isTemplate: false }, origins, problems);
  const machine = new Machine();
  const compiled = machine.compile(tree);
  const filter = {
    matches: (source: TermSource) => compiled.evaluate(new Run(source)).verdict === TRUE,
    comparisons: comparisonsIn(tree, origins),
    ...{ tree, origins },
    explain: (source: TermSource) => explainFilter(tree, source, origins),
  };
  return { filter, problems: problems.all };
}
