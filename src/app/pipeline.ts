import { boundsFor } from '../alerts/fold.ts';
import type { Clock } from '../core/clock.ts';
import type { Destination, DestinationMemory } from '../core/delivery.ts';
import { framesOf } from '../core/frames.ts';
import type { Problem } from '../core/problem.ts';
import type { Random } from '../core/random.ts';
import type { Source } from '../core/source.ts';
import { type Store, StoreError } from '../core/store.ts';
import { createBudgets } from '../pipeline/budgets.ts';
import { createDeliverer } from '../pipeline/deliver.ts';
import { createDigester } from '../pipeline/digest/digester.ts';
import { createEnricher } from '../pipeline/enrich.ts';
import { createFeedWatch } from '../pipeline/feed-watch.ts';
import { createHealthWatch } from '../pipeline/health-watch.ts';
import { createIngest } from '../pipeline/ingest.ts';
import { keepLasting } from '../pipeline/lasting.ts';
import { createLoop, type Loop } from '../pipeline/loop.ts';
import { createMaintenance } from '../pipeline/maintain.ts';
import { createNotifier } from '../pipeline/notify.ts';
import { createPoller } from '../pipeline/poll.ts';
import type { Overruns } from '../pipeline/quarantine.ts';
import { createSchedule, type Schedule } from '../pipeline/schedule.ts';
import { HEALTHY, type Health } from '../pipeline/settle.ts';
import type { Watch } from '../pipeline/sight.ts';
import type { Listener } from '../pipeline/spread.ts';
import { createRedactor } from '../redaction/index.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Setup } from './load.ts';
import { compileSilence } from './silence.ts';

export interface PipelineDeps {
  readonly setup: Setup;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** What tells this installation from others. */
  readonly instance: string;
  /** Why the configuration on disk is not this one; empty where it is. */
  readonly refused: () => readonly Problem[];
  /** What ran until now, where this is a reload. */
  readonly before?: Pick<Pipeline, 'health'>;
}

/** How long a delivery under way may go on once we are asked to stop; what is cut off repeats under its id. */
const DELIVERY_GRACE_MS = 5_000;

/** How soon is noticed what a command writes beside the daemon: an acknowledgement, a silence that ends. */
const COMMANDS_MS = 5_000;

export interface Pipeline {
  /** How a destination does; undefined where nothing was sent to it yet. */
  health(destination: string): Health | undefined;
  start(): Promise<void>;
  /** Ends polls at their page, lets deliveries under way finish, and closes every adapter. */
  stop(): Promise<void>;
}

/** Everything that one configuration runs: a schedule a feed, a loop a destination, one for notifications, one for pruning. */
export function buildPipeline({ before, ...deps }: PipelineDeps): Pipeline {
  const names = deps.setup.config.destinations.map(({ name }) => name);
  // Read now: a pipeline that kept the one before it would keep all that ever ran.
  const healthBefore = new Map(names.map((name) => [name, before?.health(name)]));
  return build(deps, before !== undefined, healthBefore);
}

function build(
  { setup, store, clock, random, telemetry, instance, refused }: Omit<PipelineDeps, 'before'>,
  isReload: boolean,
  healthBefore: ReadonlyMap<string, Health | undefined>,
): Pipeline {
  const { config, ruleSet } = setup;
  const sources = config.sources.map((source) => source.create({ clock, random }));
  const destinations = config.destinations.map((destination) =>
    destination.create({
      ...{ clock, random, instance, memory: memoryOf(destination.name, store, clock) },
      onTemplateFailed: (reason) => telemetry.templateFailed(destination.name, reason),
    }),
  );
  const feeds = sources.flatMap(({ readers }) => readers.map(({ source, feed }) => ({ source, feed })));
  // Before anything answers for it: what is not read yet is not ready.
  telemetry.watching(
    feeds,
    destinations.map(({ name }) => name),
  );
  const redactor = createRedactor(config.redaction);
  const cutOff = new AbortController();

  const loop = (name: string, pass: () => Promise<number | undefined>, maxIdleMs?: number): Loop =>
    createLoop(clock, pass, {
      ...(maxIdleMs === undefined ? {} : { maxIdleMs }),
      onUnexpected: (error) => telemetry.unexpected(name, framesOf(error)),
    });

  const healths = new Map<string, () => Health | undefined>();
  /** Until a destination was tried by this configuration, it does as it did under the one before. */
  const healthOf = (name: string): Health | undefined => healths.get(name)?.() ?? healthBefore.get(name);
  const deliveries = destinations.map((destination): Loop => {
    const deliverer = createDeliverer({
      ...{ store, destination, clock, random, telemetry, redactor },
      onEnded: () => own.wake(),
    });
    const own = loop(`deliveries to ${destination.name}`, () => deliverer.pass(cutOff.signal));
    healths.set(destination.name, deliverer.health);
    return { ...own, stop: () => own.stop().then(deliverer.ended) };
  });
  const wakeDeliveries = (): void => {
    for (const each of deliveries) each.wake();
  };
  const overruns = new Map<string, Overruns>();
  const enricher = createEnricher({ sources, clock, telemetry });
  const notifier = createNotifier({
    ...{ store, clock, telemetry, enricher, compileSilence, listeners: listenersOf(destinations) },
    ...{ routes: config.routes, silences: config.silences, inhibitions: config.inhibitions },
    watch: {
      ...{ feeds: watchedFeeds(sources), rules: ruleSet.rules, destinations, overruns },
      ownLookMs: () => earlier(feedWatch.lookedMs(), healthWatch.lookedMs()),
    },
    onEnqueued: wakeDeliveries,
  });
  const stopping = new AbortController();
  const notifications = loop('notifications', () => notifier.pass(stopping.signal), COMMANDS_MS);
  const maintenance = createMaintenance({
    ...{ store, clock, telemetry, retention: retentionOf(setup, sources) },
    onGrown: () => upkeep.wake(),
  });
  const budgets = createBudgets({
    ...{ store, clock, telemetry },
    destinations: config.destinations.flatMap(({ name, budget }) =>
      budget === undefined ? [] : [{ name, budget }],
    ),
  });
  const budgeting = loop('budgets', () => budgets.pass());
  const upkeep = loop('upkeep', () => maintenance.pass());

  const ingest = createIngest({
    ...{ store, clock, telemetry, ruleSet, destinations, instance, routes: config.routes },
    resolveAfterMs: config.alerts.resolveAfterMs,
    ...{ bounds: boundsFor(config.retention.maxBytes), makeRoom: maintenance.pass },
    storeFull: maintenance.storeFull,
    blocked: budgets.blocked,
    overruns,
    onCommitted: () => {
      void maintenance.committed();
      wakeDeliveries();
      notifications.wake();
    },
  });
  const feedWatch = createFeedWatch({
    ...{ store, clock, telemetry, sources, destinations, instance, routes: config.routes },
    onRaised: () => notifications.wake(),
  });
  const watch = loop('the watch over feeds', () => feedWatch.pass());
  const healthWatch = createHealthWatch({
    ...{ store, clock, telemetry, destinations, instance, routes: config.routes, refused },
    health: (name) => healthOf(name) ?? HEALTHY,
    overBudget: budgets.overBudget,
    storeUsage: maintenance.usage,
    onRaised: () => notifications.wake(),
  });
  const health = loop('the watch over Tocsin itself', () => healthWatch.pass());
  const digester = createDigester({
    ...{ store, clock, telemetry, sources, plans: config.digests, onEnqueued: wakeDeliveries },
    eventsMs: config.retention.eventsMs,
  });
  const digests = loop('digests', () => digester.pass());
  // One a feed: a feed that hangs until its deadline must not keep the others of its source waiting.
  const schedules = sources.flatMap(({ name, deadlineMs, schedule, readers }) =>
    readers.map((reader): Schedule => {
      const source = { name, deadlineMs, readers: [reader] };
      const onRead = (): void => notifications.wake();
      const poller = createPoller({ source, store, clock, random, telemetry, ingest, onRead });
      return createSchedule(`${name} ${reader.feed}`, schedule, poller);
    }),
  );
  /** A destination that a reload took away will never ask for its deliveries. */
  async function abandonRemoved(): Promise<void> {
    const names = destinations.map(({ name }) => name);
    try {
      telemetry.abandoned(await store.abandonOthers(names, clock.now()));
      for (const { destination, count } of await store.countTold())
        if (!names.includes(destination)) telemetry.leftOpen(destination, count);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      telemetry.storeFailed(error.kind, error.message);
    }
  }

  /**
   * Before anything is found to be over: while no daemon ran, nobody has looked whether it is, which a reload does not
   * mean. And what was muted, silent or inhibited until now need not be so by this configuration.
   */
  async function resume(): Promise<void> {
    try {
      if (!isReload) await keepLasting(store, { destinations, feeds }, clock.now());
      await store.lookAtHeld(clock.now());
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      telemetry.storeFailed(error.kind, error.message);
    }
  }

  async function remember(): Promise<void> {
    try {
      telemetry.feedsRemembered(await store.readFeedStates());
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      telemetry.storeFailed(error.kind, error.message);
    }
  }

  const loops = [...deliveries, notifications, upkeep, budgeting, watch, health, digests];

  return {
    health: healthOf,
    async start() {
      await abandonRemoved();
      await remember();
      await maintenance.pass();
      await budgets.pass();
      await resume();
      for (const each of loops) each.start();
      for (const schedule of schedules) await schedule.start();
    },
    async stop() {
      stopping.abort();
      digester.abandon();
      const grace = new AbortController();
      void clock.sleep(DELIVERY_GRACE_MS, grace.signal).then(() => cutOff.abort());
      await Promise.all([
        ...schedules.map((schedule) => schedule.stop()),
        ...loops.map((each) => each.stop()),
      ]);
      grace.abort();
      await Promise.all(
        [...sources, ...destinations].map((adapter: Source | Destination) => adapter.close()),
      );
    },
  };
}

export function watchedFeeds(sources: readonly Source[]): Watch['feeds'] {
  return sources.flatMap(({ readers, staleAfterMs, deadlineMs, schedule }) => {
    const patience = { staleAfterMs, deadlineMs, schedule };
    return readers.map(({ source, feed }) => ({ source, feed, patience }));
  });
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.min(a, b);
}

function listenersOf(destinations: readonly Destination[]): readonly Listener[] {
  return destinations
    .filter(({ send }) => send.has('alerts'))
    .map(({ name, rate, hearing }) => ({
      name,
      ...(rate === undefined ? {} : { rate }),
      ...(hearing === undefined ? {} : { hearing }),
    }));
}

function memoryOf(destination: string, store: Store, clock: Clock): DestinationMemory {
  return {
    get: (key) => store.readMemory(destination, key),
    set: (key, value) => store.writeMemory(destination, key, value, clock.now()),
  };
}

export function retentionOf({ config }: Setup, sources: readonly Source[]) {
  return { ...config.retention, lookbackMs: Math.max(0, ...sources.map(({ lookbackMs }) => lookbackMs)) };
}
