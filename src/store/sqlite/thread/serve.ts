import type { MessagePort } from 'node:worker_threads';
import type { SqliteStore } from '../index.ts';
import { type Answer, type Failure, type Request, type Step, toFailure } from './wire.ts';

/** Does what it is asked on a port, in order, until it is asked to close. */
export function serve(port: MessagePort, store: SqliteStore): void {
  const inboxes = new Map<number, Inbox>();

  port.on('message', (request: Request) => {
    switch (request.kind) {
      case 'call':
        void reply(request.number, applied(store, request.name, request.args));
        break;
      case 'begin':
        void transact(request.transaction, request.number);
        break;
      case 'close':
        void reply(request.number, store.close()).then(() => port.close());
        break;
      default:
        inboxes.get(request.transaction)?.put(request);
    }
  });

  async function reply(number: number, work: Promise<unknown>): Promise<void> {
    try {
      answer(number, await work);
    } catch (error) {
      refuse(number, toFailure(error));
    }
  }

  function answer(number: number | undefined, value?: unknown): void {
    if (number !== undefined) port.postMessage({ kind: 'value', number, value } satisfies Answer);
  }

  function refuse(number: number | undefined, failure: Failure): void {
    if (number !== undefined) port.postMessage({ kind: 'failure', number, failure } satisfies Answer);
  }

  async function transact(transaction: number, begun: number): Promise<void> {
    const inbox = new Inbox();
    inboxes.set(transaction, inbox);
    /** What is under way: it is told what became of it. */
    let number: number | undefined = begun;
    try {
      await store.transaction(async (tx) => {
        answer(begun);
        for (;;) {
          const step = await inbox.next();
          number = step.number;
          if (step.kind === 'commit') return;
          if (step.kind !== 'step') throw ROLLED_BACK;
          answer(number, await applied(tx, step.name, step.args));
        }
      });
      answer(number);
    } catch (error) {
      if (error === ROLLED_BACK) answer(number);
      else await refuseRest(inbox, number, toFailure(error));
    }
    inboxes.delete(transaction);
  }

  /** Steps that were sent before their transaction was known to have failed. Its caller rolls back last. */
  async function refuseRest(inbox: Inbox, under: number | undefined, failure: Failure): Promise<void> {
    refuse(under, failure);
    for (;;) {
      const step = await inbox.next();
      if (step.kind === 'rollback') return answer(step.number);
      refuse(step.number, failure);
    }
  }
}

const ROLLED_BACK = new Error('rolled back');

async function applied(target: object, name: string, args: readonly unknown[]): Promise<unknown> {
  const method: unknown = Reflect.get(target, name);
  if (typeof method !== 'function') throw new TypeError(`the store does not know how to ${name}`);
  return Reflect.apply(method, target, args);
}

/** Steps wait here for a transaction to come to them, or it for them. */
class Inbox {
  readonly #steps: Step[] = [];
  #deliver: ((step: Step) => void) | undefined;

  put(step: Step): void {
    const deliver = this.#deliver;
    this.#deliver = undefined;
    if (deliver === undefined) this.#steps.push(step);
    else deliver(step);
  }

  next(): Promise<Step> {
    const step = this.#steps.shift();
    if (step !== undefined) return Promise.resolve(step);
    const { promise, resolve } = Promise.withResolvers<Step>();
    this.#deliver = resolve;
    return promise;
  }
}
