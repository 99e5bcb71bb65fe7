import { counted } from '../../core/counted.ts';
import type { FeedName } from '../../core/event.ts';
import type { FeedState } from '../../core/feed-state.ts';
import type { DeliveryCount, UnheardCount } from '../../core/store.ts';
import { type Counts, feedName } from './count.ts';
import type { SourceFigures } from './figures.ts';
import { dayText, type Period, wallText } from './period.ts';
import { totalOf } from './tables.ts';

const MAX_NOTES = 20;
const LONGEST_NOTE = 400;
const DAY_MS = 86_400_000;

/** What is not delivered to one destination. */
export interface Undelivered {
  readonly destination: string;
  /** Dead letters of the period, and of all times. */
  readonly dead: number;
  readonly deadInAll: number;
  readonly waiting: number;
  /** Since when the oldest one waits; wall time. */
  readonly waitingSinceMs?: number;
}

/** Of what the figures are made: both periods, this one alone (and why), or what is left of this one. */
export type Kept = 'both' | 'first' | 'before-dropped' | 'dropped';

export interface NotesOf {
  readonly period: Period;
  readonly timeZone: string;
  readonly nowMs: number;
  readonly counts: Counts;
  readonly feeds: readonly FeedName[];
  readonly states: readonly FeedState[];
  readonly figures: readonly SourceFigures[];
  readonly undelivered: readonly Undelivered[];
  /** Matches that nobody was told of, on purpose. */
  readonly unheard: readonly UnheardCount[];
  readonly kept: Kept;
}

/** What a reader of the figures must know: first what is missing from them, then what did not arrive. */
export function notesOf(given: NotesOf): string[] {
  const notes = [
    ...unread(given),
    ...given.figures.flatMap((figures) => disagreement(figures, given)),
    ...given.undelivered.flatMap((each) => undeliveredNote(each, given)),
    ...unheardNotes(given.unheard),
    ...given.figures.flatMap(({ now }) => now.missing),
    ...given.figures.flatMap((figures) => busiest(figures, given.timeZone)),
    ...doubts(given),
  ].map(shortened);
  const more = notes.length - MAX_NOTES;
  return more > 0 ? [...notes.slice(0, MAX_NOTES), `${counted(more, 'more note')} left out.`] : notes;
}

/** Whether everything that happened in the period can have been read by now. */
export function isReadTo(toMs: number, name: FeedName, states: readonly FeedState[]): boolean {
  return (stateOf(name, states)?.lastReadMs ?? 0) >= toMs;
}

function stateOf(name: FeedName, states: readonly FeedState[]): FeedState | undefined {
  return states.find(({ source, feed }) => source === name.source && feed === name.feed);
}

function unread({ feeds, states, period, timeZone }: NotesOf): string[] {
  return feeds.flatMap((name) => {
    const state = stateOf(name, states);
    const shown = feedName(name);
    const gaps = (state?.gaps ?? []).filter((gap) => gap.fromMs < period.toMs && gap.toMs >= period.fromMs);
    const gap =
      gaps.length === 0 ? [] : [`${shown} shows less than it has in ${counted(gaps.length, 'time range')}.`];
    if (isReadTo(period.toMs, name, states)) return gap;
    const readTo = state?.lastReadMs;
    const since =
      readTo === undefined
        ? 'never been read to its end'
        : `not been read since ${wallText(readTo, timeZone)}`;
    return [`${shown} has ${since}: what it showed later is not in these figures.`, ...gap];
  });
}

/** The source's own total beside ours, for the same time: a check that nothing was missed. */
function disagreement({ source, now }: SourceFigures, { counts, feeds, kept }: NotesOf): string[] {
  const reads = feeds.some((name) => name.source === source && name.feed === 'malicious_events');
  const theirs = serverTotal(now.severities, now.categories, now.missing.length > 0);
  const ours = counts.feeds.countOf(feedName({ source, feed: 'malicious_events' }));
  if (!reads || theirs === undefined || ours === undefined || ours === theirs || kept === 'dropped')
    return [];
  const missing = theirs - ours;
  const told = `${source} itself counts ${counted(theirs, 'event')} in this period, Tocsin has ${ours}`;
  if (missing < 0) return [`${told}: ${-missing} more than it shows now.`];
  return [`${told}: ${missing} may not have been read yet; see "tocsin sources".`];
}

function serverTotal(
  severities: Parameters<typeof totalOf>[0],
  categories: Parameters<typeof totalOf>[0],
  isPartial: boolean,
): number | undefined {
  const list = severities.length > 0 ? severities : categories;
  return list.length === 0 && isPartial ? undefined : totalOf(list);
}

/** @param dead of the period, by destination */
export function undeliveredOf(
  counts: readonly DeliveryCount[],
  dead: readonly { readonly destination: string; readonly count: number }[],
): Undelivered[] {
  const names = [...new Set([...counts, ...dead].map(({ destination }) => destination))].sort();
  return names.map((destination): Undelivered => {
    const own = counts.filter((each) => each.destination === destination);
    const waiting = own.find(({ state }) => state === 'pending');
    return {
      destination,
      dead: dead.find((each) => each.destination === destination)?.count ?? 0,
      deadInAll: own.find(({ state }) => state === 'dead')?.count ?? 0,
      waiting: waiting?.count ?? 0,
      ...(waiting?.oldestMs === undefined ? {} : { waitingSinceMs: waiting.oldestMs }),
    };
  });
}

function undeliveredNote(each: Undelivered, { nowMs, timeZone }: NotesOf): string[] {
  const { destination, dead, deadInAll, waiting, waitingSinceMs } = each;
  const inAll = deadInAll > dead ? ` (${deadInAll} there in all)` : '';
  const given =
    dead + deadInAll === 0
      ? []
      : [
          `${destination}: ${counted(dead, 'delivery', 'deliveries')} of this period went to the dead letters${inAll}; ` +
            'see "tocsin deliveries list --state dead".',
        ];
  const isLate = waitingSinceMs !== undefined && nowMs - waitingSinceMs > LATE_MS;
  if (!isLate) return given;
  const since = wallText(waitingSinceMs, timeZone);
  return [
    ...given,
    `${destination}: ${counted(waiting, 'delivery waits', 'deliveries wait')}, the oldest since ${since}.`,
  ];
}

const UNHEARD = {
  silenced: 'silenced until their alerts were over',
  muted: 'in mute times until their alerts were over',
  inhibited: 'inhibited by other alerts',
  ended: 'at the end of alerts whose end is not told',
} as const;

function unheardNotes(unheard: readonly UnheardCount[]): string[] {
  return Object.entries(UNHEARD).flatMap(([reason, words]) => {
    const own = unheard.filter((each) => each.reason === reason).toSorted((a, b) => b.count - a.count);
    const [most] = own;
    if (most === undefined) return [];
    const all = own.reduce((sum, { count }) => sum + count, 0);
    const mostly = own.length === 1 ? `of rule ${most.rule}` : `${most.count} of them of rule ${most.rule}`;
    return [`${counted(all, 'match', 'matches')} told to nobody, ${words}: ${mostly}.`];
  });
}

/** What waits for less is under way. */
const LATE_MS = 10 * 60_000;

/** When the source saw most, by its own timeline; of two steps one is no peak. */
function busiest({ source, now }: SourceFigures, timeZone: string): string[] {
  const steps = now.timeline.map(({ atMs, counts }) => ({ atMs, counts, total: totalOf(counts) }));
  const [most] = steps.toSorted((a, b) => b.total - a.total || a.atMs - b.atMs);
  if (most === undefined || most.total === 0 || steps.length < 3) return [];
  const byDay = steps.every(({ atMs }, i) => atMs - (steps[i - 1]?.atMs ?? 0) >= DAY_MS);
  const when = byDay ? `on ${dayText(most.atMs)}` : `at ${wallText(most.atMs, timeZone)}`;
  const [first] = most.counts.toSorted((a, b) => b.count - a.count);
  const mostly = first === undefined ? '' : `, ${first.count} of them ${first.name}`;
  return [`By ${source}'s own timeline most came ${when}: ${most.total}${mostly}.`];
}

function doubts({ counts, kept, figures }: NotesOf): string[] {
  const cut = [counts.actors, counts.apis, counts.categories, counts.countries].some(
    ({ isExact }) => !isExact,
  );
  return [
    ...(cut
      ? [
          'There were more names than are counted one by one: counts by name, and of names, are at least so many; totals are exact.',
        ]
      : []),
    ...(counts.unnamed > 0
      ? [
          `${counted(counts.unnamed, 'event')} with neither actor nor API, or whose content was cleared to make room: in the totals only.`,
        ]
      : []),
    ...(kept === 'both' ? [] : [UNCOMPARED[kept]]),
    ...(figures.length > 0 ? ['Figures without the name of a source are what Tocsin itself has read.'] : []),
  ];
}

const UNCOMPARED = {
  first: 'This is the first digest of its name: the period before is not compared.',
  'before-dropped': 'The period before is not compared: retention.events keeps less than two periods.',
  dropped: 'Events of this period are no longer kept (retention.events): its figures are at least so many.',
} as const;

/** One line, whatever names stand in it. */
function shortened(note: string): string {
  const line = note.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
  return line.length <= LONGEST_NOTE ? line : `${line.slice(0, LONGEST_NOTE).toWellFormed()}…`;
}
