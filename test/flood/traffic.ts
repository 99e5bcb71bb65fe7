import type { JsonObject } from '../../src/core/json.ts';
import { seededRandom, toTextFormat } from '../../src/demo/akto-simulator/index.ts';

export interface Traffic {
  /** SQL injections, each by an actor of its own. */
  readonly events: number;
  /** Successful exploits among them, in the middle, each by an actor of its own. */
  readonly exploits: number;
  readonly seed: number;
  /** Seconds of the oldest and the newest. */
  readonly fromS: number;
  readonly toS: number;
}

const COUNTRIES = ['US', 'FR', 'DE', 'BR', 'CN', 'IN', 'NL', 'JP'];
const ERROR = '{"error":"You have an error in your SQL syntax near \'1\'","where":"products"}';
const FILLER = '{"id":4711,"title":"a product of the shop","text":"made to be read by nobody in particular"}';

/** What one laptop sends in some minutes: every request with another address, another country and another path. */
export function flood(traffic: Traffic): JsonObject[] {
  const random = seededRandom(traffic.seed);
  const middle = Math.floor(traffic.events / 2);
  return Array.from({ length: traffic.events }, (_, index) => {
    const isExploit = index >= middle && index < middle + traffic.exploits;
    return eventOf(index, isExploit, traffic, random);
  });
}

/** Of the address block for benchmarks and those beside it: 16 million, each of one event. */
export function actorOf(index: number): string {
  return `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
}

function eventOf(
  index: number,
  isExploit: boolean,
  { events, fromS, toS }: Traffic,
  random: () => number,
): JsonObject {
  const actor = actorOf(index);
  const timestamp = fromS + Math.floor((index / events) * (toS - fromS));
  const path = `/shop/products/${Math.floor(random() * 1e6)}?id=1%27%20OR%20%271%27=%271`;
  const country = COUNTRIES[index % COUNTRIES.length] ?? 'US';
  const statusCode = isExploit ? 200 : 500;
  return {
    ...{ id: `flood-${index}`, refId: `ref-${index}`, actor, ip: actor, country, timestamp },
    ...{ filterId: 'SQLInjection', category: 'SQL_INJECTION', subCategory: 'SQL_INJECTION' },
    ...{ eventType: 'SINGLE', type: 'Rule-Based', method: 'GET', url: path.split('?')[0] ?? '' },
    ...{ severity: 'HIGH', host: 'api.shop.example', status: 'ACTIVE', successfulExploit: isExploit },
    metadata: `country_code: "${country}"\n`,
    apiCollectionId: 0,
    payload: toTextFormat({
      ...{ method: 'GET', path, type: 'HTTP/1.1', requestPayload: '', statusCode, status: `${statusCode}` },
      requestHeaders: {
        accept: ['*/*'],
        host: ['api.shop.example'],
        'user-agent': ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
        'x-request-id': [`${index}-${Math.floor(random() * 1e9)}`],
      },
      responseHeaders: { 'content-type': ['application/json; charset=utf-8'] },
      responsePayload: `${isExploit ? '[]' : ERROR}${FILLER.repeat(8)}`,
      ...{ time: timestamp, ip: actor, destIp: '', direction: '', source: 'MIRRORING' },
      ...{ aktoAccountId: '1000000', aktoVxlanId: '0' },
    }),
  };
}
