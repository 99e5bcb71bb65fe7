import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteStore } from '../index.ts';
import { serve } from './serve.ts';
import { type Answer, toFailure } from './wire.ts';

/** The store's own thread: the one connection is opened here and used nowhere else. */
function start(): void {
  if (parentPort === null) throw new Error('this file is a thread of the daemon, not a program');
  const answer = (message: Answer): void => parentPort?.postMessage(message);
  try {
    serve(parentPort, openSqliteStore(workerData));
    answer({ kind: 'opened' });
  } catch (error) {
    answer({ kind: 'refused', failure: toFailure(error) });
    parentPort.close();
  }
}

start();
