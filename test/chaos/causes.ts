import type { Take } from './ledger.ts';

/** What the daemon's database held of one delivery when a life was over. */
export interface Standing {
  /** Delivered, or dead: it must not be sent again. */
  readonly isSettled: boolean;
  /** Attempts that put it off, by the reason that was written down, in their order. */
  readonly attempts: readonly { readonly reason: string; readonly times: number }[];
}

/** A life, seen from one delivery. */
export interface Chapter {
  /** How it ended. */
  readonly how: string;
  /** At its end; undefined where the database did not hold the delivery. */
  readonly standing: Standing | undefined;
}

/** Of an attempt to which an answer came that says neither yes nor no. */
export const UNCLEAR = 'an unclear answer';
/** Of an attempt after which nobody can know whether it was taken. */
const DOUBTFUL =
  /^an unclear answer$|in time|closed the connection before|was stopped|^the request to .* failed|^cannot write|^the delivery was stopped/;
/** How a life ends whose log was damaged afterwards. */
export const TORN = ', log torn';
/** Places differ from round to round. */
const PLACES: readonly (readonly [RegExp, string])[] = [
  [/127\.0\.0\.1:\d+/g, 'the receiver'],
  [/^cannot write \S+:/, 'cannot write the file:'],
];
/** The daemon keeps so many runs of attempts that ended alike; older ones are forgotten. */
const MOST_RUNS = 8;

/**
 * Why each take after the first was needful, as the daemon itself wrote down: an attempt that was put off for a reason
 * that leaves doubt, once for each further take of a life; or a life that ended before anything was written. Undefined
 * where it wrote nothing of the kind, or had written that all was done.
 * @param takes of one delivery at one destination, in their order
 * @param lives all of the round's
 */
export function causesOf(takes: readonly Take[], lives: readonly Chapter[]): readonly (string | undefined)[] {
  return takes.slice(1).map((now, index) => {
    const before = takes[index] ?? now;
    const earlier = takes.slice(0, index).filter(({ life }) => life === before.life).length;
    const doubt = doubtsIn(before.life, lives)[earlier];
    const why = doubt === undefined ? undefined : (before.ambiguous ?? doubt);
    if (now.life === before.life) return why;
    const between = lives.slice(before.life, now.life);
    const waits = between.map(({ standing }) => standing !== undefined && !standing.isSettled);
    if (waits.at(-1) !== true) return undefined;
    const { how } = between[waits.indexOf(true)] ?? {};
    // What was settled waits again only where the log lost its last words, if need be to a life that did nothing itself.
    if (why !== undefined || waits[0] === true) return why ?? how;
    return how?.endsWith(TORN) === true ? `${how}: what was settled waits again` : undefined;
  });
}

/** One line for whoever must find out. */
export function tellLives(takes: readonly Take[], lives: readonly Chapter[]): string {
  const ends = lives.map(({ how, standing }, life) => {
    const state = standing === undefined ? 'unknown' : standing.isSettled ? 'settled' : 'waiting';
    return `life ${life} (${how}): ${state} ${JSON.stringify(standing?.attempts ?? [])}`;
  });
  return `taken in lives ${takes.map(({ life }) => life).join(', ')}; ${ends.join('; ')}`;
}

/** The doubtful attempts that were written down in one life. */
function doubtsIn(life: number, lives: readonly Chapter[]): readonly string[] {
  const before = timesOf(lives[life - 1]?.standing);
  const attempts = lives[life]?.standing?.attempts ?? [];
  const mayBeForgotten = attempts.length >= MOST_RUNS;
  return [...timesOf(lives[life]?.standing)].flatMap(([reason, times]) => {
    const fresh = mayBeForgotten ? times : times - (before.get(reason) ?? 0);
    return DOUBTFUL.test(reason) ? Array.from({ length: Math.max(0, fresh) }, () => classOf(reason)) : [];
  });
}

function timesOf(standing: Standing | undefined): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const each of standing?.attempts ?? [])
    times.set(each.reason, (times.get(each.reason) ?? 0) + each.times);
  return times;
}

function classOf(reason: string): string {
  return PLACES.reduce((text, [place, name]) => text.replace(place, name), reason);
}
