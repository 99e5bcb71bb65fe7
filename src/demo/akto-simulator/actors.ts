import { createHash } from 'node:crypto';
import type { JsonObject } from '../../core/json.ts';
import type { Backend, Endpoint } from './backend.ts';
import { isWithin, newestOf, rangeOf, secondOf, textOf } from './event-fields.ts';
import { isOneOf, pageFrom, skipOf, sortByDiscovery } from './pages.ts';

/** Request key → event key. */
const FILTERS: Readonly<Record<string, string>> = {
  latestAttack: 'filterId',
  country: 'country',
  actorId: 'actor',
  host: 'host',
};
const MOST_ACTIVITIES = 10;

/** What the server echoes around its answers about actors: the string `"null"` wherever it has no value. */
export function actorEcho(body: JsonObject): JsonObject {
  return {
    splunkUrl: 'null',
    skip: skipOf(body),
    startTs: rangeOf(body).fromS,
    actorsCountPerCounty: 'SUCCESS',
    sort: body['sort'] ?? 'null',
    eventType: body['eventType'] ?? 'null',
    splunkToken: 'null',
    actorsCountPerCountry: 'null',
    actor: body['actor'] ?? 'null',
    filterId: body['filterId'] ?? 'null',
    actors: 'null',
    total: 0,
    endTs: rangeOf(body).toS,
    maliciousPayloadsResponses: 'null',
    refId: body['refId'] ?? 'null',
    actorIp: 'null',
    status: 'null',
  };
}

/** Events first filtered, then grouped: an actor's "latest attack" is the latest of those asked for. */
export const fetchThreatActors: Endpoint = {
  lists: ['actors'],
  nameOf: (actor) => `${actor['id']}@${actor['discoveredAt']}`,
  answer(body, backend) {
    const actors = actorsOf(body, backend);
    sortByDiscovery(actors, body, backend);
    const page = pageFrom(actors, startOf(body, actors), backend);
    return { ...actorEcho(body), actors: page, total: backend.total(actors.length) };
  },
};

function actorsOf(body: JsonObject, { events, newerServer }: Backend): JsonObject[] {
  const range = rangeOf(body);
  const asked = events.filter(
    (event) =>
      isWithin(event, range) &&
      Object.entries(FILTERS).every(([filter, key]) => isOneOf(event, key, body[filter])),
  );
  const byActor = Map.groupBy(asked, (event) => textOf(event, 'actor'));
  return [...byActor].map(([actor, theirs]) => actorRow(actor, theirs, newerServer));
}

function actorRow(actor: string, events: readonly JsonObject[], newerServer: boolean): JsonObject {
  const latest = newestOf(events);
  return {
    latestAttack: textOf(latest, 'filterId'),
    country: textOf(latest, 'country'),
    activity: activityOf(events),
    latestApiEndpoint: textOf(latest, 'url'),
    latestApiIp: textOf(latest, 'ip'),
    id: actor,
    latestApiMethod: textOf(latest, 'method'),
    discoveredAt: secondOf(latest),
    ...(newerServer ? { latestApiHost: textOf(latest, 'host'), objectId: objectIdOf(actor) } : {}),
  };
}

function activityOf(events: readonly JsonObject[]): JsonObject[] {
  const newestFirst = events.toSorted((a, b) => secondOf(b) - secondOf(a)).slice(0, MOST_ACTIVITIES);
  return newestFirst.map((event) => ({
    severity: textOf(event, 'severity'),
    subCategory: textOf(event, 'subCategory'),
    method: textOf(event, 'method'),
    detectedAt: secondOf(event),
    url: textOf(event, 'url'),
  }));
}

function objectIdOf(actor: string): string {
  return createHash('sha256').update(actor).digest('hex').slice(0, 24);
}

/** Newer servers page by the last `objectId` of the page before; one that is gone begins again. */
function startOf(body: JsonObject, actors: readonly JsonObject[]): number {
  const { cursor } = body;
  if (typeof cursor !== 'string' || cursor === '') return skipOf(body);
  return actors.findIndex(({ objectId }) => objectId === cursor) + 1;
}
