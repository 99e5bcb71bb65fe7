import type { Clock } from '../core/clock.ts';
import {
  type DeliveryCount,
  type PruneReport,
  type Retention,
  type Store,
  StoreError,
} from '../core/store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { explainFilling } from './store-filling.ts';

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
  /** What fills it and what to do; absent where there is room. */
  readonly filledBy?: string;
}

const INTERVAL_MS = 15_000;
/** Where more can be cleared than one pass does: others have their turn in between. */
const SOON_MS = 500;
/** While it is over its bound: whoever tells and settles lives on what is cleared. */
const FULL_MS = 3_000;
/** Share of the bound by which the store may grow before it is looked at again: a flood fills it within the interval. */
const GROWTH = 0.04;
/** Share of the bound from which on it is worth knowing what fills it. */
const WORTH_EXPLAINING = 0.75;

/** Keeps the store within its bounds and measures what waits in it. */
export function createMaintenance({ store, clock, telemetry, retention, onGrown }: MaintainDeps) {
  const { maxBytes } = retention;
  let usage: StoreUsage | undefined;
  let running: Promise<number> | undefined;

  /** Whoever comes while one is under way waits for that. */
  function pass(): Promise<number> {
    running ??= clear().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function clear(): Promise<number> {
    try {
      const report = await store.prune(retention, clock.now());
      const counts = await store.countDeliveries();
      const { bytes, overBound } = report;
      const isWorthIt = bytes >= maxBytes * WORTH_EXPLAINING;
      usage = { bytes, overBound, maxBytes, ...(isWorthIt ? { filledBy: await filledBy(counts) } : {}) };
      if (!overBound) telemetry.storeWorked('changed');
      telemetry.pruned(report);
      telemetry.queued(counts);
      if (report.isUnfinished) return clock.now() + SOON_MS;
      if (overBound) return clock.now() + FULL_MS;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      telemetry.storeFailed(error.kind, error.message);
    }
    return clock.now() + INTERVAL_MS;
  }

  function filledBy(deliveries: readonly DeliveryCount[]): Promise<string> {
    const nowMs = clock.now();
    return store.transaction(async (tx) => {
      const open = { openAlerts: await tx.countOpenAlerts(), windows: await tx.countWindows(nowMs) };
      return explainFilling({ deliveries, ...open }, nowMs);
    });
  }

  /** Something was committed. Never throws. */
  async function committed(): Promise<void> {
    try {
      const bytes = await store.usedBytes();
      if (usage !== undefined && bytes - usage.bytes > maxBytes * GROWTH) onGrown?.();
    } catch (error) {
      // Whoever writes next is told.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /**
   * Why nothing may be added; undefined while something may.
   * @param bytes what the store would hold with it; what it held after the last pass, where absent
   */
  function storeFull(bytes?: number): string | undefined {
    if (bytes === undefined) return usage?.overBound === true ? overBound(usage.bytes) : undefined;
    return bytes > maxBytes ? overBound(bytes) : undefined;
  }

  /** Reading stops rather than anything undelivered is dropped: the feeds keep their history. */
  function overBound(bytes: number): string {
    const why = usage?.filledBy ?? 'it is being cleared';
    return `the store's ${megabytes(bytes)} exceed retention.max_size (${megabytes(maxBytes)}), so nothing more is read: ${why}`;
  }

  return { pass, committed, storeFull, usage: () => usage };
}

function megabytes(value: number): string {
  return `${Math.ceil(value / 1e6)} MB`;
}
