import type { SourceType } from '../../schema/adapter.ts';
import { changingListReachMs } from '../changing-list.ts';
import { createActorReader } from './actors.ts';
import { createApiReader } from './apis.ts';
import { AktoClient } from './client.ts';
import { type AktoConfig, aktoConfig } from './config.ts';
import { reachS } from './cursor.ts';
import { createEnrichment } from './enrich.ts';
import { PageRows } from './page-rows.ts';
import { createEventReader } from './reader.ts';
import { fetchStatistics } from './statistics.ts';
import { fetchTemplates } from './templates.ts';
import { fetchVocabulary } from './vocabulary.ts';

/** The server honours more; answers larger than this serve nobody. */
const MOST_ROWS = 5_000;
/** A page of 500 usual events is 2.5 MB. One record is at most 16 MB where the server keeps it. */
const MOST_BYTES = 64 * 1_048_576;
/** Of the feeds that come 50 rows a page. All feeds may be sent too much at once. */
const MOST_LIST_BYTES = 16 * 1_048_576;

/** Akto's threat feed. */
export const aktoSource: SourceType<AktoConfig> = {
  type: 'akto',
  otherNames: { aktoapi: '', threat: '', threats: '', maliciousevents: '', threatactors: '', threatapis: '' },
  config: aktoConfig,
  feeds: ({ feeds }) => feeds,
  create(config, { clock, random }) {
    const { name: source, url, api_key: apiKey, timeout: timeoutMs, deadline: deadlineMs } = config;
    const clients: AktoClient[] = [];
    /** A queue of its own: a feed whose endpoint hangs must not have another feed wait for it. */
    const open = (maxResponseBytes = MOST_BYTES): AktoClient => {
      const client = new AktoClient({ source, url, apiKey, timeoutMs, maxResponseBytes, clock });
      clients.push(client);
      return client;
    };
    const client = open();
    const lookback = {
      initialS: Math.ceil(config.initial_lookback / 1_000),
      lateArrivalS: Math.ceil(config.late_arrival / 1_000),
    };
    const listed = () => ({
      ...{ source, client: open(MOST_LIST_BYTES), deadlineMs, clock, random },
      lookback: { initialMs: config.initial_lookback, lateArrivalMs: config.late_arrival },
    });
    const rows = { pageRows: new PageRows(config.page_size), mostRows: MOST_ROWS };
    const readers = {
      malicious_events: () =>
        createEventReader({ ...{ source, client: open(), deadlineMs, clock, random, lookback }, ...rows }),
      threat_actors: () => createActorReader(listed()),
      threat_apis: () => createApiReader(listed()),
    };
    const enrichment = createEnrichment({ source, url, apiKey, clock });
    return {
      name: source,
      type: config.type,
      schedule: config.schedule,
      deadlineMs,
      lookbackMs: Math.max(
        reachS(lookback, deadlineMs / 1_000) * 1_000,
        changingListReachMs(config.late_arrival, deadlineMs),
      ),
      staleAfterMs: config.stale_after,
      readers: config.feeds.map((feed) => readers[feed]()),
      fetchTemplates: (signal) => fetchTemplates(client, source, signal),
      fetchVocabulary: (signal) => fetchVocabulary(client, source, clock, signal),
      fetchStatistics: (slice, signal) => fetchStatistics(client, source, slice, signal),
      enrich: enrichment.enrich,
      close: async () => {
        for (const each of clients) each.close();
        enrichment.close();
      },
    };
  },
};
