import { describe, expect, it } from 'vitest';
import { registry } from '../../test/config/fake-adapters.ts';
import { configJsonSchema, type JsonSchema } from './index.ts';

const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null;

function at(schema: JsonSchema | undefined, ...path: string[]): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>((inner, key) => {
    const { items } = inner ?? {};
    const next = key === '[]' ? (Array.isArray(items) ? undefined : items) : inner?.properties?.[key];
    return isSchema(next) ? next : undefined;
  }, schema);
}

/** Keys without a word of what they are for, by their paths. */
function undescribed({ properties = {}, items }: JsonSchema): string[] {
  const inner = isSchema(items) && !Array.isArray(items) ? undescribed(items) : [];
  const own = Object.entries(properties).flatMap(([key, value]) => {
    if (!isSchema(value)) return [];
    const below = undescribed(value).map((path) => `${key}.${path}`);
    return value.description === undefined ? [key, ...below] : below;
  });
  return [...own, ...inner];
}

const schema = configJsonSchema(registry);
const [feed] = (at(schema, 'sources', '[]')?.anyOf ?? []).filter(isSchema);
const [bell] = (at(schema, 'destinations', '[]')?.anyOf ?? []).filter(isSchema);

describe('the JSON Schema', () => {
  it('takes a secret or its file, and one of them where it is required', () => {
    expect(at(feed, 'api_key')).toMatchObject({ type: 'string', writeOnly: true });
    expect(at(feed, 'api_key_file')).toMatchObject({ type: 'string' });
    expect(feed?.required).toEqual(['name', 'type', 'url']);
    expect(feed?.allOf).toEqual([{ oneOf: [{ required: ['api_key'] }, { required: ['api_key_file'] }] }]);
    expect(bell?.allOf).toBeUndefined();
  });

  it('takes a variable wherever a value is narrower than any text', () => {
    const reference = { type: 'string', pattern: '\\$\\{' };
    expect(at(feed, 'page_size')).toMatchObject({
      anyOf: [{ type: 'integer', minimum: 1 }, reference],
      default: 500,
    });
    expect(at(feed, 'verify')).toMatchObject({ anyOf: [{ type: 'boolean' }, reference], default: true });
  });

  it('says what each of our own keys is for, and its default as it is written', () => {
    const { sources: _source, destinations: _destination, ...own } = schema.properties ?? {};
    expect(Object.keys(own)).toContain('silences');
    expect(undescribed({ properties: own })).toEqual([]);
    expect(at(schema, 'retention', 'events')?.default).toBe('30d');
    expect(at(schema, 'routes', '[]', 'group_wait')?.default).toBe('10s');
    expect(at(schema, 'alerts', 'resolve_after')?.default).toBe('1h');
  });

  it('asks for what silences and inhibitions cannot do without, their filters too', () => {
    expect(at(schema, 'silences', '[]')?.required).toEqual(['name', 'when', 'from', 'until', 'reason']);
    expect(at(schema, 'inhibitions', '[]')?.required).toEqual(['name', 'source', 'target', 'equal']);
    expect(at(schema, 'time_intervals', '[]')?.required).toEqual(['name']);
  });

  it('knows no key beyond those it names', () => {
    expect([schema, feed, bell].map((shape) => shape?.additionalProperties)).toEqual([false, false, false]);
  });
});
