import { fetchThreatActors } from './actors.ts';
import { fetchThreatApis } from './apis.ts';
import type { Endpoint } from './backend.ts';
import { fetchAggregateMaliciousRequests } from './evidence.ts';
import { fetchSuspectSampleData } from './feed.ts';
import { fetchRemediationInfo } from './remediation.ts';
import {
  fetchCountBySeverity,
  fetchThreatCategoryCount,
  getActorsCountPerCounty,
  getDailyThreatActorsCount,
  getThreatActivityTimeline,
} from './statistics.ts';
import { fetchFilterYamlTemplate } from './templates.ts';
import { fetchFiltersForThreatActors, fetchFiltersThreatTable } from './vocabulary.ts';

/** By the name that follows `/api/`. A map: names come from requests, and `constructor` is none of them. */
export const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map(
  Object.entries({
    fetchSuspectSampleData,
    fetchThreatActors,
    fetchFiltersThreatTable,
    getThreatActivityTimeline,
    fetchAggregateMaliciousRequests,
    fetchCountBySeverity,
    fetchRemediationInfo,
    fetchThreatApis,
    fetchThreatCategoryCount,
    fetchFilterYamlTemplate,
    fetchFiltersForThreatActors,
    getDailyThreatActorsCount,
    getActorsCountPerCounty,
  }),
);
