import { createHash } from 'node:crypto';
import type { Json } from '../../src/core/json.ts';

/** One thing that a receiver took, whether or not the sender learned of it. */
export interface Take {
  readonly id: string;
  /** Of the process that sent it, which may have been dead when it was read. */
  readonly life: number;
  /** The fault because of which the sender may not know that it was taken. */
  readonly ambiguous?: string;
}

/** What one destination received: the receiver's side of the books. */
export class Ledger {
  readonly destination: string;
  /** First takes, in their order. */
  readonly first = new Map<string, Json>();
  /** All takes by id, each in their order. */
  readonly takes = new Map<string, Take[]>();
  /** Ids that came again with another content. */
  readonly changed: string[] = [];
  readonly #hashes = new Map<string, string>();

  constructor(destination: string) {
    this.destination = destination;
  }

  take(take: Take, content: Json): void {
    const { id } = take;
    const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
    const before = this.takes.get(id);
    if (before === undefined) {
      this.first.set(id, content);
      this.takes.set(id, [take]);
      this.#hashes.set(id, hash);
      return;
    }
    before.push(take);
    if (this.#hashes.get(id) !== hash) this.changed.push(id);
  }
}

/** Where a notification is a record for each of its alerts, further ones end in `#2`, `#3` and so on. */
export function notificationOf(id: string): string {
  return id.replace(/#\d+$/, '');
}
