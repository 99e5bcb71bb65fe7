import type { FeedReader, Page } from '../../src/core/source.ts';
import { createIngest, type IngestDeps } from '../../src/pipeline/ingest.ts';

export type WholeIngest = (reader: FeedReader, page: Page, polledMs?: number) => Promise<void>;

/** Takes in a page at a time, each as a poll of its own. */
export function wholeIngest(deps: IngestDeps): WholeIngest {
  const open = createIngest(deps);
  return async (reader, page, polledMs) => {
    const intake = open(reader, polledMs);
    await intake.commit(await intake.judge(page));
  };
}
