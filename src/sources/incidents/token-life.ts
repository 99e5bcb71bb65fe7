import type { Json } from '../../core/json.ts';

const DAY_S = 86_400;
/** A year of milliseconds. What is beyond says nothing. */
const LONGEST_TOLD = 366 * DAY_S * 1_000;
const USED_PART = 0.8;
/** However short a life is told of, the token endpoint is asked no more often than this; a 401 tells the rest. */
const LEAST_MS = 15_000;

/**
 * How long a token is used before a new one is asked for; undefined: until it is refused. The API's page
 * says that `expires_in` is in milliseconds and shows 600, which can only be seconds: up to a day of seconds
 * is taken as seconds, more as milliseconds. Where that is wrong the token is renewed too early, or a 401
 * has it renewed.
 */
export function useForMs(expiresIn: Json | undefined): number | undefined {
  const told = typeof expiresIn === 'string' && /^\d{1,15}$/.test(expiresIn) ? Number(expiresIn) : expiresIn;
  if (typeof told !== 'number' || !(told > 0 && told <= LONGEST_TOLD)) return undefined;
  const lifeMs = told <= DAY_S ? told * 1_000 : told;
  return Math.max(LEAST_MS, Math.floor(lifeMs * USED_PART));
}
