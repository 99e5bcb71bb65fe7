import type { Digest, DigestRow, DigestTable } from '../core/digest.ts';
import { parseSeverity, type Severity, severityRank } from '../core/severity.ts';
import type { OverflowCount, OverflowKind } from '../core/store.ts';

/** Rows of a table of what leads. */
const ROWS = 5;
/** Alerts that a table names. */
const NAMED_ROWS = 10;
/** CRITICAL alerts that one message names: all of them are named, in as many messages as that takes. */
const CRITICAL_TABLES = 4;

/**
 * Everything that had no message of its own, in one message, or in more where there are more CRITICAL alerts than one can
 * name. Their matches, and the rows of each table with their rest, add up exactly.
 */
export function digestsOf(
  destination: string,
  counts: readonly OverflowCount[],
  sinceMs: number,
  nowMs: number,
): readonly Digest[] {
  const criticals = chunked(namedTables('Critical alerts', counts, 'critical', true), CRITICAL_TABLES);
  const [first = [], ...more] = criticals;
  const id = `storm/${destination}/${sinceMs.toString(36)}-${nowMs.toString(36)}`;
  const head = headDigest(counts, first);
  const common = {
    kind: 'storm',
    fromMs: sinceMs,
    toMs: nowMs,
    timeZone: 'UTC',
    createdAtMs: nowMs,
  } as const;
  return [
    { ...common, id, ...head },
    ...more.map((tables, index): Digest => {
      const title = `Summed up, continued: Critical alerts (${index + 2} of ${criticals.length})`;
      return {
        ...common,
        id: `${id}-${index + 2}`,
        title,
        totals: [],
        tables,
        notes: [],
        severity: 'CRITICAL',
      };
    }),
  ];
}

type Head = Pick<Digest, 'title' | 'totals' | 'tables' | 'notes' | 'severity'>;

function headDigest(counts: readonly OverflowCount[], criticals: readonly DigestTable[]): Head {
  const severity = worstOf(counts);
  const tables = [
    ...criticals,
    ...namedTables('Alerts', counts, 'alert'),
    ...namedTables('Over', counts, 'ended'),
    ...namedTables('Were muted', counts, 'muted'),
    ...(['rule', 'actor', 'api'] as const).map((kind) => topTable(TOPS[kind], counts, kind)),
  ];
  return {
    title: titleOf(counts),
    totals: totalsOf(counts),
    tables: tables.filter(({ rows, omittedCount }) => rows.length > 0 || omittedCount > 0),
    notes: notesOf(counts),
    ...(severity === undefined ? {} : { severity }),
  };
}

const TOPS = { rule: 'Top rules', actor: 'Top actors', api: 'Top APIs' } as const;

function sum(counts: readonly OverflowCount[], kind: OverflowKind): number {
  return counts.reduce((total, each) => total + (each.kind === kind ? each.count : 0), 0);
}

/** How many alerts of a kind: named ones, and those that stand under no name. */
function alertsOf(counts: readonly OverflowCount[], kind: OverflowKind): number {
  const own = counts.filter((each) => each.kind === kind);
  // An end counts the alerts of its group; of others a name is one alert, with its matches.
  const isCounted = (name: string): boolean => name === '' || kind === 'ended';
  return own.reduce((total, { name, count }) => total + (isCounted(name) ? count : 1), 0);
}

function isOnlyEnds(counts: readonly OverflowCount[]): boolean {
  const paged = sum(counts, 'critical') + sum(counts, 'alert') + sum(counts, 'muted');
  return paged === 0 && alertsOf(counts, 'ended') > 0;
}

function isOnlyMuted(counts: readonly OverflowCount[]): boolean {
  return sum(counts, 'critical') + sum(counts, 'alert') === 0 && sum(counts, 'muted') > 0;
}

function titleOf(counts: readonly OverflowCount[]): string {
  const many = (kind: OverflowKind): string => {
    const number = alertsOf(counts, kind);
    return number === 1 ? '1 alert' : `${number} alerts`;
  };
  if (isOnlyEnds(counts)) return `Over: ${many('ended')}`;
  if (isOnlyMuted(counts)) return `While muted: ${many('muted')}, over since`;
  return 'Summed up: more alerts than messages';
}

function totalsOf(counts: readonly OverflowCount[]): readonly DigestRow[] {
  const severities = counts
    .filter(({ kind }) => kind === 'severity')
    .toSorted((a, b) => rankOf(b.name) - rankOf(a.name));
  const ended = alertsOf(counts, 'ended');
  return [
    { name: 'Matches', count: sum(counts, 'match') },
    { name: 'Notifications', count: sum(counts, 'notification') },
    ...severities.map(({ name, count }) => ({ name: name === '' ? 'other severities' : name, count })),
    ...(ended === 0 ? [] : [{ name: 'Alerts that are over', count: ended }]),
  ];
}

function notesOf(counts: readonly OverflowCount[]): readonly string[] {
  const notes: string[] = [];
  if (sum(counts, 'critical') + sum(counts, 'alert') > 0)
    notes.push(
      'These alerts had no message of their own: there were too many at once, or they were long past. "tocsin alerts" lists those that are open.',
    );
  if (sum(counts, 'muted') > 0)
    notes.push('What was muted began and ended inside a mute time of its route, so nobody was woken by it.');
  return notes;
}

/** Of what is told as going on; undefined where only ends are. */
function worstOf(counts: readonly OverflowCount[]): Severity | undefined {
  const known = counts.flatMap(({ kind, name }) =>
    kind === 'critical' || kind === 'alert' ? (severityOf(name) ?? []) : [],
  );
  return known.toSorted((a, b) => severityRank(b) - severityRank(a))[0];
}

/** A name begins with its severity. */
function severityOf(name: string): Severity | undefined {
  return parseSeverity(name.split(' ', 1)[0]);
}

function rankOf(name: string): number {
  const severity = severityOf(name);
  return severity === undefined ? -1 : severityRank(severity);
}

/** The worst first, then those with most matches: all of them where nothing may be left out, else the first few. */
function namedTables(
  title: string,
  counts: readonly OverflowCount[],
  kind: OverflowKind,
  isWhole = false,
): readonly DigestTable[] {
  const own = counts.filter((each) => each.kind === kind);
  const named = own
    .filter(({ name }) => name !== '')
    .toSorted((a, b) => rankOf(b.name) - rankOf(a.name) || b.count - a.count);
  const unnamed = own.filter(({ name }) => name === '').reduce((total, { count }) => total + count, 0);
  const chunks = chunked(named, NAMED_ROWS);
  const shown = isWhole ? chunks : chunks.slice(0, 1);
  const rest = named.slice(shown.length * NAMED_ROWS);
  if (shown.length === 0 && unnamed === 0) return [];
  const tables = shown.length === 0 ? [[]] : shown;
  return tables.map((rows, index): DigestTable => {
    const isLast = index === tables.length - 1;
    return {
      title: tables.length === 1 ? title : `${title} (${index + 1} of ${tables.length})`,
      rows: rows.map(({ name, count }) => ({ name, count })),
      omittedRows: isLast ? rest.length + unnamed : 0,
      omittedCount: isLast ? rest.reduce((total, { count }) => total + count, unnamed) : 0,
    };
  });
}

function topTable(title: string, counts: readonly OverflowCount[], kind: OverflowKind): DigestTable {
  const own = counts.filter((each) => each.kind === kind);
  const named = own.filter(({ name }) => name !== '').toSorted((a, b) => b.count - a.count);
  const rows = named.slice(0, ROWS).map(({ name, count }) => ({ name, count }));
  const shown = rows.reduce((total, { count }) => total + count, 0);
  const all = own.reduce((total, { count }) => total + count, 0);
  return { title, rows, omittedRows: named.length - rows.length, omittedCount: all - shown };
}

function chunked<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}
