const MASK = '[secret]';

/**
 * A value that must never be seen: it shows as `[secret]` in logs, JSON, templates and inspection.
 * `reveal()` is called only where the value goes on the wire.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return MASK;
  }
}
