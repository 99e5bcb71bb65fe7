import { isNode } from 'yaml';
import { type Alternatives, typesOf } from './alternatives.ts';

export const FILE_NAME: Alternatives = [{ type: 'string' }];

const NUMBER = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i;
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

/**
 * The value that a filled-in text stands for: a text wherever the schema takes one, so that an all-digits
 * token stays what it is; else a number or a boolean. Where nothing is known, quotes decide.
 */
export function typed(text: string, shapes: Alternatives, plain: boolean): string | number | boolean {
  const types = typesOf(shapes);
  if (types === undefined ? !plain : types.has('string')) return text;
  if (NUMBER.test(text)) return Number(text);
  return BOOLEANS.get(text.toLowerCase()) ?? text;
}

/** Where a node starts, in UTF-16 units. */
export function offsetOf(node: unknown, otherwise = 0): number {
  return isNode(node) ? (node.range?.[0] ?? otherwise) : otherwise;
}

/** An object without a prototype: a key named `__proto__` is only a key. */
export function withoutPrototype(values: ReadonlyMap<string, unknown>): Readonly<Record<string, unknown>> {
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, value] of values) object[key] = value;
  return object;
}
