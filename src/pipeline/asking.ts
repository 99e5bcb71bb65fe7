import type { Clock } from '../core/clock.ts';
import type { Contexts } from './enrich.ts';

/** While sources are asked about some groups, others come due: nobody waits for somebody else's source. */
const LOOK_AGAIN_MS = 250;

/** A group whose sources have said what they know, or will say no more. */
export interface Answered {
  readonly id: string;
  readonly contexts: Contexts;
}

/** Groups that sources are being asked about, and those that are answered and not yet told. */
export class Asking {
  readonly #groups = new Map<string, Promise<void>>();
  readonly #failures: unknown[] = [];
  readonly #answered: Answered[] = [];

  get ids(): ReadonlySet<string> {
    return new Set([...this.#groups.keys(), ...this.#answered.map(({ id }) => id)]);
  }

  add(id: string, answer: Promise<Contexts>): void {
    const end = answer
      .then((contexts) => void this.#answered.push({ id, contexts }))
      .catch((error: unknown) => void this.#failures.push(error))
      .finally(() => this.#groups.delete(id));
    this.#groups.set(id, end);
  }

  /** Those answered first. Together, for to tell of one costs nearly as much as to tell of many. */
  take(most: number): readonly Answered[] {
    return this.#answered.splice(0, most);
  }

  /** Waits until one is answered, or for a moment. Throws what one of them threw. */
  async someEnd(clock: Clock): Promise<void> {
    if (this.#groups.size > 0 && this.#answered.length === 0) {
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
