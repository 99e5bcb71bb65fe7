import { Worker } from 'node:worker_threads';
import type { Store, StoreTx } from '../../../core/store.ts';
import { toAlertRow } from '../alerts.ts';
import type { SqliteOptions } from '../index.ts';
import { type ClaimedRow, understood } from '../outbox.ts';
import { toEventRow, toWindowRow } from '../transaction.ts';
import { openThread, type Thread } from './thread.ts';
import { WRITES } from './wire.ts';

/** Beside this file, under whichever name it was compiled to. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/**
 * The store that {@link openSqliteStore} gives, on a thread of its own: while it waits for the disk, events are judged
 * and deliveries leave. Rejects with {@link StoreError}.
 */
export async function openSqliteThread(options: SqliteOptions): Promise<Store> {
  const thread = await openThread(new Worker(WORKER, { workerData: options, name: 'store' }));
  const own = {
    transaction: <T>(work: Parameters<typeof transact<T>>[1]) => transact(thread, work),
    claim: async (...args: Parameters<Store['claim']>) => {
      const rows = await thread.ask<ClaimedRow[]>({ kind: 'call', name: 'claimRows', args });
      return understood(rows, (seqs) =>
        thread.ask({ kind: 'call', name: 'buryLost', args: [seqs, args[1]] }),
      );
    },
    close: () => thread.close(),
  };
  return remote<Store>(own, (name, args) => thread.ask({ kind: 'call', name, args }));
}

let transactions = 0;

/** Writes are sent without waiting for an answer; the first of them that fails, fails the next read or the commit. */
async function transact<T>(thread: Thread, work: (tx: StoreTx) => Promise<T>): Promise<T> {
  transactions += 1;
  const transaction = transactions;
  const ask = (name: string, args: readonly unknown[]): Promise<unknown> =>
    Object.hasOwn(WRITES, name) ? tell(name, args) : thread.ask({ kind: 'step', transaction, name, args });
  const tell = (name: string, args: readonly unknown[]): Promise<void> =>
    thread.tell({ kind: 'step', transaction, name, args });
  // What there is much of crosses as the texts that will be written: copying objects costs far more.
  const own: Partial<StoreTx> = {
    insertEvents: (events, ...rest) => tell('insertEventRows', [events.map(toEventRow), ...rest]),
    writeWindows: (windows) => tell('writeWindowRows', [windows.map(toWindowRow)]),
    writeAlerts: (alerts, nowMs) => tell('writeAlertRows', [alerts.map(toAlertRow), nowMs]),
  };
  try {
    // Its turn has to come first: what the work looks at besides the store may change until then.
    await thread.ask({ kind: 'begin', transaction });
    const result = await work(remote<StoreTx>(own, ask));
    await thread.ask({ kind: 'commit', transaction });
    return result;
  } catch (error) {
    // Where even this fails the thread has ended, and SQLite has rolled back.
    await thread.ask({ kind: 'rollback', transaction }).catch(() => undefined);
    throw error;
  }
}

/** Every method that is not its own becomes a question. */
function remote<T extends object>(
  own: Partial<T>,
  ask: (name: string, args: readonly unknown[]) => Promise<unknown>,
): T {
  return new Proxy<T>(Object.assign(Object.create(null), own), {
    get(known, name) {
      const mine: unknown = Reflect.get(known, name);
      // Nothing awaits the store itself.
      if (mine !== undefined || typeof name === 'symbol' || name === 'then') return mine;
      return (...args: unknown[]) => ask(name, args);
    },
  });
}
