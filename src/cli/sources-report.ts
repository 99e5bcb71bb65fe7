import { styleText } from 'node:util';
import { counted } from '../core/counted.ts';
import type { FeedName } from '../core/event.ts';
import type { FeedState } from '../core/feed-state.ts';
import { type Patience, staleFromMs } from '../pipeline/feed-watch.ts';
import { span } from './progress.ts';

/**
 * - `ok`: read to its end not long ago, and whole
 * - `failing`: its last polls failed
 * - `stale`: not read to its end for longer than the source's `stale_after` and schedule allow, though no poll failed: see
 *   whether a daemon runs
 * - `incomplete`: it counts events that it does not show
 * - `reading`: its first poll has not come to an end yet
 * - `never polled`
 */
export type FeedCondition = 'ok' | 'failing' | 'stale' | 'incomplete' | 'reading' | 'never polled';

export interface FeedReport extends FeedName {
  readonly state: FeedCondition;
  /** Undefined where no poll has left anything. */
  readonly known: FeedState | undefined;
  /** Events that the store still holds. */
  readonly events: number;
}

export function stateOf(
  known: FeedState | undefined,
  hasCursor: boolean,
  patience: Patience,
  nowMs: number,
): FeedCondition {
  if (known === undefined && !hasCursor) return 'never polled';
  if (known?.failingSinceMs !== undefined) return 'failing';
  if (known === undefined) return 'reading';
  const heardMs = known.lastReadMs ?? known.lastPageMs;
  if (heardMs !== undefined && nowMs > staleFromMs(patience, heardMs)) return 'stale';
  if (known.gaps.length > 0) return 'incomplete';
  return known.lastReadMs === undefined ? 'reading' : 'ok';
}

export function isWrong({ state, known }: FeedReport): boolean {
  return state === 'failing' || state === 'stale' || (known?.gaps.length ?? 0) > 0;
}

/** For programs: times as ISO 8601, absent where not known. */
export function asJson({ source, feed, state, known, events }: FeedReport, nowMs: number): string {
  const { readToMs, lastReadMs, failingSinceMs, lastError } = known ?? {};
  return JSON.stringify({
    ...{ source, feed, state },
    readTo: iso(readToMs),
    lagSeconds: readToMs === undefined ? undefined : Math.max(0, nowMs - readToMs) / 1_000,
    lastRead: iso(lastReadMs),
    failingSince: iso(failingSinceMs),
    lastError: lastError && { kind: lastError.kind, message: lastError.message, at: iso(lastError.atMs) },
    gaps: (known?.gaps ?? []).map(({ fromMs, toMs, problem }) => ({
      ...{ from: iso(fromMs), to: iso(toMs), problem },
    })),
    lateEvents: known?.lateEvents ?? 0,
    events,
  });
}

function iso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

const HEADING = ['SOURCE', 'FEED', 'STATE', 'READ UP TO', 'LAST READ', 'EVENTS', 'LATE', 'GAPS'];

/** For people: a row a feed, and below it what is wrong with it. */
export function asTable(reports: readonly FeedReport[], nowMs: number, colour: boolean): readonly string[] {
  const rows = [HEADING, ...reports.map((report) => rowOf(report, nowMs))];
  const widths = HEADING.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const [heading = '', ...lines] = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [
    heading,
    ...reports.flatMap((report, index) => {
      const line = lines[index] ?? '';
      const shown = colour && isWrong(report) ? styleText('red', line, { validateStream: false }) : line;
      return [shown, ...detailsOf(report, nowMs).map((detail) => `  ${visible(detail)}`)];
    }),
  ];
}

function rowOf({ source, feed, state, known, events }: FeedReport, nowMs: number): readonly string[] {
  const times = [known?.readToMs, known?.lastReadMs].map((ms) => (ms === undefined ? '-' : age(ms, nowMs)));
  const counts = [events, known?.lateEvents ?? 0, known?.gaps.length ?? 0].map(String);
  return [source, feed, state, ...times, ...counts];
}

const MOST_GAPS = 5;

function detailsOf({ known }: FeedReport, nowMs: number): readonly string[] {
  if (known === undefined) return [];
  const { failingSinceMs, lastError, gaps } = known;
  const error = lastError === undefined ? '' : `: ${lastError.message} (${age(lastError.atMs, nowMs)})`;
  const shown = gaps.slice(0, MOST_GAPS).map(({ fromMs, toMs, problem }) => {
    return `gap from ${iso(fromMs)} to ${iso(toMs)}: ${problem}`;
  });
  return [
    ...(failingSinceMs === undefined ? [] : [`failing since ${age(failingSinceMs, nowMs)}${error}`]),
    ...shown,
    ...(gaps.length > MOST_GAPS ? [`and ${counted(gaps.length - MOST_GAPS, 'more gap')}`] : []),
  ];
}

/** A clock that went back makes no negative ages. */
function age(ms: number, nowMs: number): string {
  return `${span(Math.max(0, nowMs - ms))} ago`;
}

/** A terminal obeys control characters, and a server's texts stand in errors: they are written out. */
function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (found) => {
    return `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
