import type { JsonObject } from '../../core/json.ts';
import type { Endpoint } from './backend.ts';
import { newestOf, secondOf, textOf } from './event-fields.ts';
import { isOneOf, pageFrom, skipOf, sortByDiscovery } from './pages.ts';

/** What the server echoes around its answers about APIs. */
export function apiEcho(body: JsonObject): JsonObject {
  return {
    total: 0,
    threatActivityTimeline: 'SUCCESS',
    apis: 'null',
    dailyThreatActorsCount: 'SUCCESS',
    endTs: 0,
    skip: skipOf(body),
    startTs: 0,
    sort: body['sort'] ?? 'null',
    actorsCounts: 'null',
    categoryCounts: 'null',
  };
}

export const fetchThreatApis: Endpoint = {
  lists: ['apis'],
  nameOf: ({ method, host, api, requestsCount, actorsCount, discoveredAt }) =>
    `${method} ${host ?? ''}${api}@${discoveredAt}@${requestsCount}@${actorsCount}`,
  answer(body, backend) {
    const asked = backend.events.filter((event) => isOneOf(event, 'filterId', body['latestAttack']));
    const apis = apisOf(asked, backend.newerServer);
    sortByDiscovery(apis, body, backend);
    const page = pageFrom(apis, skipOf(body), backend);
    return { ...apiEcho(body), apis: page, total: backend.total(apis.length) };
  },
};

/** One a method, host and path. Older servers do not name the host and so show one path twice. */
function apisOf(events: readonly JsonObject[], newerServer: boolean): JsonObject[] {
  const byApi = Map.groupBy(events, (event) =>
    JSON.stringify(['method', 'host', 'url'].map((key) => textOf(event, key))),
  );
  return [...byApi.values()].map((calls) => {
    const latest = newestOf(calls);
    return {
      method: textOf(latest, 'method'),
      requestsCount: calls.length,
      actorsCount: new Set(calls.map((call) => textOf(call, 'actor'))).size,
      api: textOf(latest, 'url'),
      discoveredAt: secondOf(latest),
      ...(newerServer ? { host: textOf(latest, 'host') } : {}),
    };
  });
}
