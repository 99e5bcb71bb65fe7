import type { Random } from '../../core/random.ts';
import { between, hex, pick, seededRandom } from '../http-hazards/seeded.ts';
import type { Incident } from './incident.ts';

export interface MadeIncidentsRange {
  /** Epoch seconds of the oldest `createTime` and the newest `updateTime`, both possible. */
  readonly fromS: number;
  readonly toS: number;
}

const MOST_OF_ONE_ATTACK = 8;
const USER_AGENTS = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/14.1.2 Safari/605.1.15',
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'python-requests/2.32.3',
  'curl/8.5.0',
] as const;

/**
 * `count` incidents as the API would show them, oldest first: lone attempts, and attacks whose incidents come
 * from several addresses with one tool. The same arguments give the same incidents for ever.
 */
export function makeIncidents(seed: number, count: number, range: MadeIncidentsRange): Incident[] {
  const random = seededRandom(seed);
  const incidents: Incident[] = [];
  while (incidents.length < count) {
    const size = random() < 0.4 ? between(random, 2, MOST_OF_ONE_ATTACK) : 1;
    incidents.push(...attack(Math.min(size, count - incidents.length), range, random));
  }
  return incidents.sort((a, b) => Date.parse(a.createTime) - Date.parse(b.createTime));
}

/** The first incident of an attack gives it its id, as in the API's own example. */
function attack(size: number, range: MadeIncidentsRange, random: Random): Incident[] {
  const attackId = hex(random, 24);
  const startS = between(random, range.fromS, range.toS);
  const tool = { fingerprint: hex(random, 32), userAgent: pick(random, USER_AGENTS) };
  return Array.from({ length: size }, (_, place) => {
    const createS = Math.min(range.toS, startS + between(random, 0, 120));
    const updateS = Math.min(range.toS, createS + between(random, 0, 900));
    return {
      incidentId: place === 0 ? attackId : hex(random, 24),
      ...tool,
      attackId,
      ipAddress: address(random),
      requests: size > 1 ? between(random, 5, 400) : between(random, 1, 6),
      createTime: isoTime(createS),
      updateTime: isoTime(updateS),
    };
  });
}

/** Documentation addresses only. */
function address(random: Random): string {
  if (random() < 0.15) return `2001:db8:${hex(random, 4)}::${hex(random, 3)}`;
  return `${pick(random, ['203.0.113', '198.51.100', '192.0.2'])}.${between(random, 1, 254)}`;
}

/** Epoch seconds as the API writes a time: `2021-01-01T00:00:00+00:00`. */
export function isoTime(epochS: number): string {
  return new Date(epochS * 1_000).toISOString().replace('.000Z', '+00:00');
}
