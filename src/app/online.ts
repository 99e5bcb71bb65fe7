import type { Problem } from '../core/problem.ts';
import { type Source, SourceError } from '../core/source.ts';
import type { SourceVocabulary } from '../core/source-knowledge.ts';
import { comparisonsIn, type FilterOrigins, type Rule } from '../rules/index.ts';
import type { AdapterDeps } from '../schema/adapter.ts';
import type { Setup, TocsinConfig } from './load.ts';
import { type NamingFilter, unknownNames } from './online-names.ts';

/** Makes the configured sources, hands them over, and closes all of them. */
export async function withSources<T>(
  configured: TocsinConfig['sources'],
  deps: AdapterDeps,
  use: (sources: readonly Source[]) => Promise<T>,
): Promise<T> {
  const sources = configured.map((source) => source.create(deps));
  try {
    return await use(sources);
  } finally {
    await Promise.all(sources.map((source) => source.close()));
  }
}

/**
 * Asks the sources which names their events carry, and warns of rules and routes that name others. A source that
 * cannot be asked is an error, and nothing is warned of: it may know what the others do not.
 */
export async function checkOnline(
  { config, ruleSet }: Setup,
  origins: FilterOrigins,
  deps: AdapterDeps,
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  return withSources(config.sources, deps, async (sources) => {
    const able = sources.filter(({ fetchVocabulary }) => fetchVocabulary !== undefined);
    if (able.length === 0) return [NOBODY_TO_ASK];
    const answers = await Promise.all(able.map((source) => ask(source, signal)));
    const failures = answers.filter((answer) => 'code' in answer);
    if (failures.length > 0) return failures;
    const feeds = new Set(able.flatMap(({ readers }) => readers.map(({ feed }) => feed)));
    const rules = ruleSet.rules.filter(({ feed }) => feeds.has(feed));
    const filters = [
      ...routeFilters(config, ruleSet.rules),
      ...rules.map((rule) => ruleFilters(rule, origins)),
    ];
    const names = able.map(({ name }) => name).join(' or ');
    return unknownNames(filters, merged(answers.filter((answer) => 'hosts' in answer)), names);
  });
}

const NOBODY_TO_ASK: Problem = {
  code: 'unreachable-source',
  severity: 'error',
  message: 'no source can tell which names its events carry; --online needs one of type akto',
};

async function ask(source: Source, signal: AbortSignal): Promise<SourceVocabulary | Problem> {
  try {
    return (await source.fetchVocabulary?.(signal)) ?? NOBODY_TO_ASK;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return { code: 'unreachable-source', severity: 'error', message: error.message };
  }
}

function merged(all: readonly SourceVocabulary[]): SourceVocabulary {
  const union = (of: (each: SourceVocabulary) => readonly string[]): readonly string[] => [
    ...new Set(all.flatMap(of)),
  ];
  return {
    subCategories: union(({ subCategories }) => subCategories),
    attacks: union(({ attacks }) => attacks),
    hosts: union(({ hosts }) => hosts),
    countries: union(({ countries }) => countries),
  };
}

function ruleFilters(rule: Rule, origins: FilterOrigins): NamingFilter {
  const filters = [rule.filter, rule.ignore, rule.successFilter, rule.failureFilter];
  const comparisons = filters.flatMap((filter) =>
    filter === undefined ? [] : comparisonsIn(filter, origins),
  );
  return { file: rule.file, comparisons };
}

/** An alert may have the sub-category of its rule. */
function routeFilters({ file, routes }: TocsinConfig, rules: readonly Rule[]): readonly NamingFilter[] {
  const subCategories = rules.flatMap(({ info }) => info.subCategory ?? []);
  return routes.flatMap(({ when }) =>
    when === undefined ? [] : [{ file, comparisons: when.comparisons, subCategories }],
  );
}
