import { createHash } from 'node:crypto';
import type { Exchange } from '../../core/exchange.ts';
import type { JsonObject } from '../../core/json.ts';
import { decodePayload, PayloadError } from '../../payload/index.ts';
import { between, hex, seededRandom } from '../http-hazards/seeded.ts';
import { actorEcho } from './actors.ts';
import type { Endpoint } from './backend.ts';
import { secondOf, textOf } from './event-fields.ts';
import { attackOf } from './kinds.ts';
import { toJsonForm } from './text-format.ts';

const FEWEST_REQUESTS = 3;
const MOST_REQUESTS = 8;

/** The requests behind an event: its own, and for aggregated events those before it. */
export const fetchAggregateMaliciousRequests: Endpoint = {
  lists: ['maliciousPayloadsResponses'],
  answer(body, { events }) {
    const meant = events.filter((event) => event['refId'] !== undefined && event['refId'] === body['refId']);
    const requests = meant.flatMap((event) => [...requestsBefore(event), ownRequest(event)]);
    return {
      country: 'null',
      latestAttack: 'null',
      actorId: 'null',
      ...actorEcho(body),
      maliciousPayloadsResponses: requests.sort((a, b) => Number(a['ts']) - Number(b['ts'])),
    };
  },
};

/** Told as the server tells them: every layer is a JSON text in the one around it. */
function evidence(event: JsonObject, exchange: Exchange, ts: number): JsonObject {
  const metadata = JSON.stringify({ countryCode: textOf(event, 'country') }, null, 2);
  return { orig: toJsonForm(exchange), metadata, ts };
}

function ownRequest(event: JsonObject): JsonObject {
  return evidence(event, exchangeOf(event), secondOf(event));
}

/** Made up, and the same for one event every time. */
function requestsBefore(event: JsonObject): JsonObject[] {
  if (event['eventType'] !== 'AGGREGATED') return [];
  const refId = textOf(event, 'refId');
  const random = seededRandom(createHash('sha256').update(refId).digest().readUInt32BE());
  const own = exchangeOf(event);
  const more = between(random, FEWEST_REQUESTS, MOST_REQUESTS) - 1;
  let ts = secondOf(event);
  return Array.from({ length: more }, () => {
    ts -= between(random, 0, 20);
    const another = attackOf(textOf(event, 'filterId'), random);
    const requestPayload = own.requestPayload === '' ? '' : (another?.requestPayload ?? own.requestPayload);
    const requestHeaders = { ...own.requestHeaders, 'x-request-id': [hex(random, 16)] };
    return evidence(event, { ...own, requestPayload, requestHeaders, time: ts }, ts);
  });
}

/** What the event's payload tells; where it is not to be read, an empty exchange with what the event tells itself. */
function exchangeOf(event: JsonObject): Exchange {
  const method = textOf(event, 'method');
  const path = textOf(event, 'url');
  try {
    const told = decodePayload(textOf(event, 'payload'));
    return {
      ...told,
      method: told.method || method,
      path: told.path || path,
      ip: told.ip || textOf(event, 'ip'),
    };
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
    return { ...decodePayload(''), method, path, ip: textOf(event, 'ip') };
  }
}
