import { existsSync } from 'node:fs';
import type { RecordedStore } from '../core/records.ts';
import { type Store, StoreError } from '../core/store.ts';
import { openSqliteStore } from '../store/sqlite/index.ts';
import { openSqliteThread } from '../store/sqlite/thread/host.ts';
import type { Setup } from './load.ts';

/** The store of the daemon itself: nobody else may run on it. Rejects with {@link StoreError}. */
export function openDaemonStore({ config }: Setup): Promise<Store> {
  return openSqliteThread({ file: config.store.path, exclusive: true, maxBytes: config.retention.maxBytes });
}

/** The store of a command that looks at it, beside a daemon that may be running. Throws {@link StoreError}. */
export function openStoreBeside({ config }: Pick<Setup, 'config'>): RecordedStore {
  return openStoreFile(config.store.path);
}

/** The same, by its file. Throws {@link StoreError}. */
export function openStoreFile(file: string): RecordedStore {
  // Opening would make it, and it would belong to whoever asked.
  if (!existsSync(file))
    throw new StoreError('broken', `${file} does not exist yet; the first "tocsin run" makes it`);
  return openSqliteStore({ file, exclusive: false });
}
