import { counted } from '../core/counted.ts';
import { printable } from '../core/excerpt.ts';
import type { BackfillState, BackfillTally } from '../core/store.ts';

/** `2026-11-01T08:30:00Z`. */
export function shortIso(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** `akto-prod malicious_events, 2026-11-01T00:00:00Z to 2026-11-08T00:00:00Z`; the end is excluded. */
export function nameOf({ source, feed, fromMs, toMs }: BackfillState): string {
  return `${source} ${feed}, ${shortIso(fromMs)} to ${shortIso(toMs + 1)}`;
}

/** For programs: one line a feed. */
export function asJson(state: BackfillState, isTrial: boolean): string {
  const { id, source, feed, fromMs, toMs, read, fresh, matches, finishedMs, cursor, tally } = state;
  return JSON.stringify({
    ...{ id, source, feed, from: new Date(fromMs).toISOString(), to: new Date(toMs + 1).toISOString() },
    ...{ read, fresh, matched: tally?.matched ?? 0, matches, rejected: tally?.rejected ?? 0 },
    missing: missingOf(tally).map((gap) => ({
      from: new Date(gap.fromMs).toISOString(),
      to: new Date(gap.toMs).toISOString(),
      problem: gap.problem,
    })),
    finished: finishedMs !== undefined,
    ...(cursor === undefined || finishedMs !== undefined ? {} : { cursor }),
    ...(isTrial ? { dryRun: true } : {}),
  });
}

/** For people. @param windowed ids of rules that fire only on several matches */
export function asText(
  state: BackfillState,
  isTrial: boolean,
  windowed: ReadonlySet<string>,
): readonly string[] {
  const { read, fresh, matches, tally } = state;
  const rejected = tally?.rejected ?? 0;
  const counts = [
    `${counted(read, 'event')} read`,
    `${fresh} ${isTrial ? 'would be new' : 'new'}`,
    `${tally?.matched ?? 0} matched by a rule`,
    ...(rejected === 0 ? [] : [`${counted(rejected, 'row')} not understood`]),
  ];
  const rules = Object.entries(matches).toSorted(([, a], [, b]) => b - a);
  const width = String(rules[0]?.[1] ?? '').length;
  return [
    `${nameOf(state)}: ${counts.join(', ')}`,
    ...rules.map(
      ([rule, count]) => `  ${String(count).padStart(width)}  ${rule}${windowed.has(rule) ? SINGLE : ''}`,
    ),
  ];
}

const SINGLE = ' (single matches; it fires on several)';

/** What the feed counts and did not show, in one sentence each. */
export function incompleteness({ tally, source, feed }: BackfillState): readonly string[] {
  return missingOf(tally).map(({ fromMs, toMs, problem }) =>
    printable(`${source} ${feed}, ${shortIso(fromMs)} to ${shortIso(toMs)}: ${problem}`),
  );
}

function missingOf(tally: BackfillTally | undefined): BackfillTally['gaps'] {
  return tally === undefined ? [] : [...tally.givenUp, ...tally.gaps];
}
