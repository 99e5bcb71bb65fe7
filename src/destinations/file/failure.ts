import type { Outcome } from '../../core/delivery.ts';

/** Why lines could not be written. `code` is the system's, or one of {@link HOLD}'s own. */
export class OutputError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.name = 'OutputError';
    this.code = code;
  }
}

/** The code of whatever the file system threw; its text repeats paths. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return 'UNKNOWN';
  return /^[A-Z_]{1,40}$/.test(error.code) ? error.code : 'UNKNOWN';
}

/** What waits for a person. */
const HOLD: Readonly<Record<string, string>> = {
  EACCES: 'permission denied; give Tocsin the right to write the file and its folder',
  EPERM: 'permission denied; give Tocsin the right to write the file and its folder',
  EROFS: 'its file system is read-only',
  ENOENT: 'its folder does not exist; make it, or mount it',
  ENOTDIR: 'part of its path is not a folder',
  EISDIR: 'it is a folder; name a file',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'it is a symbolic link; name the file itself, or "-" for stdout',
  ENXIO: 'it is not a plain file',
  NOT_A_FILE: 'it is not a plain file; name one, or "-" for stdout',
  FOREIGN: 'it ends in half a line that Tocsin did not write; move it away, or end its last line',
  EPIPE: 'nobody reads it any more; restart Tocsin with a reader',
  EBADF: 'it is closed; start Tocsin with it open',
};

const RETRY: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; make room',
  EDQUOT: 'the disk quota is used up; raise it, or make room',
  EFBIG: 'the system allows no larger file; raise the limit (ulimit -f), or lower max_size',
  EIO: 'the disk failed',
  ESTALE: 'the network file system lost it',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  STOPPED: 'the delivery was stopped',
  TIMEOUT: 'it did not take the lines in time',
};

/** What a failure means, in a sentence that names the path. */
export function classifyOutput(shown: string, code: string): Extract<Outcome, { kind: 'retry' | 'hold' }> {
  const held = Object.hasOwn(HOLD, code) ? HOLD[code] : undefined;
  if (held !== undefined) return { kind: 'hold', reason: `cannot write ${shown}: ${held}` };
  const known = Object.hasOwn(RETRY, code) ? RETRY[code] : undefined;
  return { kind: 'retry', reason: `cannot write ${shown}: ${known ?? `it failed (${code})`}` };
}
