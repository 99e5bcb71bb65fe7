import { randomInt } from 'node:crypto';

/** What fast-check is given to make the same cases again. */
export interface Seed {
  readonly seed: number;
  readonly path?: string;
}

const BOUND = 2 ** 31;

/**
 * The seed of a long model test: `fixed` unless the environment says otherwise, so that the same commit passes or
 * fails everywhere. `random` breaks new ground and prints what it chose; `SEED:PATH` goes straight to the case of a failure
 * that named both. Throws where the variable is none of these.
 */
export function seedOf(variable: string, fixed: number): Seed {
  const said = process.env[variable] ?? '';
  if (said === '') return { seed: fixed };
  if (said !== 'random') return parseSeed(variable, said);
  const seed = randomInt(-BOUND, BOUND);
  process.stdout.write(`${variable}=${seed}\n`);
  return { seed };
}

function parseSeed(variable: string, said: string): Seed {
  const { seed, path } = /^(?<seed>-?\d{1,10})(?::(?<path>\d+(?::\d+)*))?$/.exec(said)?.groups ?? {};
  if (seed === undefined)
    throw new Error(`${variable} must be "random", a seed, or SEED:PATH, not "${said}"`);
  return { seed: Number(seed), ...(path === undefined ? {} : { path }) };
}
