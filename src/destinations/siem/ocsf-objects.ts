import type { JsonObject } from '../../core/json.ts';
import { isHostname, isIp } from './address.ts';
import type { Observed } from './observed.ts';

/** `http_method` is an enumeration; another method stands in `unmapped` alone. */
const METHODS: ReadonlySet<string> = new Set([
  ...['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'],
]);
const COUNTRY = /^[A-Z]{2}$/;
const IP_ADDRESS = 2;
const HOSTNAME = 1;
const MOST_OBSERVABLES = 20;

/** Evidence Artifacts. Undefined where nothing is known that may stand there alone. */
export function evidence(observed: Observed): JsonObject | undefined {
  const artifacts = {
    src_endpoint: srcEndpoint(observed),
    dst_endpoint: dstEndpoint(observed),
    url: url(observed),
  };
  if (Object.values(artifacts).every((artifact) => artifact === undefined)) return undefined;
  return { ...artifacts, http_request: httpRequest(observed), http_response: httpResponse(observed) };
}

/** Network Endpoint: what is no address is a name. */
export function srcEndpoint({ client, country }: Observed): JsonObject | undefined {
  if (client === undefined) return undefined;
  const location = country !== undefined && COUNTRY.test(country) ? { country } : undefined;
  if (client.ip === undefined) return { name: client.text, location };
  return { ip: client.ip, port: client.port, location };
}

function dstEndpoint({ host, destIp }: Observed): JsonObject | undefined {
  if (host === undefined) return destIp === undefined ? undefined : { ip: destIp };
  if (isIp(host.name)) return { ip: destIp ?? host.name, port: host.port };
  const name = isHostname(host.name) ? { hostname: host.name } : { name: host.name };
  return { ...name, port: host.port, ip: destIp };
}

function url({ host, target, path, query }: Observed): JsonObject | undefined {
  if (target === undefined) return undefined;
  const hostname = host !== undefined && isHostname(host.name) ? host.name : undefined;
  return {
    url_string: target.startsWith('/') ? `${hostname ?? ''}${target}` : target,
    ...{ hostname, port: host?.port, path, query_string: query },
  };
}

export function httpRequest(observed: Observed): JsonObject {
  const method = observed.method?.toUpperCase();
  return {
    http_method: method !== undefined && METHODS.has(method) ? method : undefined,
    url: url(observed),
    user_agent: observed.userAgent,
    referrer: observed.referrer,
    version: observed.httpVersion,
  };
}

function httpResponse({ status }: Observed): JsonObject | undefined {
  return status === undefined ? undefined : { code: status };
}

/** What analysts search by. `at` is where the endpoints stand: `evidences[].`. */
export function observables(requests: readonly Observed[], at: string): readonly JsonObject[] {
  const found = new Map<string, JsonObject>();
  const add = (name: string, value: string): void => {
    const type = isIp(value) ? IP_ADDRESS : HOSTNAME;
    if (type === HOSTNAME && !isHostname(value)) return;
    const [attribute, caption] = type === IP_ADDRESS ? ['ip', 'IP Address'] : ['hostname', 'Hostname'];
    found.set(`${name} ${value}`, { name: `${at}${name}.${attribute}`, type_id: type, type: caption, value });
  };
  for (const { client, host, destIp } of requests) {
    if (client?.ip !== undefined) add('src_endpoint', client.ip);
    if (host !== undefined) add('dst_endpoint', host.name);
    if (destIp !== undefined) add('dst_endpoint', destIp);
  }
  return [...found.values()].slice(0, MOST_OBSERVABLES);
}
