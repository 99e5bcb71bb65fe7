import { statSync } from 'node:fs';
import { translated } from './database.ts';

/** Tells which file stands at a path, undefined where none does. No other file gets the identity of one that is open. Throws {@link StoreError}. */
export function identityOf(path: string): string | undefined {
  const found = translated(path, () => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}
