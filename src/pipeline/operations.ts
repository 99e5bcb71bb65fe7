import { counted } from '../core/counted.ts';
import type { FeedName } from '../core/event.ts';
import type { Severity } from '../core/severity.ts';
import type { Gap } from '../core/source.ts';

/** What alerts, metrics and routes call what Tocsin says of itself. */
export const OPERATION_RULES = [
  'tocsin-rule-quarantined',
  'tocsin-feed-failing',
  'tocsin-feed-silent',
  'tocsin-feed-incomplete',
  'tocsin-destination-held',
  'tocsin-destination-failing',
  'tocsin-destination-over-budget',
  'tocsin-dead-letters',
  'tocsin-store-nearly-full',
  'tocsin-store-full',
  'tocsin-reload-refused',
] as const;
export type OperationRule = (typeof OPERATION_RULES)[number];

/** Something about Tocsin itself that a person must know: told as an ordinary alert of source `tocsin`. */
export interface OperationalFact {
  /** What alerts, metrics and routes call it. */
  readonly rule: OperationRule;
  readonly name: string;
  /** What it means and what to do. */
  readonly description: string;
  readonly severity: Severity;
  readonly group: Readonly<Record<string, string>>;
  readonly atMs: number;
  /** It is over when it has not been said for so long; an hour where it says nothing else. */
  readonly resolveAfterMs?: number;
  /** Destinations that cannot tell anybody of it: they must not be the only ones that are to. */
  readonly unfit?: readonly string[];
}

/** How long after it was said last a fact that goes on is over. It is said again every half minute. */
export const WHILE_IT_LASTS_MS = 10 * 60_000;

export function ruleQuarantined(
  rule: string,
  reason: string,
  untilMs: number,
  atMs: number,
): OperationalFact {
  const minutes = Math.round((untilMs - atMs) / 60_000);
  return {
    rule: 'tocsin-rule-quarantined',
    name: 'Rule quarantined',
    description:
      `Rule ${rule} overran its bounds again and again and is not asked for ${counted(minutes, 'minute')}, so it sees nothing. ` +
      `Simplify its pattern; whoever wrote those events may have meant to blind it. ${reason}`,
    severity: 'HIGH',
    group: { rule },
    atMs,
  };
}

/** @param problem what the last poll ran into; undefined where polls do not even end */
export function feedFailing(
  { source, feed }: FeedName,
  sinceMs: number,
  problem: string | undefined,
  atMs: number,
): OperationalFact {
  return {
    rule: 'tocsin-feed-failing',
    name: 'Feed failing',
    description:
      `Feed ${feed} of source ${source} has not been read for ${minutes(atMs - sinceMs)}, so attacks go unseen until it is; ` +
      `nothing is lost, what it shows then is read. ${problem ?? 'Its polls do not come to an end: see the log.'}`,
    severity: 'HIGH',
    group: { source, feed },
    resolveAfterMs: WHILE_IT_LASTS_MS,
    atMs,
  };
}

export function feedSilent(
  { source, feed }: FeedName,
  quietMs: number,
  longestMs: number,
  atMs: number,
): OperationalFact {
  return {
    rule: 'tocsin-feed-silent',
    name: 'Feed silent',
    description:
      `Feed ${feed} of source ${source} answers, but has shown nothing for ${minutes(quietMs)}; its longest pause of late ` +
      `was ${minutes(longestMs)}. See whether traffic still reaches the source: an agent may have stopped.`,
    severity: 'MEDIUM',
    group: { source, feed },
    resolveAfterMs: WHILE_IT_LASTS_MS,
    atMs,
  };
}

export function feedIncomplete(
  { source, feed }: FeedName,
  gaps: readonly Gap[],
  atMs: number,
): OperationalFact {
  const [first] = gaps;
  const more = gaps.length > 1 ? ` (and ${gaps.length - 1} more)` : '';
  const slice =
    first === undefined ? '' : ` ${iso(first.fromMs)} to ${iso(first.toMs)}${more}: ${first.problem}`;
  return {
    rule: 'tocsin-feed-incomplete',
    name: 'Feed incomplete',
    description:
      `Feed ${feed} of source ${source} counts events that it does not show, and they are asked for no more:${slice}. ` +
      `"tocsin backfill" over that time reads it anew once the source is whole again.`,
    severity: 'MEDIUM',
    group: { source, feed },
    atMs,
  };
}

function minutes(ms: number): string {
  const whole = Math.round(ms / 60_000);
  return whole >= 120 ? counted(Math.round(whole / 60), 'hour') : counted(whole, 'minute');
}

function iso(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
