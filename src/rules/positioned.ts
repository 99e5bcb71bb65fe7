import type { Json } from '../core/json.ts';

/** Where something stands in a file, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** `long` is an integer beyond 32 bits, `double` anything written with a point or an exponent. */
export type NumberKind = 'int' | 'long' | 'double';

interface Placed {
  readonly place: Place | undefined;
}
export interface PositionedEntry {
  readonly key: string;
  readonly place: Place | undefined;
  readonly value: Positioned;
}
export interface PositionedMap extends Placed {
  readonly kind: 'map';
  readonly entries: readonly PositionedEntry[];
}
interface PositionedList extends Placed {
  readonly kind: 'list';
  readonly items: readonly Positioned[];
}
export interface PositionedScalar extends Placed {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** Set where `value` is a number. */
  readonly number?: NumberKind;
  /** Whether a column within the text can be computed: it stands in the file as it is. */
  readonly verbatim: boolean;
}
/** What a file says, with places, aliases and merges resolved: all that the parsers of this room look at. */
export type Positioned = PositionedMap | PositionedList | PositionedScalar;

export function kindOfInteger(value: number): NumberKind {
  return value >= -2_147_483_648 && value <= 2_147_483_647 ? 'int' : 'long';
}

/** A value that never was in a file. */
export function withoutPlace(value: unknown): Positioned {
  if (Array.isArray(value)) return { kind: 'list', items: value.map(withoutPlace), place: undefined };
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => ({ key, place: undefined, value: withoutPlace(inner) }));
    return { kind: 'map', entries, place: undefined };
  }
  return scalarOf(value, undefined, undefined);
}

/** @param source the number as written, where it was */
export function scalarOf(
  value: unknown,
  place: Place | undefined,
  source: string | undefined,
): PositionedScalar {
  const base = { kind: 'scalar', place, verbatim: source !== undefined && source === value } as const;
  if (typeof value === 'string' || typeof value === 'boolean') return { ...base, value };
  if (typeof value !== 'number') return { ...base, value: null };
  const integer =
    source === undefined ? Number.isInteger(value) : /^[-+]?(?:\d+|0o[0-7]+|0x[\da-f]+)$/i.test(source);
  return { ...base, value, number: integer ? kindOfInteger(value) : 'double' };
}

/** The plain value; `__proto__` is a key like any other. */
export function plain(node: Positioned): Json {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
}

export function entryOf(map: PositionedMap, key: string): PositionedEntry | undefined {
  return map.entries.find((entry) => entry.key === key);
}

/** How a node's kind is named in messages. */
export function kindName(node: Positioned): string {
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a map' : 'a list';
  if (node.value === null) return 'nothing';
  return typeof node.value === 'string' ? 'a text' : `a ${typeof node.value}`;
}
