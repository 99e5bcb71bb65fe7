import type { EventSummary } from '../../core/alert.ts';
import type { Event, Feed } from '../../core/event.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { decodePayload } from '../../payload/index.ts';
import { type Address, type Host, isIp, readAddress, readHost } from './address.ts';
import { textOf } from './bounds.ts';

/** One request as far as it is known. Texts are attackers' and of any length. */
export interface Observed {
  readonly client: Address | undefined;
  readonly host: Host | undefined;
  readonly destIp: string | undefined;
  readonly method: string | undefined;
  /** As it was written, with its query. */
  readonly target: string | undefined;
  readonly path: string | undefined;
  readonly query: string | undefined;
  readonly httpVersion: string | undefined;
  readonly status: number | undefined;
  readonly userAgent: string | undefined;
  readonly referrer: string | undefined;
  readonly country: string | undefined;
  /** Whether the source says that the attack did what it was to do. */
  readonly exploited: boolean | undefined;
}

const NOTHING: Observed = {
  ...{ client: undefined, host: undefined, destIp: undefined, method: undefined },
  ...{ target: undefined, path: undefined, query: undefined, httpVersion: undefined },
  ...{ status: undefined, userAgent: undefined, referrer: undefined },
  ...{ country: undefined, exploited: undefined },
};
const HTTP_VERSION = /^HTTP\/(\d(?:\.\d)?)$/;

/** What one event of a feed shows. A payload that does not decode leaves its own fields out. */
export function observedIn({ feed, raw }: Event): Observed {
  return BY_FEED[feed](raw);
}

/** The same of an event inside an alert. */
export function observedOf(sample: EventSummary): Observed {
  return {
    ...NOTHING,
    client: client(sample.actor),
    host: host(sample.host),
    method: textOf(sample.method),
    ...targetOf(textOf(sample.url)),
    status: sample.statusCode,
    country: textOf(sample.country),
    exploited: sample.successfulExploit,
  };
}

const BY_FEED: Readonly<Record<Feed, (raw: JsonObject) => Observed>> = {
  malicious_events: attack,
  incidents: (raw) => ({
    ...NOTHING,
    client: client(textOf(raw['ipAddress'])),
    userAgent: textOf(raw['userAgent']),
  }),
  threat_actors: (raw) => ({
    ...NOTHING,
    client: client(textOf(raw['id'])),
    host: host(textOf(raw['latestApiHost'])),
    method: textOf(raw['latestApiMethod']),
    ...targetOf(textOf(raw['latestApiEndpoint'])),
    country: textOf(raw['country']),
  }),
  threat_apis: (raw) => ({
    ...NOTHING,
    host: host(textOf(raw['host'])),
    method: textOf(raw['method']),
    ...targetOf(textOf(raw['api'])),
  }),
};

function attack(raw: JsonObject): Observed {
  const exchange = exchangeOf(raw['payload']);
  const destIp = textOf(exchange?.destIp);
  return {
    client: client(textOf(raw['actor']) ?? textOf(raw['ip']) ?? textOf(exchange?.ip)),
    host: host(textOf(raw['host']) ?? headerOf(exchange, 'host')),
    destIp: destIp !== undefined && isIp(destIp) ? destIp : undefined,
    method: textOf(raw['method']) ?? textOf(exchange?.method),
    ...targetOf(wholeTarget(textOf(raw['url']), textOf(exchange?.path))),
    httpVersion: HTTP_VERSION.exec(exchange?.type ?? '')?.[1],
    status: exchange?.statusCode,
    userAgent: headerOf(exchange, 'user-agent'),
    referrer: headerOf(exchange, 'referer'),
    country: textOf(raw['country']),
    exploited: typeof raw['successfulExploit'] === 'boolean' ? raw['successfulExploit'] : undefined,
  };
}

/** The feed lists the path; only what was captured has the query, where attacks stand. */
function wholeTarget(listed: string | undefined, captured: string | undefined): string | undefined {
  if (listed === undefined) return captured;
  return captured?.startsWith(`${listed}?`) ? captured : listed;
}

function exchangeOf(payload: Json | undefined): Exchange | undefined {
  if (typeof payload !== 'string' || payload === '') return undefined;
  try {
    return decodePayload(payload);
  } catch {
    return undefined;
  }
}

function headerOf(exchange: Exchange | undefined, name: string): string | undefined {
  const found = Object.entries(exchange?.requestHeaders ?? {}).find(([key]) => key.toLowerCase() === name);
  return textOf(found?.[1][0]);
}

function client(text: string | undefined): Address | undefined {
  const address = textOf(text);
  return address === undefined ? undefined : readAddress(address);
}

function host(text: string | undefined): Host | undefined {
  const name = textOf(text);
  return name === undefined ? undefined : readHost(name);
}

function targetOf(target: string | undefined): Pick<Observed, 'target' | 'path' | 'query'> {
  const at = target?.indexOf('?') ?? -1;
  if (target === undefined || at < 0) return { target, path: target, query: undefined };
  return { target, path: textOf(target.slice(0, at)), query: textOf(target.slice(at + 1)) };
}

/** A detector sees; whether the request was let through shows in what the application answered. */
export function actionOf({ exploited, status }: Observed): 'allowed' | 'blocked' | 'unknown' {
  if (exploited === true) return 'allowed';
  if (status === undefined) return 'unknown';
  return status === 401 || status === 403 || status === 429 ? 'blocked' : 'allowed';
}
