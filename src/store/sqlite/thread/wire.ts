import { StoreError, type StoreErrorKind, type StoreTx } from '../../../core/store.ts';

/** A call, a step or an end of a transaction, or the end of all. Every one is answered. */
export type Question =
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly unknown[] }
  | { readonly kind: 'begin'; readonly transaction: number }
  | Omit<Work, 'number'>
  | Omit<End, 'number'>
  | { readonly kind: 'close' };

/** What the thread does, in this order. */
export type Request =
  | {
      readonly kind: 'call';
      readonly number: number;
      readonly name: string;
      readonly args: readonly unknown[];
    }
  | { readonly kind: 'begin'; readonly number: number; readonly transaction: number }
  | Step
  | { readonly kind: 'close'; readonly number: number };

export type Step = Work | End;

/** Of an open transaction. One without a number is not answered: its failure is the answer to the next that has one. */
export interface Work {
  readonly kind: 'step';
  readonly transaction: number;
  readonly number?: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

export interface End {
  readonly kind: 'commit' | 'rollback';
  readonly transaction: number;
  readonly number: number;
}

export type Answer =
  | { readonly kind: 'opened' }
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'value'; readonly number: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly number: number; readonly failure: Failure };

/** An error as it crosses between threads, which keep no classes. */
export interface Failure {
  readonly kind: StoreErrorKind | 'unexpected';
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

export function toFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { kind: 'unexpected', name: 'Error', message: String(error) };
  const { name, message, stack } = error;
  const kind = error instanceof StoreError ? error.kind : 'unexpected';
  return { kind, name, message, ...(stack === undefined ? {} : { stack }) };
}

export function toError({ kind, name, message, stack }: Failure): Error {
  if (kind !== 'unexpected') return new StoreError(kind, message);
  const error = new Error(message);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}

type Method = (...args: never[]) => Promise<unknown>;
type Silent<T> = {
  [K in keyof T]: T[K] extends Method ? (Awaited<ReturnType<T[K]>> extends void ? K : never) : never;
}[keyof T];

/** Steps that only write: nobody waits for each of them. */
export const WRITES: Readonly<Record<Silent<StoreTx>, true>> = {
  insertEvents: true,
  writeCursor: true,
  writeFeedState: true,
  writeBackfill: true,
  insertDigest: true,
  writeWindows: true,
  writeAlerts: true,
  putOffAlerts: true,
  writeGroups: true,
  addPending: true,
  markTold: true,
  markSeen: true,
  markEnded: true,
  addUnheard: true,
  writeSilence: true,
  writeBucket: true,
  addOverflow: true,
  insertNotification: true,
  enqueue: true,
};
