import type { z } from 'zod';
import { nearest, plainName } from './words.ts';

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** The shapes that a value may have. None means that nothing is known of it: anything goes. */
export type Alternatives = readonly JsonSchema[];

/** Beside a constant: what people may write for it, as {@link plainName} has it. Ours, and not for editors. */
export const OTHER_NAMES = 'x-other-names';

/** What a key of a mapping stands for. */
export type KeyMeaning =
  | { readonly kind: 'value'; readonly name: string; readonly shapes: Alternatives }
  /** `<name>_file`: a file that holds the secret `name`. */
  | { readonly kind: 'file'; readonly name: string; readonly shapes: Alternatives }
  | { readonly kind: 'unknown' };

/** Whether this is a schema of its own, and not one of the words `true` and `false`. */
export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null;
}

/** Takes unions apart. */
export function alternativesOf(schema: unknown): Alternatives {
  if (!isSchema(schema)) return [];
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return parts.length === 0 ? [schema] : parts.flatMap(alternativesOf);
}

export function holdsSecret(shapes: Alternatives): boolean {
  return shapes.some(({ writeOnly }) => writeOnly === true);
}

/** The types of JSON that the shapes allow; undefined where anything goes. */
export function typesOf(shapes: Alternatives): ReadonlySet<string> | undefined {
  const types = shapes.flatMap(
    (shape) => shape.type ?? (shape.const === undefined ? [] : [typeof shape.const]),
  );
  return types.length === 0 ? undefined : new Set(types);
}

export function itemShapes(shapes: Alternatives): Alternatives {
  return shapes.flatMap((shape) => {
    if (isAnything(shape)) return [shape];
    return Array.isArray(shape.items) ? [] : alternativesOf(shape.items);
  });
}

/**
 * Keeps the shapes whose constants (`type: slack`) the mapping has, or has nearly; all of them where it
 * lacks the key, none where its value is like nothing there is.
 */
export function narrow(shapes: Alternatives, textAt: (key: string) => string | undefined): Alternatives {
  return constantKeys(shapes).reduce<Alternatives>((left, key) => {
    const written = textAt(key);
    if (written === undefined) return left;
    const constants = left.map((shape) => constantOf(shape, key));
    const known = constants.filter((constant) => constant !== undefined);
    const meant = known.includes(written)
      ? written
      : (otherwiseNamed(written, key, left) ?? nearest(written, known));
    return left.filter((_, i) => constants[i] === meant);
  }, shapes);
}

function otherwiseNamed(written: string, key: string, shapes: Alternatives): string | undefined {
  const named = shapes.find((shape) => {
    const names = propertyOf(shape, key)?.[OTHER_NAMES];
    return Array.isArray(names) && names.includes(plainName(written));
  });
  return named && constantOf(named, key);
}

function constantKeys(shapes: Alternatives): string[] {
  const keys = shapes.flatMap((shape) =>
    Object.keys(shape.properties ?? {}).filter((key) => constantOf(shape, key)),
  );
  return [...new Set(keys)];
}

function constantOf(shape: JsonSchema, key: string): string | undefined {
  const property = propertyOf(shape, key);
  return typeof property?.const === 'string' ? property.const : undefined;
}

function propertyOf(shape: JsonSchema, key: string): JsonSchema | undefined {
  if (shape.properties === undefined || !Object.hasOwn(shape.properties, key)) return undefined;
  const property = shape.properties[key];
  return isSchema(property) ? property : undefined;
}

/** What `key` means in a mapping of these shapes. */
export function meaningOf(key: string, shapes: Alternatives): KeyMeaning {
  const own = shapes.flatMap((shape) => alternativesOf(propertyOf(shape, key)));
  if (own.length > 0) return { kind: 'value', name: key, shapes: own };
  const open = openShapes(shapes);
  const base = key.endsWith('_file') ? key.slice(0, -'_file'.length) : undefined;
  const secret = base === undefined ? [] : secretShapes(base, shapes, open);
  if (base !== undefined && secret.length > 0) return { kind: 'file', name: base, shapes: secret };
  if (open === undefined && shapes.length > 0) return { kind: 'unknown' };
  return key === '__proto__' ? { kind: 'unknown' } : { kind: 'value', name: key, shapes: open ?? [] };
}

function secretShapes(base: string, shapes: Alternatives, open: Alternatives | undefined): Alternatives {
  const own = shapes.flatMap((shape) => alternativesOf(propertyOf(shape, base)));
  const candidates = own.length > 0 ? own : (open ?? []);
  return holdsSecret(candidates) ? candidates : [];
}

/** The shapes under keys that are not named; undefined where only named keys may stand. */
function openShapes(shapes: Alternatives): Alternatives | undefined {
  const extra = shapes.filter((shape) => isSchema(shape.additionalProperties) || isAnything(shape));
  if (extra.length === 0) return undefined;
  return extra.flatMap((shape) => (isAnything(shape) ? [shape] : alternativesOf(shape.additionalProperties)));
}

/** `when` and the like: a value that this room knows nothing of, all the way down. */
function isAnything(shape: JsonSchema): boolean {
  return shape.type === undefined && shape.properties === undefined && shape.const === undefined;
}

/** Every key that a mapping of these shapes may have, `*_file` included. */
export function validKeys(shapes: Alternatives): readonly string[] {
  const keys = shapes.flatMap((shape) =>
    Object.entries(shape.properties ?? {}).flatMap(([key, value]) =>
      holdsSecret(alternativesOf(value)) ? [key, `${key}_file`] : [key],
    ),
  );
  return [...new Set(keys)];
}
