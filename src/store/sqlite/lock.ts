import { existsSync } from 'node:fs';
import { StoreError } from '../../core/store.ts';
import { Database } from './database.ts';
import { identityOf } from './identity.ts';

/**
 * Held for as long as the daemon lives and let go by the operating system however it dies: two
 * daemons on one file would deliver everything twice.
 */
export interface FileLock {
  /** Takes it anew where its file was deleted: the next daemon would lock another one. Throws {@link StoreError} `locked` where one has. */
  keep(): void;
  release(): void;
}

/** Throws {@link StoreError}, `locked` where another daemon has it. */
export function lockFile(file: string): FileLock {
  const path = `${file}.lock`;
  let lock = take(file);
  let identity = identityOf(path);
  return {
    keep() {
      if (identityOf(path) === identity) return;
      const before = lock;
      lock = take(file);
      identity = identityOf(path);
      before.close();
    },
    release: () => lock.close(),
  };
}

function take(file: string): Database {
  const lock = new Database(`${file}.lock`);
  try {
    lock.exec('PRAGMA busy_timeout = 0');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (error instanceof StoreError && error.kind === 'locked') {
      throw new StoreError(
        'locked',
        `${file} is in use by another Tocsin; stop that one first, or give this one a file of its own`,
      );
    }
    throw error;
  }
}

/** Whether a daemon lives on the file, asked without getting in the way of one that starts. */
export function isLockHeld(file: string): boolean {
  if (!existsSync(`${file}.lock`)) return false;
  const lock = new Database(`${file}.lock`);
  try {
    lock.get('SELECT 1 FROM sqlite_schema');
    return false;
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'locked') return true;
    throw error;
  } finally {
    lock.close();
  }
}
