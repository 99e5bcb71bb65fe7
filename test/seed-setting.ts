import { randomInt } from 'node:crypto';

/*
 * Which cases the property tests make, and how many. The same commit passes or fails everywhere: the seed is fixed unless
 * `TOCSIN_SEED` says otherwise. `vitest.config.ts` settles both settings once for all threads.
 */

/** What fast-check is given to make the same cases again. */
export interface Seed {
  readonly seed: number;
  /** Goes straight to one case of one property: only for the test that named it. */
  readonly path?: string;
}

const FIXED: Seed = { seed: 20_260_801 };
const BOUND = 2 ** 31;
const MOST_RUNS = 10_000;
const FORM = /^(?<seed>-?\d{1,10})(?::(?<path>\d+(?::\d+)*))?$/;

/** @throws Error where `said` is neither nothing, nor `random`, nor `N`, nor `N:path` */
export function parseSeed(said: string, random = () => randomInt(-BOUND, BOUND)): Seed {
  if (said === '') return FIXED;
  if (said === 'random') return { seed: random() };
  const { seed, path } = FORM.exec(said)?.groups ?? {};
  const number = Number(seed);
  if (seed === undefined || number < -BOUND || number >= BOUND) {
    throw new Error(
      `TOCSIN_SEED must be random, a whole number of 32 bits or NUMBER:PATH as a failure named them, not "${said}".`,
    );
  }
  return { seed: number, ...(path === undefined ? {} : { path }) };
}

/** @throws Error where `said` is neither nothing nor a whole number */
export function parseRuns(said: string): number {
  if (said === '') return 1;
  const times = /^\d{1,5}$/.test(said) ? Number(said) : 0;
  if (times < 1 || times > MOST_RUNS) {
    throw new Error(
      `TOCSIN_RUNS must be a whole number from 1 to ${MOST_RUNS}, by which all runs are multiplied, not "${said}".`,
    );
  }
  return times;
}

/** The settings as variables again, so that every thread has the same. */
export function settled(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const { seed, path } = parseSeed(environment['TOCSIN_SEED'] ?? '');
  return {
    TOCSIN_SEED: path === undefined ? String(seed) : `${seed}:${path}`,
    TOCSIN_RUNS: String(parseRuns(environment['TOCSIN_RUNS'] ?? '')),
  };
}
