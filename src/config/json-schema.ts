import { z } from 'zod';
import { alternativesOf, holdsSecret, isSchema, type JsonSchema, OTHER_NAMES } from './alternatives.ts';
import { OWN_KEY } from './merges.ts';
import { configShape } from './shape.ts';
import type { Registry } from './types.ts';

type Adapters = Pick<Registry<unknown>, 'sources' | 'destinations'>;

/** Making it costs more than reading a file by it, and a registry never changes. */
const made = new WeakMap<Adapters, JsonSchema>();

/** The configuration's shape in the schema's own words, as the loader reads by it: no `*_file`, no `${…}`. */
export function plainSchema(registry: Adapters): JsonSchema {
  const schema = made.get(registry) ?? makeSchema(registry);
  made.set(registry, schema);
  return schema;
}

function makeSchema(registry: Adapters): JsonSchema {
  const source = z.union(registry.sources.map((type) => type.config));
  const destination = z.union(registry.destinations.map((type) => type.config));
  const schema = z.toJSONSchema(configShape(source, destination), {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema, path }) => {
      if (jsonSchema.type === 'string' && SECRET_NAME.test(keyIn(path))) jsonSchema.writeOnly = true;
    },
  });
  noteOtherNames(schema.properties?.['sources'], registry.sources);
  noteOtherNames(schema.properties?.['destinations'], registry.destinations);
  return schema;
}

/** Notes what people call the types, so that an entry of such a type is read as what it is meant to be. */
function noteOtherNames(list: unknown, types: readonly NamedType[]): void {
  const entries = isSchema(list) && !Array.isArray(list.items) ? alternativesOf(list.items) : [];
  for (const entry of entries) {
    const type = entry.properties?.['type'];
    const named = types.find((one) => isSchema(type) && one.type === type.const);
    if (isSchema(type) && named?.otherNames !== undefined) type[OTHER_NAMES] = Object.keys(named.otherNames);
  }
}

interface NamedType {
  readonly type: string;
  readonly otherNames?: Readonly<Record<string, string>>;
}

/** An adapter that forgets to mark a secret must not be what leaks it. */
const SECRET_NAME = /(?:^|_)(?:secret|token|password|passphrase|credential|api_key|private_key)s?$/;

function keyIn(path: readonly PropertyKey[]): string {
  return String(path[path.lastIndexOf('properties') + 1] ?? '');
}

/**
 * The JSON Schema (2020-12) of a configuration file, for editors and for `tocsin schema`: made from the
 * definition that validates. Every secret key may be given as `<key>_file`; every value may hold `${VAR}`.
 */
export function configJsonSchema(registry: Adapters): JsonSchema {
  const schema = forEditors(plainSchema(registry));
  const shelf = { description: 'A place for &anchors; it is not read.' };
  return { title: 'Tocsin configuration', ...schema, patternProperties: { [OWN_KEY.source]: shelf } };
}

function forEditors({ [OTHER_NAMES]: _ours, ...schema }: JsonSchema): JsonSchema {
  const widened: JsonSchema = { ...schema };
  if (schema.properties !== undefined) {
    widened.properties = mapValues(schema.properties, forEditors);
    addFileKeys(schema, widened);
  }
  if (isSchema(schema.additionalProperties))
    widened.additionalProperties = forEditors(schema.additionalProperties);
  if (isSchema(schema.items)) widened.items = forEditors(schema.items);
  for (const key of ['anyOf', 'oneOf', 'allOf'] as const) {
    const parts = schema[key];
    if (parts !== undefined) widened[key] = parts.filter(isSchema).map(forEditors);
  }
  return takesReferences(widened);
}

/** `api_key` and `api_key_file`: one of them, where the key is required. */
function addFileKeys(schema: JsonSchema, widened: JsonSchema): void {
  const secrets = Object.entries(schema.properties ?? {}).filter(([, value]) =>
    holdsSecret(alternativesOf(value)),
  );
  const required = schema.required ?? [];
  const eitherOf: JsonSchema[] = [];
  for (const [key] of secrets) {
    const description = `A file that holds ${key}; one newline at its end is dropped.`;
    widened.properties = {
      ...widened.properties,
      [`${key}_file`]: { type: 'string', minLength: 1, description },
    };
    if (required.includes(key))
      eitherOf.push({ oneOf: [{ required: [key] }, { required: [`${key}_file`] }] });
  }
  widened.required = required.filter((key) => !secrets.some(([name]) => name === key));
  if (eitherOf.length > 0) widened.allOf = eitherOf;
}

/** A value that is narrower than any text may still be written as `${VAR}`. */
function takesReferences(schema: JsonSchema): JsonSchema {
  const { description, default: initial, examples, writeOnly, ...value } = schema;
  const scalar =
    value.type === 'string' ||
    value.type === 'number' ||
    value.type === 'integer' ||
    value.type === 'boolean';
  const narrow = value.type !== 'string' || value.pattern !== undefined || value.enum !== undefined;
  if (!scalar || !narrow || value.const !== undefined) return schema;
  const outer: JsonSchema = { anyOf: [value, { type: 'string', pattern: '\\$\\{' }] };
  if (description !== undefined) outer.description = description;
  if (initial !== undefined) outer.default = initial;
  if (examples !== undefined) outer['examples'] = examples;
  if (writeOnly !== undefined) outer.writeOnly = writeOnly;
  return outer;
}

function mapValues(
  properties: NonNullable<JsonSchema['properties']>,
  map: (schema: JsonSchema) => JsonSchema,
): NonNullable<JsonSchema['properties']> {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [key, isSchema(value) ? map(value) : value]),
  );
}
