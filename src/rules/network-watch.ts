import { type Network, parseAddress, parseNetwork } from './address.ts';
import { NOTHING_SEEN, type Sighting, type Signal, type Watch, type WatchedRun } from './watch.ts';

/** Networks that rules look for in one term: one look-up for each width in use, however many networks there are. */
export class NetworkWatch implements Watch {
  readonly #term: string;
  readonly #signals = new Map<string, Signal>();
  readonly #widths = new Set<number>();

  constructor(term: string) {
    this.#term = term;
  }

  /** @param text as in a rule; undefined where it is no network */
  network(text: string, next: () => Signal): Signal | undefined {
    const network = parseNetwork(text);
    if (network === undefined) return undefined;
    const key = prefixOf(network.bytes, network.bits);
    const signal = this.#signals.get(key) ?? next();
    this.#signals.set(key, signal);
    this.#widths.add(network.bits);
    return signal;
  }

  look(run: WatchedRun): Sighting {
    const datum = run.source.get(this.#term);
    const address = typeof datum === 'string' ? parseAddress(datum) : undefined;
    if (address === undefined) return NOTHING_SEEN;
    const seen = new Set<Signal>();
    for (const bits of this.#widths) {
      const signal = bits > address.length * 8 ? undefined : this.#signals.get(prefixOf(address, bits));
      if (signal !== undefined) seen.add(signal);
    }
    return { seen, isOpen: false };
  }
}

/** The first bits of an address, with its family and their number. */
function prefixOf(bytes: Network['bytes'], bits: number): string {
  const whole = bits >> 3;
  const rest = bits & 7;
  // One unit says both the family and the width, and each byte is one more.
  let key = String.fromCharCode((bytes.length << 8) | bits);
  for (let i = 0; i < whole; i += 1) key += String.fromCharCode(bytes[i] ?? 0);
  return rest === 0 ? key : key + String.fromCharCode((bytes[whole] ?? 0) >> (8 - rest));
}
