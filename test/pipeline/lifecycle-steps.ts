import type { Severity } from '../../src/core/severity.ts';
import type { Store } from '../../src/core/store.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { openInMemory, temporaryFile } from './bench.ts';

export type Step =
  | {
      readonly kind: 'matches';
      readonly alerts: readonly string[];
      readonly severity: Severity;
      readonly isExploit: boolean;
      readonly breaks: boolean;
    }
  | {
      readonly kind: 'update';
      readonly alert: string;
      readonly severity: Severity;
      readonly isExploit: boolean;
    }
  | { readonly kind: 'ack'; readonly alert: string }
  | { readonly kind: 'silence'; readonly what: string; readonly seconds: number }
  | { readonly kind: 'expire' }
  | { readonly kind: 'wait' | 'sleep'; readonly seconds: number }
  | { readonly kind: 'restart' }
  /** The next look breaks at its nth transaction. */
  | { readonly kind: 'crash'; readonly at: number };

export interface Place {
  readonly open: () => Store;
  /** Whether what was closed can be opened again. */
  readonly lasts: boolean;
  readonly remove: () => void;
}

export const inMemory = (): Place => ({ open: openInMemory, lasts: false, remove: () => undefined });
export const onDisk = (): Place => {
  const { file, remove } = temporaryFile();
  return { open: () => openSqliteStore({ file, exclusive: true }), lasts: true, remove };
};
