import { BEGIN, holdsMask } from './marks.ts';

/**
 * The names of one object, masked. Two that differ are two afterwards as well: an object whose keys are card numbers has as
 * many values as before. The second that would be `[redacted:card]` is `[redacted:card][redacted:2]`.
 */
export class KeyNames {
  /** What each original became; names without a mask cannot be mistaken for one with a mask and are not kept. */
  readonly #given = new Map<string, string>();
  readonly #taken = new Set<string>();
  readonly #next = new Map<string, number>();

  /** `masked` is what the name would be if it stood alone. */
  give(original: string, masked: string): string {
    if (!holdsMask(masked)) return masked;
    const known = this.#given.get(original);
    if (known !== undefined) return known;
    const name = this.#free(masked);
    this.#given.set(original, name);
    this.#taken.add(name);
    return name;
  }

  #free(masked: string): string {
    if (!this.#taken.has(masked)) return masked;
    let number = this.#next.get(masked) ?? 2;
    while (this.#taken.has(`${masked}${BEGIN}${number}]`)) number += 1;
    this.#next.set(masked, number + 1);
    return `${masked}${BEGIN}${number}]`;
  }
}
