import type { JsonObject } from '../../core/json.ts';
import { SEVERITIES, type Severity } from '../../core/severity.ts';
import { actorEcho } from './actors.ts';
import { apiEcho } from './apis.ts';
import type { Backend, Endpoint } from './backend.ts';
import { isWithin, newestOf, rangeOf, secondOf, textOf } from './event-fields.ts';
import { usualSeverity } from './kinds.ts';

const DAY_S = 86_400;

function eventsIn(body: JsonObject, { events }: Backend): JsonObject[] {
  const range = rangeOf(body);
  return events.filter((event) => isWithin(event, range));
}

/** Of the event, or of its kind where the event is of a server that did not name it. */
function severityOf(event: JsonObject): string {
  return textOf(event, 'severity') || usualSeverity(textOf(event, 'filterId'));
}

/** Days in UTC, by their first second, oldest first; days without events are not there. */
function byDay(events: readonly JsonObject[]): [number, JsonObject[]][] {
  const days = Map.groupBy(events, (event) => Math.floor(secondOf(event) / DAY_S) * DAY_S);
  return [...days].sort(([a], [b]) => a - b);
}

function actorsIn(events: readonly JsonObject[]): number {
  return new Set(events.map((event) => textOf(event, 'actor'))).size;
}

/** How many events have each value, values in the order of their first sight. */
function countBy(events: readonly JsonObject[], keyOf: (event: JsonObject) => string): [string, number][] {
  return [...Map.groupBy(events, keyOf)].map(([value, those]) => [value, those.length]);
}

const RANKS = new Map<string, number>(SEVERITIES.map((severity: Severity, rank) => [severity, rank]));

/** The severity stands under `subCategory`, the highest first. */
export const fetchCountBySeverity: Endpoint = {
  lists: ['categoryCounts'],
  answer(body, backend) {
    const counts = countBy(eventsIn(body, backend), severityOf);
    counts.sort(([a], [b]) => (RANKS.get(b) ?? -1) - (RANKS.get(a) ?? -1));
    return {
      categoryCounts: counts.map(([severity, count]) => ({ subCategory: severity, count, category: '' })),
    };
  },
};

export const fetchThreatCategoryCount: Endpoint = {
  lists: ['categoryCounts'],
  answer(body, backend) {
    const groups = Map.groupBy(eventsIn(body, backend), (event) =>
      JSON.stringify([textOf(event, 'category'), textOf(event, 'subCategory')]),
    );
    const categoryCounts = [...groups.values()].map((events) => {
      const [first = {}] = events;
      const category = textOf(first, 'category');
      return { subCategory: textOf(first, 'subCategory'), count: events.length, category };
    });
    return { categoryCounts: categoryCounts.sort((a, b) => b.count - a.count) };
  },
};

export const getThreatActivityTimeline: Endpoint = {
  lists: ['threatActivityTimelines'],
  answer(body, backend) {
    const days = byDay(eventsIn(body, backend));
    const threatActivityTimelines = days.map(([ts, events]) => ({
      ts,
      subCategoryWiseData: countBy(events, (event) => textOf(event, 'subCategory')).map(
        ([subcategory, activityCount]) => ({ subcategory, activityCount }),
      ),
    }));
    return { ...apiEcho(body), threatActivityTimelines };
  },
};

export const getDailyThreatActorsCount: Endpoint = {
  lists: ['actorsCounts'],
  answer(body, backend) {
    const events = eventsIn(body, backend);
    const isCritical = (event: JsonObject): boolean => severityOf(event) === 'CRITICAL';
    const actorsCounts = byDay(events).map(([ts, those]) => ({
      ts,
      totalActors: actorsIn(those),
      criticalActors: actorsIn(those.filter(isCritical)),
    }));
    const inStatus = (status: string): number =>
      events.filter((event) => (textOf(event, 'status') || 'ACTIVE') === status).length;
    return {
      ...apiEcho(body),
      actorsCounts,
      totalAnalysed: events.length,
      totalAttacks: events.length,
      criticalActorsCount: actorsIn(events.filter(isCritical)),
      totalActiveStatus: inStatus('ACTIVE'),
      totalIgnoredStatus: inStatus('IGNORED'),
      totalUnderReviewStatus: inStatus('UNDER_REVIEW'),
    };
  },
};

/** Each actor counts once, for the country it was last seen in: together they are all actors. */
export const getActorsCountPerCounty: Endpoint = {
  lists: ['actorsCountPerCountry'],
  answer(body, backend) {
    const byActor = Map.groupBy(eventsIn(body, backend), (event) => textOf(event, 'actor'));
    const latest = [...byActor.values()].map(newestOf);
    const counts = countBy(latest, (event) => textOf(event, 'country')).sort(([, a], [, b]) => b - a);
    return {
      ...actorEcho(body),
      actorsCountPerCountry: counts.map(([country, count]) => ({ country, count })),
    };
  },
};
