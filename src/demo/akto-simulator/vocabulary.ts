import type { JsonObject } from '../../core/json.ts';
import { actorEcho } from './actors.ts';
import type { Endpoint } from './backend.ts';
import { distinct, isWithin, textOf, wholeNumber } from './event-fields.ts';

/** What the threat table can be filtered by. Older servers look at everything, newer ones at a range. */
export const fetchFiltersThreatTable: Endpoint = {
  lists: ['urls', 'ips', 'subCategory', 'hosts'],
  answer(body, { events }) {
    const range = { fromS: wholeNumber(body['startTimestamp']), toS: wholeNumber(body['endTimestamp']) };
    const held = events.filter((event) => isWithin(event, range));
    return {
      severity: 'null',
      subCategory: distinct(held, 'subCategory'),
      types: 'null',
      apiCollectionIds: 'null',
      skip: 0,
      sort: 'null',
      ips: distinct(held, 'ip'),
      latestAttack: 'null',
      urls: distinct(held, 'url'),
      hosts: distinct(held, 'host'),
      total: 0,
      sampleData: 'null',
      maliciousEvents: 'null',
      limit: 50,
      endTimestamp: range.toS,
      startTimestamp: range.fromS,
    };
  },
};

/** What the actors can be filtered by. An unknown country is '', as on the reference page. */
export const fetchFiltersForThreatActors: Endpoint = {
  lists: ['country', 'latestAttack', 'actorId', 'host'],
  answer(body, { events, newerServer }) {
    const lists: JsonObject = {
      country: [...new Set(events.map((event) => textOf(event, 'country')))],
      latestAttack: distinct(events, 'filterId'),
      actorId: distinct(events, 'actor'),
    };
    return { ...actorEcho(body), ...lists, ...(newerServer ? { host: distinct(events, 'host') } : {}) };
  },
};
