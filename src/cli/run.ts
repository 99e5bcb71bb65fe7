import { type Daemon, startDaemon } from '../app/daemon.ts';
import { loadSetup } from '../app/load.ts';
import { systemClock } from '../core/clock.ts';
import { systemRandom } from '../core/random.ts';
import { StoreError } from '../core/store.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';
import { CliError, type ExitCode, type Io } from './io.ts';
import { printProblems } from './problems.ts';

/** `tocsin run`: the daemon, until it is told to stop. */
export async function run(io: Io, options: { readonly config: string }): Promise<ExitCode> {
  const place = { file: options.config, cwd: io.cwd, env: io.env };
  const loaded = loadSetup(place);
  printProblems(io, place.file, loaded);
  if (loaded.setup === undefined) return 2;
  const { setup } = loaded;
  const logger = createLogger(setup.config.log.level);
  const telemetry = createTelemetry(logger);
  const starting = startDaemon({ place, setup, telemetry, clock: systemClock, random: systemRandom });
  // From now on, for a hangup that nobody listens for ends the process, and to start may take a while.
  io.onHangup(() => void starting.then((started) => started.reload()).catch(() => undefined));
  const daemon = await starting.catch(explain);
  logger.info(
    {
      port: daemon.port,
      sources: setup.config.sources.length,
      rules: setup.ruleSet.rules.length,
      destinations: setup.config.destinations.length,
    },
    'started',
  );
  await stopAsked(io.stop);
  await stop(daemon, () => logger.info('stopping'));
  logger.info('stopped');
  return 0;
}

async function stop(daemon: Daemon, tell: () => void): Promise<void> {
  tell();
  await daemon.stop();
}

function stopAsked(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** What an operator can do something about is one sentence; the rest is a bug and keeps its trace. */
function explain(error: unknown): never {
  if (error instanceof StoreError) throw new CliError(error.message);
  if (error instanceof Error && 'syscall' in error && error.syscall === 'listen') {
    throw new CliError(`server.listen: ${error.message}; stop what listens there, or choose another address`);
  }
  throw error;
}
