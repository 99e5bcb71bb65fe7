import { fetchThreatActors } from './actors.ts';
import { fetchThreatApis } from './apis.ts';
import type { Endpoint } from './backend.ts';
import { fetchSuspectSampleData } from './feed.ts';

/** By the name that follows `/api/`. A map: names come from requests, and `constructor` is none of them. */
export const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map(
  Object.entries({
    fetchSuspectSampleData,
    fetchThreatActors,
    fetchThreatApis,
  }),
);
