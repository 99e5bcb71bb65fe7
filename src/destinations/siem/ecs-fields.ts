import type { JsonObject } from '../../core/json.ts';
import { isIp } from './address.ts';
import { cut } from './bounds.ts';
import type { Observed } from './observed.ts';

/** `url.original` and `url.path` are wildcards, which have no `ignore_above`; Lucene still has a bound. */
const LONGEST_URL = 8_192;
const LONGEST_QUERY = 1_024;
const MOST_RELATED = 50;
const MOST_LABELS = 50;
const COUNTRY = /^[A-Z]{2}$/;
const NOT_IN_LABELS = /[^A-Za-z0-9_-]/g;

/** The request of the newest event, and the addresses and hosts of all. */
export function ecsRequest(requests: readonly Observed[]): JsonObject {
  const [first] = requests;
  const related = {
    ip: unique(requests.flatMap(({ client, destIp, host }) => [client?.ip, destIp, ipOf(host?.name)])),
    hosts: unique(requests.flatMap(({ host }) => [ipOf(host?.name) === undefined ? host?.name : undefined])),
  };
  if (first === undefined) return { related };
  const source = sourceOf(first);
  return {
    related,
    source,
    client: { address: source['address'], ip: source['ip'], port: source['port'] },
    destination: destinationOf(first),
    http: {
      version: first.httpVersion,
      request: { method: first.method, referrer: first.referrer },
      response: { status_code: first.status },
    },
    user_agent: { original: first.userAgent },
  };
}

function sourceOf({ client, country }: Observed): JsonObject {
  const isCode = country !== undefined && COUNTRY.test(country);
  const geo = isCode ? { country_iso_code: country } : { country_name: country };
  return { address: client?.ip ?? client?.text, ip: client?.ip, port: client?.port, geo };
}

function destinationOf({ host, destIp }: Observed): JsonObject {
  const hostIp = ipOf(host?.name);
  return {
    address: host?.name ?? destIp,
    ip: destIp ?? hostIp,
    port: host?.port,
    domain: hostIp === undefined ? host?.name : undefined,
  };
}

/** The whole address may be longer than a keyword. */
export function ecsTarget(observed: Observed | undefined): { readonly url?: JsonObject } {
  if (observed?.target === undefined) return {};
  const { target, path, query, host } = observed;
  return {
    url: {
      original: cut(target, LONGEST_URL),
      ...(path === undefined ? {} : { path: cut(path, LONGEST_URL) }),
      ...(query === undefined ? {} : { query: cut(query, LONGEST_QUERY) }),
      ...(host === undefined ? {} : { domain: cut(host.name, LONGEST_QUERY) }),
      ...(host?.port === undefined ? {} : { port: host.port }),
    },
  };
}

/** Labels are flat keywords; a dot in a name would make an object of it. */
export function ecsLabels(group: Readonly<Record<string, string>>): JsonObject {
  const entries = Object.entries(group).map(([name, value]) => [
    cut(name, 64).replace(NOT_IN_LABELS, '_'),
    value,
  ]);
  return Object.fromEntries(entries.filter(([name]) => name !== '').slice(0, MOST_LABELS));
}

function ipOf(text: string | undefined): string | undefined {
  return text !== undefined && isIp(text) ? text : undefined;
}

function unique(values: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(values)].filter((value) => value !== undefined).slice(0, MOST_RELATED);
}
