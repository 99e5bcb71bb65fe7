import type { DigestRow, DigestTable } from '../../core/digest.ts';
import type { NamedCount } from '../../core/source-knowledge.ts';
import type { Counts } from './count.ts';
import type { SourceFigures } from './figures.ts';
import { dayText } from './period.ts';
import type { Tally } from './tally.ts';

/** Days shown of what a source counts by day. */
const MAX_DAYS = 8;

export interface TablesOf {
  readonly counts: Counts;
  /** Undefined where the store may have dropped what was before. */
  readonly before: Counts | undefined;
  readonly figures: readonly SourceFigures[];
  /** Rows of each. */
  readonly top: number;
}

/**
 * What a digest lists: a title that names a source heads the source's own figures, every other one those
 * of our store. Our own severities and categories stand in where no source told any.
 */
export function tablesOf({ counts, before, figures, top }: TablesOf): DigestTable[] {
  const own = (title: string, pick: (from: Counts) => Tally): DigestTable =>
    ownTable(title, pick(counts), before && pick(before), top);
  const ofSources = (title: string, key: 'severities' | 'categories' | 'actors'): DigestTable[] =>
    figures.map(({ source, now, before: earlier }) =>
      countedTable(`${title} (${source})`, now[key], earlier?.[key], top),
    );
  const orOwn = (theirs: readonly DigestTable[], ours: DigestTable): readonly DigestTable[] =>
    theirs.some(({ rows }) => rows.length > 0) ? theirs : [ours];
  const tables = [
    ...orOwn(
      ofSources('Severity', 'severities'),
      own('Severity', (from) => from.severities),
    ),
    ...orOwn(
      ofSources('Top categories', 'categories'),
      own('Top categories', (from) => from.categories),
    ),
    own('Top rules', (from) => from.rules),
    own('Top actors', (from) => from.actors),
    own('Top countries', (from) => from.countries),
    ...ofSources('Actors by country', 'actors'),
    own('Top APIs', (from) => from.apis),
    ...figures.map(dailyTable),
    ...(counts.feeds.distinct > 1 ? [own('Feeds', (from) => from.feeds)] : []),
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

function ownTable(title: string, tally: Tally, before: Tally | undefined, top: number): DigestTable {
  const rows = tally.top(top).map((row) => withBefore(row, before?.countOf(row.name)));
  return tableOf(title, rows, tally.distinct, tally.total);
}

function countedTable(
  title: string,
  counts: readonly NamedCount[],
  before: readonly NamedCount[] | undefined,
  top: number,
): DigestTable {
  const earlier = before && new Map(before.map(({ name, count }) => [name, count]));
  const sorted = counts.toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  const rows = sorted.slice(0, top).map((row) => withBefore(row, earlier && (earlier.get(row.name) ?? 0)));
  return tableOf(title, rows, counts.length, totalOf(counts));
}

function dailyTable({ source, now }: SourceFigures): DigestTable {
  const days = now.dailyActors.slice(-MAX_DAYS);
  const rows = days.map(({ atMs, total, critical }): DigestRow => {
    const day = dayText(atMs);
    return { name: critical > 0 ? `${day}, ${critical} of them critical` : day, count: total };
  });
  return tableOf(`Actors by day (${source})`, rows, rows.length, 0);
}

function tableOf(title: string, rows: readonly DigestRow[], distinct: number, total: number): DigestTable {
  const shown = rows.reduce((sum, { count }) => sum + count, 0);
  return {
    title,
    rows,
    omittedRows: Math.max(0, distinct - rows.length),
    omittedCount: Math.max(0, total - shown),
  };
}

export function withBefore(
  { name, count }: { readonly name: string; readonly count: number },
  before: number | undefined,
): DigestRow {
  return before === undefined ? { name, count } : { name, count, before };
}

export function totalOf(counts: readonly NamedCount[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}
