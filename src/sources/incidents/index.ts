import type { AdapterDeps, SourceType } from '../../schema/adapter.ts';
import { changingListReachMs } from '../changing-list.ts';
import { IncidentsClient } from './client.ts';
import { credentialsOf, type IncidentsConfig, incidentsConfig } from './config.ts';
import { createDetail } from './detail.ts';
import { createIncidentReader } from './reader.ts';

/** A page of 1,000 usual incidents is half a megabyte; a user agent can be 8 KiB. */
const MOST_BYTES = 16 * 1_048_576;

/** The incidents of an identity service: failed attempts to obtain a token. */
export const incidentsSource: SourceType<IncidentsConfig> = {
  type: 'incidents',
  otherNames: { incident: '', identity: '', identityincidents: '', ib: '' },
  config: incidentsConfig,
  feeds: () => ['incidents'],
  create(config, deps) {
    const client = clientOf(config, deps);
    const { name: source, page_size: pageSize, deadline: deadlineMs } = config;
    const lookback = { initialMs: config.initial_lookback, lateArrivalMs: config.late_arrival };
    const { clock } = deps;
    return {
      name: source,
      type: config.type,
      schedule: config.schedule,
      deadlineMs,
      lookbackMs: changingListReachMs(config.late_arrival, deadlineMs),
      staleAfterMs: config.stale_after,
      readers: [createIncidentReader({ source, client, pageSize, deadlineMs, lookback, ...deps })],
      enrich: createDetail({ fetchIncident: (id, signal) => client.fetchIncident(id, signal), clock }),
      close: async () => client.close(),
    };
  },
};

function clientOf(config: IncidentsConfig, { clock }: AdapterDeps): IncidentsClient {
  const { name: source, url, timeout: timeoutMs } = config;
  const credentials = credentialsOf(config);
  return new IncidentsClient({ source, url, credentials, timeoutMs, maxResponseBytes: MOST_BYTES, clock });
}
