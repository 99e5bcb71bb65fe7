import type { Worker } from 'node:worker_threads';
import { StoreError } from '../../../core/store.ts';
import { type Answer, type Question, type Request, toError } from './wire.ts';

/** The caller's end of the store's thread: questions are numbered, and answered under their numbers. */
export interface Thread {
  tell(request: Request): Promise<void>;
  /** Resolves with what the store's method gave, or rejects with what it threw. */
  ask<T>(question: Question): Promise<T>;
  close(): Promise<void>;
}

/** A method, so that answers of any type can wait in one map. */
interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Resolves once the store is open. Rejects with {@link StoreError}. */
export async function openThread(worker: Worker): Promise<Thread> {
  const waiting = new Map<number, Waiting>();
  const opened = Promise.withResolvers<void>();
  const exited = Promise.withResolvers<void>();
  let numbers = 0;
  let isOver = false;

  worker.on('message', (answer: Answer) => {
    switch (answer.kind) {
      case 'opened':
        return opened.resolve();
      case 'refused':
        return opened.reject(toError(answer.failure));
      case 'value':
        return taken(answer.number)?.resolve(answer.value);
      case 'failure':
        return taken(answer.number)?.reject(toError(answer.failure));
    }
  });
  // Nobody listens for its errors: one that nothing in it expected ends the daemon, which loses nothing by that.
  worker.on('exit', () => {
    isOver = true;
    for (const each of waiting.values()) each.reject(ended());
    waiting.clear();
    opened.reject(ended());
    exited.resolve();
  });

  function taken(number: number): Waiting | undefined {
    const found = waiting.get(number);
    waiting.delete(number);
    return found;
  }

  async function ask<T>(question: Question): Promise<T> {
    if (isOver) throw ended();
    numbers += 1;
    const number = numbers;
    // Before anything waits: it throws where an argument is more than data.
    worker.postMessage({ ...question, number });
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    waiting.set(number, { resolve, reject });
    return promise;
  }

  async function close(): Promise<void> {
    if (!isOver) await ask({ kind: 'close' });
    await exited.promise;
  }

  await opened.promise;
  return { ask, close, tell: async (request) => worker.postMessage(request) };
}

function ended(): StoreError {
  return new StoreError('broken', 'the thread of the store has ended; start Tocsin again');
}
