import type { Readable } from 'node:stream';

/** What a command may touch of the process it runs in. Tests hand in their own. */
export interface Io {
  readonly stdin: Readable;
  /** Results: what a program may read. */
  out(text: string): void;
  /** Everything else. */
  err(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Whether stdout, stderr take ANSI colours: a terminal, and no NO_COLOR. */
  readonly colour: { readonly out: boolean; readonly err: boolean };
  /** Whether stderr is a terminal, on which a line may be drawn over. */
  readonly terminal: boolean;
  readonly columns: number;
  /** Aborted by SIGTERM or SIGINT. */
  readonly stop: AbortSignal;
  /** Calls back on SIGHUP. */
  onHangup(callback: () => void): void;
}

/**
 * - 0: done
 * - 1: what was looked at is wrong, or something of it
 * - 2: could not run
 */
export type ExitCode = 0 | 1 | 2;

/** Ends a command with one sentence on stderr. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode = 2) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}
