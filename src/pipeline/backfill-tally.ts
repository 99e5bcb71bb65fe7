import type { Page, Slice } from '../core/source.ts';
import type { BackfillState, BackfillTally } from '../core/store.ts';
import type { Verdict } from './judge.ts';
import { summarise } from './summary.ts';

/** Whoever writes the events chooses how many actors there are. */
const MOST_ACTORS = 300;
const MOST_ACTOR_CHARS = 100;
const MOST_GAPS = 20;
const MOST_BARS = 31;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export const NO_TALLY: BackfillTally = {
  ...{ matched: 0, rejected: 0, bars: [], actors: [], gaps: [], givenUp: [] },
};

/** The state once a page is taken in: its cursor, and the counts with the page's. */
export function advanced(state: BackfillState, page: Page, fresh: readonly Verdict[]): BackfillState {
  const tally = state.tally ?? NO_TALLY;
  const rules = fresh.flatMap(({ matches, matchedBefore }) =>
    matches.map(({ rule }) => rule.id).filter((id) => !matchedBefore.has(id)),
  );
  return {
    ...state,
    cursor: page.cursor,
    read: state.read + page.events.length,
    fresh: state.fresh + fresh.length,
    matches: Object.fromEntries(counted(new Map(Object.entries(state.matches)), rules)),
    tally: {
      matched: tally.matched + fresh.filter(({ matches }) => matches.length > 0).length,
      rejected: tally.rejected + page.rejected.length,
      bars: withBars(tally.bars, state, fresh),
      actors: withActors(tally.actors, fresh),
      // A page that says nothing of gaps leaves those that were told before.
      gaps: (page.progress?.gaps ?? tally.gaps).slice(0, MOST_GAPS),
      givenUp: [...tally.givenUp, ...(page.progress?.givenUp ?? [])].slice(-MOST_GAPS),
    },
  };
}

function counted(counts: Map<string, number>, names: readonly string[]): Map<string, number> {
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** How long one bar of the chart lasts: an hour in a slice of a day, else a day, or as many days as keep the chart small. */
export function barMs({ fromMs, toMs }: Slice): number {
  const lastsMs = toMs - fromMs + 1;
  return lastsMs <= DAY_MS ? HOUR_MS : DAY_MS * Math.ceil(lastsMs / DAY_MS / MOST_BARS);
}

/** Where the first bar begins: at a full hour or day, UTC. */
export function firstBarMs(slice: Slice): number {
  const unitMs = Math.min(barMs(slice), DAY_MS);
  return Math.floor(slice.fromMs / unitMs) * unitMs;
}

function withBars(before: readonly number[], slice: Slice, fresh: readonly Verdict[]): readonly number[] {
  const count = Math.floor((slice.toMs - firstBarMs(slice)) / barMs(slice)) + 1;
  const bars = Array.from({ length: count }, (_, index) => before[index] ?? 0);
  for (const { event } of fresh) {
    const index = Math.floor((event.timeMs - firstBarMs(slice)) / barMs(slice));
    const bar = bars[index];
    // A reader may give an event from outside of what it was asked for.
    if (bar !== undefined) bars[index] = bar + 1;
  }
  return bars;
}

type Actors = BackfillTally['actors'];

/**
 * The actors that count most, in bounded memory ("space saving"): a new name takes the place of the rarest and
 * its count, so that nobody who is frequent can be hidden behind many who are not; `over` is what it took.
 */
function withActors(before: Actors, fresh: readonly Verdict[]): Actors {
  const actors = new Map(before.map((actor) => [actor.name, actor]));
  for (const { event, view } of fresh) {
    const name = summarise(event, view).actor?.slice(0, MOST_ACTOR_CHARS);
    if (name === undefined) continue;
    const known = actors.get(name) ?? { name, ...placeIn(actors) };
    actors.set(name, { ...known, count: known.count + 1 });
  }
  return [...actors.values()].toSorted((a, b) => b.count - a.count);
}

function placeIn(actors: Map<string, Actors[number]>): { readonly count: number; readonly over: number } {
  if (actors.size < MOST_ACTORS) return { count: 0, over: 0 };
  const rarest = [...actors.values()].reduce((least, actor) => (actor.count < least.count ? actor : least));
  actors.delete(rarest.name);
  return { count: rarest.count, over: rarest.count };
}
