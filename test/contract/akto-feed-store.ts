import type { Clock } from '../../src/core/clock.ts';
import type { Cursor, FeedReader, Page, Slice } from '../../src/core/source.ts';
import { openInMemory, recordedTelemetry, rules } from '../pipeline/bench.ts';
import { wholeIngest } from '../pipeline/whole-ingest.ts';
import { Consumer } from './akto-feed-model.ts';

const FEED = { source: 'akto', feed: 'malicious_events' } as const;
const EVERYTHING = rules('id: any\nfilter: { actor: { neq: nobody } }\ninfo: { severity: LOW }');
const DAY_MS = 86_400_000;

/**
 * The same consumer with the daemon's own ingest and store: what was evaluated is what stands in the outbox of
 * a destination that takes every event. The store forgets whatever it may after each page.
 */
export class StoredConsumer extends Consumer {
  readonly #store = openInMemory();
  readonly #clock: Pick<Clock, 'now' | 'sleep'>;
  readonly #lookbackMs: number;
  readonly #ingest: (reader: FeedReader, page: Page) => Promise<void>;

  constructor(clock: Pick<Clock, 'now' | 'sleep'>, keepMs: number) {
    super(keepMs);
    this.#clock = clock;
    this.#lookbackMs = keepMs;
    this.#ingest = wholeIngest({
      ...{ store: this.#store, clock, telemetry: recordedTelemetry().telemetry, ruleSet: EVERYTHING },
      ...{ routes: [], destinations: [{ name: 'siem', send: new Set(['events'] as const) }] },
      ...{ resolveAfterMs: DAY_MS, storeFull: () => undefined, onCommitted: () => undefined },
    });
  }

  override count(slice: Slice): Promise<number> {
    return this.#store.countEvents(FEED, slice);
  }

  override async take(page: Page, reader: FeedReader): Promise<void> {
    await this.#ingest(reader, page);
    super.note(page);
    const fresh = await this.#store.claim('siem', Number.MAX_SAFE_INTEGER, 0, 100_000);
    for (const { delivery } of fresh)
      if (delivery.kind === 'event') this.evaluated.push(delivery.event.feedId);
    const nowMs = this.#clock.now();
    await this.#store.settle(
      fresh.map(({ seq }) => ({ seq, state: 'done' as const })),
      nowMs - 2 * DAY_MS,
    );
    const retention = {
      eventsMs: -DAY_MS,
      deadLettersMs: DAY_MS,
      maxBytes: 1e9,
      lookbackMs: this.#lookbackMs,
    };
    await this.#store.prune(retention, nowMs);
    const stored: Cursor | undefined = await this.#store.readCursor(FEED.source, FEED.feed);
    this.cursor = stored;
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}
