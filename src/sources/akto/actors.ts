import type { FeedReader } from '../../core/source.ts';
import { type ChangingListOptions, createChangingListReader, type ListAnswer } from '../changing-list.ts';
import { readActor } from './actors-parse.ts';
import type { AktoClient } from './client.ts';
import { readList } from './list-answer.ts';

export interface ListFeedOptions
  extends Pick<ChangingListOptions, 'source' | 'deadlineMs' | 'lookback' | 'clock' | 'random'> {
  readonly client: Pick<AktoClient, 'ask'>;
}

/** As the server has it; it takes no limit. */
export const PAGE_ROWS = 50;
/** The API's times are 32-bit. */
const LAST_SECOND = 2_147_483_647;

/** Reads `threat_actors`: an event for each state of an actor that a poll sees. */
export function createActorReader({ client, ...options }: ListFeedOptions): FeedReader {
  const { source } = options;
  return createChangingListReader({
    ...options,
    feed: 'threat_actors',
    pageSize: PAGE_ROWS,
    isFixedSize: true,
    async fetchPage({ offset, fromMs }, signal): Promise<ListAnswer> {
      // The server counts an actor by its attacks in the range: whoever did nothing since is left out. It reads 0 as no range.
      const startTs = Math.max(1, Math.floor(fromMs / 1_000));
      const body = { skip: offset, startTs, endTs: LAST_SECOND, sort: { discoveredAt: -1 } };
      return readList(await client.ask('fetchThreatActors', body, signal), 'actors', source);
    },
    parse: (row, nowMs) => readActor(row, source, nowMs),
  });
}
