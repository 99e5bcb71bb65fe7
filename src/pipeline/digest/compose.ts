import type { Digest, DigestRow } from '../../core/digest.ts';
import type { FeedName } from '../../core/event.ts';
import type { FeedState } from '../../core/feed-state.ts';
import type { Store, UnheardCount } from '../../core/store.ts';
import type { Counts } from './count.ts';
import type { SourceFigures } from './figures.ts';
import { type Kept, notesOf, type Undelivered } from './notes.ts';
import type { DigestSchedule, Due, Period, Step } from './period.ts';
import { tablesOf, withBefore } from './tables.ts';

/** One entry of the configuration. */
export interface DigestPlan {
  readonly name: string;
  /** Names of destinations. */
  readonly to: readonly string[];
  readonly schedule: DigestSchedule;
  /** Rows of each table. */
  readonly top: number;
}

type StoreFigures = Awaited<ReturnType<Store['countInSlice']>>;

/** Everything that was found out about a period and the one before it. */
export interface Findings {
  readonly due: Due;
  readonly steps: readonly Step[];
  readonly counts: Counts;
  /** Undefined where the store no longer keeps all of it. */
  readonly before: Counts | undefined;
  readonly done: StoreFigures;
  readonly doneBefore: StoreFigures;
  readonly figures: readonly SourceFigures[];
  readonly feeds: readonly FeedName[];
  readonly states: readonly FeedState[];
  readonly undelivered: readonly Undelivered[];
  readonly unheard: readonly UnheardCount[];
  readonly kept: Kept;
}

/** One for each period, whatever happens in between. */
export function digestId(name: string, fromMs: number): string {
  return `digest/${name}/${new Date(fromMs).toISOString()}`;
}

export function composeDigest(plan: DigestPlan, found: Findings, nowMs: number): Digest {
  const { period } = found.due;
  const { timeZone } = plan.schedule;
  return {
    ...heading(plan, period, nowMs),
    totals: totalsOf(found),
    tables: tablesOf({ ...found, top: plan.top }),
    chart: {
      title: plan.schedule.every === 'day' ? 'Events by hour' : 'Events by day',
      bars: found.steps.map(({ label }, i) => ({ label, count: found.counts.bars[i] ?? 0 })),
    },
    notes: notesOf({ ...found, period, timeZone, nowMs }),
  };
}

/** Marks where a digest begins: periods up to this one are not told of. It is never sent. */
export function firstMark(plan: DigestPlan, period: Period, nowMs: number): Digest {
  return { ...heading(plan, period, nowMs), totals: [], tables: [], notes: [] };
}

function heading({ name, schedule }: DigestPlan, { fromMs, toMs }: Period, nowMs: number) {
  const title = schedule.every === 'day' ? 'Daily digest' : 'Weekly digest';
  const isDefaultName = name === defaultName(schedule.every);
  return {
    id: digestId(name, fromMs),
    kind: 'period' as const,
    title: isDefaultName ? title : `${title} ${name}`,
    ...{ fromMs, toMs, timeZone: schedule.timeZone, createdAtMs: nowMs },
  };
}

function defaultName(every: DigestSchedule['every']): string {
  return every === 'day' ? 'daily' : 'weekly';
}

function totalsOf({ counts, before, done, doneBefore }: Findings): DigestRow[] {
  const dead = (figures: StoreFigures): number =>
    figures.deadLetters.reduce((sum, { count }) => sum + count, 0);
  const row = (name: string, count: number, earlier: number | undefined): DigestRow =>
    withBefore({ name, count }, earlier);
  const compared = before === undefined ? undefined : doneBefore;
  return [
    row('Events', counts.feeds.total, before?.feeds.total),
    row('Matched by rules', counts.matched, before?.matched),
    row(
      counts.actors.isExact ? 'Actors' : 'Actors (at least)',
      counts.actors.distinct,
      before?.actors.distinct,
    ),
    row('Alerts opened', done.alertsOpened, compared?.alertsOpened),
    row('Notifications', done.notifications, compared?.notifications),
    row('Not delivered', dead(done), compared && dead(compared)),
  ];
}
