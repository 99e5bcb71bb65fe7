import type { Clock } from '../core/clock.ts';
import type { Destination } from '../core/delivery.ts';
import type { Random } from '../core/random.ts';
import type { Source } from '../core/source.ts';
import type { Store } from '../core/store.ts';
import { createDeliverer } from '../pipeline/deliver.ts';
import { createIngest } from '../pipeline/ingest.ts';
import { createLoop, type Loop } from '../pipeline/loop.ts';
import { createMaintenance } from '../pipeline/maintain.ts';
import { createNotifier } from '../pipeline/notify.ts';
import { createPoller } from '../pipeline/poll.ts';
import { createSchedule, type Schedule } from '../pipeline/schedule.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Setup } from './load.ts';

export interface PipelineDeps {
  readonly setup: Setup;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

/** How long a delivery under way may go on once we are asked to stop; what is cut off repeats under its id. */
const DELIVERY_GRACE_MS = 5_000;

export interface Pipeline {
  start(): Promise<void>;
  /** Ends polls at their page, lets deliveries under way finish, and closes every adapter. */
  stop(): Promise<void>;
}

/** Everything that one configuration runs: a schedule a source, a loop a destination, one for notifications, one for pruning. */
export function buildPipeline({ setup, store, clock, random, telemetry }: PipelineDeps): Pipeline {
  const { config, ruleSet } = setup;
  const sources = config.sources.map((source) => source.create({ clock, random }));
  const destinations = config.destinations.map((destination) => destination.create({ clock, random }));
  const cutOff = new AbortController();

  const deliveries = destinations.map((destination): Loop => {
    const deliverer = createDeliverer({ store, destination, clock, random, telemetry });
    return createLoop(clock, () => deliverer.pass(cutOff.signal));
  });
  const wakeDeliveries = (): void => {
    for (const loop of deliveries) loop.wake();
  };
  const alertDestinations = destinations.filter(({ send }) => send.has('alerts')).map(({ name }) => name);
  const notifier = createNotifier({ store, clock, telemetry, alertDestinations, onEnqueued: wakeDeliveries });
  const notifications = createLoop(clock, () => notifier.pass());
  const maintenance = createMaintenance({ store, clock, telemetry, retention: retentionOf(setup, sources) });
  const upkeep = createLoop(clock, () => maintenance.pass());

  const ingest = createIngest({
    ...{ store, clock, telemetry, ruleSet, destinations, routes: config.routes },
    storeFull: maintenance.storeFull,
    onCommitted: () => {
      wakeDeliveries();
      notifications.wake();
    },
  });
  const schedules = sources.map((source): Schedule => {
    const poller = createPoller({ source, store, clock, random, telemetry, ingest });
    return createSchedule(source.name, source.schedule, poller);
  });
  const loops = [...deliveries, notifications, upkeep];

  return {
    async start() {
      telemetry.watching(
        sources.flatMap(({ readers }) => readers.map(({ source, feed }) => ({ source, feed }))),
        destinations.map(({ name }) => name),
      );
      await maintenance.pass();
      for (const loop of loops) loop.start();
      for (const schedule of schedules) await schedule.start();
    },
    async stop() {
      const grace = new AbortController();
      void clock.sleep(DELIVERY_GRACE_MS, grace.signal).then(() => cutOff.abort());
      await Promise.all([
        ...schedules.map((schedule) => schedule.stop()),
        ...loops.map((loop) => loop.stop()),
      ]);
      grace.abort();
      await Promise.all(
        [...sources, ...destinations].map((adapter: Source | Destination) => adapter.close()),
      );
    },
  };
}

function retentionOf({ config }: Setup, sources: readonly Source[]) {
  return { ...config.retention, lookbackMs: Math.max(0, ...sources.map(({ lookbackMs }) => lookbackMs)) };
}
