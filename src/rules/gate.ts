import type { Signal } from './watch.ts';

/** Of these signals one is there whenever a filter holds: while none is, nobody need ask the filter. */
export interface Gate {
  readonly signals: readonly Signal[];
  /** How rarely one of them is there by chance. */
  readonly strength: number;
}

/** A filter that never holds. */
export const CLOSED: Gate = { signals: [], strength: Number.POSITIVE_INFINITY };

/** What holds only if all of some filters do can wait for the most telling of their gates. */
export function gateOfAll(gates: readonly (Gate | undefined)[]): Gate | undefined {
  return gates.reduce((best, gate) => {
    if (best === undefined || gate === undefined) return best ?? gate;
    return gate.strength > best.strength ? gate : best;
  }, undefined);
}

/** What holds if any of some filters does must wait for all their gates, and cannot where one has none. */
export function gateOfAny(gates: readonly (Gate | undefined)[]): Gate | undefined {
  const known = gates.filter((gate) => gate !== undefined);
  if (known.length < gates.length) return undefined;
  return {
    signals: [...new Set(known.flatMap(({ signals }) => signals))],
    strength: Math.min(CLOSED.strength, ...known.map(({ strength }) => strength)),
  };
}
