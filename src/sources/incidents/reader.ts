import type { FeedReader } from '../../core/source.ts';
import { type ChangingListOptions, createChangingListReader } from '../changing-list.ts';
import type { IncidentsClient } from './client.ts';
import { readIncident } from './parse.ts';

export interface IncidentReaderOptions
  extends Pick<ChangingListOptions, 'source' | 'pageSize' | 'deadlineMs' | 'lookback' | 'clock' | 'random'> {
  readonly client: Pick<IncidentsClient, 'fetchIncidents'>;
}

/** Reads `incidents`: an event for each revision that a poll sees. */
export function createIncidentReader({ client, ...options }: IncidentReaderOptions): FeedReader {
  return createChangingListReader({
    ...options,
    feed: 'incidents',
    isFixedSize: false,
    fetchPage: async ({ limit, offset }, signal) => ({
      rows: await client.fetchIncidents(limit, offset, signal),
    }),
    parse: (row, nowMs) => readIncident(row, options.source, nowMs),
  });
}
