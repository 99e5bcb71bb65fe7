/** Names are attackers' texts: how many are remembered, and how long ones, is bounded. */
const MAX_NAMES = 4_096;
const MAX_LENGTH = 160;

/** What was found out about names, which repeat in feeds without end. Never about values. */
export class NameMemory<Found> {
  readonly #known = new Map<string, Found>();

  get(name: string): Found | undefined {
    return this.#known.get(name);
  }

  set(name: string, found: Found): void {
    if (name.length > MAX_LENGTH) return;
    if (this.#known.size >= MAX_NAMES) this.#known.clear();
    this.#known.set(copyOf(name), found);
  }
}

/** The engine copies shorter pieces by itself. */
const LEAST_SHARED = 13;

/** A piece of a text would keep the whole of it in memory. */
export function copyOf(piece: string): string {
  return piece.length < LEAST_SHARED ? piece : Buffer.from(piece, 'utf16le').toString('utf16le');
}

/** The same masking for names: each is looked at once. */
export function remembering(mask: (name: string) => string): (name: string) => string {
  const memory = new NameMemory<string>();
  return (name) => {
    const known = memory.get(name);
    if (known !== undefined) return known;
    const masked = mask(name);
    memory.set(name, masked === name ? copyOf(name) : masked);
    return masked;
  };
}
