import type { Store } from '../core/store.ts';
import { openSqliteStore } from '../store/sqlite/index.ts';
import type { Setup } from './load.ts';

/** The store of the daemon itself: nobody else may run on it. Throws {@link StoreError}. */
export function openDaemonStore({ config }: Setup): Store {
  return openSqliteStore({ file: config.store.path, exclusive: true, maxBytes: config.retention.maxBytes });
}

/** The store of a command that looks at it, beside a daemon that may be running. Throws {@link StoreError}. */
export function openStoreBeside({ config }: Setup): Store {
  return openSqliteStore({ file: config.store.path, exclusive: false });
}
