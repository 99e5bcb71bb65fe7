import type { Clock } from '../core/clock.ts';

/** While sources are asked about some groups, others come due: nobody waits for somebody else's source. */
const LOOK_AGAIN_MS = 250;

/** Groups that sources are being asked about. */
export class Asking {
  readonly #groups = new Map<string, Promise<void>>();
  readonly #failures: unknown[] = [];

  get ids(): ReadonlySet<string> {
    return new Set(this.#groups.keys());
  }

  add(id: string, told: Promise<void>): void {
    const end = told
      .catch((error: unknown) => void this.#failures.push(error))
      .finally(() => this.#groups.delete(id));
    this.#groups.set(id, end);
  }

  /** Waits until one has ended, or for a moment. Throws what one of them threw. */
  async someEnd(clock: Clock): Promise<void> {
    if (this.#groups.size > 0) {
      const ended = new AbortController();
      await Promise.race([...this.#groups.values(), clock.sleep(LOOK_AGAIN_MS, ended.signal)]);
      ended.abort();
    }
    for (const failure of this.#failures.splice(0)) throw failure;
  }

  async allEnd(): Promise<void> {
    await Promise.all(this.#groups.values());
  }
}
