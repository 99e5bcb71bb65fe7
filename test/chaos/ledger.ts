import { createHash } from 'node:crypto';
import type { Json } from '../../src/core/json.ts';

/** One thing that a receiver took, whether or not the sender learned of it. */
export interface Take {
  readonly id: string;
  readonly life: number;
  /** Why the sender may not know that it was taken. */
  readonly ambiguous?: string;
}

export interface Duplicate {
  readonly destination: string;
  readonly id: string;
  readonly life: number;
  /** The fault that made it needful; undefined where there was none. */
  because: string | undefined;
}

/** What one destination received: the receiver's side of the books. */
export class Ledger {
  readonly destination: string;
  /** First takes, in their order. */
  readonly first = new Map<string, Json>();
  readonly duplicates: Duplicate[] = [];
  /** Ids that came again with another content. */
  readonly changed: string[] = [];
  /** What happened to the questions for acknowledgements, which tell of takes before them. */
  ackFault: string | undefined;
  readonly #last = new Map<string, Take>();
  readonly #hashes = new Map<string, string>();

  constructor(destination: string) {
    this.destination = destination;
  }

  /** @param endOf how a life ended */
  take(take: Take, content: Json, endOf: (life: number) => string): void {
    const before = this.#last.get(take.id);
    this.#last.set(take.id, take);
    const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
    if (before === undefined) {
      this.first.set(take.id, content);
      this.#hashes.set(take.id, hash);
      return;
    }
    if (this.#hashes.get(take.id) !== hash) this.changed.push(take.id);
    this.duplicates.push({
      destination: this.destination,
      id: take.id,
      life: take.life,
      because: this.#cause(before, take, endOf),
    });
  }

  /** A machine that stands still for a second makes the daemon give up on what was taken: its log says so. */
  explainByLog(life: number, log: string): void {
    const gaveUp = log
      .split('\n')
      .some((line) => line.includes(`"destination":"${this.destination}"`) && line.includes('in time'));
    for (const duplicate of this.duplicates)
      if (gaveUp && duplicate.life === life) duplicate.because ??= 'time-out on a busy machine';
  }

  #cause(before: Take, now: Take, endOf: (life: number) => string): string | undefined {
    if (before.ambiguous !== undefined) return before.ambiguous;
    if (before.life < now.life) return endOf(before.life);
    return this.ackFault;
  }
}
