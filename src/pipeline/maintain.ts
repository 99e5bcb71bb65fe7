import type { Clock } from '../core/clock.ts';
import { type PruneReport, type Retention, type Store, StoreError } from '../core/store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

export interface MaintainDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly retention: Retention;
  /** The store has grown much: a pass is due now. Absent where nothing is committed. */
  readonly onGrown?: () => void;
}

/** What the store holds after pruning, in bytes. */
export interface StoreUsage extends Pick<PruneReport, 'bytes' | 'overBound'> {
  readonly maxBytes: number;
}

const INTERVAL_MS = 15_000;
/** Share of the bound by which the store may grow before it is looked at again: a flood fills it within the interval. */
const GROWTH = 0.04;

/** Keeps the store within its bounds and measures what waits in it. */
export function createMaintenance({ store, clock, telemetry, retention, onGrown }: MaintainDeps) {
  let full: string | undefined;
  let usage: StoreUsage | undefined;

  async function pass(): Promise<number> {
    try {
      const report = await store.prune(retention, clock.now());
      usage = { bytes: report.bytes, overBound: report.overBound, maxBytes: retention.maxBytes };
      full = report.overBound ? overBound(report.bytes, retention.maxBytes) : undefined;
      if (full === undefined) telemetry.storeWorked('changed');
      telemetry.pruned(report);
      telemetry.queued(await store.countDeliveries());
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      telemetry.storeFailed(error.kind, error.message);
    }
    return clock.now() + INTERVAL_MS;
  }

  /** Something was committed. Never throws. */
  async function committed(): Promise<void> {
    try {
      const bytes = await store.usedBytes();
      if (usage !== undefined && bytes - usage.bytes > retention.maxBytes * GROWTH) onGrown?.();
    } catch (error) {
      // Whoever writes next is told.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  return { pass, committed, storeFull: () => full, usage: () => usage };
}

/** Polling stops rather than anything undelivered is dropped: the feeds keep their history. */
function overBound(bytes: number, maxBytes: number): string {
  const megabytes = (value: number): string => `${Math.ceil(value / 1e6)} MB`;
  return (
    `${megabytes(bytes)} of undelivered events exceed retention.max_size (${megabytes(maxBytes)}), so nothing more is read; ` +
    'mend the destinations that do not take them, redrive or discard dead letters, or raise the bound'
  );
}
