import { counted } from '../core/counted.ts';
import type { Digest, DigestRow, DigestTable } from '../core/digest.ts';
import type { BackfillState } from '../core/store.ts';
import { barMs, firstBarMs, NO_TALLY } from './backfill-tally.ts';

const MOST_ROWS = 10;
const HOUR_MS = 3_600_000;

/** The one message that people get of history. @param windowed ids of rules that fire only on several matches */
export function backfillDigest(state: BackfillState, windowed: ReadonlySet<string>, nowMs: number): Digest {
  const { source, feed, fromMs, toMs, startedMs } = state;
  const slice = `${new Date(fromMs).toISOString()}/${new Date(toMs).toISOString()}`;
  return {
    // Whoever reads the same slice again gets a summary of its own.
    id: `backfill/${source}/${feed}/${slice}/${startedMs.toString(36)}`,
    kind: 'backfill',
    title: `Backfill of ${source} ${feed}`,
    ...{ fromMs, toMs, timeZone: 'UTC' },
    totals: totalsOf(state),
    tables: [rulesTable(state), actorsTable(state)].filter(({ rows }) => rows.length > 0),
    chart: { title: chartTitle(state), bars: barsOf(state) },
    notes: notesOf(state, windowed),
    createdAtMs: nowMs,
  };
}

function totalsOf({ read, fresh, tally = NO_TALLY }: BackfillState): readonly DigestRow[] {
  const rows = [
    { name: 'Events read', count: read },
    { name: 'New', count: fresh },
    { name: 'Already known', count: read - fresh },
    { name: 'Matched by a rule', count: tally.matched },
  ];
  return tally.rejected === 0 ? rows : [...rows, { name: 'Rows not understood', count: tally.rejected }];
}

function rulesTable({ matches }: BackfillState): DigestTable {
  return table(
    'Rules',
    Object.entries(matches).map(([name, count]) => ({ name, count })),
  );
}

/** Counts are what is certain. */
function actorsTable({ tally = NO_TALLY }: BackfillState): DigestTable {
  return table(
    'Actors',
    tally.actors.map(({ name, count, over }) => ({ name, count: count - over })),
  );
}

function table(title: string, rows: readonly DigestRow[]): DigestTable {
  const sorted = rows.toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  const omitted = sorted.slice(MOST_ROWS);
  return {
    title,
    rows: sorted.slice(0, MOST_ROWS),
    omittedRows: omitted.length,
    omittedCount: omitted.reduce((sum, { count }) => sum + count, 0),
  };
}

function chartTitle(state: BackfillState): string {
  const stepMs = barMs(state);
  if (stepMs === HOUR_MS) return 'New events by hour';
  const days = stepMs / (24 * HOUR_MS);
  return days === 1 ? 'New events by day' : `New events by ${days} days`;
}

function barsOf(state: BackfillState): readonly { readonly label: string; readonly count: number }[] {
  const stepMs = barMs(state);
  return (state.tally ?? NO_TALLY).bars.map((count, index) => {
    const iso = new Date(firstBarMs(state) + index * stepMs).toISOString();
    return { label: stepMs === HOUR_MS ? iso.slice(11, 16) : iso.slice(0, 10), count };
  });
}

function notesOf(state: BackfillState, windowed: ReadonlySet<string>): readonly string[] {
  const { matches, tally = NO_TALLY } = state;
  const bare = Object.keys(matches).filter((rule) => windowed.has(rule));
  const missing = [...tally.givenUp, ...tally.gaps];
  return [
    'This is history that was read later: its events went to whoever takes events, and nobody is paged for them.',
    ...(bare.length === 0
      ? []
      : [`Single matches are counted, not windows, of rules that fire on several: ${named(bare)}.`]),
    ...(tally.actors.some(({ over }) => over > 0)
      ? ['There were too many actors to count each: the counts of actors are at least what is shown.']
      : []),
    ...(missing.length === 0
      ? []
      : [
          `The feed did not show everything it counts in ${counted(missing.length, 'place')}; read ${missing.length === 1 ? 'it' : 'them'} again later.`,
        ]),
  ];
}

const MOST_NAMED = 5;

function named(rules: readonly string[]): string {
  const more = rules.length - MOST_NAMED;
  return `${rules.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
