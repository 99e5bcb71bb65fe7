import type { Clock } from '../core/clock.ts';
import { counted } from '../core/counted.ts';
import { framesOf } from '../core/frames.ts';
import type { Problem } from '../core/problem.ts';
import type { Random } from '../core/random.ts';
import { type Store, StoreError, type ToldCount } from '../core/store.ts';
import { startServer } from '../http/server.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { VERSION } from '../telemetry/version.ts';
import { type LoadPlace, loadSetup, type Setup } from './load.ts';
import { buildPipeline, type Pipeline } from './pipeline.ts';
import { openDaemonStore } from './store.ts';
import { createWatcher } from './watch.ts';

export interface DaemonDeps {
  readonly place: LoadPlace;
  /** What {@link loadSetup} gave for `place`. */
  readonly setup: Setup;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

export interface Daemon {
  readonly port: number;
  readonly store: Store;
  /** Errors where the new configuration is refused; where it is in force none, but there may be warnings. */
  reload(): Promise<readonly Problem[]>;
  /** Ends everything in order: no more polls, deliveries under way finish, then the store closes. */
  stop(): Promise<void>;
}

/** Starts the whole daemon. Throws {@link StoreError}, or the server's error where it cannot listen. */
export async function startDaemon(deps: DaemonDeps): Promise<Daemon> {
  const { place, clock, random, telemetry } = deps;
  let { setup } = deps;
  const store = await openDaemonStore(setup);
  /** Of the newest reload: what runs is not what the files say. */
  let refused: readonly Problem[] = [];
  const ownInstance = await store.readInstance();
  const build = (before?: Pipeline): Pipeline =>
    buildPipeline({
      ...{ setup, store, clock, random, telemetry, refused: () => refused },
      instance: setup.config.instance ?? ownInstance,
      ...(before === undefined ? {} : { before }),
    });
  let pipeline = build();
  let turn: Promise<unknown> = Promise.resolve();
  let stopping = false;

  /** One reload at a time, in the order asked for. */
  function reload(): Promise<readonly Problem[]> {
    const applied = turn.then(applyReload).catch((error: unknown) => {
      // Signals and the file watch have nobody to catch it, and it must not end the daemon.
      telemetry.unexpected('reload', framesOf(error));
      return [FAILED];
    });
    const mine = applied.then((problems) => {
      if (!stopping) refused = problems.filter(({ severity }) => severity === 'error');
      return problems;
    });
    turn = mine;
    return mine;
  }

  async function applyReload(): Promise<readonly Problem[]> {
    if (stopping) return [STOPPING];
    const loaded = loadSetup(place);
    const refused = refusals(loaded.problems, loaded.setup, setup);
    if (loaded.setup === undefined || refused.length > 0) {
      telemetry.reloadRefused(refused);
      return refused;
    }
    const before = setup;
    try {
      await pipeline.stop();
      await use(loaded.setup);
    } catch (error) {
      telemetry.unexpected('reload', framesOf(error));
      await use(before);
      return [NOT_STARTED];
    }
    telemetry.logger.level = setup.config.log.level;
    telemetry.reloaded();
    return (await openElsewhere()).map(({ destination, count }) => leftOpen(destination, count));
  }

  /** Groups that are open at destinations which are no longer in the configuration. */
  async function openElsewhere(): Promise<readonly ToldCount[]> {
    const known = new Set(setup.config.destinations.map(({ name }) => name));
    try {
      return (await store.countTold()).filter(({ destination }) => !known.has(destination));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return [];
    }
  }

  async function use(next: Setup): Promise<void> {
    setup = next;
    pipeline = build(pipeline);
    await pipeline.start().catch(async (error: unknown) => {
      // Half of it may run, and must not deliver beside the next one.
      await pipeline.stop();
      throw error;
    });
  }

  const watched = (): readonly string[] => [place.file, ...setup.config.rules.paths];
  const watcher = createWatcher(clock, watched, async () => void (await reload()));
  const server = await listen(deps, reload).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  // A reload that comes this early waits for its turn.
  turn = pipeline.start();
  await turn;
  watcher.start();

  return {
    port: server.port,
    store,
    reload,
    async stop() {
      stopping = true;
      await watcher.stop();
      await turn;
      await pipeline.stop();
      await server.close();
      await store.close();
    },
  };
}

function leftOpen(destination: string, count: number): Problem {
  const incidents = counted(count, 'incident stays', 'incidents stay');
  const message = `${incidents} open at destination "${destination}", which is no longer in the configuration: close them there, or bring it back under its name`;
  return { code: 'left-open', severity: 'warning', message };
}

const NOT_STARTED: Problem = {
  code: 'not-started',
  severity: 'error',
  message: 'the new configuration could not be started, so the old one runs again; see the log',
};

const FAILED: Problem = {
  code: 'not-started',
  severity: 'error',
  message: 'the reload failed in an unexpected way and nothing may run now; see the log, and restart Tocsin',
};

const STOPPING: Problem = {
  code: 'stopping',
  severity: 'error',
  message: 'Tocsin is stopping, so nothing is reloaded; the next start reads the files',
};

function listen({ setup, telemetry }: DaemonDeps, reload: Daemon['reload']) {
  const { host, port, token } = setup.config.server;
  const guard = token === undefined ? {} : { token };
  return startServer({ host, port, ...guard, version: VERSION, telemetry, reload });
}

/** What a running process cannot change is refused by name, rather than applied in half. */
function refusals(problems: readonly Problem[], next: Setup | undefined, now: Setup): readonly Problem[] {
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (next === undefined) return errors;
  const fixed = [
    ['store', next.config.store.path === now.config.store.path],
    ['retention.max_size', next.config.retention.maxBytes === now.config.retention.maxBytes],
    ['server', sameServer(next.config.server, now.config.server)],
  ] as const;
  return fixed
    .filter(([, same]) => !same)
    .map(([key]): Problem => {
      const message = `"${key}" cannot change while Tocsin runs; restart it`;
      return { code: 'needs-restart', severity: 'error', message, file: next.config.file };
    });
}

type Server = Setup['config']['server'];

function sameServer(a: Server, b: Server): boolean {
  return a.host === b.host && a.port === b.port && a.token?.reveal() === b.token?.reveal();
}
