import { loadConfigFile, loadSetup, type Setup, type TocsinConfig } from '../app/load.ts';
import { openStoreBeside } from '../app/store.ts';
import type { RecordedStore } from '../core/records.ts';
import { StoreError } from '../core/store.ts';
import { CliError, type Io } from './io.ts';
import { printProblems } from './problems.ts';

/** The configuration and its rules, or every problem on stderr and a {@link CliError}. */
export function requireSetup(io: Io, config: string, wanted: string): Setup {
  const loaded = loadSetup({ file: config, cwd: io.cwd, env: io.env });
  if (loaded.setup !== undefined) return loaded.setup;
  printProblems(io, config, loaded);
  throw new CliError(`${config} is not valid, so ${wanted}`);
}

/** What a store says of itself is a sentence for the operator; the rest is a bug and keeps its trace. */
export function orCliError(error: unknown): never {
  if (error instanceof StoreError) throw new CliError(error.message);
  throw error;
}

/** The configuration alone. */
export function requireConfig(io: Io, file: string, wanted: string): TocsinConfig {
  const loaded = loadConfigFile({ file, cwd: io.cwd, env: io.env });
  if (loaded.config !== undefined) return loaded.config;
  printProblems(io, file, loaded);
  throw new CliError(`${file} is not valid, so ${wanted}`);
}

/**
 * Opens the store beside a daemon that may be running on it. Rules are not looked at: what a person does about an
 * alert must not wait for somebody else's broken rule.
 */
export async function withStore<T>(
  io: Io,
  file: string,
  work: (store: RecordedStore, config: TocsinConfig) => Promise<T>,
): Promise<T> {
  const config = requireConfig(io, file, 'its store cannot be found');
  try {
    const store = openStoreBeside({ config });
    return await work(store, config).finally(() => store.close());
  } catch (error) {
    return orCliError(error);
  }
}
