import type { Clock } from '../../src/core/clock.ts';

/** Where tests begin: 2026-03-01T00:00:00Z. */
export const START_MS = Date.UTC(2026, 2, 1);

/** Resolves once everything that needs no timer and no socket has gone as far as it can. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  nowMs = START_MS;
  readonly #sleepers = new Set<Sleeper>();

  now = (): number => this.nowMs;

  /** A wait of nothing still lets others have their turn, as a real timer does. */
  sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    if (ms <= 0 || signal?.aborted) return settled();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { dueMs: this.nowMs + ms, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', wake, { once: true });
    });
  };

  /** How long each sleeper still sleeps, shortest first. */
  get naps(): readonly number[] {
    return [...this.#sleepers].map(({ dueMs }) => dueMs - this.nowMs).sort((a, b) => a - b);
  }

  /** Moves on, wakes who is due, and lets them work until they wait again. */
  async advance(ms: number): Promise<void> {
    this.nowMs += ms;
    const due = [...this.#sleepers].filter(({ dueMs }) => dueMs <= this.nowMs);
    for (const { wake } of due.sort((a, b) => a.dueMs - b.dueMs)) wake();
    await settled();
  }
}
