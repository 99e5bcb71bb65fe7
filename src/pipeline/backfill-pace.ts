import type { Clock } from '../core/clock.ts';
import { counted } from '../core/counted.ts';
import type { Store } from '../core/store.ts';
import { BackfillError } from './backfill.ts';

export interface PaceDeps {
  readonly clock: Clock;
  /** Pages a second. */
  readonly rate: number;
  /** Absent where nothing is written. */
  readonly room?: RoomDeps;
  /** Told once of each pause, in a sentence. */
  readonly onPause: (reason: string) => void;
}

export interface RoomDeps {
  readonly store: Store;
  /** Clears what may go from the store; afterwards `storeFull` says why nothing may be added, if so. */
  readonly maintenance: { pass(): Promise<unknown>; storeFull(): string | undefined };
  /** Whether somebody delivers what waits. */
  readonly isDaemonRunning: () => boolean;
}

/** Deliveries that may wait before history does: what happens now must not queue behind it for long. */
export const MOST_PENDING = 50_000;
const UPKEEP_EVERY_MS = 15_000;
const LOOK_EVERY_MS = 1_000;
const PAUSE_MS = 5_000;

/**
 * Spares the source, the store and the destinations: resolves when the next page may be asked for, at once when
 * `signal` aborts. Throws {@link BackfillError} where nobody is there to make room.
 */
export function createPace({ clock, rate, room, onPause }: PaceDeps): (signal: AbortSignal) => Promise<void> {
  const obstacle = room === undefined ? undefined : createLookout(clock, room);
  let nextPageMs = clock.now();

  return async (signal) => {
    if (room !== undefined && obstacle !== undefined) await untilRoom(clock, obstacle, room, onPause, signal);
    const nowMs = clock.now();
    const waitMs = nextPageMs - nowMs;
    nextPageMs = Math.max(nowMs, nextPageMs) + 1_000 / rate;
    if (waitMs > 0) await clock.sleep(waitMs, signal);
  };
}

type Obstacle = () => Promise<string | undefined>;

async function untilRoom(
  clock: Clock,
  obstacle: Obstacle,
  { isDaemonRunning }: RoomDeps,
  onPause: PaceDeps['onPause'],
  signal: AbortSignal,
): Promise<void> {
  for (let isTold = false; !signal.aborted; isTold = true) {
    const reason = await obstacle();
    if (reason === undefined) return;
    if (!isDaemonRunning()) {
      throw new BackfillError(
        `${reason}, and no daemon runs on this store; start "tocsin run", then run the same command again to go on`,
      );
    }
    if (!isTold) onPause(`paused: ${reason}; it goes on by itself once there is room`);
    await clock.sleep(PAUSE_MS, signal);
  }
}

/** Says what is in the way of more events. Looking costs, so it is not done for every page. */
function createLookout(clock: Clock, { store, maintenance }: RoomDeps): Obstacle {
  let nextLookMs = 0;
  let nextUpkeepMs = 0;
  return async () => {
    if (clock.now() < nextLookMs) return undefined;
    if (clock.now() >= nextUpkeepMs) {
      await maintenance.pass();
      nextUpkeepMs = clock.now() + UPKEEP_EVERY_MS;
    }
    nextLookMs = clock.now() + LOOK_EVERY_MS;
    return maintenance.storeFull() ?? tooManyPending(store);
  };
}

async function tooManyPending(store: Store): Promise<string | undefined> {
  const waiting = (await store.countDeliveries()).filter(({ state }) => state === 'pending');
  const count = waiting.reduce((sum, each) => sum + each.count, 0);
  if (count <= MOST_PENDING) return undefined;
  const [most] = waiting.toSorted((a, b) => b.count - a.count);
  return `${counted(count, 'delivery waits', 'deliveries wait')}, most of them for ${most?.destination}; more than ${MOST_PENDING} are not put in line behind each other`;
}
