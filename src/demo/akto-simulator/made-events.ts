import type { Exchange } from '../../core/exchange.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Random } from '../../core/random.ts';
import { between, hex, pick, seededRandom, uuid } from '../http-hazards/seeded.ts';
import {
  type Attack,
  brokenObjectAccess,
  crossSiteScripting,
  localFileInclusion,
  noSqlInjection,
  osCommandInjection,
  scannerProbe,
  serverSideRequestForgery,
  sqlInjection,
  tooManyClientErrors,
} from './attacks.ts';
import { toJsonForm, toTextFormat } from './text-format.ts';

export interface MadeEventsOptions {
  /** Epoch seconds of the oldest and the newest event, both possible. */
  readonly fromS: number;
  readonly toS: number;
  /** How often an event shares the second of the one made before it, 0 to 1. Default 0.3. */
  readonly ties?: number;
  /** Whether the keys of newer servers are there (`severity`, `host`, `status` …). Default: on most events. */
  readonly newerKeys?: boolean;
}

const SINGLE_ATTACKS = [
  sqlInjection,
  crossSiteScripting,
  osCommandInjection,
  localFileInclusion,
  serverSideRequestForgery,
  noSqlInjection,
  brokenObjectAccess,
] as const;

const HOSTS = ['api.shop.example', 'portal.bank.example', '34.54.187.118'] as const;
const COUNTRIES = ['US', 'FR', 'DE', 'BR', 'CN', 'IN', 'NL', ''] as const;
const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  500: 'Internal Server Error',
};

interface Visitor {
  readonly ip: string;
  readonly actor: string;
  readonly country: string;
  readonly host: string;
}

/** Documentation addresses only, some with a port and some IPv6, as the feed has them. */
function visitor(random: Random): Visitor {
  const v4 = `${pick(random, ['203.0.113', '198.51.100', '192.0.2'])}.${between(random, 1, 254)}`;
  const ip = random() < 0.15 ? `2001:db8:${hex(random, 4)}::${hex(random, 3)}` : v4;
  const actor = ip === v4 && random() < 0.2 ? `${ip}:${between(random, 1_024, 65_535)}` : ip;
  return { ip, actor, country: pick(random, COUNTRIES), host: pick(random, HOSTS) };
}

function exchangeOf(attack: Attack, from: Visitor, timeS: number, random: Random): Exchange {
  const isJson = attack.responsePayload.startsWith('{') || attack.responsePayload.startsWith('[');
  return {
    method: attack.method,
    path: attack.path,
    type: 'HTTP/1.1',
    requestHeaders: {
      accept: ['*/*'],
      host: [from.host],
      'user-agent': [attack.userAgent],
      'x-forwarded-for': [`${from.ip},34.54.187.118`],
      'x-request-id': [hex(random, 16)],
      ...(attack.requestPayload === '' ? {} : { 'content-type': ['application/json'] }),
      ...attack.headers,
    },
    requestPayload: attack.requestPayload,
    responseHeaders: {
      'content-type': [isJson ? 'application/json; charset=utf-8' : 'text/html; charset=UTF-8'],
      etag: [`W/"${hex(random, 3)}-${hex(random, 11)}"`],
      'feature-policy': ["payment 'self'"],
    },
    responsePayload: attack.responsePayload,
    statusCode: attack.statusCode,
    status: `${attack.statusCode} ${REASONS[attack.statusCode] ?? ''}`.trim(),
    time: timeS,
    aktoAccountId: '1000000',
    ip: from.ip,
    destIp: '',
    direction: '',
    source: 'MIRRORING',
    aktoVxlanId: '0',
  };
}

function newerKeys(attack: Attack, from: Visitor, random: Random): JsonObject {
  return {
    severity: attack.severity,
    host: from.host,
    status: 'ACTIVE',
    successfulExploit: attack.successful,
    label: 'THREAT',
    destCountry: 'US',
    jiraTicketUrl: '',
    sessionId: hex(random, 12),
    owaspCategories: ['API8:2023'],
  };
}

function eventOf(
  attack: Attack,
  from: Visitor,
  timeS: number,
  options: MadeEventsOptions,
  random: Random,
): JsonObject {
  const exchange = exchangeOf(attack, from, timeS, random);
  const aggregated = attack.filterId === 'High4XXAlertFilter';
  const jsonForm = aggregated || random() < 0.15;
  const newer = options.newerKeys ?? random() < 0.8;
  return {
    country: from.country,
    metadata: jsonForm ? JSON.stringify({ countryCode: from.country }) : `country_code: "${from.country}"\n`,
    subCategory: attack.subCategory,
    method: attack.method,
    ip: from.ip,
    eventType: aggregated ? 'AGGREGATED' : 'SINGLE',
    apiCollectionId: 0,
    type: attack.type,
    url: attack.path.split('?')[0] ?? attack.path,
    actor: from.actor,
    filterId: attack.filterId,
    payload: jsonForm ? toJsonForm(exchange) : toTextFormat(exchange),
    id: uuid(random),
    refId: uuid(random),
    category: attack.category,
    timestamp: timeS,
    ...(newer ? newerKeys(attack, from, random) : {}),
  };
}

/** What one visitor does: one attack, or a scan or a burst of client errors that takes several requests. */
function visit(random: Random, most: number): Attack[] {
  const mood = random();
  if (mood < 0.15)
    return Array.from({ length: Math.min(most, between(random, 5, 20)) }, () => scannerProbe(random));
  if (mood < 0.25) {
    return Array.from({ length: Math.min(most, between(random, 10, 60)) }, () => tooManyClientErrors(random));
  }
  return [pick(random, SINGLE_ATTACKS)(random)];
}

/**
 * `count` events as the feed would show them, oldest first: injections, scans, bursts of 4xx, both
 * payload forms, IPv6 and `ip:port` actors. The same arguments give the same events for ever.
 */
export function makeEvents(seed: number, count: number, options: MadeEventsOptions): JsonObject[] {
  const random = seededRandom(seed);
  const events: JsonObject[] = [];
  const ties = options.ties ?? 0.3;
  let timeS = options.fromS;
  while (events.length < count) {
    const from = visitor(random);
    if (random() >= ties) timeS = between(random, options.fromS, options.toS);
    for (const attack of visit(random, count - events.length)) {
      if (random() >= ties) timeS = Math.min(options.toS, timeS + between(random, 0, 3));
      events.push(eventOf(attack, from, timeS, options, random));
    }
  }
  return events.sort((a, b) => Number(a['timestamp']) - Number(b['timestamp']));
}
