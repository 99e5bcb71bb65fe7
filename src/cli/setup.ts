import { loadSetup, type Setup } from '../app/load.ts';
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
