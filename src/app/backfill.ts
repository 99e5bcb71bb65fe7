import { existsSync } from 'node:fs';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { FeedReader, Source } from '../core/source.ts';
import type { Store } from '../core/store.ts';
import {
  type BackfillBook,
  createBackfillBook,
  createTrialBook,
  type SliceReader,
  windowedRules,
} from '../pipeline/backfill.ts';
import { createPace } from '../pipeline/backfill-pace.ts';
import { createMaintenance } from '../pipeline/maintain.ts';
import { isLockHeld, openSqliteStore } from '../store/sqlite/index.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Setup } from './load.ts';
import { retentionOf } from './pipeline.ts';
import { openStoreBeside } from './store.ts';

export interface BackfillOptions {
  readonly setup: Setup;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** Read and judge, write nothing. */
  readonly isTrial: boolean;
  /** Pages a second. */
  readonly rate: number;
  readonly onPause: (reason: string) => void;
}

/** What reading history needs, beside a daemon that may be running or alone. */
export interface Backfilling {
  readonly store: Store;
  readonly sources: readonly Source[];
  readonly book: BackfillBook;
  /** Rules that fire only on several matches, which a backfill does not count together. */
  readonly windowed: ReadonlySet<string>;
  /** Resolves when the next page may be asked for. */
  readonly ready: (signal: AbortSignal) => Promise<void>;
  close(): Promise<void>;
}

/** Throws {@link StoreError}. */
export function openBackfill(options: BackfillOptions): Backfilling {
  const { setup, clock, random, telemetry, isTrial, rate, onPause } = options;
  const store = isTrial ? openForTrial(setup) : openStoreBeside(setup);
  const sources = setup.config.sources.map((source) => source.create({ clock, random }));
  const destinations = setup.config.destinations.map(({ name, send }) => ({ name, send: new Set(send) }));
  const deps = { store, clock, telemetry, ruleSet: setup.ruleSet, destinations };
  const maintenance = createMaintenance({ store, clock, telemetry, retention: retentionOf(setup, sources) });
  const room = { store, maintenance, isDaemonRunning: () => isDaemonRunning(setup) };
  return {
    store,
    sources,
    windowed: windowedRules(setup.ruleSet),
    book: isTrial ? createTrialBook(deps) : createBackfillBook(deps),
    // A trial adds nothing, and must not even prune.
    ready: createPace({ clock, rate, onPause, ...(isTrial ? {} : { room }) }),
    async close() {
      await Promise.all(sources.map((source) => source.close()));
      await store.close();
    },
  };
}

/** Rules can be tried on history before the daemon has ever run: then everything is new. */
function openForTrial(setup: Setup): Store {
  if (existsSync(setup.config.store.path)) return openStoreBeside(setup);
  return openSqliteStore({ file: ':memory:', exclusive: false });
}

export function isDaemonRunning({ config }: Setup): boolean {
  return isLockHeld(config.store.path);
}

export function keepsHistory(reader: FeedReader): reader is SliceReader {
  return reader.readSlice !== undefined;
}
